"""No code, token, password or key of a request stands in a Referer, a log line, the login history or a page."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core import serializers

from accounts.models import LoginEvent
from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import VERIFIER, Flow, answer, make_flow
from tests.protocol.pushing import push, visit

PASSWORD = "Sesame-Open-99"


@pytest.fixture
def flow(world: World) -> Flow:
    world.make_user("zhang", PASSWORD)
    return make_flow(world, scopes=["openid", "offline_access"])


def walk(flow: Flow) -> list[str]:
    """A whole flow with its refusals; returns every secret that came up."""
    wrong = flow.sign_in(flow.authorize(), "zhang", f"{PASSWORD}-wrong")
    assert PASSWORD not in wrong.content.decode()
    request_uri = push(flow, scope="openid offline_access")
    consent = flow.sign_in(visit(flow, request_uri), "zhang", PASSWORD)
    code = answer(flow.agree(consent))["code"]
    flow.redeem(code, code_verifier="x" * 43)
    flow.redeem("unknown-code-0123456789")
    tokens = flow.redeem(code).json()
    refresh = CONNECT.request(flow.app, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    renewed = refresh.send(flow.world.http).json()
    refresh.send(flow.world.http)
    flow.redeem(code)
    visit(flow, request_uri)
    hint = tokens["id_token"]
    flow.authorize(id_token_hint=hint, client_id="unknown")
    flow.authorize(id_token_hint=f"{hint}x")
    formed = flow.authorize(response_mode="form_post").content.decode()
    second = re.search(r'name="code" value="([^"]+)"', formed)
    assert second is not None
    later = {renewed[name] for name in ("access_token", "refresh_token")}
    named = {tokens[name] for name in ("access_token", "refresh_token", "id_token")}
    random_part = request_uri.rpartition(":")[2]
    key = flow.browser.session.session_key
    assert key is not None
    return [PASSWORD, VERIFIER, code, second.group(1), random_part, flow.app[1], key, *named, *later]


@pytest.mark.must("RFC 9700", "4.3", "codes and tokens stay out of logs")
def test_no_secret_stands_in_the_log(flow: Flow, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secrets = walk(flow)
    # Statements with their values are there because the level is DEBUG and nothing else; no set-up logs them.
    lines = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    assert lines, "nothing was logged: the test shows nothing"
    assert not [secret for secret in secrets for line in lines if secret in line]


def test_no_secret_stands_in_the_login_history(flow: Flow) -> None:
    secrets = walk(flow)
    told = serializers.serialize("json", LoginEvent.objects.all())
    assert LoginEvent.objects.count() >= 6
    assert not [secret for secret in secrets if secret in told]


def test_no_secret_of_the_flow_is_kept_as_it_is(flow: Flow) -> None:
    """What a reader of the database finds opens nothing: neither codes nor tokens, nor what was pushed."""
    secrets = walk(flow)
    kept = [
        str(row) for model in (*_models("oauthx"), *_models("accounts")) for row in model._default_manager.values_list()
    ]
    own = flow.browser.session.session_key  # The browser's session is kept by its key: it ends by it.
    assert not [secret for secret in secrets for row in kept if secret in row and secret != own]


@pytest.mark.must("RFC 9700", "4.2.4", "no page or redirect hands its address on as a referrer")
def test_no_answer_hands_its_address_on(flow: Flow) -> None:
    """A redirect to the application, and what leads there, sends no Referer at all; a page sends it to itself alone."""
    asked = flow.authorize()
    page = flow.browser.get(asked["Location"])
    consent = flow.sign_in(asked, "zhang", PASSWORD)
    back = flow.agree(consent)
    chooser = flow.authorize(prompt="select_account")
    formed = flow.authorize(response_mode="form_post")
    assert {response["Referrer-Policy"] for response in (asked, back)} == {"no-referrer"}
    assert {response["Referrer-Policy"] for response in (page, consent, chooser, formed)} == {"same-origin"}
    for response in (page, consent, chooser, formed):
        text = response.content.decode()
        sources = re.findall(r'(?:src|href)="(https?:[^"]*)"', text)
        assert not sources, "a page with a foreign image or link"


def test_the_access_logs_that_we_ship_hold_no_query_string_and_no_referrer() -> None:
    """At authorize the query string holds a hint or a challenge, at the application's redirect URI the code."""
    deploy = Path(settings.BASE_DIR) / "deploy"
    assert re.search(r"^accesslog = None$", (deploy / "gunicorn.conf.py").read_text(), re.MULTILINE)
    proxy = (deploy / "nginx.conf.example").read_text()
    log_format = proxy.partition("log_format hufu")[2].partition(";")[0]
    assert "$uri" in log_format
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer|http_cookie)\b", log_format)
    assert set(re.findall(r"access_log \S+ (\w+);", proxy)) == {"hufu"}


def _models(app: str) -> list[Any]:
    return list(apps.get_app_config(app).get_models())
