"""Bad input, third part: people, captchas, tenants and main accounts that are not believed; hostile characters."""

from datetime import timedelta

from tenants.models import Tenant
from tests.contract.row import Damage, Row
from tests.contract.wire import AMS_AUTH, API_CAMS_AUTH, JSON, Wire
from tests.contract.world import World

BLADE, CONNECT = "blade", "connect"


def _grant(row_id: str, damage: Damage, audited: str, only: str = "") -> Row:
    return Row(row_id, damage, 400, "invalid_grant", audited, only)


def _as(account: str, password: str = "admin") -> Damage:
    return lambda wire, _world: wire.with_params(username=account, password=wire.endpoint.password(password))


def _disabled_user(wire: Wire, world: World) -> Wire:
    world.make_user("idle", is_active=False)
    return wire.with_params(username="idle")


def _user_without_password(wire: Wire, world: World) -> Wire:
    user = world.make_user("keyless")
    user.set_unusable_password()
    user.save()
    return wire.with_params(username="keyless")


def _user_of_another_tenant(wire: Wire, world: World) -> Wire:
    world.make_user("stranger", tenant=world.make_tenant("000001"))
    return wire.with_params(username="stranger")


def _locked_user(wire: Wire, world: World) -> Wire:
    for _attempt in range(5):
        wire.with_params(password=wire.endpoint.password("wrong")).send(world.http)
    return wire


PEOPLE = [
    _grant("unknown user", _as("nobody"), "unknown_user"),
    _grant("account in other case", _as("Admin"), "unknown_user"),
    _grant("account with a space", _as("admin "), "unknown_user"),
    _grant("account of 4-byte characters", _as("𠮷🐅"), "unknown_user"),
    _grant("wrong password", _as("admin", "wrong"), "credentials_rejected"),
    _grant("password in other case", _as("admin", "ADMIN"), "credentials_rejected"),
    _grant(
        "password of 4-byte characters", lambda wire, _world: wire.with_params(password="𠮷🐅"), "credentials_rejected"
    ),
    _grant(
        "plain password on oauth/token",
        lambda wire, _world: wire.with_params(password="admin"),
        "credentials_rejected",
        BLADE,
    ),
    _grant(
        "md5 password on connect",
        lambda wire, _world: wire.with_params(password="21232f297a57a5a743894a0e4a801fc3"),
        "credentials_rejected",
        CONNECT,
    ),
    _grant("disabled user", _disabled_user, "account_disabled"),
    _grant("user without a password", _user_without_password, "credentials_rejected"),
    _grant("user of another tenant", _user_of_another_tenant, "unknown_user"),
    _grant("locked user with the right password", _locked_user, "account_locked"),
    _grant(
        "unknown refresh token",
        lambda wire, _world: wire.with_params(grant_type="refresh_token", refresh_token="x" * 8192),
        "refresh_unknown",
    ),
    _grant(
        "refresh token of 4-byte characters",
        lambda wire, _world: wire.with_params(grant_type="refresh_token", refresh_token="𠮷🐅"),
        "refresh_unknown",
    ),
]


def _captcha(wire: Wire, key: str, code: str) -> Wire:
    return wire.with_params(grant_type="captcha", captchaKey=key, captchaCode=code)


def _invented_captcha(key: str) -> Damage:
    return lambda wire, _world: _captcha(wire, key, "abcde")


def _wrong_captcha(wire: Wire, world: World) -> Wire:
    key, _code = world.captcha(wire.endpoint)
    return _captcha(wire, key, "00000")


def _expired_captcha(wire: Wire, world: World) -> Wire:
    solved = world.captcha(wire.endpoint)
    world.pass_time(minutes=5)
    return _captcha(wire, *solved)


def _used_captcha(wire: Wire, world: World) -> Wire:
    solved = world.captcha(wire.endpoint)
    _captcha(wire, *solved).send(world.http)
    return _captcha(wire, *solved)


