"""Bad input, first part: requests that cannot be read, or whose parameters are missing, repeated or malformed."""

from tests.contract.row import Damage, Row
from tests.contract.wire import FORM, JSON, MULTIPART, Wire
from tests.contract.world import World

BLADE, CONNECT = "blade", "connect"
CHUNKED = {"Transfer-Encoding": "chunked", "Content-Length": ""}


def _request(row_id: str, damage: Damage, audited: str | None, status: int = 400, only: str = "") -> Row:
    return Row(row_id, damage, status, "invalid_request", audited, only)


def _json(body: str) -> Damage:
    return lambda wire, _world: wire.with_body(body.encode(), JSON)


def _without(name: str) -> Damage:
    return lambda wire, _world: wire.without(name)


def _with(**params: object) -> Damage:
    return lambda wire, _world: wire.with_params(**params)


def _json_with(**params: object) -> Damage:
    return lambda wire, _world: wire.sent_as(JSON).with_params(**params)


def _again(name: str, value: str | None = None) -> Damage:
    return lambda wire, _world: wire.again(name, value)


def _sent_as(content_type: str) -> Damage:
    return lambda wire, _world: wire.with_body(b"grant_type=password", content_type)


def _file_as_password(wire: Wire, _world: World) -> Wire:
    part = b'--frontier\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    parts = [part % (name.encode(), b"", str(value).encode()) for name, value in wire.without("password").pairs]
    parts += [part % (b"password", b'; filename="password.txt"', b"admin"), b"--frontier--\r\n"]
    return wire.with_body(b"".join(parts), MULTIPART)


def _in_body_and_query(wire: Wire, _world: World) -> Wire:
    return wire.with_query(username="admin")


UNREADABLE = [
    _request("broken json", _json('{"grant_type": "password"'), None, only=BLADE),
    _request("json in single quotes", _json("{'grant_type': 'password'}"), None, only=BLADE),
    _request("json array", _json('["grant_type", "password"]'), None, only=BLADE),
    _request("json string", _json('"grant_type=password"'), None, only=BLADE),
    _request("json number", _json("5"), None, only=BLADE),
    _request("json null", _json("null"), None, only=BLADE),
    _request("json nested a thousand deep", _json('{"scope":' + "[" * 30_000), None, only=BLADE),
    _request("json number of 5,000 digits", _json('{"scope":' + "9" * 5_000 + "}"), None, only=BLADE),
    _request(
        "json in latin-1",
        lambda wire, _world: wire.with_body('{"username":"é"}'.encode("latin-1"), JSON),
        None,
        only=BLADE,
    ),
    _request(
        "json in utf-16",
        lambda wire, _world: wire.with_body('{"username":"é"}'.encode("utf-16"), JSON),
        None,
        only=BLADE,
    ),
    _request("form in latin-1", lambda wire, _world: wire.with_body("username=é".encode("latin-1"), FORM), None),
    _request("form escapes in latin-1", lambda wire, _world: wire.with_body(b"username=%E9", FORM), None),
    _request(
        "form escapes of a lone surrogate", lambda wire, _world: wire.with_body(b"username=%ED%A0%80", FORM), None
    ),
    _request("form of 10,000 parameters", lambda wire, _world: wire.with_body(b"a=1&" * 10_000, FORM), None),
    _request(
        "multipart without boundary", lambda wire, _world: wire.with_body(b"x", "multipart/form-data"), None, only=BLADE
    ),
    _request("query in latin-1", lambda wire, _world: wire.with_raw_query("fp=%E9"), None, only=BLADE),
    _request("charset gbk, form", lambda wire, _world: wire.sent_as(f"{FORM}; charset=gbk"), None, 415),
    _request("charset gbk, json", lambda wire, _world: wire.sent_as(f"{JSON}; charset=gbk"), None, 415, BLADE),
    _request("charset unknown", lambda wire, _world: wire.sent_as(f"{FORM}; charset=klingon"), None, 415),
    _request("body over 64 KiB", _with(ignored="x" * 64 * 1024), None, 413),
    _request(
        "multipart over 64 KiB", lambda wire, _world: wire.sent_as(MULTIPART).with_params(a="x" * 65_536), None, 413
    ),
    _request("chunked, of no known length", lambda wire, _world: wire.with_headers(CHUNKED), None, 411),
    _request(
        "a length of 5,000 digits", lambda wire, _world: wire.with_headers({"Content-Length": "9" * 5000}), None, 413
    ),
    _request("plain text", _sent_as("text/plain"), None, 415),
    _request("xml", _sent_as("application/xml"), None, 415),
    _request("no content type", _sent_as(""), None, 415),
    _request("nonsense for a content type", _sent_as("json"), None, 415),
    _request("json on connect", lambda wire, _world: wire.sent_as(JSON), None, 415, CONNECT),
    _request("multipart on connect", lambda wire, _world: wire.sent_as(MULTIPART), None, 415, CONNECT),
    _request("query on connect", lambda wire, _world: wire.with_query(state="x"), None, only=CONNECT),
    _request(
        "credentials in the query", lambda wire, world: wire.with_query(client_secret=world.app[1]), None, only=CONNECT
    ),
]

