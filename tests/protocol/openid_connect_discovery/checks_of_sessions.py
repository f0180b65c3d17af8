"""A check for each promise about the end of sessions. See checks_of_endpoints.py."""

from typing import Any

from django.apps import apps

from tests.protocol.openid_connect_discovery.checks_of_endpoints import Check
from tests.protocol.openid_connect_discovery.provider import Provider
from tests.protocol.tokens import claims_of

PAGE = "https://app.example/signed-out"


def sign_out(provider: Provider, **fields: Any) -> tuple[str, dict[str, Any]]:
    """The page after a logout that an application with these fields asked for, and the claims of its ID token."""
    flow = provider.flow(**fields)
    token = provider.tokens(flow)["id_token"]
    page = flow.browser.get(provider.path("end_session_endpoint"), {"id_token_hint": token})
    assert page.status_code == 200
    assert flow.authorize()["Location"].startswith("/account/login/"), "nobody is signed in any more"
    return page.content.decode(), claims_of(provider.world, token)


def frontchannel_logout_supported(provider: Provider, value: bool) -> None:
    page, _claims = sign_out(provider, frontchannel_logout_uri=PAGE)
    assert (PAGE in page) == value


def frontchannel_logout_session_supported(provider: Provider, value: bool) -> None:
    page, claims = sign_out(provider, frontchannel_logout_uri=PAGE)
    assert (f"sid={claims.get('sid')}" in page and "iss=" in page) == value


def backchannel_logout_supported(provider: Provider, value: bool) -> None:
    """The application will be told; how is the matter of the tests of Back-Channel Logout."""
    sign_out(provider, backchannel_logout_uri=PAGE)
    assert apps.get_model("oauthx", "LogoutNotice").objects.exists() == value


def backchannel_logout_session_supported(provider: Provider, value: bool) -> None:
    _page, claims = sign_out(provider, backchannel_logout_uri=PAGE)
    notice = apps.get_model("oauthx", "LogoutNotice").objects.get()
    assert (str(notice.sid) == claims.get("sid")) == value


SESSIONS: dict[str, Check] = {
    check.__name__: check
    for check in (
        frontchannel_logout_supported,
        frontchannel_logout_session_supported,
        backchannel_logout_supported,
        backchannel_logout_session_supported,
    )
}