def _missed_captcha(wire: Wire, world: World) -> Wire:
    key, code = world.captcha(wire.endpoint)
    _captcha(wire, key, "00000").send(world.http)
    return _captcha(wire, key, code)


def _captcha_of_another_prefix(wire: Wire, world: World) -> Wire:
    other = AMS_AUTH if wire.endpoint is API_CAMS_AUTH else API_CAMS_AUTH
    return _captcha(wire, *world.captcha(other))


def _captcha_of_another_tenant(wire: Wire, world: World) -> Wire:
    return _captcha(wire, *world.captcha(wire.endpoint, "000001"))


CAPTCHAS = [
    _grant("wrong captcha", _wrong_captcha, "captcha_mismatch", BLADE),
    _grant("expired captcha", _expired_captcha, "captcha_expired", BLADE),
    _grant("captcha used twice", _used_captcha, "captcha_used", BLADE),
    _grant("captcha burnt by a wrong answer", _missed_captcha, "captcha_used", BLADE),
    _grant("captcha of another prefix", _captcha_of_another_prefix, "captcha_mismatch", BLADE),
    _grant("captcha of another tenant", _captcha_of_another_tenant, "captcha_mismatch", BLADE),
    *(
        _grant(f"captcha key {row_id}", _invented_captcha(key), "captcha_unknown", BLADE)
        for row_id, key in {
            "unknown": "0" * 32,
            "of 255 characters": "k" * 255,
            "with spaces": "a key with spaces",
            "with a line feed": "a\nb",
            "of 4-byte characters": "𠮷🐅",
            "with a pattern": "captcha:*",
        }.items()
    ),
    _grant(
        "captcha code of 4-byte characters",
        lambda wire, world: _captcha(wire, world.captcha(wire.endpoint)[0], "𠮷🐅"),
        "captcha_mismatch",
        BLADE,
    ),
]


def _in_tenant(code: str, **fields: object) -> Damage:
    """By a shared client, in a tenant of these fields that it serves."""
    return lambda wire, world: wire.by(world.shared(world.make_tenant(code, **fields))).in_tenant(code)


def _unknown_tenant(wire: Wire, world: World) -> Wire:
    return wire.by(world.shared()).in_tenant("999999")


def _tenant_not_served(wire: Wire, world: World) -> Wire:
    world.make_tenant("000001")
    return wire.by(world.shared()).in_tenant("000001")


def _no_tenant(wire: Wire, world: World) -> Wire:
    return wire.without("tenantId", "acr_values").with_headers({"tenantId": "", "Tenant-Id": ""}).by(world.shared())


def _expired(wire: Wire, world: World) -> Wire:
    return _in_tenant("000001", expires_at=world.clock())(wire, world)


def _own_tenant(**fields: object) -> Damage:
    """By a client that is bound to a tenant of these fields."""
    return lambda wire, world: wire.by(
        world.make_client("special", tenant=world.make_tenant("01", **fields))
    ).in_tenant("01")


def _no_main_account(wire: Wire, world: World) -> Wire:
    """In a tenant without a main account, with a right password."""
    damaged = _own_tenant()(wire, world).with_params(tma="admin")
    world.make_user("admin", tenant=Tenant.objects.get(code="01"))
    return damaged


def _tenants_differ(row_id: str, damage: Damage, only: str = "") -> Row:
    return Row(row_id, damage, 400, "invalid_request", "tenant_mismatch", only)


