"""The catalogue of refusals. It must not know dialects: they decide what of a refusal leaves, and in which form.

`code` is the RFC's, `reason` a stable id for the history and the tests, which never leaves. Refusals that a stranger
must not tell apart share one entry: only the reason given at the raise differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.people import Person
from tenants.sql import Statement

if TYPE_CHECKING:
    from oauthx.models import Client


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry: the RFC's code, the HTTP status, an ASCII description for programs, a text for people.

    Without `is_recorded` the history keeps nothing of it: nobody has tried anything.
    """

    code: str
    status: int
    reason: str
    description: str
    text: str | Promise
    is_recorded: bool = True


class OAuthError(Exception):
    """A request is refused. What must be written together with the refusal travels with it.

    Attributes:
        refusal: the entry of the catalogue.
        reason: what the history keeps; the entry's own unless the raise is more exact.
        client: the client, as soon as it is known; person: whose account it is about, if he exists.
        counting: the guard that counts a wrong password (`accounts/lockout.py`).
        consequences: statements carried out in the refusal's transaction, such as ending a token family.
        basic_challenge: whether the client tried HTTP Basic, so that a 401 says so (RFC 6749 section 5.2).
        allow: the methods that are allowed, for a 405.
        retry_after_seconds: when it may be tried again, for a 429.
        bind_ticket: by which an identity that is nobody's yet can be bound (`accounts/bind_tickets.py`).
    """

    def __init__(
        self,
        refusal: Refusal,
        reason: str = "",
        *,
        client: "Client | None" = None,
        person: Person | None = None,
        counting: Statement | None = None,
        consequences: Sequence[Statement] = (),
        basic_challenge: bool = False,
        allow: str = "",
        retry_after_seconds: int = 0,
        bind_ticket: str = "",
    ) -> None:
        super().__init__(f"{refusal.code}: {reason or refusal.reason}")
        self.refusal = refusal
        self.reason = reason or refusal.reason
        self.client = client
        self.person = person
        self.counting = counting
        self.consequences = tuple(consequences)
        self.basic_challenge = basic_challenge
        self.allow = allow
        self.retry_after_seconds = retry_after_seconds
        self.bind_ticket = bind_ticket


@dataclass(frozen=True, slots=True)
class _Code:
    code: str
    status: int = 400

    def __call__(
        self, reason: str, description: str, text: str | Promise, *, status: int = 0, is_recorded: bool = True
    ) -> Refusal:
        return Refusal(self.code, status or self.status, reason, description, text, is_recorded)


_invalid_request = _Code("invalid_request")
_invalid_client = _Code("invalid_client", 401)
_invalid_grant = _Code("invalid_grant")
_invalid_token = _Code("invalid_token", 401)

# --- The request (RFC 6749 section 5.2, invalid_request) --------------------------------------------------------------

BODY_UNREADABLE = _invalid_request("body_unreadable", "The body cannot be read", _("The request cannot be read"))
BODY_TOO_LARGE = _invalid_request(
    "body_too_large", "The body exceeds 64 KiB", _("The request is too large"), status=413
)
LENGTH_REQUIRED = _invalid_request(
    "length_required", "Content-Length is required", _("The request cannot be read"), status=411
)
CONTENT_TYPE_UNSUPPORTED = _invalid_request(
    "content_type_unsupported", "This content type is not supported here", _("The request cannot be read"), status=415
)
METHOD_NOT_ALLOWED = _invalid_request(
    "method_not_allowed", "Use the method that the document names", _("This method is not allowed"), status=405
)
QUERY_REFUSED = _invalid_request("query_refused", "Parameters belong in the body", _("Parameters belong in the body"))
PARAMETER_MISSING = _invalid_request(
    "parameter_missing", "A required parameter is missing", _("A required parameter is missing")
)
PARAMETER_REPEATED = _invalid_request("parameter_repeated", "A parameter is repeated", _("A parameter is repeated"))
PARAMETER_CONFLICT = _invalid_request(
    "parameter_conflict", "A parameter is given twice with different values", _("Parameters contradict each other")
)
PARAMETER_MALFORMED = _invalid_request("parameter_malformed", "A parameter is malformed", _("A parameter is malformed"))
PARAMETER_OVERLONG = _invalid_request("parameter_overlong", "A parameter is too long", _("A parameter is too long"))
CREDENTIALS_REPEATED = _invalid_request(
    "credentials_repeated", "Client credentials are given in two places", _("Client credentials are given twice")
)
TENANT_MISSING = _invalid_request("tenant_missing", "The tenant is missing", _("The tenant is missing"))
TENANT_MISMATCH = _invalid_request("tenant_mismatch", "The tenants differ", _("The tenants given do not agree"))
# At /connect/par, with the code and the description that the authorization endpoint would answer.
PUSHED_REQUEST_REFUSED = _invalid_request(
    "pushed_request_refused",
    "The authorization request cannot be used",
    _("The application's request cannot be used"),
)

