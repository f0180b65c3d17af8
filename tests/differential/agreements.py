"""Requests, good and bad, to which Hufu says exactly what django-oauth-toolkit's stock view says."""

from tests.contract import wire
from tests.differential.sides import SECRET
from tests.differential.spoiling import (
    anonymous,
    authorized,
    basic,
    by,
    by_header,
    named,
    sent_as,
    together,
    with_bytes,
    with_params,
    with_query,
    with_space_before,
    without,
)
from tests.differential.token_requests import (
    acting,
    redeeming,
    redeeming_a_refresh_token,
    refreshing,
    refreshing_after_refresh_replay,
    refreshing_by_access_token,
    twice,
)
from tests.differential.verdicts import Row, granted, refused
from tests.protocol.code_flow import CHALLENGE

ALL = granted("profile offline_access all")
WITHOUT_PKCE = {"code_challenge": "", "code_challenge_method": ""}
FROM_PUBLIC = together(without("client_id"), by("other", SECRET))
invalid_client = refused("invalid_client")
invalid_grant = refused("invalid_grant")
invalid_request = refused("invalid_request")
invalid_scope = refused("invalid_scope")
unauthorized_client = refused("unauthorized_client")
unsupported_grant_type = refused("unsupported_grant_type")

CLIENTS = [
    Row("secret in the body", redeeming(), ALL),
    Row("secret in the header", redeeming(basic), ALL),
    Row("secret in the header as it is", redeeming(authorized(wire.basic("portal", SECRET))), ALL),
    Row("client_id beside the header", redeeming(together(basic, with_params(client_id="portal"))), ALL),
    Row("public client", redeeming(client_id="public"), ALL),
    Row("public client, empty secret in the header", redeeming(by_header("public", ""), client_id="public"), ALL),
    Row("public client, a secret", redeeming(with_params(client_secret="x"), client_id="public"), invalid_client),
    Row("wrong secret in the body", redeeming(by("portal", "wrong")), invalid_client),
    Row("wrong secret in the header", redeeming(by_header("portal", "wrong")), invalid_client),
    Row("empty secret in the body", redeeming(by("portal", "")), invalid_client),
    Row("empty secret in the header", redeeming(by_header("portal", "")), invalid_client),
    Row("no secret", redeeming(named("portal")), invalid_client),
    Row("secret of another client", redeeming(by("portal", "secret of another")), invalid_client),
    Row("unknown client in the body", redeeming(by("nobody", SECRET)), invalid_client),
    Row("unknown client in the header", redeeming(by_header("nobody", SECRET)), invalid_client),
    Row("no client", redeeming(anonymous), invalid_client),
    Row("header that is no base64", redeeming(authorized("Basic !!!")), invalid_client),
    Row("header without a colon", redeeming(authorized("Basic cG9ydGFs")), invalid_client),
    Row(
        "bearer header beside the secret in the body",
        redeeming(together(authorized("Bearer x"), with_params(client_id="portal", client_secret=SECRET))),
        ALL,
    ),
]

GRANT_TYPES = [
    Row("unknown", redeeming(with_params(grant_type="nonsense")), unsupported_grant_type),
    Row("in capitals", redeeming(with_params(grant_type="Authorization_Code")), unsupported_grant_type),
    Row("of the authorization endpoint", redeeming(with_params(grant_type="implicit")), unsupported_grant_type),
    Row("code, by a client for itself alone", redeeming(by("machine", SECRET)), unauthorized_client),
    Row("for itself, by a client of people alone", acting(by("portal", SECRET)), unauthorized_client),
    Row("for itself, by a public client", acting(named("public")), unauthorized_client),
]

FORMS = [
    Row("unknown parameter", redeeming(with_params(x="1")), ALL),
    Row("unknown parameter twice", redeeming(with_bytes(b"&x=1&x=2")), ALL),
    Row("parameters of other programs", redeeming(with_params(user="admin", client="other", scopes="all")), ALL),
    Row("content type with a charset", redeeming(sent_as(f"{wire.FORM}; charset=UTF-8")), ALL),
    Row("percent sign alone", redeeming(with_bytes(b"&x=%zz")), ALL),
    Row("one parameter in the address", redeeming(with_query(state="x")), invalid_request),
    Row("all parameters in the address", redeeming(sent_as(wire.QUERY)), invalid_request),
]

