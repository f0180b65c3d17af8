"""What the real clients of the four `/oauth/token` endpoints send beyond the documents, all of which counts."""

import base64
from typing import Any

import pytest

from tests.contract.wire import BLADE, CONNECT, FORM, JSON, MULTIPART, QUERY, Endpoint, Wire, basic, md5
from tests.contract.world import World, history

on_each_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)


def assert_signs_in(wire: Wire, world: World, account: str = "admin") -> None:
    response = wire.send(world.http)
    assert response.status_code == 200, response.content
    assert response.json()["account"] == account


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        f"{JSON};charset=UTF-8",
        f'{JSON}; charset="utf-8"',
        "Application/JSON",
        FORM,
        f"{FORM}; charset=UTF-8",
        MULTIPART,
        QUERY,
    ],
)
@on_each_endpoint
def test_parameters_come_in_any_encoding(endpoint: Endpoint, content_type: str, world: World) -> None:
    assert_signs_in(world.sign_in(endpoint).sent_as(content_type), world)


@pytest.mark.parametrize("content_type", [JSON, FORM])
@on_each_endpoint
def test_parameters_in_the_query_string_need_no_body_whatever_its_type(
    endpoint: Endpoint, content_type: str, world: World
) -> None:
    """Some clients' libraries name a content type even where they send nothing."""
    wire = world.sign_in(endpoint).sent_as(QUERY)
    assert_signs_in(wire.with_headers({"Content-Type": content_type, "Content-Length": "0"}), world)


@on_each_endpoint
def test_parameters_may_stand_in_body_and_query_string_together(endpoint: Endpoint, world: World) -> None:
    wire = world.sign_in(endpoint)
    assert_signs_in(wire.without("grant_type", "scope").with_query(grant_type="password", scope="all"), world)


@pytest.mark.parametrize("scheme", ["Basic ", "basic ", "BASIC ", "Basic  ", "Basic%20", "basic%20"])
@on_each_endpoint
def test_basic_is_understood_as_apps_write_it(endpoint: Endpoint, scheme: str, world: World) -> None:
    header = scheme + basic(*world.app).removeprefix("Basic ")
    assert_signs_in(world.sign_in(endpoint).with_authorization(header), world)


def test_connect_keeps_to_the_standard_basic(world: World) -> None:
    header = "Basic%20" + basic(*world.app).removeprefix("Basic ")
    assert world.sign_in(CONNECT).with_authorization(header).send(world.http).status_code == 401


@on_each_endpoint
def test_the_client_id_may_stand_in_the_body_too(endpoint: Endpoint, world: World) -> None:
    assert_signs_in(world.sign_in(endpoint).with_params(client_id=world.app[0]), world)


@on_each_endpoint
def test_a_client_id_and_secret_are_taken_literally_in_basic(endpoint: Endpoint, world: World) -> None:
    """These documents encode nothing inside Basic, so `%41` is no `A` and `+` is no space."""
    client = world.of(world.app)
    client.client_id = "a%41+b"
    client.save()
    assert_signs_in(world.sign_in(endpoint).by(("a%41+b", world.app[1])), world)


@pytest.mark.parametrize(
    "headers",
    [
        {"tenantId": "000001"},
        {"Tenant-Id": "000001"},
        {"TENANTID": "000001"},
        {"tenantId": "000001", "Tenant-Id": "000001"},
    ],
    ids=" ".join,
)
@on_each_endpoint
def test_the_tenant_stands_in_either_header_or_both(endpoint: Endpoint, headers: dict[str, str], world: World) -> None:
    other = world.make_tenant("000001")
    world.make_user("theirs", tenant=other)
    wire = world.sign_in(endpoint, "theirs").by(world.shared(other)).with_headers({"tenantId": "", "Tenant-Id": ""})
    assert_signs_in(wire.with_headers(headers), world, "theirs")


@pytest.mark.parametrize("content_type", [JSON, FORM, MULTIPART, QUERY], ids=["json", "form", "multipart", "query"])
@on_each_endpoint
def test_the_tenant_stands_in_the_parameters(endpoint: Endpoint, content_type: str, world: World) -> None:
    other = world.make_tenant("000001")
    world.make_user("theirs", tenant=other)
    wire = world.sign_in(endpoint, "theirs").by(world.shared(other)).with_headers({"tenantId": "", "Tenant-Id": ""})
    assert_signs_in(wire.with_params(tenantId="000001").sent_as(content_type), world, "theirs")


@on_each_endpoint
def test_a_bound_client_needs_no_tenant_in_the_request(endpoint: Endpoint, world: World) -> None:
    assert_signs_in(world.sign_in(endpoint).with_headers({"tenantId": "", "Tenant-Id": ""}), world)


