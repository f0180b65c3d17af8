"""Bad input, second part: clients that do not prove themselves, or ask for what is not theirs."""

import base64
from datetime import timedelta
from typing import Any

from tests.contract.row import Damage, Row
from tests.contract.wire import JSON, Wire, basic
from tests.contract.world import World

BLADE, CONNECT = "blade", "connect"


def _client(row_id: str, damage: Damage, audited: str | None, only: str = "") -> Row:
    return Row(row_id, damage, 401, "invalid_client", audited, only)


def _authorization(header: str) -> Damage:
    return lambda wire, _world: wire.with_authorization(header)


def _wrong_secret(wire: Wire, world: World) -> Wire:
    return wire.by((world.app[0], "wrong-secret"))


def _as(**fields: Any) -> Damage:
    """The same request by a client like this."""
    return lambda wire, world: wire.by(world.make_client("special", **fields))


def _old_secret(wire: Wire, world: World) -> Wire:
    client = world.of(world.app)
    client.rotate_secret(previous_until=world.clock() - timedelta(seconds=1))
    client.save()
    return wire


def _client_without_secret(wire: Wire, world: World) -> Wire:
    client = world.of(world.make_client("special"))
    client.client_secret = ""
    client.save()
    return wire.with_basic(("special", ""))


def _public_with_secret(wire: Wire, world: World) -> Wire:
    return wire.by(world.make_client("special", client_type="public"))


def _two_places(wire: Wire, world: World) -> Wire:
    return wire.with_basic(world.app).with_params(client_secret=world.app[1])


def _two_identities(wire: Wire, world: World) -> Wire:
    return wire.with_basic(world.app).with_params(client_id="other")


def _client_id(value: object) -> Damage:
    return lambda wire, _world: wire.by(None).sent_as(JSON).with_params(client_id=value)


