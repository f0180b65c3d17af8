"""The requests of the tables: good ones, to be spoilt, and what must come before. It must not know whom it asks."""

import json
import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType

from tests.contract.wire import Credentials, Wire
from tests.differential.sides import REDIRECT_URI, SECRET, Side
from tests.differential.spoiling import Spoil, nothing, with_params
from tests.protocol.code_flow import CHALLENGE, VERIFIER

# Makes a side's own rows, asks what must be asked before, and returns the request that counts.
Request = Callable[[Side], Wire]

# What an authorization endpoint keeps with a code.
MADE = MappingProxyType(
    {
        "redirect_uri": REDIRECT_URI,
        "scope": "profile offline_access all",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
)


def redeeming(
    spoil: Spoil = nothing, *, client_id: str = "portal", seconds: int = 60, made: Mapping[str, str] = MADE
) -> Request:
    """A code that was made so for this client, and its good token request, spoilt."""

    def make(side: Side) -> Wire:
        code = secrets.token_urlsafe(24)
        side.keep_code(client_id, code, seconds, **{**MADE, **made})
        params = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        return spoil(_as_client(side.endpoint.request(_client(client_id), **params, code_verifier=VERIFIER), client_id))

    return make


def refreshing(spoil: Spoil = nothing, *, client_id: str = "portal", made: Mapping[str, str] = MADE) -> Request:
    """A refresh token that this client got for a code, and its good token request, spoilt."""

    def make(side: Side) -> Wire:
        tokens = _tokens(side, redeeming(client_id=client_id, made=made)(side))
        return spoil(_refresh(side, tokens["refresh_token"], client_id))

    return make


def acting(spoil: Spoil = nothing) -> Request:
    """A client's good request for itself, spoilt."""
    return lambda side: spoil(side.endpoint.request(_client("machine"), grant_type="client_credentials", scope="all"))


def twice(request: Request) -> Request:
    """The same request for the second time."""

    def make(side: Side) -> Wire:
        wire = request(side)
        _tokens(side, wire)
        return wire

    return make


def refreshing_after_code_replay(side: Side) -> Wire:
    """The refresh token of a code that was used again afterwards."""
    wire = redeeming()(side)
    tokens = _tokens(side, wire)
    wire.send(side.http)
    return _refresh(side, tokens["refresh_token"])


def refreshing_after_refresh_replay(side: Side) -> Wire:
    """The newest refresh token of a family, after an older one was used again."""
    wire = refreshing()(side)
    tokens = _tokens(side, wire)
    wire.send(side.http)
    return _refresh(side, tokens["refresh_token"])


def refreshing_after_narrowing(side: Side) -> Wire:
    """A refresh without a scope, after one for less of it."""
    tokens = _tokens(side, refreshing(with_params(scope="profile offline_access"))(side))
    return _refresh(side, tokens["refresh_token"])


def refreshing_by_access_token(side: Side) -> Wire:
    """An access token where the refresh token belongs."""
    return _refresh(side, _tokens(side, redeeming()(side))["access_token"])


def redeeming_a_refresh_token(side: Side) -> Wire:
    """A refresh token where the code belongs."""
    tokens = _tokens(side, redeeming()(side))
    return redeeming(with_params(code=tokens["refresh_token"]))(side)


def _client(client_id: str) -> Credentials:
    return client_id, SECRET


def _as_client(wire: Wire, client_id: str) -> Wire:
    return wire.by(None).with_params(client_id="public") if client_id == "public" else wire


def _refresh(side: Side, token: str, client_id: str = "portal") -> Wire:
    params = {"grant_type": "refresh_token", "refresh_token": token}
    return _as_client(side.endpoint.request(_client(client_id), **params), client_id)


def _tokens(side: Side, wire: Wire) -> dict[str, str]:
    """What a good request brings."""
    response = wire.send(side.http)
    assert response.status_code == 200, response.content
    tokens: dict[str, str] = json.loads(response.content)
    return tokens
