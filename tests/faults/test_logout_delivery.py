"""Applications are told of a logout by real processes: at once, or later if they are down, slow, or a process ended."""

import json
import re
import time
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import requests
from django.utils import timezone
from joserfc import jwk, jwt

from accounts.models import BrowserSession, User
from oauthx.models import Client, LogoutNotice
from oauthx.signing import ensure_keys
from tests import factories
from tests.peers import Peer, listening, says
from tests.processes import serving
from tests.protocol.code_flow import CHALLENGE, VERIFIER
from tests.protocol.logout_receiver import logout_tokens

# Of several processes, which SQLite is not for.
pytestmark = pytest.mark.postgresql

CALLBACK = "http://127.0.0.1/callback"
# For the processes: they may call loopback, and look for what others left behind.
ENVIRONMENT: Any = {"OUTBOUND_PRIVATE_NETWORKS": "127.0.0.0/8", "CLEANUP_SECONDS": "600"}


@dataclass
class Browser:
    """A person's browser, without a screen."""

    base: str
    http: requests.Session

    def sign_in(self) -> str:
        """Sign in to the application; returns its ID token."""
        wanted = {"client_id": "client1", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid"}
        wanted |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        page = self.http.get(f"{self.base}/connect/authorize", params=wanted, timeout=30)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None, page.text
        form = {"csrfmiddlewaretoken": unescape(token.group(1)), "tenant": "000000", "username": "admin"}
        sent = self.http.post(page.url, {**form, "password": "admin"}, timeout=30, allow_redirects=False)
        back = self.http.get(f"{self.base}{sent.headers['Location']}", timeout=30, allow_redirects=False)
        code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        answer = requests.post(f"{self.base}/connect/token", form, auth=("client1", "secret"), timeout=30)
        hint: str = answer.json()["id_token"]
        return hint

    def sign_out(self, hint: str) -> float:
        """Sign out; returns how many seconds the person waited."""
        started = time.monotonic()
        page = self.http.get(f"{self.base}/connect/endsession", params={"id_token_hint": hint}, timeout=30)
        assert page.status_code == 200, page.text
        return time.monotonic() - started


@pytest.fixture
def peer() -> Iterator[Peer]:
    """The application's server."""
    with listening(says(200)) as peer:
        yield peer


@pytest.fixture
def app(transactional_db: None, peer: Peer) -> Client:
    ensure_keys()
    tenant = factories.make_tenant()
    factories.make_user(tenant)
    fields = {"grant_types": ["authorization_code"], "redirect_uris": CALLBACK, "skip_authorization": True}
    return factories.make_connect_client(tenant, backchannel_logout_uri=peer.url("/out"), **fields)


@pytest.fixture
def browser(app: Client) -> Iterator[Browser]:
    with serving(workers=2, **ENVIRONMENT) as base, requests.Session() as http:
        yield Browser(base, http)


def wait_until(holds: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def all_sent() -> bool:
    return not LogoutNotice.objects.exists()


def test_an_application_is_told_at_once_and_can_check_it(browser: Browser, peer: Peer) -> None:
    browser.sign_out(browser.sign_in())
    wait_until(lambda: peer.requests, 5)
    keys = requests.get(f"{browser.base}/.well-known/openid-configuration/jwks", timeout=30).json()
    [token] = logout_tokens(peer)
    claims = jwt.decode(token, jwk.KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert claims["iss"] == browser.base
    assert claims["aud"] == "client1"
    assert claims["sub"] == str(User.objects.get().pk)
    assert claims["sid"] == str(BrowserSession.objects.get().pk)
    assert abs(claims["iat"] - time.time()) < 30
    wait_until(all_sent)


@pytest.mark.parametrize("trouble", ["500", "hangs up", "no HTTP"])
def test_an_application_in_trouble_is_told_again(browser: Browser, peer: Peer, trouble: str) -> None:
    well = peer.answer
    answers: dict[str, Callable[[bytes], Iterable[bytes]]] = {
        "500": says(500),
        "hangs up": lambda _request: [],
        "no HTTP": lambda _request: [b"220 smtp.example ready\r\n"],
    }
    peer.answer = answers[trouble]
    browser.sign_out(browser.sign_in())
    wait_until(lambda: peer.requests)
    peer.answer = well
    wait_until(all_sent)
    assert len(peer.requests) == 2


def test_an_application_that_is_down_is_told_when_it_is_up(browser: Browser, app: Client, peer: Peer) -> None:
    with listening(says(200)) as gone:
        Client.objects.filter(pk=app.pk).update(backchannel_logout_uri=gone.url())
    browser.sign_out(browser.sign_in())
    wait_until(lambda: LogoutNotice.objects.filter(last_error__startswith="unreachable"))
    Client.objects.filter(pk=app.pk).update(backchannel_logout_uri=peer.url())
    wait_until(all_sent)
    assert len(peer.requests) == 1


def test_a_slow_application_delays_nobodys_page(browser: Browser, peer: Peer) -> None:
    def slowly(_request: bytes) -> Iterable[bytes]:
        time.sleep(4)
        yield from says(200)(_request)

    peer.answer = slowly
    assert browser.sign_out(browser.sign_in()) < 2
    assert not all_sent()
    wait_until(all_sent)
    assert len(peer.requests) == 1


def test_what_an_ended_process_left_behind_is_sent_by_another(app: Client, peer: Peer) -> None:
    notice(app)
    with serving(workers=1, **ENVIRONMENT) as base:
        # Any request for a token makes a process look.
        assert requests.post(f"{base}/connect/token", timeout=30).status_code in {400, 401}
        wait_until(all_sent)
    assert len(peer.requests) == 1


def test_of_many_processes_that_find_a_notice_one_sends_it(app: Client, peer: Peer) -> None:
    with serving(workers=4, threads=2, **ENVIRONMENT) as base:
        # So that each process knows of them before they are due, and all wake up at the same moment.
        sids = [str(notice(app, due_in_seconds=4).sid) for _number in range(80)]
        for _time in range(40):
            requests.post(f"{base}/connect/token", timeout=30)
        wait_until(all_sent)
    told = Counter(sid_of(token) for token in logout_tokens(peer))
    assert told == Counter(sids)


def notice(app: Client, *, due_in_seconds: float = 0) -> LogoutNotice:
    """What a process writes down when a session ends."""
    due = timezone.now() + timedelta(seconds=due_in_seconds)
    return LogoutNotice.objects.create(
        client=app, sid=uuid4(), subject="1", issuer="http://127.0.0.1", next_attempt_at=due
    )


def sid_of(token: str) -> str:
    """What an application reads first of a token."""
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    return str(claims["sid"])
