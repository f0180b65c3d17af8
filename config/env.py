"""Reads every setting from the environment, once, into one typed object. It must not know Django's settings.

Each variable, its meaning and its default stand in `docs/configuration.md`.
"""

import os
import secrets
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

_LOG_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
# The schemes of EMAIL_URL, and the port of each.
_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
# Choices that fit into a message.
_FEW = 10
# A hundred years; what is counted back much further than that begins before the calendar does.
_LONGEST_DAYS = 36_500

DEVELOPMENT = "development"
PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Environment:
    """The whole configuration of one process. Durations are seconds; secrets stay out of the repr."""

    name: str
    host: str
    port: int
    var_dir: Path
    secret_key: str = field(repr=False)
    key_encryption_keys: tuple[str, ...] = field(repr=False)
    database: dict[str, Any] = field(repr=False)
    cache_url: str = field(repr=False)
    issuer_url: str
    allowed_hosts: tuple[str, ...]
    csrf_trusted_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    outbound_private_networks: tuple[str, ...]
    outbound_seconds: int
    wechat_api_url: str
    mail_server: dict[str, Any] = field(repr=False)
    mail_from: str
    debug: bool
    demo_data: bool
    secure_cookies: bool
    log_level: str
    language: str
    time_zone: str
    password_hashing_threads: int
    request_threads: int
    workers: int
    cleanup_seconds: int
    login_history_days: int
    changes_days: int
    prune_database: dict[str, Any] | None = field(repr=False)

    @property
    def is_development(self) -> bool:
        return self.name == DEVELOPMENT


def read_environment(base_dir: Path = BASE_DIR) -> Environment:
    """Read the process's environment, after `.env` in the project's folder.

    In development, secrets that are missing are made once and kept in `VAR_DIR/secrets.env` (mode 0600).

    Raises:
        ImproperlyConfigured: a value is missing in production, or malformed; the message says what to set.
    """
    env = environ.Env()  # type: ignore[no-untyped-call]
    if (base_dir / ".env").is_file():
        environ.Env.read_env(base_dir / ".env")
    name = env.str("ENVIRONMENT", default=PRODUCTION)
    if name not in {DEVELOPMENT, PRODUCTION}:
        raise ImproperlyConfigured(f"ENVIRONMENT must be {DEVELOPMENT} or {PRODUCTION}, not {name!r}.")
    is_development = name == DEVELOPMENT
    var_dir = Path(env.str("VAR_DIR", default=str(base_dir / "var"))).resolve()
    if is_development:
        _provide_development_secrets(var_dir)
    host = env.str("HOST", default="127.0.0.1")
    return Environment(
        name=name,
        host=host,
        port=_int(env, "PORT", 8000),
        var_dir=var_dir,
        secret_key=_required(env, "SECRET_KEY", "50 random characters"),
        key_encryption_keys=_fernet_keys(_required(env, "KEY_ENCRYPTION_KEYS", "a Fernet key")),
        database=_database(env, var_dir),
        cache_url=env.str("CACHE_URL", default=""),
        issuer_url=env.str("ISSUER_URL", default="").rstrip("/"),
        allowed_hosts=tuple(
            env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", host] if is_development else [])
        ),
        csrf_trusted_origins=tuple(env.list("CSRF_TRUSTED_ORIGINS", default=[])),
        trusted_proxies=_networks("TRUSTED_PROXIES", env.list("TRUSTED_PROXIES", default=[])),
        outbound_private_networks=_private_networks(env, is_development=is_development),
        outbound_seconds=_int(env, "OUTBOUND_SECONDS", 8, at_least=1),
        wechat_api_url=env.str("WECHAT_API_URL", default="https://api.weixin.qq.com").rstrip("/"),
        mail_server=_mail_server(env),
        mail_from=_mail_from(env),
        debug=env.bool("DEBUG", default=False),
        demo_data=_demo_data(env, is_development=is_development),
        secure_cookies=env.bool("SECURE_COOKIES", default=not is_development),
        log_level=_one_of("LOG_LEVEL", env.str("LOG_LEVEL", default="INFO").upper(), _LOG_LEVELS),
        language=_one_of("LANGUAGE_CODE", env.str("LANGUAGE_CODE", default="zh-hans"), {"zh-hans", "en"}),
        time_zone=_one_of("TIME_ZONE", env.str("TIME_ZONE", default="Asia/Shanghai"), available_timezones()),
        password_hashing_threads=_int(env, "PASSWORD_HASHING_THREADS", os.cpu_count() or 1, at_least=1),
        request_threads=_int(env, "REQUEST_THREADS", 8, at_least=1),
        workers=_int(env, "WORKERS", 1, at_least=1),
        cleanup_seconds=_int(env, "CLEANUP_SECONDS", 600),
        login_history_days=_int(env, "LOGIN_HISTORY_DAYS", 365, at_most=_LONGEST_DAYS),
        changes_days=_int(env, "CHANGES_DAYS", 0, at_most=_LONGEST_DAYS),
        prune_database=env.db_url("PRUNE_DATABASE_URL") if env.str("PRUNE_DATABASE_URL", default="") else None,
    )


