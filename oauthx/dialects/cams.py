"""`cams-auth.md` and `api-cams-auth.md`: the second adds `tenant_id`, last, to the answer but not to the claims."""

from dataclasses import replace

from oauthx.dialects import blade

_CLAIMS = (
    "company_id",
    "password_expired",
    "user_name",
    "real_name",
    "avatar",
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
    "job_number",
    "exp",
    "dept_id",
    "password_last_update_date",
    "jti",
    "account",
)

CAMS_AUTH = blade.document(
    name="cams-auth",
    prefix="cams-auth",
    claims=_CLAIMS,
    fields=(
        "access_token",
        "token_type",
        "refresh_token",
        "expires_in",
        "scope",
        "company_id",
        "password_expired",
        "user_name",
        "real_name",
        "avatar",
        "client_id",
        "role_name",
        "license",
        "post_id",
        "user_id",
        "role_id",
        "nick_name",
        "oauth_id",
        "job_number",
        "dept_id",
        "password_last_update_date",
        "account",
        "jti",
    ),
)

API_CAMS_AUTH = replace(
    CAMS_AUTH,
    name="api-cams-auth",
    prefix="api/cams-auth",
    fields={**CAMS_AUTH.fields, **blade.response_fields("tenant_id")},
)
