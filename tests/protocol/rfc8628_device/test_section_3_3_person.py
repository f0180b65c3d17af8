"""RFC 8628 section 3.3 and section 5: the pages where a person lets a device in, and who cannot get past them."""

from typing import Any

import pytest
from django.test import Client as HttpClient

from oauthx.choices import DEVICE_CODE
from oauthx.models import Consent, DeviceGrant
from tests.contract.world import World, history, reasons
from tests.protocol.device_flow import PAGE, DeviceFlow, make_device_flow

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def flow(world: World) -> DeviceFlow:
    return DeviceFlow(world, make_device_flow(world).app, HttpClient(headers=ENGLISH))


def signed_in(flow: DeviceFlow, account: str = "admin") -> DeviceFlow:
    """The same application, and a browser in which this person is signed in already."""
    other = DeviceFlow(flow.world, flow.app, HttpClient(headers=ENGLISH))
    other.sign_in(other.open_page(), account)
    return other


def text_of(response: Any) -> str:
    text: str = response.content.decode()
    return text


def test_a_person_types_the_code_compares_it_and_allows(flow: DeviceFlow, world: World) -> None:
    started = flow.start(scope="openid profile")
    form = flow.sign_in(flow.open_page())
    assert 'name="user_code"' in text_of(form)
    question = flow.open_page(started["user_code"])
    for expected in ("tv asks for access", "admin, 默认租户", started["user_code"], "<li>"):
        assert expected in text_of(question)
    done = flow.decide(question)
    assert "You have allowed tv" in text_of(done)
    assert flow.poll(started["device_code"]).status_code == 200


def test_a_person_who_does_not_allow_is_told_so(flow: DeviceFlow, world: World) -> None:
    started = flow.start()
    done = flow.decide(flow.confirmation(started["user_code"]), button="deny")
    assert "You have not allowed tv" in text_of(done)
    grant = DeviceGrant.objects.get()
    assert (grant.status, grant.user, grant.tenant) == ("denied", world.admin, world.tenant)
    assert grant.auth_time is None
    event = history()[-1]
    assert (event.kind, event.outcome, event.reason) == ("login", "refused", "access_denied")
    assert (event.account, event.client_id, event.grant) == ("admin", "tv", DEVICE_CODE)


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:2]} {code[2:]} "]
)
def test_section_6_1_case_hyphen_and_spaces_do_not_matter(flow: DeviceFlow, change: Any) -> None:
    started = flow.start()
    assert started["user_code"] in text_of(flow.confirmation(change(started["user_code"])))


def test_full_width_letters_of_a_chinese_keyboard_are_understood(flow: DeviceFlow) -> None:
    started = flow.start()
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in started["user_code"])
    assert started["user_code"] in text_of(flow.confirmation(wide))


def test_section_3_3_1_a_link_with_the_code_asks_all_the_same(flow: DeviceFlow, world: World) -> None:
    started = flow.start()
    page = signed_in(flow).browser.get(started["verification_uri_complete"])
    assert started["user_code"] in text_of(page)
    assert 'name="allow"' in text_of(page)
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZATION_PENDING
    assert flow.poll(started["device_code"]).json()["error"] == "authorization_pending"


def test_section_5_4_who_agreed_before_is_asked_again_and_so_is_a_trusted_client(world: World) -> None:
    flow = make_device_flow(world, skip_authorization=True)
    flow.allowed_code()
    assert 'name="allow"' in text_of(flow.confirmation(flow.start()["user_code"]))


def test_what_was_allowed_is_remembered_like_at_authorize(flow: DeviceFlow, world: World) -> None:
    consent = Consent.objects.create(user=world.admin, client=world.of(flow.app), scopes=["all"])
    flow.allowed_code(scope="openid email")
    consent.refresh_from_db()
    assert consent.scopes == ["all", "email", "openid"]


def test_what_was_not_allowed_is_not_remembered(flow: DeviceFlow) -> None:
    flow.decide(flow.confirmation(flow.start()["user_code"]), button="deny")
    assert not Consent.objects.exists()


def test_the_sign_in_page_knows_the_tenant_of_the_code(flow: DeviceFlow, world: World) -> None:
    assert "tenant=000000" in flow.open_page(flow.start()["user_code"])["Location"]
    assert "tenant=" not in flow.open_page("BCDF-GHJK")["Location"]
    assert "tenant=" not in flow.open_page()["Location"]


