"""Reads and checks an authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1).

Until client and redirect URI are proven, nothing is sent to the redirect URI: the person sees a page. Afterwards every
error goes back to the client. It must not know sessions or pages.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlencode

from oauthx.client_auth import find_client
from oauthx.conf import conf
from oauthx.dialects.connect import tenant_of_acr_values
from oauthx.errors import OAuthError
from oauthx.id_tokens import read_id_token_hint
from oauthx.issuing import asked_scope
from oauthx.models import Client
from oauthx.requested_claims import NOTHING, MalformedClaimsError, RequestedClaims, read_requested_claims
from oauthx.requests import MAX_LENGTH, MAX_TOKEN_LENGTH, checked, words

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
PROMPTS = ("none", "login", "consent", "select_account")
# One responsive page serves them all; what is not known is ignored, as a wish about looks may be.
DISPLAYS = ("page", "popup", "touch", "wap")
_LONG = frozenset({"redirect_uri", "state", "scope", "claims", "id_token_hint", "request", "request_uri"})
# In characters, as it stands in an address: encoded once more in that of the sign-in page, it must fit a request line.
MAX_QUERY_LENGTH = 4500
RESPONSE_MODES = ("query", "form_post")
# What this endpoint reads; everything else is ignored (RFC 6749 section 3.1).
PARAMETERS = (
    *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age"),
    *("code_challenge", "code_challenge_method", "acr_values", "login_hint", "id_token_hint", "ui_locales", "display"),
    *("claims", "request", "request_uri"),
)


class UntrustedRequestError(Exception):
    """Client or redirect URI are not proven: the person is told, the redirect URI is never called (section 4.1.2.1)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AuthorizationError(Exception):
    """An error for the client, by its code: sent to the proven redirect URI."""

    def __init__(self, code: str, description: str, answer: "Answer") -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Answer:
    """Where and how an answer goes: the proven redirect URI, the response mode, and the state to be repeated.

    `request_uri` is the pushed request that the answer uses up; empty for one that came with the browser.
    """

    redirect_uri: str
    response_mode: str
    state: str | None = field(repr=False)
    request_uri: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A checked request.

    Attributes:
        scope: what would be granted.
        tenant_code: the tenant that it names.
        subject: the only person who will do (`sub`), if it names one.
        claims: what it asks for by name besides (OpenID Connect Core section 5.5), of what the client may have.
        carried: the parameters that lead to this request again.
        visited_at: when a browser first came with it, for one that was pushed.
    """

    client: Client
    answer: Answer
    scope: tuple[str, ...]
    nonce: str
    code_challenge: str
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str
    ui_locales: str
    tenant_code: str | None
    subject: str | None
    claims: RequestedClaims
    parameters: Mapping[str, str] = field(repr=False)
    carried: Mapping[str, str] = field(repr=False)
    visited_at: datetime | None = None

    @property
    def told_scope(self) -> tuple[str, ...]:
        """What the person is asked for: the scope, and the scopes of the claims that are asked for by name."""
        return tuple(dict.fromkeys((*self.scope, *self.claims.scopes)))


def read_authorization_request(
    values: Mapping[str, Sequence[str]], issuer: str, *, is_pushed: bool = False
) -> AuthorizationRequest:
    """Check a request's parameters, each given with all its values.

    `is_pushed` tells that the client sent them itself, ahead (RFC 9126).

    Raises:
        UntrustedRequestError: client_unknown, client_disabled, redirect_uri_missing, redirect_uri_mismatch, …
        AuthorizationError: everything else.
    """
    client = read_client(values)
    redirect_uri = _read_redirect_uri(values, client)
    states = [value for value in values.get("state", ()) if value]
    answer = Answer(redirect_uri, "query", states[0] if len(states) == 1 else None)
    parameters = _read_parameters(values, answer)
    mode = parameters.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        raise AuthorizationError("invalid_request", "This response_mode is not supported", answer)
    answer = replace(answer, response_mode=mode)
    if not is_pushed and len(urlencode(parameters)) > MAX_QUERY_LENGTH:
        raise AuthorizationError("invalid_request", "The request is too long for an address: push it", answer)
    _check_kind(parameters, client, answer)
    if client.requires_pushed_requests and not is_pushed:
        raise AuthorizationError("invalid_request", "The client must push its requests", answer)
    scope = _read_scope(parameters, client, answer)
    claims = _read_claims(parameters, client, scope, answer)
    return AuthorizationRequest(
        client=client,
        answer=answer,
        scope=scope,
        nonce=parameters.get("nonce", ""),
        code_challenge=_read_challenge(parameters, client, answer),
        prompt=_read_prompt(parameters, answer),
        max_age=_read_max_age(parameters, answer),
        login_hint=parameters.get("login_hint", ""),
        ui_locales=parameters.get("ui_locales", ""),
        tenant_code=_read_tenant(parameters, answer),
        subject=_read_subject(parameters, client, claims, issuer, answer),
        claims=claims,
        parameters=parameters,
        carried=parameters,
    )


def _one(values: Mapping[str, Sequence[str]], name: str) -> str:
    """The one value of a parameter that decides whom to answer.

    Raises:
        UntrustedRequestError: it is repeated, missing or no text.
    """
    sent = [value for value in values.get(name, ()) if value]
    if len(sent) != 1 or len(sent[0]) > MAX_TOKEN_LENGTH:
        raise UntrustedRequestError(f"{name}_missing" if not sent else f"{name}_malformed")
    try:
        return checked("token", sent[0])
    except OAuthError:
        raise UntrustedRequestError(f"{name}_malformed") from None


def read_client(values: Mapping[str, Sequence[str]]) -> Client:
    """The active client that a request names.

    Raises:
        UntrustedRequestError: client_id_missing, client_id_malformed, client_unknown, client_disabled.
    """
    client = find_client(_one(values, "client_id")[:MAX_LENGTH])
    if client is None:
        raise UntrustedRequestError("client_unknown")
    if not client.is_active:
        raise UntrustedRequestError("client_disabled")
    return client


def _read_redirect_uri(values: Mapping[str, Sequence[str]], client: Client) -> str:
    """The redirect URI, if it is registered letter by letter; loopback addresses at any port (RFC 8252 section 7.3)."""
    redirect_uri = _one(values, "redirect_uri")
    if not client.redirect_uri_allowed(redirect_uri):
        raise UntrustedRequestError("redirect_uri_mismatch")
    return redirect_uri


def _read_parameters(values: Mapping[str, Sequence[str]], answer: Answer) -> dict[str, str]:
    """Every parameter at most once (RFC 6749 section 3.1); empty counts as absent."""
    parameters = {}
    for name in PARAMETERS:
        sent = values.get(name, ())
        if len(sent) > 1:
            raise AuthorizationError("invalid_request", f"{name} is repeated", answer)
        if sent and sent[0]:
            try:
                parameters[name] = checked("token" if name in _LONG else name, sent[0])
            except OAuthError:
                raise AuthorizationError("invalid_request", f"{name} is malformed", answer) from None
    return parameters


def _check_kind(parameters: Mapping[str, str], client: Client, answer: Answer) -> None:
    """What the client may do here at all, and what is not built (OpenID Connect Core section 6: request objects)."""
    if "request" in parameters:
        raise AuthorizationError("request_not_supported", "Request objects are not supported", answer)
    if "request_uri" in parameters:
        raise AuthorizationError("request_uri_not_supported", "request_uri is not supported", answer)
    if "response_type" not in parameters:
        raise AuthorizationError("invalid_request", "response_type is missing", answer)
    if parameters["response_type"] != "code":
        raise AuthorizationError("unsupported_response_type", "Only the response type code is supported", answer)
    if "authorization_code" not in client.grant_types or "connect" not in client.dialects:
        raise AuthorizationError("unauthorized_client", "The client may not use this endpoint", answer)


def _read_scope(parameters: Mapping[str, str], client: Client, answer: Answer) -> tuple[str, ...]:
    """What is asked for, or all that the client may have."""
    try:
        return asked_scope(parameters.get("scope"), client)
    except OAuthError as error:
        raise AuthorizationError(error.refusal.code, error.refusal.description, answer) from None


def _read_challenge(parameters: Mapping[str, str], client: Client, answer: Answer) -> str:
    """PKCE with S256 alone (RFC 7636 section 4.4.1): for every client, unless it is confidential and relaxed."""
    challenge = parameters.get("code_challenge", "")
    if not challenge:
        if client.requires_pkce or client.is_public:
            raise AuthorizationError("invalid_request", "code_challenge is required", answer)
        return ""
    if parameters.get("code_challenge_method") != "S256":
        raise AuthorizationError("invalid_request", "Only the code_challenge_method S256 is supported", answer)
    if not _CHALLENGE.fullmatch(challenge):
        raise AuthorizationError("invalid_request", "code_challenge is malformed", answer)
    return challenge


def _read_prompt(parameters: Mapping[str, str], answer: Answer) -> frozenset[str]:
    prompt = frozenset(words(parameters.get("prompt", "")))
    if not prompt <= set(PROMPTS) or ("none" in prompt and len(prompt) > 1):
        raise AuthorizationError("invalid_request", "prompt is malformed", answer)
    return prompt


def _read_max_age(parameters: Mapping[str, str], answer: Answer) -> int | None:
    text = parameters.get("max_age")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004 - a century in seconds
        raise AuthorizationError("invalid_request", "max_age is malformed", answer)
    return int(text)


def _read_tenant(parameters: Mapping[str, str], answer: Answer) -> str | None:
    """`acr_values=tenant:CODE`, the convention of IdentityServer."""
    try:
        return tenant_of_acr_values(parameters.get("acr_values", ""))
    except OAuthError as error:
        raise AuthorizationError(error.refusal.code, error.refusal.description, answer) from None


def _read_subject(
    parameters: Mapping[str, str], client: Client, claims: RequestedClaims, issuer: str, answer: Answer
) -> str | None:
    """The person of the `id_token_hint`: an ID token of ours for this client, in date or not (section 3.1.2.1).

    Or the one whose `sub` is asked for by value (section 5.5.1); both, if they agree.
    """
    text = parameters.get("id_token_hint")
    if text is None:
        return claims.subject
    hint = read_id_token_hint(text, issuer, conf().clock())
    if hint is None or hint.client_id != client.client_id:
        raise AuthorizationError("invalid_request", "id_token_hint is no ID token of this client", answer)
    if claims.subject not in {None, hint.sub}:
        raise AuthorizationError("invalid_request", "id_token_hint and claims name two people", answer)
    return hint.sub


def _read_claims(
    parameters: Mapping[str, str], client: Client, scope: tuple[str, ...], answer: Answer
) -> RequestedClaims:
    """What is asked for by name; without `openid` the parameter means nothing."""
    if "claims" not in parameters or "openid" not in scope:
        return NOTHING
    try:
        claims = read_requested_claims(parameters["claims"])
    except MalformedClaimsError:
        raise AuthorizationError("invalid_request", "claims is malformed", answer) from None
    if not claims.acr_met:
        # An essential class that there is not is a failed sign-in (OpenID Connect Core section 5.5.1.1).
        description = "There is no sign-in of this authentication context class"
        raise AuthorizationError("unmet_authentication_requirements", description, answer)
    return claims.within(client.scopes)