# --- The client ------------------------------------------------------------------------------------------------------

CLIENT_REJECTED = _invalid_client(
    "client_rejected", "Client authentication failed", _("The application could not be authenticated")
)
GRANT_UNSUPPORTED = _Code("unsupported_grant_type")(
    "grant_unsupported", "This grant type is not supported", _("This way to sign in is not supported")
)
DIALECT_NOT_ALLOWED = _Code("unauthorized_client")(
    "dialect_not_allowed", "The client may not use this endpoint", _("The application may not use this endpoint")
)
GRANT_NOT_ALLOWED = _Code("unauthorized_client")(
    "grant_not_allowed", "The client may not use this grant type", _("The application may not sign in this way")
)
SCOPE_REFUSED = _Code("invalid_scope")(
    "scope_refused", "The scope exceeds what the client may have", _("The application may not have this scope")
)

# --- The grant -------------------------------------------------------------------------------------------------------

# One entry for everything about a person that a guesser must not learn.
CREDENTIALS_REJECTED = _invalid_grant("credentials_rejected", "Bad credentials", _("Incorrect username or password"))
# Said only to who knows the password; an application can tell him to sign in by browser.
SECOND_FACTOR_REQUIRED = _invalid_grant(
    "second_factor_required",
    "A second factor is required: sign in with a browser",
    _("Your organisation asks for a second factor. Please sign in with a browser"),
)
# Said of every MD5 password, right or wrong: it is not looked at.
MD5_REFUSED = _invalid_grant(
    "md5_password_refused",
    "This tenant accepts no MD5 passwords",
    _("The application signs in by an outdated method, which your organisation has switched off"),
)
CAPTCHA_REJECTED = _invalid_grant("captcha_mismatch", "Bad captcha", _("The captcha is wrong or has expired"))
TENANT_REJECTED = _invalid_grant(
    "tenant_unknown", "The tenant cannot be used", _("The tenant does not exist or is not in use")
)
MAIN_ACCOUNT_MISMATCH = _invalid_grant(
    "main_account_mismatch", "The tenant main account does not match", _("The tenant's main account does not match")
)
CODE_REJECTED = _invalid_grant(
    "code_unknown", "The authorization code cannot be used", _("The sign-in has expired. Please start again")
)
REFRESH_TOKEN_REJECTED = _invalid_grant(
    "refresh_unknown", "The refresh token cannot be used", _("Your session has ended. Please sign in again")
)

# --- SMS codes --------------------------------------------------------------------------------------------------------

PHONE_MALFORMED = _invalid_request(
    "phone_malformed", "This is not a phone number", _("This is not a valid phone number")
)
CAPTCHA_REQUIRED = _invalid_request("captcha_missing", "A captcha is required", _("Please enter the captcha"))
# One entry for everything about a phone and its person that a guesser must not learn.
SMS_CODE_REJECTED = _invalid_grant("sms_code_mismatch", "Bad SMS code", _("The SMS code is wrong or has expired"))
SMS_LIMITED = _Code("temporarily_unavailable", 429)(
    "sms_limited_phone",
    "Too many SMS codes were requested; see Retry-After",
    _("Too many SMS codes were requested. Please try again later"),
)

