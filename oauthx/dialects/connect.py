"""`connect.md`: standard OAuth 2 and OpenID Connect, in the style of IdentityServer."""

from oauthx.dialects.base import FORM, OMITTED, Dialect, Passwords, ResponseField
from oauthx.errors import TENANT_MISMATCH, OAuthError
from oauthx.requests import WireRequest, words


def _if_issued(value: str | None) -> object:
    return OMITTED if value is None else value


_FIELDS: dict[str, ResponseField] = {
    "access_token": lambda issued: issued.access_token,
    "token_type": lambda _issued: "Bearer",
    "refresh_token": lambda issued: _if_issued(issued.refresh_token),
    "expires_in": lambda issued: issued.facts.lifetime_seconds,
    "id_token": lambda issued: _if_issued(issued.id_token),
    "scope": lambda issued: " ".join(issued.facts.scope),
}


def _offline(scope: tuple[str, ...]) -> bool:
    return "offline_access" in scope


def tenant_of_acr_values(value: str) -> str | None:
    """The code in `acr_values=tenant:CODE`, the convention of IdentityServer.

    Raises:
        OAuthError: invalid_request; two different tenants.
    """
    codes = {word.removeprefix("tenant:") for word in words(value) if word.startswith("tenant:")}
    if len(codes) > 1:
        raise OAuthError(TENANT_MISMATCH)
    return codes.pop() if codes else None


def _tenant_of(wire: WireRequest) -> str | None:
    return tenant_of_acr_values(wire.value("acr_values") or "")


CONNECT = Dialect(
    name="connect",
    prefix="connect",
    token_name="token",  # noqa: S106 - no password
    people_only=False,
    bodies=frozenset({FORM}),
    reads_query=False,
    parameters={
        "grant_type": "grant_type",
        "scope": "scope",
        "client_id": "client_id",
        "client_secret": "client_secret",
        "client_assertion_type": "client_assertion_type",
        "client_assertion": "client_assertion",
        "username": "username",
        "password": "password",
        "refresh_token": "refresh_token",
        "code": "code",
        "redirect_uri": "redirect_uri",
        "code_verifier": "code_verifier",
        "device_code": "device_code",
        "acr_values": "acr_values",
        "sms": "sms",
        "phone": "phone",
        "openId": "openid",
        "app_id": "app_id",
        "bind_ticket": "bind_ticket",
        "token": "token",
        "access_token": "access_token",
        "token_type_hint": "token_type_hint",
    },
    headers={},
    tenant_code=_tenant_of,
    passwords=Passwords.PLAIN,
    body_credentials=True,
    encoded_basic=True,
    percent_basic=False,
    scope_required=False,
    algorithm="",
    names_tenant_always=False,
    opaque_allowed=True,
    token_type="at+jwt",  # noqa: S106 - no password
    key_id=True,
    openid=True,
    access_claims=(
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "jti",
        "client_id",
        "scope_text",
        "auth_time",
        "amr",
        "acr",
        "tenant",
    ),
    refresh_claims=(),
    refreshable=_offline,
    fields=_FIELDS,
    errors={
        "error": lambda error: error.refusal.code,
        "error_description": lambda error: error.refusal.description,
        "bind_ticket": lambda error: error.bind_ticket or OMITTED,
    },
)
