"""Which web pages may call which endpoint, and read which answer."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oauthx.models import Client
from tests.contract.wire import BLADE, CONNECT, FORM, Credentials, Endpoint
from tests.contract.world import World

MINE, THEIRS, STRANGE = "https://spa.example", "https://other.example:8443", "https://evil.example"
CONNECT_PATHS = {"/connect/token": "POST", "/connect/revocation": "POST", "/connect/userinfo": "GET"}
CONNECT_PATHS |= {"/connect/sms": "POST", "/connect/captcha": "GET"}
BLADE_PATHS = {
    f"{endpoint.prefix}/oauth/{name}": method
    for endpoint in BLADE
    for name, method in (
        ("token", "POST"),
        ("captcha", "GET"),
        ("user-info", "GET"),
        ("logout", "POST"),
        ("sms/send-validate", "POST"),
    )
}
on_each_path = pytest.mark.parametrize(("path", "method"), (CONNECT_PATHS | BLADE_PATHS).items())


@pytest.fixture
def spa(world: World) -> Credentials:
    """An application in the browser, beside another one with an origin of its own."""
    world.make_client("other", allowed_origins=THEIRS)
    client_id, _secret = world.make_client("spa", client_type="public", allowed_origins=f"{MINE} http://127.0.0.1:3000")
    return client_id, ""


def preflight(world: World, path: str, method: str = "POST", origin: str = MINE) -> Any:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return world.http.options(path, headers={**asked, "Access-Control-Request-Headers": "authorization,content-type"})


def ask(world: World, app: Credentials, origin: str = MINE, **changes: object) -> Any:
    """A token request of a page."""
    wire = world.sign_in(CONNECT, **{"scope": "openid offline_access", **changes}).by(app)  # type: ignore[arg-type]
    if not app[1]:
        wire = wire.by(None).with_params(client_id=app[0])
    return wire.with_headers({"Origin": origin}).send(world.http)


def may_read(response: Any, origin: str = MINE) -> bool:
    """Whether a browser gives this answer to a page of the origin; also checks that no cache mixes origins up."""
    assert "Origin" in response["Vary"]
    assert "Access-Control-Allow-Credentials" not in response
    named = response.get("Access-Control-Allow-Origin")
    assert named in {None, origin}
    return bool(named == origin)


@on_each_path
def test_a_preflight_of_any_registered_origin_is_answered(path: str, method: str, world: World, spa: Any) -> None:
    for origin in (MINE, THEIRS, "http://127.0.0.1:3000"):
        answer = preflight(world, path, method, origin)
        assert (answer.status_code, answer.content) == (204, b"")
        assert may_read(answer, origin)
        assert method in answer["Access-Control-Allow-Methods"].split(", ")
        assert {"Authorization", "Content-Type"} <= set(answer["Access-Control-Allow-Headers"].split(", "))
        assert int(answer["Access-Control-Max-Age"]) > 0


@on_each_path
@pytest.mark.parametrize("origin", [STRANGE, "null", "", f"{MINE}/", f"{MINE}:443", "https://SPA.example", "*", "\xe9"])
def test_a_preflight_of_another_origin_allows_nothing(
    origin: str, path: str, method: str, world: World, spa: Any
) -> None:
    answer = preflight(world, path, method, origin)
    assert answer.status_code == 204
    assert not may_read(answer, origin)
    assert not [name for name in answer.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
def test_a_preflight_allows_the_headers_that_existing_apps_send(endpoint: Endpoint, world: World, spa: Any) -> None:
    allowed = preflight(world, endpoint.path)["Access-Control-Allow-Headers"].lower().split(", ")
    sent = {"blade-auth", "tenant-id", "tenantid", "captcha-key", "captcha-code", "tma", "blade-requested-with"}
    assert sent <= set(allowed)


def test_a_preflight_leaves_no_login_event_and_asks_for_no_token(world: World, spa: Any) -> None:
    with CaptureQueriesContext(connection) as captured:
        preflight(world, "/connect/userinfo", "GET")
        preflight(world, "/connect/userinfo", "GET")
    # The registry's number each time, the origins once.
    assert len(captured) == 3


def test_options_that_is_no_preflight_is_a_wrong_method(world: World, spa: Any) -> None:
    assert world.http.options("/connect/token", headers={"Origin": MINE}).status_code == 405
    assert world.http.options("/connect/token").status_code == 405


@pytest.mark.parametrize("path", ["/connect/introspect", "/connect/authorize", "/account/login/", "/admin/login/"])
def test_no_other_endpoint_is_opened(path: str, world: World, spa: Any) -> None:
    answer = preflight(world, path)
    assert not [name for name in answer.headers if name.startswith("Access-Control-")]


def test_a_page_of_the_client_reads_its_tokens(world: World, spa: Credentials) -> None:
    answer = ask(world, spa)
    assert answer.status_code == 200
    assert may_read(answer)


@pytest.mark.parametrize("origin", [THEIRS, STRANGE, "null"])
def test_a_page_of_another_origin_does_not(origin: str, world: World, spa: Credentials) -> None:
    answer = ask(world, spa, origin)
    assert answer.status_code == 200
    assert not may_read(answer, origin)


def test_a_page_of_the_client_reads_its_refusals(world: World, spa: Credentials) -> None:
    wrong_password = ask(world, spa, password="wrong")
    assert (wrong_password.status_code, may_read(wrong_password)) == (400, True)
    wrong_scope = ask(world, spa, scope="everything")
    assert (wrong_scope.json()["error"], may_read(wrong_scope)) == ("invalid_scope", True)
    assert not may_read(ask(world, spa, THEIRS, password="wrong"), THEIRS)


def test_a_refusal_of_a_client_that_is_known_is_its_own(world: World, spa: Credentials) -> None:
    with_secret = world.make_client("server", allowed_origins=MINE)
    refused = ask(world, (with_secret[0], "wrong"))
    assert (refused.status_code, may_read(refused)) == (401, True)
    assert not may_read(ask(world, (with_secret[0], "wrong"), THEIRS), THEIRS)


def test_a_refusal_without_a_client_tells_of_nobody(world: World, spa: Credentials) -> None:
    unknown = ask(world, ("nobody", "secret"))
    assert (unknown.status_code, may_read(unknown)) == (401, True)
    assert not may_read(ask(world, ("nobody", "secret"), STRANGE), STRANGE)


def test_a_request_without_an_origin_names_none(world: World, spa: Credentials) -> None:
    answer = world.sign_in(CONNECT).by(None).with_params(client_id="spa").send(world.http)
    assert answer.status_code == 200
    assert not may_read(answer, "")


def test_userinfo_is_read_by_pages_of_the_tokens_client(world: World, spa: Credentials) -> None:
    token = ask(world, spa).json()["access_token"]

    def userinfo(token: str, origin: str = MINE) -> Any:
        return world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}", "Origin": origin})

    told = userinfo(token)
    assert (told.status_code, may_read(told)) == (200, True)
    assert told["Access-Control-Expose-Headers"] == "WWW-Authenticate, Retry-After"
    assert not may_read(userinfo(token, THEIRS), THEIRS)
    world.pass_time(hours=1)
    expired = userinfo(token)
    assert (expired.status_code, may_read(expired)) == (401, True)
    assert "invalid_token" in expired["WWW-Authenticate"]
    assert not may_read(userinfo(token, THEIRS), THEIRS)
    unknown = userinfo("nonsense")
    assert (unknown.status_code, may_read(unknown)) == (401, True)
    assert not may_read(userinfo("nonsense", STRANGE), STRANGE)


def test_a_403_is_read_too(world: World, spa: Credentials) -> None:
    token = ask(world, spa, scope="profile").json()["access_token"]
    refused = world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}", "Origin": MINE})
    assert (refused.status_code, may_read(refused)) == (403, True)


def test_revocation_is_read_too(world: World, spa: Credentials) -> None:
    form = urlencode({"client_id": "spa", "token": ask(world, spa).json()["access_token"]})
    done = world.http.post("/connect/revocation", form, content_type=FORM, headers={"Origin": MINE})
    assert (done.status_code, may_read(done)) == (200, True)
    done = world.http.post("/connect/revocation", form, content_type=FORM, headers={"Origin": THEIRS})
    assert not may_read(done, THEIRS)


@pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
def test_existing_apps_sign_in_from_another_origin(endpoint: Endpoint, world: World) -> None:
    app = world.make_client("front", allowed_origins=MINE)
    world.make_client("other", allowed_origins=THEIRS)
    key, code = world.captcha(endpoint)
    for origin in (MINE, THEIRS):
        assert may_read(world.http.get(f"{endpoint.prefix}/oauth/captcha", headers={"Origin": origin}), origin)
    wire = world.sign_in(endpoint, grant_type="captcha", captchaKey=key, captchaCode=code).by(app)
    answer = wire.with_headers({"Origin": MINE}).send(world.http)
    assert (answer.status_code, may_read(answer)) == (200, True)
    headers = {"Blade-Auth": f"bearer {answer.json()['access_token']}", "Origin": MINE}
    for name, reads in (("user-info", MINE), ("logout", MINE), ("user-info", MINE)):
        assert may_read(world.http.get(f"{endpoint.prefix}/oauth/{name}", headers={**headers, "Origin": reads}))


def test_discovery_and_keys_are_for_every_page(world: World) -> None:
    for name in ("openid-configuration", "oauth-authorization-server", "openid-configuration/jwks"):
        assert world.http.get(f"/.well-known/{name}")["Access-Control-Allow-Origin"] == "*"


def test_a_change_holds_at_once(world: World, spa: Credentials) -> None:
    client = world.of(spa)
    assert may_read(preflight(world, "/connect/token"))
    client.allowed_origins = STRANGE
    client.save()
    assert not may_read(preflight(world, "/connect/token"))
    assert may_read(preflight(world, "/connect/token", origin=STRANGE), STRANGE)
    assert may_read(ask(world, spa, STRANGE), STRANGE)


def test_a_disabled_client_opens_nothing(world: World, spa: Credentials) -> None:
    client = world.of(spa)
    client.is_active = False
    client.save()
    assert not may_read(preflight(world, "/connect/token"))
    assert not may_read(ask(world, spa))


GOOD = [
    "https://a.example",
    "https://a.example:8443",
    "http://localhost:3000",
    "http://127.0.0.1",
    "https://[2001:db8::1]",
]
BAD = [
    *("*", "null", "a.example", "https://", "https://*.example", "https://a.example/", "https://a.example/app"),
    *(
        "https://a.example?x",
        "https://a.example#x",
        "https://a.example:443",
        "http://localhost:80",
        "https://A.example",
    ),
    *("http://a.example", "http://localhost.evil.example", "http://10.0.0.1", "ftp://a.example", "https://u@a.example"),
    *(
        "https://bücher.example",
        "https://a.example:99999",
        "https://a.example:x",
        "https://[::1",
        "javascript:alert(1)",
    ),
]


def _errors(world: World, text: str) -> list[str]:
    client = Client(client_id="c", name="c", tenant=world.tenant, allowed_origins=text)
    try:
        client.clean()
    except ValidationError as error:
        return error.message_dict.get("allowed_origins", [])
    return []


def test_takes_origins_as_browsers_write_them(world: World) -> None:
    assert _errors(world, " ".join(GOOD)) == []
    assert _errors(world, "") == []


@pytest.mark.parametrize("text", BAD)
def test_refuses_what_no_browser_sends(text: str, world: World) -> None:
    assert len(_errors(world, f"https://a.example {text}")) == 1
