"""Passkeys as the second step: made for one host, checked by fido2, several a person, with names and counters."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.utils import timezone
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticatorData

from accounts.factors.changes import MAX_PASSKEYS
from accounts.models import BrowserSession, Passkey, RecoveryCode, User
from tests.accounts.factor_moves import FACTOR, PASSWORD, REMOVE, give_password, is_signed_in, shown_codes, told
from tests.accounts.soft_key import SoftKey, sent, too_long_an_id
from tests.factories import make_tenant, make_user

pytestmark = pytest.mark.django_db

ADD = "/account/second-factor/passkey/"
Flag = AuthenticatorData.FLAG


@pytest.fixture
def zhang() -> User:
    return make_user(make_tenant("acme", "Acme"), "zhang", PASSWORD)


@pytest.fixture
def signed_in(client: HttpClient, zhang: User) -> HttpClient:
    give_password(client)
    return client


def options_of(response: Any) -> dict[str, Any]:
    """What the page asks of the browser."""
    found = re.search(r'data-options="([^"]+)"', response.content.decode())
    assert found is not None, response.content
    options: dict[str, Any] = json.loads(unescape(found.group(1)))
    return options


def add(browser: HttpClient, key: SoftKey, name: str = "Laptop", **headers: Any) -> Any:
    answer = key.create(options_of(browser.get(ADD, **headers)))
    return browser.post(ADD, {"name": name, "credential": sent(answer)}, **headers)


def show(browser: HttpClient, key: SoftKey, **headers: Any) -> Any:
    """The answer to the password, then to the passkey."""
    browser.post(
        "/account/login/?next=/account/", {"tenant": "acme", "username": "zhang", "password": PASSWORD}, **headers
    )
    answer = key.get(options_of(browser.get(FACTOR, **headers)))
    return browser.post(FACTOR, {"credential": sent(answer)}, **headers)


def test_a_passkey_is_made_and_signs_in(signed_in: HttpClient, zhang: User) -> None:
    key = SoftKey()
    made = add(signed_in, key)
    assert len(shown_codes(made)) == 10
    passkey = Passkey.objects.get()
    assert (passkey.user, passkey.name, passkey.host, passkey.sign_count) == (zhang, "Laptop", "testserver", 1)
    assert passkey.transports == ["internal"]
    browser = HttpClient()
    answer = show(browser, key)
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    assert is_signed_in(browser)
    assert BrowserSession.objects.latest("auth_time").amr == "pwd hwk mfa"
    passkey.refresh_from_db()
    assert passkey.sign_count == 2
    assert passkey.used_at is not None
    assert told()[-3:] == [
        ("factor_used", "allowed", "password"),
        ("factor_used", "allowed", "passkey"),
        ("login", "allowed", ""),
    ]


def test_the_last_passkey_that_one_may_have_is_the_last(signed_in: HttpClient, zhang: User) -> None:
    def store(number: int) -> None:
        digest = f"{number:064}"
        Passkey.objects.create(
            user=zhang, name="old", host="testserver", credential_id=websafe_encode(digest.encode()),
            credential_digest=digest, credential_data="", transports=[], created_at=timezone.now(),
        )  # fmt: skip

    add(signed_in, SoftKey())
    for number in range(MAX_PASSKEYS - 2):
        store(number)
    options = options_of(signed_in.get(ADD))
    # Meanwhile he made the last one in another window.
    store(MAX_PASSKEYS)
    answer = signed_in.post(ADD, {"name": "One more", "credential": sent(SoftKey().create(options))})
    assert (answer.status_code, answer["Location"]) == (303, "/account/second-factor/")
    assert Passkey.objects.count() == MAX_PASSKEYS


def test_what_the_browser_is_asked(signed_in: HttpClient, zhang: User) -> None:
    first = options_of(signed_in.get(ADD))
    assert first["rp"]["id"] == "testserver"
    assert first["authenticatorSelection"]["userVerification"] == "required"
    # The device keeps and shows this: neither name nor number of ours.
    assert first["user"]["id"] not in {websafe_encode(str(zhang.pk).encode()), websafe_encode(b"zhang")}
    key = SoftKey()
    add(signed_in, key)
    second = options_of(signed_in.get(ADD))
    assert [each["id"] for each in second["excludeCredentials"]] == [websafe_encode(key.credential_id)]
    assert second["challenge"] != first["challenge"]
    give_password(signed_in)
    asked = options_of(signed_in.get(FACTOR))
    assert (asked["rpId"], asked["userVerification"]) == ("testserver", "required")
    assert [each["id"] for each in asked["allowCredentials"]] == [websafe_encode(key.credential_id)]


BENT: dict[str, Callable[[], SoftKey]] = {
    "another origin": lambda: SoftKey(origin="https://evil.example"),
    "another port": lambda: SoftKey(origin="http://testserver:8443"),
    "another host": lambda: SoftKey(host="evil.example"),
    "nobody present": lambda: SoftKey(flags=int(Flag.UV)),
    "nobody verified": lambda: SoftKey(flags=int(Flag.UP)),
}


def test_a_bent_new_passkey_is_refused(signed_in: HttpClient) -> None:
    for name, bent in (*BENT.items(), ("too long an id", too_long_an_id)):
        assert add(signed_in, bent()).status_code == 400, name
    assert not Passkey.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_a_bent_answer_signs_nobody_in(signed_in: HttpClient) -> None:
    key = SoftKey()
    add(signed_in, key)
    browser = HttpClient()
    give_password(browser)
    for name, bent in BENT.items():
        wrong = bent()
        wrong.credential_id, wrong._key, wrong.counter = key.credential_id, key._key, 10
        answer = sent(wrong.get(options_of(browser.get(FACTOR))))
        assert browser.post(FACTOR, {"credential": answer}).status_code == 400, name
        assert told()[-1] == ("login", "refused", "passkey_rejected")
    assert not is_signed_in(browser)
    # Straight again, it is good.
    answer = sent(key.get(options_of(browser.get(FACTOR))))
    assert browser.post(FACTOR, {"credential": answer}).status_code == 303


def test_another_key_signs_nobody_in(signed_in: HttpClient) -> None:
    key = SoftKey()
    add(signed_in, key)
    forged = SoftKey(credential_id=key.credential_id, counter=10)
    assert show(HttpClient(), forged).status_code == 400
    assert show(HttpClient(), SoftKey(counter=10)).status_code == 400


NONSENSE = [
    "{}",
    "[]",
    "null",
    "{",
    "1" * 40_000,
    '{"id":"x"}',
    "[" * 5000,
    "\x00",
    '{"response":{"clientDataJSON":"!"}}',
]


def test_nonsense_is_refused(signed_in: HttpClient) -> None:
    for answer in NONSENSE:
        signed_in.get(ADD)
        assert signed_in.post(ADD, {"name": "x", "credential": answer}).status_code == 400, answer[:20]
    add(signed_in, SoftKey())
    browser = HttpClient()
    give_password(browser)
    for answer in NONSENSE:
        browser.get(FACTOR)
        assert browser.post(FACTOR, {"credential": answer}).status_code == 400, answer[:20]
    assert not is_signed_in(browser)


def test_a_challenge_is_good_for_one_answer(signed_in: HttpClient) -> None:
    key = SoftKey(counts_by=0)
    add(signed_in, key)
    browser = HttpClient()
    give_password(browser)
    answer = sent(key.get(options_of(browser.get(FACTOR))))
    assert browser.post(FACTOR, {"credential": answer}).status_code == 303
    give_password(browser)
    assert browser.post(FACTOR, {"credential": answer}).status_code == 400
    # Nor is one that another browser was given.
    other = HttpClient()
    give_password(other)
    other.get(FACTOR)
    assert other.post(FACTOR, {"credential": answer}).status_code == 400


def test_a_counter_that_does_not_go_on_tells_of_a_copy(signed_in: HttpClient) -> None:
    key = SoftKey()
    add(signed_in, key)
    assert show(HttpClient(), key).status_code == 303
    key.counter = 1
    assert show(HttpClient(), key).status_code == 400
    assert told()[-1] == ("login", "refused", "passkey_cloned")
    # One that counted once does not stop counting.
    key.counter, key.counts_by = 0, 0
    assert show(HttpClient(), key).status_code == 400


def test_a_synced_passkey_without_a_counter_is_one_kept_by_software(signed_in: HttpClient) -> None:
    key = SoftKey(counts_by=0, flags=int(Flag.UP | Flag.UV | Flag.BE | Flag.BS))
    add(signed_in, key)
    for _time in range(2):
        assert show(HttpClient(), key).status_code == 303
    assert BrowserSession.objects.latest("auth_time").amr == "pwd swk mfa"


def test_several_have_names_and_are_removed_one_by_one(signed_in: HttpClient) -> None:
    laptop, phone = SoftKey(), SoftKey()
    add(signed_in, laptop, "Laptop")
    assert not shown_codes(add(signed_in, phone, "<b>Phone</b>"))
    page = signed_in.get("/account/second-factor/").content.decode()
    assert "Laptop" in page
    assert "&lt;b&gt;Phone" in page
    gone = Passkey.objects.get(name="Laptop")
    assert "Laptop" in signed_in.get(f"{REMOVE}?passkey={gone.pk}").content.decode()
    signed_in.post(REMOVE, {"passkey": str(gone.pk)})
    assert [each.name for each in Passkey.objects.all()] == ["<b>Phone</b>"]
    assert RecoveryCode.objects.exists()
    assert show(HttpClient(), phone).status_code == 303
    assert show(HttpClient(), laptop).status_code == 400


def test_the_same_passkey_is_nobody_elses(signed_in: HttpClient, zhang: User) -> None:
    key = SoftKey()
    add(signed_in, key)
    make_user(zhang.tenant, "li", PASSWORD)
    other = HttpClient()
    give_password(other, "li")
    assert add(other, key).status_code == 400
    assert Passkey.objects.get().user == zhang


def test_a_passkey_belongs_to_the_host_that_it_was_made_at(signed_in: HttpClient, zhang: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "id.acme.example", "192.0.2.1"]
    here = SoftKey()
    add(signed_in, here)
    there: Any = {"HTTP_HOST": "id.acme.example"}
    browser = HttpClient()
    browser.post("/account/login/", {"tenant": "acme", "username": "zhang", "password": PASSWORD}, **there)
    page = browser.get(FACTOR, **there).content.decode()
    assert "data-options" not in page
    # He is told where it is good, and can use a recovery code.
    assert "testserver" in page
    assert 'name="code"' in page


def test_an_address_without_a_name_offers_no_passkeys(client: HttpClient, zhang: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["192.0.2.1", "[::1]"]
    for host in ("192.0.2.1", "[::1]:8000"):
        there: Any = {"HTTP_HOST": host, "HTTP_ACCEPT_LANGUAGE": "en"}
        client.post("/account/login/", {"tenant": "acme", "username": "zhang", "password": PASSWORD}, **there)
        page = client.get("/account/second-factor/", **there).content.decode()
        assert ADD not in page
        assert "Passkeys need a host name" in page
        assert "data-options" not in client.get(ADD, **there).content.decode()
