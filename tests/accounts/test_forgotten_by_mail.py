"""A forgotten password by mail: the same for every account, once, within limits, through a real mail server."""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone

from accounts.lockout import counting_of_failure
from accounts.models import LoginEvent, MailCode, User
from tenants.models import Tenant
from tenants.sql import WritePlan, write
from tests.accounts import forgotten_moves
from tests.accounts.factor_moves import FACTOR, PASSWORD, give_app, give_password, is_signed_in, told
from tests.accounts.forgotten_moves import ASK, CODE, NEW, Printed, choose, without_token
from tests.factories import make_tenant, make_user
from tests.mailboxes import SENDER, Post, code_of, part, receiving, use
from tests.pages import send_form
from tests.peers import listening

pytestmark = pytest.mark.django_db

ADDRESS = "zhang@acme.example"


@pytest.fixture(scope="module")
def server() -> Iterator[Post]:
    with receiving() as server:
        yield server


@pytest.fixture
def post(server: Post, settings: Any) -> Post:
    """The mail server, empty."""
    server.mails.clear()
    server.refusal = ""
    use(settings, server.port)
    return server


@pytest.fixture
def zhang() -> User:
    tenant = make_tenant("acme", "Acme", offers_password_reset_by_mail=True)
    return make_user(tenant, "zhang", PASSWORD, email=ADDRESS)


def ask(browser: HttpClient, printed: Printed, account: str = "zhang", tenant: str = "acme") -> Any:
    return forgotten_moves.ask(browser, printed, tenant=tenant, way="mail", account=account)


def another(code: str) -> str:
    return "00000000" if not code.startswith("0000") else "11111111"


@pytest.mark.parametrize(("language", "title"), [("en", "Choose a new password"), ("zh-hans", "设置新密码")])
def test_a_code_of_a_mail_lets_choose_a_new_password(
    client: HttpClient, zhang: User, printed: Printed, post: Post, language: str, title: str
) -> None:
    give_password(client)
    give_app(zhang)
    other = HttpClient()
    other.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
    assert ASK in other.get("/account/login/?tenant=acme").content.decode()
    assert ask(other, printed)["Location"] == CODE
    [(recipients, mail)] = post.mails
    code = code_of(post)
    assert recipients == [ADDRESS]
    assert (mail["To"], mail["From"], mail["Auto-Submitted"]) == (ADDRESS, SENDER, "auto-generated")
    assert mail["Message-ID"].endswith("@hufu.example>")
    assert "Acme" in mail["Subject"]
    assert code not in mail["Subject"]
    page = part(mail, "html")
    assert f'<html lang="{language}">' in page
    assert f"<title>{title}</title>" in page
    assert code in page
    # No link: nothing is used up by whoever looks a mail over, and nothing leads to a wrong place.
    assert not re.search(r"https?:|href|src", page)
    assert code not in other.get(CODE).content.decode()
    assert not any(code.replace(" ", "") in str(value) for value in MailCode.objects.values_list().get())
    assert choose(other, code)["Location"] == "/account/login/?tenant=acme"
    # Whoever was in by the old password is out, and the new one is to be used as ever, with the second factor.
    assert not is_signed_in(client)
    assert give_password(other, password=NEW)["Location"] == FACTOR
    assert told()[-4:-1] == [
        ("mail_request", "allowed", ""),
        ("mail_sent", "allowed", ""),
        ("password_changed", "allowed", ""),
    ]


def test_a_code_is_used_once(client: HttpClient, zhang: User, printed: Printed, post: Post) -> None:
    ask(client, printed)
    session = client.session
    kept = session["forgotten_password"]
    choose(client, code_of(post))
    session = client.session
    session["forgotten_password"] = kept
    session.save()
    assert choose(client, code_of(post), "third good horse").status_code == 400
    assert told()[-1] == ("password_changed", "refused", "mail_code_spent")


def test_five_wrong_codes_end_the_right_one(client: HttpClient, zhang: User, printed: Printed, post: Post) -> None:
    ask(client, printed)
    for _time in range(5):
        assert choose(client, another(code_of(post))).status_code == 400
    assert choose(client, code_of(post)).status_code == 400
    assert told()[-1] == ("password_changed", "refused", "mail_code_exhausted")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("new password", "mail_code_mismatch"),
        ("new address", "mail_code_mismatch"),
        ("newer code", "mail_code_mismatch"),
        ("ten minutes", "mail_code_expired"),
        ("lockout", "account_locked"),
        ("disabled", "account_disabled"),
        ("console", "second_factor_missing"),
    ],
)
def test_what_happens_meanwhile_ends_a_code(
    client: HttpClient, zhang: User, printed: Printed, post: Post, event: str, reason: str
) -> None:
    ask(client, printed)
    code, now = code_of(post), timezone.now()
    if event == "new password":
        zhang.set_password("second good horse")
        zhang.save()
    elif event == "newer code":
        MailCode.objects.update(created_at=now - timedelta(minutes=2))
        ask(HttpClient(), printed)
        assert code_of(post) != code
    elif event == "ten minutes":
        MailCode.objects.update(expires_at=now)
    elif event == "lockout":
        lock(zhang)
    else:
        change: dict[str, dict[str, Any]] = {
            "new address": {"email": "z@acme.example"},
            "disabled": {"is_active": False},
        }
        User.objects.update(**change.get(event, {"is_staff": True}))
    before = User.objects.get().password
    assert choose(client, code).status_code == 400
    assert told()[-1] == ("password_changed", "refused", reason)
    assert User.objects.get().password == before