TENANTS = [
    _grant("unknown tenant", _unknown_tenant, "tenant_unknown"),
    _grant(
        "tenant of 4-byte characters", lambda wire, world: wire.by(world.shared()).in_tenant("𠮷🐅"), "tenant_unknown"
    ),
    _grant("disabled tenant", _in_tenant("000001", is_active=False), "tenant_disabled"),
    _grant("disabled tenant of a bound client", _own_tenant(is_active=False), "tenant_disabled"),
    _grant("expired tenant", _expired, "tenant_expired"),
    _grant(
        "expired tenant of a bound client",
        lambda wire, world: _own_tenant(expires_at=world.clock() - timedelta(days=1))(wire, world),
        "tenant_expired",
    ),
    _grant("tenant that the client does not serve", _tenant_not_served, "tenant_not_served"),
    Row("no tenant for a shared client", _no_tenant, 400, "invalid_request", "tenant_missing"),
    _tenants_differ("tenant other than the client's", lambda wire, _world: wire.in_tenant("000001")),
    _tenants_differ(
        "tenants of header and body differ",
        lambda wire, _world: wire.in_tenant("000000").with_params(tenantId="000001"),
        BLADE,
    ),
    _tenants_differ(
        "tenants of two headers differ",
        lambda wire, _world: wire.with_headers({"tenantId": "000000", "Tenant-Id": "000001"}),
        BLADE,
    ),
    _tenants_differ(
        "tenants of shared client's header and body differ",
        lambda wire, world: wire.by(world.shared()).in_tenant("000000").with_params(tenantId="000001"),
        BLADE,
    ),
    _tenants_differ(
        "two tenants in acr_values",
        lambda wire, _world: wire.with_params(acr_values="tenant:000000 tenant:000001"),
        CONNECT,
    ),
    Row(
        "tenant repeated in the body",
        lambda wire, _world: wire.with_params(tenantId="000000").again("tenantId"),
        400,
        "invalid_request",
        "parameter_repeated",
        BLADE,
    ),
    _grant(
        "wrong main account in the body",
        lambda wire, _world: wire.with_params(tma="root"),
        "main_account_mismatch",
        BLADE,
    ),
    _grant(
        "wrong main account in the header",
        lambda wire, _world: wire.with_headers({"tma": "root"}),
        "main_account_mismatch",
        BLADE,
    ),
    _grant(
        "main account where there is none",
        _no_main_account,
        "main_account_mismatch",
        BLADE,
    ),
    Row(
        "main accounts of header and body differ",
        lambda wire, _world: wire.with_headers({"tma": "admin"}).with_params(tma="root"),
        400,
        "invalid_request",
        "parameter_conflict",
        BLADE,
    ),
]


def _malformed(row_id: str, damage: Damage, only: str = "") -> Row:
    return Row(row_id, damage, 400, "invalid_request", "parameter_malformed", only)


ANYWHERE = ("grant_type", "username", "password", "scope", "refresh_token")
ON_BLADE = ("type", "fp", "tma", "tenantId", "captchaKey", "captchaCode")


def _with(name: str, value: str, content_type: str | None = None) -> Damage:
    return lambda wire, _world: wire.sent_as(content_type or wire.content_type).with_params(**{name: value})


def _with_header(header: str, value: str) -> Damage:
    return lambda wire, _world: wire.with_headers({header: value})


CHARACTERS = [
    *(_malformed(f"NUL in {name}", _with(name, "a\x00b")) for name in ANYWHERE),
    *(_malformed(f"NUL in {name}", _with(name, "a\x00b"), BLADE) for name in ON_BLADE),
    _malformed("NUL in acr_values", _with("acr_values", "tenant:\x00"), CONNECT),
    *(_malformed(f"lone surrogate in {name}", _with(name, "a\ud842b", JSON), BLADE) for name in (*ANYWHERE, *ON_BLADE)),
    *(
        _malformed(f"{row_id} in the header {header}", _with_header(header, value), BLADE)
        for header in ("tenantId", "Tenant-Id", "tma", "Captcha-Key", "Captcha-Code")
        for row_id, value in {"NUL": "a\x00b", "lone surrogate": "a\ud842b"}.items()
    ),
]

BAD_PEOPLE = [*PEOPLE, *CAPTCHAS, *TENANTS, *CHARACTERS]