def _b64(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


AUTHENTICATION = [
    _client("no credentials", lambda wire, _world: wire.by(None), None),
    _client(
        "credentials in the body of an oauth/token request",
        lambda wire, world: wire.by(None).with_params(client_id=world.app[0], client_secret=world.app[1]),
        None,
        BLADE,
    ),
    _client("a bearer token for credentials", _authorization("Bearer abcdefgh"), None),
    _client("basic without anything", _authorization("Basic"), None),
    _client("basic with nonsense", _authorization("Basic !!!"), None),
    _client("basic without a colon", _authorization(_b64(b"app")), None),
    _client("basic without a client id", _authorization(_b64(b":secret")), None),
    _client("basic in latin-1", _authorization(_b64("é:é".encode("latin-1"))), None),
    _client("basic with a NUL", _authorization(_b64(b"app\x00:secret")), None),
    _client("basic with an escaped NUL", _authorization(_b64(b"app%00:secret")), None),
    _client("basic with a NUL in the secret", _authorization(_b64(b"nobody:sec\x00ret")), None),
    _client("basic over 255 characters", _authorization(basic("x" * 256, "secret")), None),
    _client("basic in non-ASCII letters", _authorization("Basic 虎符"), None),
    _client("unknown client", lambda wire, _world: wire.by(("nobody", "secret")), None),
    _client("unknown client by Basic", lambda wire, _world: wire.with_basic(("nobody", "secret")), None),
    _client("unknown client of 4-byte characters", lambda wire, _world: wire.by(("𠮷🐅", "secret")), None),
    _client("client id in other case", lambda wire, world: wire.by((world.app[0].upper(), world.app[1])), None),
    _client("wrong secret", _wrong_secret, "client_secret_mismatch"),
    _client(
        "wrong secret by Basic", lambda wire, world: _wrong_secret(wire, world).with_basic(), "client_secret_mismatch"
    ),
    _client(
        "wrong secret of 4-byte characters",
        lambda wire, world: wire.by((world.app[0], "𠮷🐅")),
        "client_secret_mismatch",
    ),
    _client("empty secret", lambda wire, world: wire.with_basic((world.app[0], "")), "client_secret_missing"),
    _client("empty secret of a client that has none", _client_without_secret, "client_secret_missing"),
    _client(
        "no secret in the body",
        lambda wire, world: wire.by(None).with_params(client_id=world.app[0]),
        "client_secret_missing",
        CONNECT,
    ),
    _client("rotated secret past its time", _old_secret, "client_secret_mismatch"),
    _client("secret of a public client", _public_with_secret, "client_secret_unexpected"),
    _client("disabled client", _as(is_active=False), "client_disabled"),
    _client(
        "disabled client by Basic",
        lambda wire, world: wire.with_basic(world.make_client("special", is_active=False)),
        "client_disabled",
    ),
]

# No client can be told from a malformed client id in the body.
MALFORMED_CREDENTIALS = [
    Row(
        "client id repeated",
        lambda wire, _world: wire.with_params(client_id="app").again("client_id"),
        400,
        "invalid_request",
        None,
        CONNECT,
    ),
    Row(
        "client id overlong", lambda wire, _world: wire.by(("x" * 256, "secret")), 400, "invalid_request", None, CONNECT
    ),
    Row(
        "client id with a NUL",
        lambda wire, _world: wire.by(("a\x00pp", "secret")),
        400,
        "invalid_request",
        None,
        CONNECT,
    ),
    Row(
        "client secret repeated",
        lambda wire, _world: wire.with_params(client_secret="x").again("client_secret"),
        400,
        "invalid_request",
        "parameter_repeated",
        CONNECT,
    ),
    Row(
        "client secret with a NUL",
        lambda wire, world: wire.by((world.app[0], "a\x00b")),
        400,
        "invalid_request",
        "parameter_malformed",
        CONNECT,
    ),
    Row(
        "client id repeated beside Basic",
        lambda wire, world: wire.with_basic().with_params(client_id=world.app[0]).again("client_id"),
        400,
        "invalid_request",
        "parameter_repeated",
    ),
    *(
        Row(f"{row_id} for a client id", _client_id(value), 400, "invalid_request", None, BLADE)
        for row_id, value in {"lone surrogate": "a\ud842", "NUL": "a\x00", "number": 5, "list": ["app"]}.items()
    ),
    Row("credentials in two places", _two_places, 400, "invalid_request", "credentials_repeated"),
    Row("two client ids", _two_identities, 400, "invalid_request", "parameter_conflict"),
]


def _grant(row_id: str, grant_type: str, only: str = "") -> Row:
    return Row(
        row_id,
        lambda wire, _world: wire.with_params(grant_type=grant_type),
        400,
        "unsupported_grant_type",
        "grant_unsupported",
        only,
    )


PERMISSIONS = [
    _grant("unknown grant", "magic"),
    _grant("grant in capitals", "PASSWORD"),
    _grant("grant with a space", "password "),
    _grant("grant of 4-byte characters", "𠮷🐅"),
    _grant("grant of RFC 8693", "urn:ietf:params:oauth:grant-type:token-exchange"),
    _grant("captcha on connect", "captcha", CONNECT),
    _grant("client_credentials on oauth/token", "client_credentials", BLADE),
    Row(
        "grant that the client may not use",
        _as(grant_types=["refresh_token"]),
        400,
        "unauthorized_client",
        "grant_not_allowed",
    ),
    Row("client without any grant", _as(grant_types=[]), 400, "unauthorized_client", "grant_not_allowed"),
    Row("client without any dialect", _as(dialects=[]), 400, "unauthorized_client", "dialect_not_allowed"),
    Row("client of connect alone", _as(dialects=["connect"]), 400, "unauthorized_client", "dialect_not_allowed", BLADE),
    Row(
        "client of the documents alone",
        _as(dialects=["ams-auth", "cams-auth"]),
        400,
        "unauthorized_client",
        "dialect_not_allowed",
        CONNECT,
    ),
    Row("scope that the client lacks", _as(scopes=["openid"]), 400, "invalid_scope", "scope_refused"),
    Row(
        "one scope too many",
        lambda wire, _world: wire.with_params(scope="all admin"),
        400,
        "invalid_scope",
        "scope_refused",
    ),
    Row("scope in capitals", lambda wire, _world: wire.with_params(scope="ALL"), 400, "invalid_scope", "scope_refused"),
    Row(
        "scope of 4-byte characters",
        lambda wire, _world: wire.with_params(scope="𠮷🐅"),
        400,
        "invalid_scope",
        "scope_refused",
    ),
    Row("scope of spaces", lambda wire, _world: wire.with_params(scope="  "), 400, "invalid_scope", "scope_refused"),
]

BAD_CLIENTS = [*AUTHENTICATION, *MALFORMED_CREDENTIALS, *PERMISSIONS]