# --- Wrong codes (section 5.1) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["BCDF-GHJK", "AAAA-AAAA", "x", "BCDFGHJKL", "虎符", "\x00", "<script>", "x" * 9000])
def test_a_wrong_code_is_told_and_leads_nowhere(flow: DeviceFlow, typed: str) -> None:
    flow.start()
    page = signed_in(flow).open_page(typed)
    assert page.status_code == 400
    assert "This code is wrong" in text_of(page)
    assert 'name="user_code"' in text_of(page)
    assert "<script>" not in text_of(page)
    assert f'value="{"x" * 65}' not in text_of(page)


def test_a_code_that_was_decided_or_has_expired_is_as_wrong(flow: DeviceFlow, world: World) -> None:
    decided, late = flow.start(), flow.start()
    flow.decide(flow.confirmation(decided["user_code"]))
    assert flow.open_page(decided["user_code"]).status_code == 400
    world.pass_time(seconds=600)
    assert flow.open_page(late["user_code"]).status_code == 400


def test_a_client_that_may_no_longer_do_this_is_as_wrong(flow: DeviceFlow, world: World) -> None:
    started = flow.start()
    client = world.of(flow.app)
    client.grant_types = ["authorization_code"]
    client.save()
    assert flow.confirmation(started["user_code"]).status_code == 400


def test_section_5_1_ten_wrong_codes_of_a_person_are_enough(flow: DeviceFlow, world: World) -> None:
    guesser, code = signed_in(flow), flow.start()["user_code"]
    # Each from another address, so that it is the person who counts.
    statuses = [guesser.open_page("BCDF-GHJK", f"192.0.2.{number}").status_code for number in range(12)]
    assert statuses == [400] * 10 + [429] * 2
    refused = guesser.open_page(code, "192.0.2.99")
    assert refused.status_code == 429
    assert "Too many wrong codes" in text_of(refused)
    assert 'name="allow"' not in text_of(refused)
    assert int(refused["Retry-After"]) == 600
    # Somebody else is not kept out by it.
    world.make_user("other")
    assert signed_in(flow, "other").open_page(code, "192.0.2.1").status_code == 200


def test_section_5_1_thirty_wrong_codes_of_an_address_are_enough(flow: DeviceFlow, world: World) -> None:
    code, statuses = flow.start()["user_code"], []
    for account in ("a", "b", "c", "d"):
        world.make_user(account)
        guesser = signed_in(flow, account)
        # One network of IPv6 is one address.
        statuses += [guesser.open_page("BCDF-GHJK", f"2001:db8::{number}").status_code for number in range(1, 9)]
    assert statuses == [400] * 30 + [429] * 2
    assert guesser.open_page(code, "2001:db8::99").status_code == 429
    assert guesser.open_page(code, "2001:db8:0:1::1").status_code == 200


def test_after_ten_minutes_codes_are_looked_at_again(flow: DeviceFlow, world: World) -> None:
    guesser = signed_in(flow)
    for _ in range(11):
        assert guesser.open_page("BCDF-GHJK").status_code in {400, 429}
    world.pass_time(minutes=10)
    assert guesser.open_page(flow.start()["user_code"]).status_code == 200


def test_right_codes_use_nothing_up(flow: DeviceFlow) -> None:
    guesser, code = signed_in(flow), flow.start()["user_code"]
    assert {guesser.open_page(code).status_code for _ in range(40)} == {200}


def test_before_a_sign_in_nobody_finds_out_which_codes_there_are(flow: DeviceFlow) -> None:
    code = flow.start()["user_code"]
    for _ in range(10):
        flow.open_page("BCDF-GHJK")
    # The tenant, from which it could be seen, is not filled in any more; and nobody who is signed in is kept out.
    assert "tenant=" not in flow.open_page(code)["Location"]
    assert signed_in(flow).open_page(code).status_code == 200


