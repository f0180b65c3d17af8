"""Requests to which Hufu deliberately says something else than the toolkit's stock view, by the reason for it."""

from tests.contract.wire import JSON, MULTIPART, basic
from tests.differential import spoiling
from tests.differential.agreements import (
    ALL,
    WITHOUT_PKCE,
    invalid_client,
    invalid_grant,
    invalid_request,
    invalid_scope,
    unauthorized_client,
    unsupported_grant_type,
)
from tests.differential.sides import REDIRECT_URI, SECRET
from tests.differential.spoiling import again, by, by_method, named, sent_as, together, with_params, without
from tests.differential.token_requests import (
    acting,
    redeeming,
    refreshing,
    refreshing_after_code_replay,
    refreshing_after_narrowing,
)
from tests.differential.verdicts import Difference, granted, refused
from tests.protocol.code_flow import VERIFIER

OWN = granted("all", refresh=False)
PLAIN = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
HEADER = basic("portal", SECRET)
in_header_and_body = together(spoiling.basic, with_params(client_id="portal", client_secret=SECRET))
client_id_twice = together(spoiling.basic, with_params(client_id="portal"), again("client_id"))
secret_twice = together(named("portal"), with_params(client_secret=SECRET), again("client_secret"))

# The columns: what is asked, what Hufu says, what the toolkit says.
DIFFERENCES = {
    "RFC 6749 section 3.2: a parameter must not be repeated; the toolkit keeps the last one": [
        Difference("grant_type twice", redeeming(again("grant_type")), invalid_request, ALL),
        Difference("code twice", redeeming(again("code")), invalid_request, ALL),
        Difference("a wrong code before the code", redeeming(spoiling.wrong_before("code")), invalid_request, ALL),
        Difference("redirect_uri twice", redeeming(again("redirect_uri")), invalid_request, ALL),
        Difference("code_verifier twice", redeeming(again("code_verifier")), invalid_request, ALL),
        Difference("client_id twice", redeeming(client_id_twice), invalid_request, ALL),
        Difference("client_secret twice", redeeming(secret_twice), invalid_request, ALL),
        Difference("refresh_token twice", refreshing(again("refresh_token")), invalid_request, ALL),
        Difference("scope twice", acting(again("scope")), invalid_request, OWN),
    ],
    "RFC 6749 section 2.3: a client must not authenticate in more than one way in a request": [
        Difference("secret in header and body", redeeming(in_header_and_body), invalid_request, ALL),
        Difference(
            "another client_id beside the header",
            redeeming(together(spoiling.basic, with_params(client_id="other"))),
            invalid_request,
            ALL,
        ),
    ],
    "RFC 9110 section 11.1: the name of an authentication scheme is compared without regard to case": [
        Difference("basic", redeeming(spoiling.authorized(HEADER.replace("Basic", "basic"))), ALL, invalid_client),
    ],
    "RFC 6749 section 3.2.1: the client is authenticated before anything else is looked at": [
        Difference("empty body", redeeming(spoiling.empty), invalid_client, unsupported_grant_type),
    ],
    "RFC 6749 section 5.2: a client that may not use this grant type is told unauthorized_client": [
        Difference("password", redeeming(with_params(grant_type="password")), unauthorized_client, invalid_request),
        Difference("refresh_token", refreshing(by("machine", SECRET)), unauthorized_client, invalid_grant),
    ],
    "RFC 6749 section 5.2: a required parameter that is missing is invalid_request": [
        Difference("no grant_type", redeeming(without("grant_type")), invalid_request, unsupported_grant_type),
    ],
    "RFC 6749 section 3.1: a parameter without a value counts as omitted": [
        Difference("empty grant_type", redeeming(with_params(grant_type="")), invalid_request, unsupported_grant_type),
        Difference("empty code", redeeming(with_params(code="")), invalid_request, invalid_grant),
        Difference("empty refresh_token", refreshing(with_params(refresh_token="")), invalid_request, invalid_grant),
        Difference("empty scope", acting(with_params(scope="")), OWN, invalid_scope),
    ],
    "RFC 6749 appendix A and B: values are of visible characters, in UTF-8, and of a size that a server sets": [
        Difference("NUL in the code", redeeming(with_params(code="a\0b")), invalid_request, invalid_grant),
        Difference("NUL in the client_id", redeeming(by("a\0b", SECRET)), invalid_request, invalid_client),
        Difference("code of 10,000 letters", redeeming(with_params(code="x" * 10_000)), invalid_request, invalid_grant),
        Difference("bytes that are no UTF-8", redeeming(spoiling.with_bytes(b"&x=%ff")), invalid_request, ALL),
    ],
    "RFC 6749 section 4.1.3: parameters are sent as application/x-www-form-urlencoded": [
        Difference("JSON", redeeming(sent_as(JSON)), refused("invalid_request", 415), unsupported_grant_type),
        Difference("text", redeeming(sent_as("text/plain")), refused("invalid_request", 415), unsupported_grant_type),
        Difference("multipart", redeeming(sent_as(MULTIPART)), refused("invalid_request", 415), ALL),
    ],
    "RFC 6749 section 5.2: errors are told as JSON; the toolkit's 405 says nothing": [
        Difference(method, redeeming(by_method(method)), refused("invalid_request", 405), refused("", 405))
        for method in ("GET", "PUT", "DELETE")
    ],
    "RFC 6749 section 4.1.3: redirect_uri is required where the authorization request had one, and ours always has": [
        Difference("no redirect_uri", redeeming(without("redirect_uri")), invalid_request, ALL),
    ],
    "RFC 6749 section 5.2: a redirect URI other than the one of the authorization request is invalid_grant": [
        *(
            Difference(address, redeeming(with_params(redirect_uri=address)), invalid_grant, invalid_request)
            for address in (
                *("https://other.example/", "https://app.example/", f"{REDIRECT_URI}/", f"{REDIRECT_URI}?a=1"),
                *(f"{REDIRECT_URI}#a", "HTTPS://app.example/callback", "https://app.example:443/callback"),
            )
        ),
        Difference(
            "another port of a loopback address",
            redeeming(with_params(redirect_uri="http://127.0.0.1:2/"), made={"redirect_uri": "http://127.0.0.1:1/"}),
            invalid_grant,
            invalid_request,
        ),
    ],
    "RFC 7636 section 4.6: a request that does not match the challenge is invalid_grant": [
        Difference("no verifier", redeeming(without("code_verifier")), invalid_grant, invalid_request),
    ],
    "RFC 9700 section 2.1.1: a verifier is accepted only if there was a challenge": [
        Difference("PKCE relaxed", redeeming(client_id="relaxed", made=WITHOUT_PKCE), invalid_grant, ALL),
    ],
    "RFC 9700 section 2.1.1: the challenge method S256 alone, so that who sees a request learns no verifier": [
        Difference("plain challenge", redeeming(made=PLAIN), invalid_grant, ALL),
    ],
    "RFC 7636 section 4.4.1: whether PKCE is due is settled where the code is made": [
        Difference(
            "a code without PKCE, which is required by now",
            redeeming(without("code_verifier"), made=WITHOUT_PKCE),
            ALL,
            invalid_request,
        ),
    ],
    "RFC 6749 section 3.3: a scope that is asked for is not ignored: it narrows what was agreed to, never widens it": [
        Difference("narrower", redeeming(with_params(scope="profile")), granted("profile"), ALL),
        Difference(
            "wider",
            redeeming(with_params(scope="profile email"), made={"scope": "profile"}),
            invalid_scope,
            granted("profile", refresh=True),
        ),
        Difference("unknown", redeeming(with_params(scope="nonsense")), invalid_scope, ALL),
    ],
    "OpenID Connect Core section 11: a refresh token is given for offline_access": [
        Difference(
            "no offline_access",
            redeeming(made={"scope": "profile"}),
            granted("profile", refresh=False),
            granted("profile"),
        ),
    ],
    "OpenID Connect Core sections 5.4 and 11: scopes about a person mean nothing where there is none": [
        Difference("email", acting(with_params(scope="email")), invalid_scope, granted("email", refresh=False)),
        Difference(
            "offline_access",
            acting(with_params(scope="all offline_access")),
            invalid_scope,
            granted("all offline_access", refresh=False),
        ),
        Difference(
            "no scope", acting(without("scope")), OWN, granted("profile email offline_access all", refresh=False)
        ),
    ],
    "RFC 6749 section 3.3: a scope is a set of words": [
        Difference("one word twice", acting(with_params(scope="all all")), OWN, granted("all all", refresh=False)),
    ],
    "RFC 6749 section 4.1.2: tokens of a code that is used again are revoked": [
        Difference("their refresh", refreshing_after_code_replay, invalid_grant, ALL),
    ],
    "RFC 6749 section 6: a refresh for less leaves the scope of the new refresh token as it was": [
        Difference("the next refresh", refreshing_after_narrowing, ALL, granted("profile offline_access")),
    ],
}