def _demo_data(env: environ.Env, *, is_development: bool) -> bool:
    wanted: bool = env.bool("DEMO_DATA", default=is_development)
    if wanted and not is_development:
        raise ImproperlyConfigured(
            f"DEMO_DATA is for ENVIRONMENT={DEVELOPMENT} alone: the passwords of demo data are public. Unset it."
        )
    return wanted


def _mail_server(env: environ.Env) -> dict[str, Any]:
    """Django's settings for the mail server; empty where none is named."""
    url = env.str("EMAIL_URL", default="")
    if not url:
        return {}
    scheme = url.partition("://")[0]
    if scheme not in _MAIL_PORTS:
        raise ImproperlyConfigured(
            "EMAIL_URL must begin with smtp+tls:// (STARTTLS), smtp+ssl:// (TLS from the start) or smtp:// (neither)."
        )
    try:
        parsed: dict[str, Any] = env.email_url("EMAIL_URL")
    except ValueError:
        raise ImproperlyConfigured("EMAIL_URL has no readable port.") from None
    if not parsed["EMAIL_HOST"]:
        raise ImproperlyConfigured("EMAIL_URL names no host.")
    return {
        "EMAIL_HOST": parsed["EMAIL_HOST"],
        "EMAIL_PORT": parsed["EMAIL_PORT"] or _MAIL_PORTS[scheme],
        "EMAIL_HOST_USER": parsed["EMAIL_HOST_USER"] or "",
        "EMAIL_HOST_PASSWORD": parsed["EMAIL_HOST_PASSWORD"] or "",
        "EMAIL_USE_TLS": scheme == "smtp+tls",
        "EMAIL_USE_SSL": scheme == "smtp+ssl",
    }


def _mail_from(env: environ.Env) -> str:
    sender: str = env.str("DEFAULT_FROM_EMAIL", default="")
    if sender and "@" not in parseaddr(sender)[1]:
        raise ImproperlyConfigured(f"DEFAULT_FROM_EMAIL must be a mail address, not {sender!r}.")
    if not sender and env.str("EMAIL_URL", default=""):
        raise ImproperlyConfigured(
            "DEFAULT_FROM_EMAIL is not set. Set it to whom mails come from: Hufu <id@example.com>."
        )
    return sender


def _private_networks(env: environ.Env, *, is_development: bool) -> tuple[str, ...]:
    name = "OUTBOUND_PRIVATE_NETWORKS"
    return _networks(name, env.list(name, default=["127.0.0.0/8", "::1/128"] if is_development else []))


def _required(env: environ.Env, name: str, what: str) -> str:
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it to {what}, or set ENVIRONMENT={DEVELOPMENT} to try Hufu on this machine."
            " See docs/configuration.md."
        )
    return str(value)


def _int(env: environ.Env, name: str, default: int, at_least: int = 0, at_most: int | None = None) -> int:
    try:
        value = int(env.int(name, default=default))
    except ValueError:
        value = -1
    if value < at_least or (at_most is not None and value > at_most):
        allowed = f"{at_least} or more" if at_most is None else f"from {at_least} to {at_most}"
        raise ImproperlyConfigured(f"{name} must be a whole number, {allowed}, not {env.str(name)!r}.")
    return value


def _one_of(name: str, value: str, allowed: AbstractSet[str]) -> str:
    if value in allowed:
        return value
    shown = ", ".join(sorted(allowed)) if len(allowed) <= _FEW else "a name of the IANA database"
    raise ImproperlyConfigured(f"{name} must be {shown}, not {value!r}.")


def _fernet_keys(value: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in value.split(",") if part.strip())
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"KEY_ENCRYPTION_KEYS: entry {position} is no Fernet key (32 bytes in URL-safe base64)."
            ) from None
    return keys


def _networks(name: str, values: list[str]) -> tuple[str, ...]:
    for value in values:
        try:
            ip_network(value, strict=False)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from None
    return tuple(values)


def _database(env: environ.Env, var_dir: Path) -> dict[str, Any]:
    """Django's description of the database, tuned for its engine: kept connections; WAL and IMMEDIATE for SQLite."""
    database: dict[str, Any] = env.db_url("DATABASE_URL", default=f"sqlite:///{var_dir / 'hufu.sqlite3'}")
    options = database.setdefault("OPTIONS", {})
    if database["ENGINE"] == "django.db.backends.sqlite3":
        if database["NAME"] != ":memory:":
            Path(database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # Without recursive triggers, REPLACE would delete a row past the one that keeps the history append-only.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;"
                " PRAGMA recursive_triggers=ON"
            ),
        }
    elif database["ENGINE"] == "django.db.backends.postgresql":
        database["CONN_MAX_AGE"] = _int(env, "DATABASE_CONNECTION_SECONDS", 600)
        database["CONN_HEALTH_CHECKS"] = True
        if env.bool("DATABASE_PREPARED_STATEMENTS", default=True):
            options["prepare_threshold"] = 2
    return database


def _provide_development_secrets(var_dir: Path) -> None:
    """Load `VAR_DIR/secrets.env`, making it at the first start. Values already in the environment win."""
    path = var_dir / "secrets.env"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        # "x" and a private mode from the start: never readable by others, never written twice.
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w") as file:
                file.write(f"SECRET_KEY={secrets.token_urlsafe(50)}\n")
                file.write(f"KEY_ENCRYPTION_KEYS={Fernet.generate_key().decode()}\n")
    environ.Env.read_env(path)