# --- WeChat -----------------------------------------------------------------------------------------------------------

WECHAT_PROOFS_CONFLICT = _invalid_request(
    "wechat_proofs_conflict", "Send either a code or an identity", _("Parameters contradict each other")
)
WECHAT_APP_REJECTED = _invalid_request(
    "wechat_app_unknown", "The WeChat app cannot be used", _("The application's WeChat setting is wrong")
)
WECHAT_VOUCHING_REFUSED = _Code("unauthorized_client")(
    "wechat_vouching_refused",
    "The client may not vouch for this WeChat identity",
    _("The application may not sign in this way"),
)
WECHAT_CODE_REJECTED = _invalid_grant(
    "wechat_code_invalid", "The WeChat code cannot be used", _("The WeChat sign-in has expired. Please try again")
)
WECHAT_REJECTED = _invalid_grant(
    "wechat_not_bound", "This WeChat identity cannot sign in", _("This WeChat account cannot sign in here")
)
BIND_TICKET_REJECTED = _invalid_grant(
    "bind_ticket_unknown", "The bind ticket cannot be used", _("The WeChat sign-in has expired. Please try again")
)

# --- A device that waits for a person (RFC 8628 section 3.5) ---------------------------------------------------------

DEVICE_CODE_REJECTED = _invalid_grant(
    "device_code_unknown", "The device code cannot be used", _("The sign-in has expired. Please start again")
)
AUTHORIZATION_PENDING = _Code("authorization_pending")(
    "authorization_pending", "The person has not decided yet", _("Waiting for your decision"), is_recorded=False
)
SLOW_DOWN = _Code("slow_down")(
    "slow_down", "Wait 5 seconds longer between requests from now on", _("Waiting for your decision"), is_recorded=False
)
ACCESS_DENIED = _Code("access_denied")("access_denied", "The person did not agree", _("Access was not allowed"))
DEVICE_CODE_EXPIRED = _Code("expired_token")(
    "device_code_expired", "The device code has expired", _("The sign-in has expired. Please start again")
)

# --- Bearer tokens (RFC 6750 section 3.1) ----------------------------------------------------------------------------

TOKEN_MISSING = _invalid_token("token_missing", "An access token is required", _("Please sign in"))
TOKEN_REJECTED = _invalid_token(
    "token_rejected", "The access token is not valid", _("Your session has ended. Please sign in again")
)
TOKENS_CONFLICT = _invalid_token(
    "tokens_conflict", "Two different access tokens are given", _("Two different access tokens were sent")
)
TOKEN_IN_TWO_PLACES = _invalid_request(
    "token_in_two_places",
    "An access token is given in two places",
    _("The access token is given in two places"),
)
SCOPE_INSUFFICIENT = _Code("insufficient_scope", 403)(
    "token_lacks_openid", "The access token lacks the scope openid", _("This token lacks the scope openid")
)
TOKEN_OF_ANOTHER_CLIENT = _Code("unauthorized_client")(
    "token_of_another_client",
    "The token belongs to another client",
    _("The token belongs to another application"),
)
TOKEN_OF_ANOTHER_ENDPOINT = _Code("insufficient_scope", 403)(
    "token_of_another_endpoint",
    "The client of this access token may not use this endpoint",
    _("The application may not use this endpoint"),
)
TOKEN_WITHOUT_USER = _Code("insufficient_scope", 403)(
    "token_without_user", "The access token belongs to no user", _("This token belongs to no user")
)

# --- The server ------------------------------------------------------------------------------------------------------

TEMPORARILY_UNAVAILABLE = _Code("temporarily_unavailable", 503)(
    "temporarily_unavailable", "Please try again later", _("The service is busy. Please try again later")
)
SERVER_ERROR = _Code("server_error", 500)("server_error", "Internal error", _("The server has a problem"))