def lock(person: User) -> None:
    for _time in range(person.tenant.lockout_threshold):
        write(WritePlan([], guard=counting_of_failure(person.tenant, person.account, timezone.now())))


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("unknown", "unknown_user"),
        ("header", "unknown_user"),
        ("disabled", "account_disabled"),
        ("locked", "account_locked"),
        ("no address", "mail_address_missing"),
        ("of a directory", "password_missing"),
        ("console", "second_factor_missing"),
    ],
)
def test_whoever_gets_no_mail_is_answered_alike(
    client: HttpClient, zhang: User, printed: Printed, post: Post, case: str, reason: str
) -> None:
    li = make_user(zhang.tenant, "li-2020", PASSWORD, email="li@acme.example")
    account = {"unknown": "nobody", "header": "zhang\r\nBcc: li@acme.example"}.get(case, li.account)
    if case == "locked":
        lock(li)
    changes: dict[str, Any] = {"disabled": {"is_active": False}, "no address": {"email": ""}}
    changes |= {"of a directory": {"password": make_password(None)}, "console": {"is_staff": True}}
    if case in changes:
        User.objects.filter(pk=li.pk).update(**changes[case])
    other = HttpClient()
    answers = [ask(client, printed), ask(other, printed, account)]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, CODE)}
    assert [recipients for recipients, _mail in post.mails] == [[ADDRESS]]
    pages = [browser.get(CODE).content.decode() for browser in (client, other)]
    known, withheld = (without_token(page) for page in pages)
    assert known.replace("zhang", "") == withheld.replace(account, "")
    assert [choose(browser, "00000000").status_code for browser in (client, other)] == [400, 400]
    requests = LoginEvent.objects.filter(kind="mail_request").order_by("id")
    assert list(requests.values_list("outcome", "reason")) == [("allowed", ""), ("refused", reason)]


@pytest.mark.parametrize("case", ["unknown tenant", "not offered", "disabled", "no server"])
def test_where_it_is_not_offered_no_mail_goes_out(
    client: HttpClient, zhang: User, printed: Printed, post: Post, settings: Any, case: str
) -> None:
    by_mail = case != "not offered"
    make_tenant("other", "Other", offers_password_reset_by_mail=by_mail, is_active=case != "disabled")
    tenant = "nowhere" if case == "unknown tenant" else "other"
    if case == "no server":
        answer = ask_without_server(client, printed, settings)
    else:
        answer = ask(client, printed, tenant=tenant)
    assert answer.status_code == 400
    assert not MailCode.objects.exists()
    assert ASK not in client.get(f"/account/login/?tenant={tenant}").content.decode()


def ask_without_server(browser: HttpClient, printed: Printed, settings: Any) -> Any:
    """In production, the captcha having been drawn before."""
    page = browser.get(f"{ASK}?tenant=other&way=mail").content.decode()
    key = re.search(r'name="captcha_key" value="([0-9a-f]{32})"', page)
    assert key is not None
    form = {"tenant": "other", "way": "mail", "account": "zhang", "captcha_key": key.group(1)}
    form["captcha"] = printed()["captcha"]
    settings.HUFU_MAIL_SERVER = settings.HUFU_DEVELOPMENT = False
    return browser.post(ASK, form)


def test_a_person_chooses_between_mail_and_sms(client: HttpClient, zhang: User, post: Post) -> None:
    assert 'name="account"' in client.get(f"{ASK}?tenant=acme").content.decode()
    Tenant.objects.update(offers_password_reset=True)
    zhang.tenant.refresh_from_db()
    zhang.tenant.save()
    by_sms, by_mail = (client.get(f"{ASK}?tenant=acme&way={way}").content.decode() for way in ("sms", "mail"))
    assert 'name="phone"' in by_sms
    assert "?tenant=acme&amp;way=mail" in by_sms
    assert 'name="account"' in by_mail
    assert "?tenant=acme&amp;way=sms" in by_mail


def test_a_tenant_offers_it_in_the_console_if_there_is_a_server(zhang: User, settings: Any, client: HttpClient) -> None:
    zhang.tenant.offers_password_reset_by_mail = False
    zhang.tenant.save()
    make_user(zhang.tenant, "boss", None, is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(account="boss"))
    page = reverse("admin:tenants_tenant_change", args=[zhang.tenant_id])
    for server, status in ((False, 200), (True, 302)):
        settings.HUFU_MAIL_SERVER = server
        assert send_form(client, page, "tenant_form", offers_password_reset_by_mail="on").status_code == status
        assert Tenant.objects.get().offers_password_reset_by_mail is server


