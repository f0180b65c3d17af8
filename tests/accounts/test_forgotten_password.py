"""A forgotten password by SMS: where the tenant allows it, the same for every number, once, within limits."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client as HttpClient
from django.utils import timezone
from django.utils.translation import override

from accounts.forgotten_forms import say_wait
from accounts.models import Passkey, Role, SmsCode, User
from tenants.models import Tenant
from tests.accounts import forgotten_moves
from tests.accounts.factor_moves import (
    FACTOR,
    PASSWORD,
    author_of_password,
    give_app,
    give_password,
    is_signed_in,
    told,
)
from tests.accounts.forgotten_moves import ASK, CODE, NEW, Printed, choose
from tests.factories import make_tenant, make_user

pytestmark = pytest.mark.django_db

PHONE = "+8613800138000"


@pytest.fixture
def zhang() -> User:
    tenant = make_tenant("acme", "Acme", offers_password_reset=True)
    return make_user(tenant, "zhang", PASSWORD, phone=PHONE)


def ask(browser: HttpClient, printed: Printed, phone: str = PHONE, tenant: str = "acme", **changes: str) -> Any:
    return forgotten_moves.ask(browser, printed, tenant=tenant, way="sms", phone=phone, changes=changes)


def test_a_code_of_an_sms_lets_choose_a_new_password(client: HttpClient, zhang: User, printed: Printed) -> None:
    give_password(client)
    other = HttpClient()
    assert ASK in other.get("/account/login/?tenant=acme").content.decode()
    assert ask(other, printed, "138 0013 8000")["Location"] == CODE
    code = printed()["sms"]
    assert code not in other.get(CODE).content.decode()
    answer = choose(other, f"{code[:3]} {code[3:]}")
    assert answer["Location"] == "/account/login/?tenant=acme"
    # Whoever was in by the old one is out, and the new one is to be used as ever.
    assert not is_signed_in(client)
    assert give_password(other, password=NEW)["Location"] == "/account/"
    assert ("password_changed", "allowed", "") in told()


def test_it_is_its_persons_doing_although_another_is_signed_in_here(
    client: HttpClient, zhang: User, printed: Printed
) -> None:
    make_user(zhang.tenant, "li", PASSWORD)
    give_password(client, "li")
    ask(client, printed)
    choose(client, printed()["sms"])
    assert author_of_password(zhang) == "zhang"


def test_a_code_is_used_once(client: HttpClient, zhang: User, printed: Printed) -> None:
    ask(client, printed)
    session = client.session
    kept, code = session["forgotten_password"], printed()["sms"]
    choose(client, code)
    session = client.session
    session["forgotten_password"] = kept
    session.save()
    assert choose(client, code, "third good horse").status_code == 400
    assert told()[-1] == ("password_changed", "refused", "sms_code_spent")


def test_five_wrong_codes_end_the_right_one(client: HttpClient, zhang: User, printed: Printed) -> None:
    ask(client, printed)
    code = printed()["sms"]
    wrong = "000000" if code != "000000" else "111111"
    for _time in range(5):
        page = choose(client, wrong)
        assert page.status_code == 400
        assert wrong not in page.content.decode()
    assert choose(client, code).status_code == 400
    assert told()[-1] == ("password_changed", "refused", "sms_code_exhausted")


def test_a_bad_new_password_costs_no_code(client: HttpClient, zhang: User, printed: Printed) -> None:
    ask(client, printed)
    code = printed()["sms"]
    for bad in ("short", PASSWORD, "password123"):
        page = choose(client, code, bad)
        assert page.status_code == 400
        assert 'id="id_password1_error"' in page.content.decode()
    assert choose(client, code).status_code == 303


def test_a_number_that_is_nobodys_is_answered_alike(client: HttpClient, zhang: User, printed: Printed) -> None:
    known, unknown = HttpClient(), HttpClient()
    answers = [ask(known, printed), ask(unknown, printed, "13900139000")]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, CODE)}
    assert "sms" not in printed()
    pages = [browser.get(CODE).content.decode() for browser in (known, unknown)]
    plain = [re.sub(r'\+861\d+|name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages]
    assert plain[0] == plain[1]
    assert [choose(browser, "000000").status_code for browser in (known, unknown)] == [400, 400]


@pytest.mark.parametrize("case", ["unknown tenant", "not offered", "disabled"])
def test_where_it_is_not_offered_no_message_goes_out(
    client: HttpClient, zhang: User, printed: Printed, case: str
) -> None:
    make_tenant("other", "Other", offers_password_reset=case == "disabled", is_active=case != "disabled")
    answer = ask(client, printed, tenant="nowhere" if case == "unknown tenant" else "other")
    assert answer.status_code == 400
    assert not SmsCode.objects.exists()
    assert ASK not in client.get("/account/login/?tenant=other").content.decode()


@pytest.mark.parametrize("changes", [{"captcha": "wrong"}, {"captcha_key": "0" * 32}, {"phone": "12"}, {"phone": ""}])
def test_without_picture_or_phone_no_message_goes_out(
    client: HttpClient, zhang: User, printed: Printed, changes: dict[str, str]
) -> None:
    answer = ask(client, printed, **changes)
    assert answer.status_code == 400
    assert not SmsCode.objects.exists()
    assert client.get(CODE)["Location"] == ASK


def test_asking_again_within_the_minute_is_refused(zhang: User, printed: Printed) -> None:
    client = HttpClient(headers={"Accept-Language": "en"})
    ask(client, printed)
    answer = ask(client, printed)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
    page = answer.content.decode()
    assert f"{answer['Retry-After']} second" in page
    # The first one is on its way, and has its page.
    assert f'href="{CODE}"' in page
    assert f'href="{CODE}"' not in ask(HttpClient(), printed).content.decode()
    assert told()[-1] == ("sms_request", "refused", "sms_limited_phone")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second."), (60, "60 seconds."), (61, "2 minutes."), (3600, "60 minutes."), (3601, "2 hours.")],
)
def test_how_long_to_wait_is_said_in_round_numbers(seconds: int, words: str) -> None:
    with override("en"):
        assert say_wait(seconds).endswith(f" {words}")


def test_what_was_asked_for_is_over_after_five_minutes(client: HttpClient, zhang: User, printed: Printed) -> None:
    ask(client, printed)
    session = client.session
    session["forgotten_password"] = {
        **session["forgotten_password"],
        "since": session["forgotten_password"]["since"] - 301,
    }
    session.save()
    assert choose(client, printed()["sms"])["Location"] == ASK


def test_who_signs_in_otherwise_gets_no_password(client: HttpClient, zhang: User, printed: Printed) -> None:
    """A directory decides about its people: a password here would let in whom it has disabled."""
    User.objects.update(password=make_password(None))
    ask(client, printed)
    assert choose(client, printed()["sms"]).status_code == 400
    assert told()[-1] == ("password_changed", "refused", "password_missing")
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize("rule", ["is_staff", "is_superuser", "demanded by role", "demanded by tenant"])
def test_an_sms_alone_gives_nobody_the_console_nor_a_factor(
    client: HttpClient, zhang: User, printed: Printed, rule: str
) -> None:
    """Whoever has the phone for a day shall not have the tenant for good; the page is the same for every number."""
    if rule == "demanded by role":
        zhang.assign(roles=[Role.objects.create(tenant=zhang.tenant, name="finance", requires_second_factor=True)])
    elif rule == "demanded by tenant":
        Tenant.objects.filter(pk=zhang.tenant_id).update(requires_second_factor=True)
    else:
        User.objects.update(**{rule: True})
    other = HttpClient()
    assert ask(client, printed)["Location"] == ask(other, printed, "13900139000")["Location"] == CODE
    assert "sms" not in printed()
    assert [event for event in told() if event[0] == "sms_request"] == [
        ("sms_request", "refused", "second_factor_missing"),
        ("sms_request", "refused", "phone_unknown"),
    ]
    assert choose(client, "000000").status_code == 400
    assert User.objects.get().check_password(PASSWORD)


def test_nor_does_a_code_that_was_asked_for_before(client: HttpClient, zhang: User, printed: Printed) -> None:
    ask(client, printed)
    code = printed()["sms"]
    User.objects.update(is_staff=True)
    wrong = choose(client, "000000" if code != "000000" else "111111").content.decode()
    answer = choose(client, code)
    assert answer.status_code == 400
    plain = [re.sub(r'value="\w+"', "", page) for page in (wrong, answer.content.decode())]
    assert plain[0] == plain[1]
    assert told()[-1] == ("password_changed", "refused", "second_factor_missing")
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("factor", ["app", "passkey"])
def test_an_administrator_with_a_second_factor_may_forget_his_password(
    client: HttpClient, zhang: User, printed: Printed, factor: str
) -> None:
    User.objects.update(is_staff=True)
    if factor == "app":
        give_app(zhang)
    else:
        Passkey.objects.create(user=zhang, name="key", host="x", credential_digest="0" * 64, created_at=timezone.now())
    ask(client, printed)
    assert choose(client, printed()["sms"]).status_code == 303
    # It takes the place of the password alone.
    assert give_password(client, password=NEW)["Location"] == FACTOR


def test_a_code_of_an_application_is_none_here(client: HttpClient, zhang: User, printed: Printed) -> None:
    ask(client, printed)
    code = printed()["sms"]
    SmsCode.objects.update(audience="app")
    assert choose(client, code).status_code == 400
    assert SmsCode.objects.get().expires_at - SmsCode.objects.get().created_at == timedelta(minutes=5)
