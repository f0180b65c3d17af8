"""A check for each endpoint that the metadata name: it stands there and does its work.

A check gets the provider and the value that is advertised; it fails by an assertion.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.protocol.logout_flow import is_signed_in
from tests.protocol.openid_connect_discovery.provider import Provider
from tests.protocol.tokens import claims_of, verified

Check = Callable[[Provider, Any], None]


def issuer(provider: Provider, value: str) -> None:
    """It is the address of the document, and what tokens and answers name."""
    assert provider.world.http.get("/.well-known/openid-configuration").json()["issuer"] == value
    parts = urlsplit(value)
    assert (parts.query, parts.fragment, value.endswith("/")) == ("", "", False)
    assert claims_of(provider.world, provider.tokens(provider.flow())["id_token"])["iss"] == value


def authorization_endpoint(provider: Provider, _value: str) -> None:
    flow = provider.flow()
    response = flow.browser.get(provider.path("authorization_endpoint"), flow.request())
    assert (response.status_code, "code=" in response["Location"]) == (303, True)


def token_endpoint(provider: Provider, _value: str) -> None:
    answer = provider.post("token_endpoint", {"grant_type": "client_credentials"}, provider.world.app)
    assert answer.json()["access_token"]


def userinfo_endpoint(provider: Provider, _value: str) -> None:
    token = provider.tokens(provider.flow())["access_token"]
    assert provider.get("userinfo_endpoint", token).json()["sub"] == str(provider.world.admin.pk)


def introspection_endpoint(provider: Provider, _value: str) -> None:
    flow = provider.flow()
    params = {"token": provider.tokens(flow)["access_token"]}
    assert provider.post("introspection_endpoint", params, flow.app).json()["active"] is True


def revocation_endpoint(provider: Provider, _value: str) -> None:
    flow = provider.flow()
    token = provider.tokens(flow)["access_token"]
    assert provider.post("revocation_endpoint", {"token": token}, flow.app).status_code == 200
    assert provider.get("userinfo_endpoint", token).status_code == 401


def jwks_uri(provider: Provider, _value: str) -> None:
    """The keys there verify what is signed, each is for signatures, none tells its private half."""
    keys = provider.world.http.get(provider.path("jwks_uri")).json()["keys"]
    kid = verified(provider.world, provider.tokens(provider.flow())["id_token"]).header["kid"]
    assert kid in {key["kid"] for key in keys}
    assert {key["use"] for key in keys} == {"sig"}
    assert not {"d", "k"} & {name for key in keys for name in key}


def pushed_authorization_request_endpoint(provider: Provider, _value: str) -> None:
    """What is pushed there leads to a code (RFC 9126)."""
    flow = provider.flow()
    pushed = provider.post("pushed_authorization_request_endpoint", flow.request(), flow.app)
    assert pushed.status_code == 201
    params = {"client_id": flow.app[0], "request_uri": pushed.json()["request_uri"]}
    assert "code=" in flow.browser.get(provider.path("authorization_endpoint"), params)["Location"]


def device_authorization_endpoint(provider: Provider, _value: str) -> None:
    """It gives a device its codes (RFC 8628), and the address for its person is there."""
    answer = provider.post("device_authorization_endpoint", {"scope": "openid"}, provider.flow().app).json()
    assert {"device_code", "user_code", "verification_uri", "expires_in"} <= set(answer)
    address = answer["verification_uri"].removeprefix(provider.said["issuer"])
    assert provider.world.http.get(address).status_code in {200, 303}


def end_session_endpoint(provider: Provider, _value: str) -> None:
    """With the hint of the person's ID token it ends his session, and the tokens that came of it."""
    flow = provider.flow()
    tokens = provider.tokens(flow)
    assert is_signed_in(flow)
    page = flow.browser.get(provider.path("end_session_endpoint"), {"id_token_hint": tokens["id_token"]})
    assert (page.status_code, is_signed_in(flow)) == (200, False)
    assert provider.get("userinfo_endpoint", tokens["access_token"]).status_code == 401


ENDPOINTS: dict[str, Check] = {
    check.__name__: check
    for check in (
        issuer,
        authorization_endpoint,
        token_endpoint,
        userinfo_endpoint,
        introspection_endpoint,
        revocation_endpoint,
        jwks_uri,
        pushed_authorization_request_endpoint,
        device_authorization_endpoint,
        end_session_endpoint,
    )
}