PARAMETERS = [
    _request("no grant_type", _without("grant_type"), "grant_type_missing"),
    _request("empty grant_type", _with(grant_type=""), "grant_type_missing"),
    _request("no username", _without("username"), "parameter_missing"),
    _request("empty username", _with(username=""), "parameter_missing"),
    _request("null username", _json_with(username=None), "parameter_missing", only=BLADE),
    _request("no password", _without("password"), "parameter_missing"),
    _request("empty password", _with(password=""), "parameter_missing"),
    _request("no scope", _without("scope"), "scope_missing", only=BLADE),
    _request("empty scope", _with(scope=""), "scope_missing", only=BLADE),
    _request("no captcha key", _with(grant_type="captcha", captchaCode="abcde"), "parameter_missing", only=BLADE),
    _request("no captcha code", _with(grant_type="captcha", captchaKey="0" * 32), "parameter_missing", only=BLADE),
    _request("no refresh_token", _with(grant_type="refresh_token"), "parameter_missing"),
    *(
        _request(f"{name} repeated", _again(name), "parameter_repeated")
        for name in ("grant_type", "username", "password", "scope")
    ),
    _request("grant_type repeated with another value", _again("grant_type", "refresh_token"), "parameter_repeated"),
    _request("username repeated with another value", _again("username", "root"), "parameter_repeated"),
    _request("username in body and query", _in_body_and_query, "parameter_repeated", only=BLADE),
    _request(
        "refresh_token repeated",
        lambda wire, _world: wire.with_params(refresh_token="a").again("refresh_token"),
        "parameter_repeated",
    ),
    *(
        _request(f"{name} overlong", _with(**{name: "x" * 256}), "parameter_overlong")
        for name in ("grant_type", "username", "password")
    ),
    *(
        _request(f"{name} overlong", _with(**{name: "x" * 256}), "parameter_overlong", only=BLADE)
        for name in ("type", "fp", "tma", "captchaKey", "captchaCode", "tenantId")
    ),
    _request("acr_values overlong", _with(acr_values="x" * 256), "parameter_overlong", only=CONNECT),
    _request(
        "refresh_token overlong", _with(grant_type="refresh_token", refresh_token="x" * 8193), "parameter_overlong"
    ),
    *(
        _request(f"username is {value!r}", _json_with(username=value), "parameter_malformed", only=BLADE)
        for value in (5, 1.5, True, ["admin"], {"name": "admin"}, [])
    ),
    *(
        _request(f"{name} is a number", _json_with(**{name: 5}), "parameter_malformed", only=BLADE)
        for name in ("grant_type", "password", "scope", "type", "fp", "tma", "tenantId", "captchaKey", "refresh_token")
    ),
    _request("password is a file", _file_as_password, "parameter_malformed", only=BLADE),
    _request("type other", _with(type="phone"), "type_unknown", only=BLADE),
    _request("type in capitals", _with(type="ACCOUNT"), "type_unknown", only=BLADE),
]

BAD_REQUESTS = [*UNREADABLE, *PARAMETERS]
