"""`ams-auth.md` and `kom-ams-auth.md`: one answer under two prefixes."""

from dataclasses import replace

from oauthx.dialects import blade

_CLAIMS = (
    "tenant_id",
    "tenant_name",
    "password_expired",
    "user_name",
    "real_name",
    "authorities",
    "client_id",
    "role_name",
    "license",
    "post_id",
    "user_id",
    "role_id",
    "scope",
    "nick_name",
    "oauth_id",
    "exp",
    "dept_id",
    "password_last_update_date",
    "jti",
    "account",
)

AMS_AUTH = blade.document(
    name="ams-auth",
    prefix="ams-auth",
    claims=_CLAIMS,
    fields=(
        "access_token",
        "token_type",
        "refresh_token",
        "expires_in",
        "scope",
        "tenant_id",
        "tenant_name",
        "password_expired",
        "user_name",
        "real_name",
        "client_id",
        "role_name",
        "license",
        "post_id",
        "user_id",
        "role_id",
        "nick_name",
        "oauth_id",
        "dept_id",
        "password_last_update_date",
        "account",
        "jti",
    ),
)

KOM_AMS_AUTH = replace(AMS_AUTH, name="kom-ams-auth", prefix="kom-ams-auth")
