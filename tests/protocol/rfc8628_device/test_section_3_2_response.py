"""RFC 8628 section 3.2: what the device is told, and section 4: where the metadata say that it can ask."""

import re

import pytest

from oauthx.claims import digest
from oauthx.device.user_codes import make_user_code
from oauthx.device.views import save_with_user_code
from oauthx.errors import OAuthError
from oauthx.models import DeviceGrant
from tests.contract.wire import assert_refused
from tests.contract.world import World, history
from tests.protocol.device_flow import AUTHORIZATION, DeviceFlow


@pytest.mark.must(
    "RFC 8628", "3.2", "the answer has device_code, user_code, verification_uri and expires_in, as JSON with status 200"
)
def test_the_answer_has_the_required_fields(flow: DeviceFlow, world: World) -> None:
    response = flow.request().send(world.http)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")
    body = response.json()
    assert list(body) == [
        *("device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval")
    ]
    assert body["verification_uri"] == "http://testserver/connect/device"
    assert body["verification_uri_complete"] == f"{body['verification_uri']}?user_code={body['user_code']}"
    assert (body["expires_in"], body["interval"]) == (600, 5)


@pytest.mark.must("RFC 8628", "3.2", "an error has the form of RFC 6749 section 5.2")
def test_an_error_has_the_form_of_the_token_endpoint(flow: DeviceFlow, world: World) -> None:
    assert_refused(AUTHORIZATION, flow.request(scope="secrets").send(world.http), 400, "invalid_scope")


def test_the_addresses_follow_the_issuer(flow: DeviceFlow, world: World) -> None:
    world.settings.ISSUER_URL = "https://id.example"
    assert flow.start()["verification_uri"] == "https://id.example/connect/device"


def test_a_start_leaves_no_event(flow: DeviceFlow) -> None:
    flow.start()
    assert not history()


def test_no_two_live_user_codes_are_the_same(flow: DeviceFlow) -> None:
    taken, free = DeviceGrant.objects.get(device_code=digest(flow.start()["device_code"])).user_code, make_user_code()
    drawn = iter([taken, taken, free])
    another = _copy_of_the_only_one("another")
    save_with_user_code(another, lambda: next(drawn))
    assert set(DeviceGrant.objects.values_list("user_code", flat=True)) == {taken, free}


def test_without_a_free_user_code_the_device_is_told_to_come_again(flow: DeviceFlow) -> None:
    flow.start()
    taken = DeviceGrant.objects.get().user_code
    with pytest.raises(OAuthError, match="temporarily_unavailable"):
        save_with_user_code(_copy_of_the_only_one("another"), lambda: taken)
    assert DeviceGrant.objects.count() == 1


def _copy_of_the_only_one(device_code: str) -> DeviceGrant:
    grant = DeviceGrant.objects.get()
    grant.pk, grant.device_code = None, device_code
    return grant


@pytest.mark.must("RFC 8628", "4", "the metadata name the device authorization endpoint")
def test_the_metadata_name_the_endpoint(flow: DeviceFlow, world: World) -> None:
    metadata = world.http.get("/.well-known/openid-configuration").json()
    assert metadata["device_authorization_endpoint"] == "http://testserver/connect/deviceauthorization"
    assert "urn:ietf:params:oauth:grant-type:device_code" in metadata["grant_types_supported"]
    wire = flow.request()
    assert metadata["device_authorization_endpoint"].endswith(wire.endpoint.path)
    assert wire.send(world.http).status_code == 200


def test_section_6_1_the_user_code_is_easy_to_copy_and_hard_to_guess(flow: DeviceFlow) -> None:
    codes = {flow.start()["user_code"] for _ in range(20)}
    assert len(codes) == 20
    for code in codes:
        assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", code)


def test_section_5_2_the_device_code_is_long_and_kept_as_a_digest(flow: DeviceFlow) -> None:
    code = flow.start()["device_code"]
    assert len(code) >= 43
    assert DeviceGrant.objects.get().device_code == digest(code)
