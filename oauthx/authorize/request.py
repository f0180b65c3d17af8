"""Reads and checks an authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1).

Until client and redirect URI are proven, nothing is sent to the redirect URI: the person sees a page. Afterwards every
error goes back to the client. It must not know sessions or pages.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from oauthx.client_auth import find_client
from oauthx.errors import OAuthError
from oauthx.models import Client
from oauthx.requests import MAX_LENGTH, MAX_TOKEN_LENGTH, checked

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_LONG = frozenset({"redirect_uri", "state", "nonce", "scope", "claims", "id_token_hint", "request", "request_uri"})
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
    """Where and how an answer goes: the proven redirect URI, the response mode, and the state to be repeated."""

    redirect_uri: str
    response_mode: str
    state: str | None


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A checked request. `scope` is what would be granted; `tenant_code` the tenant that it names."""

    client: Client
    answer: Answer
    scope: tuple[str, ...]
    nonce: str
    code_challenge: str
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str
    tenant_code: str | None
    parameters: Mapping[str, str]

    @property
    def wants_new_sign_in(self) -> bool:
        """Whether no earlier sign-in will do; `max_age=0` says the same as `prompt=login`."""
        return bool(self.prompt & {"login", "select_account"}) or self.max_age == 0

    def without_prompt(self) -> str:
        """The request's query string for after a sign-in, which has then answered `prompt` and `max_age=0`."""
        answered = {"prompt", "max_age"} if self.max_age == 0 else {"prompt"}
        kept = {name: value for name, value in self.parameters.items() if name not in answered}
        consent = " ".join(self.prompt & {"consent"})
        return urlencode({**kept, **({"prompt": consent} if consent else {})})


def read_authorization_request(values: Mapping[str, Sequence[str]]) -> AuthorizationRequest:
    """Check a request's parameters, each given with all its values.

    Raises:
        UntrustedRequestError: client_unknown, client_disabled, redirect_uri_missing, redirect_uri_mismatch, …
        AuthorizationError: everything else.
    """
    client = _read_client(values)
    redirect_uri = _read_redirect_uri(values, client)
    states = [value for value in values.get("state", ()) if value]
    answer = Answer(redirect_uri, "query", states[0] if len(states) == 1 else None)
    parameters = _read_parameters(values, answer)
    mode = parameters.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        raise AuthorizationError("invalid_request", "This response_mode is not supported", answer)
    answer = replace(answer, response_mode=mode)
    _check_kind(parameters, client, answer)
    return AuthorizationRequest(
        client=client,
        answer=answer,
        scope=_read_scope(parameters, client, answer),
        nonce=parameters.get("nonce", ""),
        code_challenge=_read_challenge(parameters, client, answer),
        prompt=_read_prompt(parameters, answer),
        max_age=_read_max_age(parameters, answer),
        login_hint=parameters.get("login_hint", ""),
        tenant_code=_read_tenant(parameters, answer),
        parameters=parameters,
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


def _read_client(values: Mapping[str, Sequence[str]]) -> Client:
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
    asked = tuple(dict.fromkeys(parameters.get("scope", "").split()))
    if not set(asked) <= set(client.scopes):
        raise AuthorizationError("invalid_scope", "The scope exceeds what the client may have", answer)
    return asked or tuple(client.scopes)


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
    prompt = frozenset(parameters.get("prompt", "").split())
    if not prompt <= _PROMPTS or ("none" in prompt and len(prompt) > 1):
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
    words = parameters.get("acr_values", "").split()
    codes = {word.removeprefix("tenant:") for word in words if word.startswith("tenant:")}
    if len(codes) > 1:
        raise AuthorizationError("invalid_request", "acr_values names two tenants", answer)
    return codes.pop() if codes else None