@pytest.mark.parametrize(
    "cache",
    [
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
        {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
    ],
    ids=["down", "keeps nothing"],
)
def test_a_cache_that_cannot_count_refuses(flow: DeviceFlow, settings: Any, cache: dict[str, str]) -> None:
    browser, code = signed_in(flow), flow.start()["user_code"]
    settings.CACHES = {**settings.CACHES, "challenges": cache}
    refused = browser.open_page(code)
    assert refused.status_code == 503
    assert "busy" in text_of(refused)
    assert 'name="allow"' not in text_of(refused)
    # Without the hint the way to the sign-in page stays open.
    assert flow.open_page(code).status_code == 303


# --- Who may decide ---------------------------------------------------------------------------------------------------


def test_a_person_of_another_tenant_is_told_and_can_change_the_account(flow: DeviceFlow, world: World) -> None:
    other = world.make_tenant("000001", name="Other Ltd")
    world.make_user("visitor", tenant=other)
    started = flow.start()
    flow.sign_in(flow.open_page(), "visitor", tenant="000001")
    page = flow.open_page(started["user_code"])
    assert page.status_code == 403
    assert "tv is not open to people of Other Ltd" in text_of(page)
    assert 'href="/account/login/?next=' in text_of(page)
    assert 'name="allow"' not in text_of(page)


def test_a_shared_client_is_open_to_the_tenants_that_it_serves_alone(world: World) -> None:
    served, foreign = world.make_tenant("000001"), world.make_tenant("000002")
    for tenant in (served, foreign):
        world.make_user("visitor", tenant=tenant)
    flow = DeviceFlow(world, world.make_client("tv", serves=(world.tenant, served)))
    started = flow.start()
    for code, status in (("000001", 200), ("000002", 403)):
        flow.browser = HttpClient()
        flow.sign_in(flow.open_page(), "visitor", tenant=code)
        assert flow.open_page(started["user_code"]).status_code == status
    # Of those who are served only the named tenant's people may, if one was named.
    named = flow.start(acr_values="tenant:000000")
    flow.browser = HttpClient()
    flow.sign_in(flow.open_page(), "visitor", tenant="000001")
    assert flow.open_page(named["user_code"]).status_code == 403


def test_nobody_decides_for_another_person(flow: DeviceFlow, world: World) -> None:
    question = flow.confirmation(flow.start()["user_code"])
    world.make_user("other")
    stranger = signed_in(flow, "other")
    assert stranger.press(question).status_code == 400
    nobody = DeviceFlow(world, flow.app, HttpClient(headers=ENGLISH))
    assert nobody.press(question).status_code == 400
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZATION_PENDING
    assert "allowed" not in [event.outcome for event in history() if event.client_id]


@pytest.mark.parametrize("carried", ["", "x", "e30:1:x", "虎", "\x00"])
def test_a_changed_page_decides_nothing(flow: DeviceFlow, carried: str) -> None:
    flow.confirmation(flow.start()["user_code"])
    page = flow.browser.post(PAGE, {"request": carried, "allow": "allow"})
    assert page.status_code == 400
    assert "Enter the code again" in text_of(page)
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZATION_PENDING


def test_the_first_decision_stands(flow: DeviceFlow, world: World) -> None:
    started = flow.start()
    question = flow.confirmation(started["user_code"])
    flow.decide(question, button="deny")
    events = len(history())
    assert flow.press(question, "allow").status_code == 400
    assert DeviceGrant.objects.get().status == DeviceGrant.DENIED
    assert (len(history()), Consent.objects.count()) == (events, 0)


def test_a_decision_that_comes_too_late_is_none(flow: DeviceFlow, world: World) -> None:
    question = flow.confirmation(flow.start()["user_code"])
    world.pass_time(seconds=600)
    assert flow.press(question).status_code == 400
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZATION_PENDING


def test_a_client_disabled_meanwhile_is_not_let_in(flow: DeviceFlow, world: World) -> None:
    question = flow.confirmation(flow.start()["user_code"])
    client = world.of(flow.app)
    client.is_active = False
    client.save()
    assert flow.press(question).status_code == 400


def test_the_done_page_tells_only_what_was_decided_here(flow: DeviceFlow) -> None:
    assert flow.browser.get(f"{PAGE}/done")["Location"] == PAGE


def test_the_pages_are_safe_from_forged_forms(flow: DeviceFlow) -> None:
    strict = HttpClient(enforce_csrf_checks=True)
    assert strict.post(PAGE, {"request": "x", "allow": "allow"}).status_code == 403
    assert reasons() == []


def test_every_page_is_framed_by_nobody_and_runs_no_foreign_script(flow: DeviceFlow) -> None:
    started = flow.start()
    question = flow.confirmation(started["user_code"])
    pages = [question, flow.open_page(), flow.open_page("BCDF-GHJK"), flow.decide(question)]
    for page in pages:
        policy = page["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self';" in policy
        assert "unsafe" not in policy
        assert (page["Referrer-Policy"], page["Cache-Control"]) == ("same-origin", "no-store")
        assert "<script" not in text_of(page)
