"""What WeChat refuses or says wrong when the grant wechat brings a code: each has its reason, and nothing leaks."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import LoginEvent
from tenants.encryption import Secret
from tests.contract.wire import BLADE, CONNECT, assert_refused
from tests.contract.world import reasons
from tests.oauthx.wechat_world import APP_ID, SECRET, WechatWorld, wechat
from tests.peers import Answer, says, says_json

__all__ = ["wechat"]


# --- What WeChat refuses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error_code", "status", "error", "reason"),
    [
        (40029, 400, "invalid_grant", "wechat_code_invalid"),
        (40163, 400, "invalid_grant", "wechat_code_used"),
        (42003, 400, "invalid_grant", "wechat_code_expired"),
        (40226, 400, "invalid_grant", "wechat_person_blocked"),
        (-1, 503, "temporarily_unavailable", "wechat_busy"),
        (45011, 503, "temporarily_unavailable", "wechat_rate_limited"),
        (45009, 503, "temporarily_unavailable", "wechat_rate_limited"),
        (40013, 500, "server_error", "wechat_app_id_rejected"),
        (40125, 500, "server_error", "wechat_secret_rejected"),
        (40001, 500, "server_error", "wechat_secret_rejected"),
        (40164, 500, "server_error", "wechat_address_not_listed"),
        (61003, 500, "server_error", "wechat_refused"),
    ],
)
def test_every_documented_error_has_its_reason(
    error_code: int, status: int, error: str, reason: str, wechat: WechatWorld
) -> None:
    wechat.played.refuses = error_code
    for endpoint in (CONNECT, BLADE[0]):
        assert_refused(endpoint, wechat.ask(endpoint, code="x"), status, error)
        assert reasons()[-1] == reason


def test_a_code_works_once_at_wechat_and_here(wechat: WechatWorld) -> None:
    wechat.bind()
    code = wechat.played.give_code(APP_ID, "the-code", "openid-1")
    assert wechat.ask(code=code).status_code == 200
    assert_refused(CONNECT, wechat.ask(code=code), 400, "invalid_grant")
    wechat.played.takes_codes_again = True
    assert_refused(CONNECT, wechat.ask(code=code), 400, "invalid_grant")
    assert reasons() == ["", "wechat_code_used", "wechat_code_used"]


def test_a_code_that_a_busy_wechat_did_not_take_can_be_sent_again(wechat: WechatWorld) -> None:
    wechat.bind()
    code = wechat.played.give_code(APP_ID, "the-code", "openid-1")
    wechat.played.refuses = -1
    assert wechat.ask(code=code).status_code == 503
    wechat.played.refuses = None
    assert wechat.ask(code=code).status_code == 200


@pytest.mark.parametrize("code", ["ein Code", "码", "x" * 256, "a\nb"])
def test_what_can_be_no_code_is_not_sent_on(code: str, wechat: WechatWorld) -> None:
    assert_refused(CONNECT, wechat.ask(code=code), 400, "invalid_grant")
    assert reasons() == ["wechat_code_invalid"]
    assert wechat.requested() == []


def test_a_code_cannot_add_parameters_to_the_question(wechat: WechatWorld) -> None:
    wechat.ask(code="x&appid=wx-other&secret=y#z")
    [line] = wechat.requested()
    assert "js_code=x%26appid%3Dwx-other%26secret%3Dy%23z&" in line


def test_the_stand_in_of_somebody_who_only_looks_at_a_page_is_nobody(wechat: WechatWorld) -> None:
    wechat.make_app("wx-page", "official_account")
    wechat.bind(openid="virtual", app="wx-page")
    code = wechat.played.give_code("wx-page", "c", "virtual", is_snapshotuser=1)
    assert_refused(CONNECT, wechat.ask(code=code, app_id="wx-page"), 400, "invalid_grant")
    assert reasons() == ["wechat_person_virtual"]


# --- Nonsense and silence --------------------------------------------------------------------------------------------


def text(body: bytes, status: int = 200, content_type: str = "text/plain") -> Answer:
    return says(status, body, content_type)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(text(b"<html><body>hello</body></html>", content_type="text/html"), id="HTML"),
        pytest.param(text(b'{"openid":"openid-1","session_k'), id="cut off"),
        pytest.param(text(b""), id="nothing"),
        pytest.param(text(b"\xff\xfe\x00"), id="no text"),
        pytest.param(text(b"[]"), id="a list"),
        pytest.param(text(b"null"), id="null"),
        pytest.param(says_json({"session_key": "x"}), id="no openid"),
        pytest.param(says_json({"openid": ""}), id="empty openid"),
        pytest.param(says_json({"openid": 17}), id="a number for openid"),
        pytest.param(says_json({"openid": "o" * 129}), id="overlong openid"),
        pytest.param(says_json({"openid": "a b"}), id="a blank in the openid"),
        pytest.param(says_json({"openid": "\ud800"}), id="half of a pair"),
        pytest.param(says_json({"openid": "openid-1", "unionid": ["u"]}), id="a list for unionid"),
        pytest.param(says_json({"openid": "openid-1", "errcode": "busy"}), id="errcode of words"),
        pytest.param(says_json({"openid": "openid-1", "errcode": True}), id="errcode true"),
        pytest.param(says_json({"openid": "openid-1", "errcode": 0.5}), id="half an errcode"),
        pytest.param(text(b'{"errcode":' + b"9" * 5000 + b"}"), id="an endless errcode"),
        pytest.param(text(b"{" * 60_000), id="too deep"),
        pytest.param(text(b" " * 100_000), id="too long"),
        pytest.param(text(b"moved", status=302), id="a redirect"),
        pytest.param(text(b"no", status=404), id="not found"),
        pytest.param(lambda _request: [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], id="no HTTP"),
    ],
)
def test_nonsense_is_a_server_error(answer: Answer, wechat: WechatWorld) -> None:
    wechat.bind()
    wechat.played.say(answer)
    assert_refused(CONNECT, wechat.ask(code="x"), 500, "server_error")
    assert reasons() == ["wechat_answer_unusable"]


@pytest.mark.parametrize("value", ["40029", 40029])
def test_an_error_code_may_be_written_as_text(value: object, wechat: WechatWorld) -> None:
    wechat.played.say(says_json({"errcode": value, "errmsg": "invalid code"}))
    assert_refused(CONNECT, wechat.ask(code="x"), 400, "invalid_grant")
    assert reasons() == ["wechat_code_invalid"]


@pytest.mark.parametrize("value", ["0", 0, None])
def test_an_error_code_of_nothing_is_no_error(value: object, wechat: WechatWorld) -> None:
    wechat.bind()
    wechat.played.say(says_json({"errcode": value, "openid": "openid-1", "unionid": None}))
    assert wechat.ask(code="x").status_code == 200


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_proxy_of_wechats_that_fails_is_a_busy_wechat(status: int, wechat: WechatWorld) -> None:
    wechat.played.say(text(b"<html>", status=status, content_type="text/html"))
    assert_refused(CONNECT, wechat.ask(code="x"), 503, "temporarily_unavailable")
    assert reasons() == ["wechat_busy"]


def test_a_wechat_that_is_not_there_is_unavailable(wechat: WechatWorld, settings: Any) -> None:
    wechat.played.say(lambda _request: [])
    assert_refused(CONNECT, wechat.ask(code="x"), 503, "temporarily_unavailable")
    settings.OUTBOUND_PRIVATE_NETWORKS = []
    assert_refused(CONNECT, wechat.ask(code="x"), 500, "server_error")
    assert reasons() == ["wechat_unreachable", "wechat_url_forbidden"]


def test_a_silent_wechat_is_waited_for_no_longer_than_the_budget(wechat: WechatWorld, settings: Any) -> None:
    settings.OUTBOUND_SECONDS = 1

    def silence(_request: bytes) -> Iterator[bytes]:
        time.sleep(3)
        yield b""

    wechat.played.say(silence)
    started = time.monotonic()
    assert_refused(CONNECT, wechat.ask(code="x"), 503, "temporarily_unavailable")
    assert time.monotonic() - started < 2.5
    assert reasons() == ["wechat_timed_out"]


def test_an_app_whose_secret_is_not_there_asks_nobody(wechat: WechatWorld, settings: Any) -> None:
    wechat.app.secret = Secret()
    wechat.app.save()
    assert_refused(CONNECT, wechat.ask(code="x"), 500, "server_error")
    wechat.app.secret = Secret.of(SECRET)
    wechat.app.save()
    settings.KEY_ENCRYPTION_KEYS = ["ODc2NTQzMjEwOTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc="]
    # The client's signing keys cannot be read either: it does not come that far.
    assert_refused(CONNECT, wechat.ask(code="x"), 500, "server_error")
    assert reasons() == ["wechat_secret_missing", "wechat_secret_unreadable"]
    assert wechat.requested() == []


# --- Secrets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refuses", [None, -1, 40013, 40125])
def test_neither_secret_nor_code_is_logged_or_told(
    refuses: int | None, wechat: WechatWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    wechat.bind()
    wechat.played.refuses = refuses
    code = wechat.played.give_code(APP_ID, "a-code-that-nobody-else-knows", "openid-1")
    told = wechat.ask(code=code).content.decode()
    wechat.played.say(says_json({"errcode": 40013, "errmsg": f"invalid appid {SECRET} {code}, rid: 66-aa"}))
    told += wechat.ask(code=code).content.decode()
    wechat.played.say(says(200, f"<html>{SECRET} {code}".encode()))
    told += wechat.ask(code=code).content.decode()
    wechat.played.say(lambda _request: [])
    told += wechat.ask(code=code).content.decode()
    written = wechat.world.capsys.readouterr()
    kept = [told, caplog.text, written.out, written.err, str(list(LoginEvent.objects.values()))]
    assert "rid=66-aa" in caplog.text
    for secret in (SECRET, code, "tiihtNczf5v6AKRyjwEUhQ"):
        assert not [text for text in kept if secret in text]


def test_the_secret_is_encrypted_in_the_database(wechat: WechatWorld) -> None:
    wechat.app.refresh_from_db()
    assert SECRET not in wechat.app.secret.encrypted
    assert SECRET not in repr(wechat.app.secret) + str(wechat.app) + str(vars(wechat.app))
    assert wechat.app.secret.reveal() == SECRET