CODES = [
    Row("missing", redeeming(without("code")), invalid_request),
    Row("unknown", redeeming(with_params(code="nonsense")), invalid_grant),
    Row("with a space before it", redeeming(with_space_before("code")), invalid_grant),
    Row("of another client", redeeming(by("other", SECRET)), invalid_grant),
    Row("of a public client, by a confidential one", redeeming(FROM_PUBLIC, client_id="public"), invalid_grant),
    Row("of a confidential client, by a public one", redeeming(named("public")), invalid_grant),
    Row("used twice", twice(redeeming()), invalid_grant),
    Row("used twice by a public client", twice(redeeming(client_id="public")), invalid_grant),
    Row("expired", redeeming(seconds=-1), invalid_grant),
    Row("a refresh token in its place", redeeming_a_refresh_token, invalid_grant),
    Row("redirect_uri empty", redeeming(with_params(redirect_uri="")), invalid_request),
    Row("verifier empty", redeeming(with_params(code_verifier="")), invalid_grant),
    Row("verifier wrong", redeeming(with_params(code_verifier="x" * 43)), invalid_grant),
    Row("verifier too short", redeeming(with_params(code_verifier="x")), invalid_grant),
    Row("verifier too long", redeeming(with_params(code_verifier="x" * 129)), invalid_grant),
    Row("the challenge as verifier", redeeming(with_params(code_verifier=CHALLENGE)), invalid_grant),
    Row(
        "wrong verifier of a public client",
        redeeming(with_params(code_verifier="x" * 43), client_id="public"),
        invalid_grant,
    ),
    Row(
        "without PKCE, where it is relaxed",
        redeeming(without("code_verifier"), client_id="relaxed", made=WITHOUT_PKCE),
        ALL,
    ),
    Row("with PKCE, where it is relaxed", redeeming(client_id="relaxed"), ALL),
    Row("verifier without a challenge", redeeming(made=WITHOUT_PKCE), invalid_grant),
]

REFRESH_TOKENS = [
    Row("secret in the body", refreshing(), ALL),
    Row("secret in the header", refreshing(basic), ALL),
    Row("public client", refreshing(client_id="public"), ALL),
    Row("the same scope", refreshing(with_params(scope="profile offline_access all")), ALL),
    Row("the same scope in another order", refreshing(with_params(scope="all profile offline_access")), ALL),
    Row("a part of the scope", refreshing(with_params(scope="profile")), granted("profile")),
    Row("empty scope", refreshing(with_params(scope="")), ALL),
    Row("blank scope", refreshing(with_params(scope=" ")), invalid_scope),
    Row("unknown scope", refreshing(with_params(scope="nonsense")), invalid_scope),
    Row(
        "a scope that was not granted",
        refreshing(with_params(scope="profile offline_access email"), made={"scope": "profile offline_access"}),
        invalid_scope,
    ),
    Row("missing", refreshing(without("refresh_token")), invalid_request),
    Row("unknown", refreshing(with_params(refresh_token="nonsense")), invalid_grant),
    Row("of another client", refreshing(by("other", SECRET)), invalid_grant),
    Row("of a confidential client, by a public one", refreshing(named("public")), invalid_grant),
    Row("of a public client, by a confidential one", refreshing(FROM_PUBLIC, client_id="public"), invalid_grant),
    Row("used twice", twice(refreshing()), invalid_grant),
    Row("used twice by a public client", twice(refreshing(client_id="public")), invalid_grant),
    Row("of a family in which one was used twice", refreshing_after_refresh_replay, invalid_grant),
    Row("an access token in its place", refreshing_by_access_token, invalid_grant),
    Row("wrong secret", refreshing(by("portal", "wrong")), invalid_client),
    Row("no secret", refreshing(named("portal")), invalid_client),
    Row("public client without its name", refreshing(without("client_id"), client_id="public"), invalid_client),
]

CLIENT_CREDENTIALS = [
    Row("secret in the body", acting(), granted("all", refresh=False)),
    Row("secret in the header", acting(basic), granted("all", refresh=False)),
    Row(
        "a person's name and password beside",
        acting(with_params(username="admin", password="x")),
        granted("all", refresh=False),
    ),
    Row("a person's name alone beside", acting(with_params(user="admin")), granted("all", refresh=False)),
    Row("unknown scope", acting(with_params(scope="nonsense")), invalid_scope),
    Row("a scope known in part", acting(with_params(scope="all nonsense")), invalid_scope),
    Row("wrong secret in the body", acting(by("machine", "wrong")), invalid_client),
    Row("wrong secret in the header", acting(by_header("machine", "wrong")), invalid_client),
    Row("no secret", acting(named("machine")), invalid_client),
    Row("unknown client", acting(by("nobody", SECRET)), invalid_client),
    Row("no client", acting(anonymous), invalid_client),
]

AGREEMENTS = {
    "client": CLIENTS,
    "grant type": GRANT_TYPES,
    "form": FORMS,
    "code": CODES,
    "refresh token": REFRESH_TOKENS,
    "client credentials": CLIENT_CREDENTIALS,
}