@pytest.mark.parametrize(
    ("limit", "status", "reason"),
    [
        ("account", 429, "mail_limited_account"),
        ("address", 429, "mail_limited_address"),
        ("tenant", 429, "mail_limited_tenant"),
        ("mailbox", 303, "mail_limited_mailbox"),
    ],
)
def test_so_many_codes_and_no_more(
    client: HttpClient, zhang: User, printed: Printed, post: Post, limit: str, status: int, reason: str
) -> None:
    if limit == "mailbox":
        make_user(
            make_tenant("other", "Other", offers_password_reset_by_mail=True), "z", PASSWORD, email=ADDRESS.upper()
        )
        ask(HttpClient(), printed, "z", tenant="other")
    else:
        number, network = {"account": (1, "x"), "address": (30, "127.0.0.1"), "tenant": (1000, "x")}[limit]
        account, moment = ("zhang" if limit == "account" else "x"), timezone.now() - timedelta(seconds=30)
        row = {"tenant": zhang.tenant, "account": account, "network": network, "is_sent": False}
        rows = [MailCode(created_at=moment, expires_at=moment, **row) for _time in range(number)]
        MailCode.objects.bulk_create(rows)
    answer = ask(client, printed)
    assert answer.status_code == status
    assert told()[-1] == ("mail_request", "refused", reason)
    if status == 429:
        assert 0 < int(answer["Retry-After"]) <= 3600
        assert not post.mails


@pytest.mark.parametrize(
    ("address", "tenant", "arrives"),
    [
        ("zhang@acme.example\nBcc: li@acme.example", "Acme", False),
        ("zhang@acme.example, li@acme.example", "Acme", False),
        (ADDRESS, "Acme\r\nBcc: li@acme.example\r\n\r\nHello", True),
        (ADDRESS, "<b>Acme</b>", True),
    ],
    ids=["header in the address", "two addresses", "header in the tenant's name", "markup in the tenant's name"],
)
def test_no_row_smuggles_a_header_or_markup_in(
    client: HttpClient, zhang: User, printed: Printed, post: Post, address: str, tenant: str, arrives: bool
) -> None:
    """As an import past the console's forms could leave it."""
    User.objects.update(email=address)
    zhang.tenant.name = tenant
    zhang.tenant.save()
    ask(client, printed)
    assert [recipients for recipients, _mail in post.mails] == ([[ADDRESS]] if arrives else [])
    if arrives:
        assert post.last()["Bcc"] is None
        assert "<b>" not in part(post.last(), "html")
    assert told()[-1] == ("mail_sent", *(("allowed", "") if arrives else ("refused", "mail_address_rejected")))


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [("550 no such mailbox", "mail_address_rejected"), ("451 try again later", "mail_server_failed")],
)
def test_a_refusal_of_the_server_is_told(
    client: HttpClient, zhang: User, printed: Printed, post: Post, refusal: str, reason: str, caplog: Any
) -> None:
    post.refusal = refusal
    assert ask(client, printed).status_code == 303
    assert told()[-1] == ("mail_sent", "refused", reason)
    # The server's own lines apart.
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    assert any("status=" in line for line in lines)
    assert not any(ADDRESS in line for line in lines)


def test_what_was_asked_for_is_kept_for_a_day(client: HttpClient, zhang: User, printed: Printed) -> None:
    ask(client, printed)
    for hours, is_there in ((23, True), (25, False)):
        MailCode.objects.update(created_at=timezone.now() - timedelta(hours=hours))
        call_command("cleartokens", verbosity=0)
        assert MailCode.objects.exists() is is_there


def test_in_development_a_mail_stands_on_the_console(client: HttpClient, zhang: User, printed: Printed) -> None:
    ask(client, printed)
    assert choose(client, printed()["mail"]).status_code == 303


@pytest.mark.django_db(transaction=True)
def test_a_server_that_hangs_holds_nobody_up(client: HttpClient, zhang: User, printed: Printed, settings: Any) -> None:
    let_go = threading.Event()

    def silent(_request: bytes) -> Iterable[bytes]:
        let_go.wait(20)
        return []

    with listening(silent) as peer:
        use(settings, peer.port)
        settings.HUFU_MAIL_DELIVERY = "accounts.mail_delivery.deliver_in_thread"
        assert ask(client, printed).status_code == 303
        assert ("mail_sent", "refused", "mail_server_failed") not in told()
        for thread in [thread for thread in threading.enumerate() if thread.name == "mail"]:
            thread.join(20)
        let_go.set()
    assert told()[-1] == ("mail_sent", "refused", "mail_server_failed")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_uses_of_one_code_at_once_one_succeeds(
    client: HttpClient, zhang: User, printed: Printed, post: Post
) -> None:
    ask(client, printed)
    code, cookie = code_of(post), django_settings.SESSION_COOKIE_NAME
    barrier = threading.Barrier(6)

    def use_it(number: int) -> int:
        browser = HttpClient()
        browser.cookies[cookie] = client.cookies[cookie].value
        try:
            barrier.wait(20)
            return int(choose(browser, code, f"{NEW} {number}").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = Counter(pool.map(use_it, range(6)))
    assert statuses[303] == 1
    assert LoginEvent.objects.filter(kind="password_changed", outcome="allowed").count() == 1
