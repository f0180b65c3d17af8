"""One pushed request, and many browsers' tabs that come with it at the same moment, over several server processes."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

import pytest
import requests

from oauthx.models import AuthorizationCode, PushedRequest
from oauthx.signing import ensure_keys
from tests import factories
from tests.faults.crowd import MANY, at_once
from tests.processes import serving
from tests.protocol.code_flow import CHALLENGE

# Of several processes, which SQLite is not for.
pytestmark = pytest.mark.postgresql

APP = ("client1", "secret")
REDIRECT_URI = "https://app.example/callback"
SIGN_IN = {"tenant": "000000", "username": "admin", "password": "admin"}


@pytest.fixture
def base(transactional_db: None) -> Iterator[str]:
    ensure_keys()
    tenant = factories.make_tenant()
    factories.make_user(tenant)
    factories.make_connect_client(tenant, grant_types=["authorization_code"], redirect_uris=REDIRECT_URI)
    with serving() as url:
        yield url


def push(base: str) -> dict[str, str]:
    """The parameters with which a browser comes."""
    form = {"client_id": APP[0], "redirect_uri": REDIRECT_URI, "response_type": "code", "scope": "openid"}
    form |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    answer = requests.post(f"{base}/connect/par", form, auth=APP, timeout=60)
    assert answer.status_code == 201, answer.text
    return {"client_id": APP[0], "request_uri": answer.json()["request_uri"]}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None
    return unescape(found.group(1))


def consent(base: str, person: requests.Session, asked: dict[str, str]) -> dict[str, str]:
    """Sign in where that is needed; returns what the consent page's form sends."""
    page = person.get(f"{base}/connect/authorize", params=asked, timeout=60)
    if "/account/login/" in page.url:
        form = {**SIGN_IN, "csrfmiddlewaretoken": hidden(page.text, "csrfmiddlewaretoken")}
        page = person.post(page.url, form, headers={"Referer": page.url}, timeout=60)
    names = ("request", "csrfmiddlewaretoken")
    return {**{name: hidden(page.text, name) for name in names}, "allow": "allow"}


def codes(answers: list[requests.Response]) -> int:
    return sum("code=" in answer.headers.get("Location", "") for answer in answers)


def test_of_many_presses_of_the_consent_button_exactly_one_brings_a_code(base: str) -> None:
    with requests.Session() as person:
        form = consent(base, person, push(base))
        cookies = {name: value or "" for name, value in person.cookies.items()}
    answers = at_once(
        lambda: requests.post(
            f"{base}/connect/consent",
            form,
            cookies=cookies,
            headers={"Origin": base},
            allow_redirects=False,
            timeout=60,
        )
    )
    assert Counter(answer.status_code for answer in answers) == {303: 1, 400: MANY - 1}
    assert codes(answers) == AuthorizationCode.objects.count() == 1


def test_of_many_visits_that_need_no_page_exactly_one_brings_a_code(base: str) -> None:
    with requests.Session() as person:
        form = consent(base, person, push(base))
        person.post(f"{base}/connect/consent", form, headers={"Origin": base}, allow_redirects=False, timeout=60)
        cookies = {name: value or "" for name, value in person.cookies.items()}
    before, asked = AuthorizationCode.objects.count(), push(base)
    answers = at_once(
        lambda: requests.get(
            f"{base}/connect/authorize", params=asked, cookies=cookies, allow_redirects=False, timeout=60
        )
    )
    assert Counter(answer.status_code for answer in answers) == {303: 1, 400: MANY - 1}
    assert codes(answers) == AuthorizationCode.objects.count() - before == 1
    assert not PushedRequest.objects.exists()


def test_of_many_errors_for_one_request_exactly_one_is_sent(base: str) -> None:
    asked = push(base)
    PushedRequest.objects.update(parameters={**PushedRequest.objects.get().parameters, "prompt": "none"})
    answers = at_once(
        lambda: requests.get(f"{base}/connect/authorize", params=asked, allow_redirects=False, timeout=60)
    )
    assert Counter(answer.status_code for answer in answers) == {303: 1, 400: MANY - 1}