@on_each_endpoint
def test_one_account_name_is_another_person_in_another_tenant(endpoint: Endpoint, world: World) -> None:
    other = world.make_tenant("000001")
    theirs = world.make_user("admin", "theirs", tenant=other)
    client = world.shared(other)
    wire = world.sign_in(endpoint, "admin", "theirs").by(client)
    assert wire.in_tenant("000001").send(world.http).json()["user_id"] == str(theirs.pk)
    assert wire.in_tenant("000000").send(world.http).status_code == 400


@on_each_endpoint
def test_the_type_may_be_absent_or_account(endpoint: Endpoint, world: World) -> None:
    wire = world.sign_in(endpoint)
    for way in (wire.without("type"), wire.with_params(type="account"), wire.with_params(type="")):
        assert_signs_in(way, world)


@on_each_endpoint
def test_an_empty_parameter_counts_as_absent(endpoint: Endpoint, world: World) -> None:
    empty = dict.fromkeys(["tenantId", "tma", "fp", "captchaKey", "captchaCode", "refresh_token", "client_id"], "")
    assert_signs_in(world.sign_in(endpoint).with_params(**empty, client_secret=""), world)
    assert_signs_in(world.sign_in(endpoint).sent_as(JSON).with_params(**dict.fromkeys(empty)), world)
    assert_signs_in(world.sign_in(endpoint).with_headers({"tma": "", "Captcha-Key": ""}), world)


@on_each_endpoint
def test_unknown_parameters_are_ignored(endpoint: Endpoint, world: World) -> None:
    """Also those that mean something elsewhere, and those with which others were once deceived."""
    wire = world.sign_in(endpoint, scope="all")
    stranger = world.make_user("stranger")
    deceptive = {
        "user": "stranger",
        "user_id": str(stranger.pk),
        "state": "x" * 9000,
        "client": "other",
        "acr_values": "x",
    }
    assert_signs_in(wire.with_params(**deceptive).again("state"), world)
    assert_signs_in(wire.sent_as(JSON).with_params(unknown=[{"a": 1}], state=5, user=None), world)


@on_each_endpoint
def test_the_md5_comes_in_any_case(endpoint: Endpoint, world: World) -> None:
    digest = md5("admin")
    for written in (digest.upper(), digest.title()):
        assert_signs_in(world.sign_in(endpoint).with_params(password=written), world)


@on_each_endpoint
def test_the_main_account_counts_from_body_header_or_both(endpoint: Endpoint, world: World) -> None:
    wire = world.sign_in(endpoint)
    ways = (
        wire.with_params(tma="admin"),
        wire.with_headers({"tma": "admin"}),
        wire.with_params(tma="admin").with_headers({"tma": "admin"}),
    )
    for way in ways:
        assert_signs_in(way, world)
        assert history()[-1].main_account == "admin"


@on_each_endpoint
def test_the_captcha_comes_in_headers_too(endpoint: Endpoint, world: World) -> None:
    key, code = world.captcha(endpoint)
    wire = world.sign_in(endpoint, grant_type="captcha")
    assert_signs_in(wire.with_headers({"Captcha-Key": key, "Captcha-Code": code}), world)
    key, code = world.captcha(endpoint)
    assert_signs_in(wire.with_params(captchaKey=key).with_headers({"Captcha-Code": code}), world)


@on_each_endpoint
def test_the_sign_in_is_remembered_with_fingerprint_and_browser(
    endpoint: Endpoint, world: World, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    headers = {"User-Agent": "Mozilla/5.0", "X-Request-ID": "request-1"}
    assert_signs_in(world.sign_in(endpoint).with_params(fp="4d3f443b").with_headers(headers), world)
    event = history()[-1]
    assert (event.fingerprint, event.user_agent, event.request_id) == ("4d3f443b", "Mozilla/5.0", "request-1")


@on_each_endpoint
def test_no_accept_header_changes_the_answer(endpoint: Endpoint, world: World) -> None:
    for accept in ("text/html", "application/xml", "nonsense", "*/*;q=0"):
        assert_signs_in(world.sign_in(endpoint).with_headers({"Accept": accept}), world)


@pytest.mark.parametrize("endpoint", [*BLADE, CONNECT], ids=lambda endpoint: endpoint.name)
def test_a_browsers_session_never_stands_in_for_the_client(endpoint: Endpoint, world: World) -> None:
    world.http.force_login(world.admin)
    assert world.sign_in(endpoint).by(None).send(world.http).status_code == 401


def test_basic_is_not_what_base64_merely_resembles(world: World) -> None:
    encoded = base64.b64encode(":".join(world.app).encode()).decode()
    for broken in (encoded[:-2] + "!!", f"{encoded[:4]} {encoded[4:]}", f"{encoded}==="):
        assert world.sign_in(BLADE[0]).with_authorization(f"Basic {broken}").send(world.http).status_code == 401
