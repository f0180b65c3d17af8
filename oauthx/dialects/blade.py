"""What the four `/oauth/token` documents have in common. It must not know which document asks."""

from collections.abc import Mapping

from oauthx.claims import IssuedToken
from oauthx.dialects.base import FORM, JSON, MULTIPART, Dialect, ErrorField, Passwords, ResponseField
from oauthx.errors import PARAMETER_CONFLICT, TENANT_MISMATCH, OAuthError
from oauthx.requests import WireRequest

PARAMETERS: Mapping[str, str] = {
    "grant_type": "grant_type",
    "scope": "scope",
    "type": "account_type",
    "tenantId": "tenant",
    "tma": "main_account",
    "username": "username",
    "password": "password",
    "fp": "fingerprint",
    "captchaKey": "captcha_key",
    "captchaCode": "captcha_code",
    "phone": "phone",
    "sms": "sms",
    "refresh_token": "refresh_token",
    "code": "code",
    "openId": "openid",
    "app_id": "app_id",
    "bind_ticket": "bind_ticket",
    "client_id": "client_id",
    "client_secret": "client_secret",
}

HEADERS: Mapping[str, str] = {
    "tenantid": "tenant",
    "tenant-id": "tenant",
    "tma": "main_account",
    "captcha-key": "captcha_key",
    "captcha-code": "captcha_code",
}


def tenant_code(wire: WireRequest) -> str | None:
    """The header `tenantId` or `Tenant-Id`, or the body's `tenantId`.

    Raises:
        OAuthError: invalid_request; they differ.
    """
    try:
        return wire.value("tenant")
    except OAuthError as error:
        if error.refusal is PARAMETER_CONFLICT:
            raise OAuthError(TENANT_MISMATCH) from None
        raise


def password_set_at(issued: IssuedToken) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` in the tenant's time zone, or None when it was never set."""
    facts = issued.facts
    moment = facts.someone.password_updated_at
    return None if moment is None else moment.astimezone(facts.home.zone).strftime("%Y-%m-%d %H:%M:%S")


# Response fields by name; each document picks and orders its own.
FIELDS: Mapping[str, ResponseField] = {
    "access_token": lambda issued: issued.access_token,
    "token_type": lambda _issued: "bearer",
    "refresh_token": lambda issued: issued.refresh_token,
    "expires_in": lambda issued: issued.facts.remaining_seconds,
    "scope": lambda issued: " ".join(issued.facts.scope),
    "tenant_id": lambda issued: issued.facts.home.code,
    "tenant_name": lambda issued: issued.facts.home.name,
    "company_id": lambda issued: issued.facts.company_id,
    "password_expired": lambda issued: issued.facts.password_expired,
    "user_name": lambda issued: issued.facts.someone.account,
    "real_name": lambda issued: issued.facts.someone.real_name,
    "avatar": lambda issued: issued.facts.someone.avatar,
    "client_id": lambda issued: issued.facts.client.client_id,
    "role_name": lambda issued: issued.facts.role_name,
    "license": lambda issued: issued.facts.home.license,
    "post_id": lambda issued: issued.facts.post_id,
    "user_id": lambda issued: str(issued.facts.someone.user_id),
    "role_id": lambda issued: issued.facts.role_id,
    "nick_name": lambda issued: issued.facts.someone.nick_name,
    "oauth_id": lambda issued: issued.facts.someone.oauth_id,
    "job_number": lambda issued: issued.facts.someone.job_number,
    "dept_id": lambda issued: issued.facts.dept_id,
    "password_last_update_date": password_set_at,
    "account": lambda issued: issued.facts.someone.account,
    "jti": lambda issued: issued.facts.jti,
}


def response_fields(*names: str) -> dict[str, ResponseField]:
    """These response fields, in this order."""
    return {name: FIELDS[name] for name in names}


def refresh_claims(access_claims: tuple[str, ...]) -> tuple[str, ...]:
    """The refresh token is a JWT too: the same claims, and the access token's id (`ati`) behind the nickname."""
    place = access_claims.index("nick_name") + 1
    return (*access_claims[:place], "ati", *access_claims[place:])


def document(*, name: str, prefix: str, claims: tuple[str, ...], fields: tuple[str, ...]) -> Dialect:
    """One of the four documents: what it says itself, over what all of them say."""
    return Dialect(
        name=name,
        prefix=prefix,
        token_name="oauth/token",  # noqa: S106 - no password
        people_only=True,
        bodies=frozenset({JSON, FORM, MULTIPART}),
        reads_query=True,
        parameters=PARAMETERS,
        headers=HEADERS,
        tenant_code=tenant_code,
        passwords=Passwords.MD5,
        body_credentials=False,
        encoded_basic=False,
        percent_basic=True,
        scope_required=True,
        algorithm="HS256",
        names_tenant_always=True,
        opaque_allowed=False,
        token_type="JWT",  # noqa: S106 - no password
        key_id=False,
        openid=False,
        access_claims=claims,
        refresh_claims=refresh_claims(claims),
        refreshable=lambda _scope: True,
        fields=response_fields(*fields),
        errors=ERRORS,
    )


# A superset that all known clients of such endpoints can read: `error_code || code`, `msg || error_description`.
ERRORS: Mapping[str, ErrorField] = {
    "error": lambda error: error.refusal.code,
    "error_code": lambda error: error.refusal.status,
    "error_description": lambda error: error.refusal.description,
    "code": lambda error: error.refusal.status,
    "success": lambda _error: False,
    "data": lambda error: {"bind_ticket": error.bind_ticket} if error.bind_ticket else {},
    "msg": lambda error: str(error.refusal.text),
}
