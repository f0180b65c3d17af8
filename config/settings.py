"""Django's settings, all from the environment (`config/env.py`). It names the apps by dotted path alone."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from config.console import THEME
from config.env import BASE_DIR, read_environment

ENV = read_environment()

DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key
ALLOWED_HOSTS = list(ENV.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENV.csrf_trusted_origins)
TRUSTED_PROXIES = list(ENV.trusted_proxies)
OUTBOUND_PRIVATE_NETWORKS = list(ENV.outbound_private_networks)
OUTBOUND_SECONDS, WECHAT_API_URL = ENV.outbound_seconds, ENV.wechat_api_url
# EMAIL_HOST and its like, if a server is named. Without, mails stand on the console in development, and none go out.
vars().update(ENV.mail_server)
HUFU_MAIL_SERVER, EMAIL_TIMEOUT, DEFAULT_FROM_EMAIL = bool(ENV.mail_server), ENV.outbound_seconds, ENV.mail_from

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "tenants",
    "accounts",
    # Before oauth2_provider, so that our `cleartokens` is the one that runs.
    "oauthx",
    "oauth2_provider",
    "rest_framework",
]

MIDDLEWARE = [
    "config.middleware.TrustedProxyMiddleware",
    "config.middleware.RequestIdMiddleware",
    "config.middleware.PagePolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.settled_session.SettledSessionMiddleware",
    "accounts.tracking.AuthorMiddleware",
    "accounts.console_zone.ConsoleZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Data -----------------------------------------------------------------------------------------------------------

DATABASES = {"default": ENV.database}
if ENV.prune_database:
    # For `prune_login_history` and `prune_changes` alone; the server has no use for it.
    DATABASES["prune"] = ENV.prune_database


def _cache(prefix: str, local_backend: str) -> dict[str, Any]:
    """One cache: Redis or Valkey when `CACHE_URL` names it, otherwise this process's memory."""
    if ENV.cache_url:
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": ENV.cache_url,
            "KEY_PREFIX": f"hufu-{prefix}",
        }
    return {"BACKEND": local_backend, "LOCATION": prefix, "OPTIONS": {"MAX_ENTRIES": 100_000}}


CACHES = {
    "default": _cache("default", "django.core.cache.backends.locmem.LocMemCache"),
    # Captchas (and later SMS codes): one that is still good is never evicted to make room.
    "challenges": _cache("challenges", "accounts.caches.NonEvictingLocMemCache"),
}

# --- People and passwords --------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.TenantBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2idMD5SHA1PasswordHasher",
    # Client secrets only; a user's password never gets these (accounts/hashers.py).
    "accounts.hashers.GeneratedSecretHasher",
    "accounts.hashers.ChosenSecretHasher",
]
PASSWORD_HASHING_THREADS = ENV.password_hashing_threads
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.TenantPolicyValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SILENCED_SYSTEM_CHECKS = [
    # `account` is unique within its tenant, not by itself; TenantBackend alone looks people up .
    "auth.W004",
    # SECURE_SSL_REDIRECT is the proxy's job: see there.
    "security.W008",
    # The password grant is what the documents ask for; only a client that lists it among its grant types has it.
    "oauth2_provider.W002",
    # Redirect URIs with plain http: Client.clean takes them for loopback addresses alone (RFC 8252 section 7.3).
    "oauth2_provider.W008",
]

SESSION_COOKIE_NAME = "hufu_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.secure_cookies
SESSION_COOKIE_AGE = 8 * 60 * 60
SECURE_HSTS_SECONDS = 31_536_000 if ENV.secure_cookies else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENV.secure_cookies
SECURE_SSL_REDIRECT = False  # The proxy's job; a redirect of a token request would send its secrets in the clear once.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # TrustedProxyMiddleware drops it from anyone else.
X_FRAME_OPTIONS = "DENY"
# An application may open the sign-in in a popup, and waits for it there (`display=popup`): nothing on that way may cut
# the two apart. The pages on which no application waits say otherwise themselves.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
CSRF_FAILURE_VIEW = "accounts.plain_errors.csrf_failure"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# The parts of the account page, in their order (accounts/account_sections/): one line each.
ACCOUNT_SECTIONS = [
    "accounts.account_sections.profile.Profile",
    "accounts.account_sections.security.SignInSecurity",
    "accounts.account_sections.browsers.Browsers",
    "oauthx.account.SignedInApplications",
    "oauthx.account.AllowedApplications",
    "accounts.account_sections.identities.BoundIdentities",
    "accounts.account_sections.recent.RecentSignIns",
]
# Where its button for signing out sends a form: there the applications of the browser's session are told, too.
SIGN_OUT_URL = "oauthx:end-session-answer"

# --- Tokens ----------------------------------------------------------------------------------------------------------

KEY_ENCRYPTION_KEYS = list(ENV.key_encryption_keys)
ISSUER_URL = ENV.issuer_url
HUFU_DEVELOPMENT = ENV.is_development
HUFU_DEMO_DATA = ENV.demo_data
HUFU_HOST, HUFU_PORT, HUFU_WORKERS, HUFU_CACHE_URL = ENV.host, ENV.port, ENV.workers, ENV.cache_url
HUFU_CLEANUP_SECONDS = ENV.cleanup_seconds
HUFU_LOGIN_HISTORY_DAYS, HUFU_CHANGES_DAYS = ENV.login_history_days, ENV.changes_days

OAUTH2_PROVIDER_APPLICATION_MODEL = "oauthx.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "oauthx.AuthorizationCode"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauthx.AccessToken"  # noqa: S105 - a model, no password
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "oauthx.RefreshToken"  # noqa: S105 - a model, no password
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "oauthx.IDToken"  # noqa: S105 - a model, no password
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "oauthx.DeviceGrant"
OAUTH2_PROVIDER = {
    "SCOPES": {
        "openid": _("Sign you in"),
        "profile": _("Your name and picture"),
        "email": _("Your e-mail address"),
        "phone": _("Your phone number"),
        "address": _("Your postal address"),
        "organisation": _("Your tenant, roles, posts and departments"),
        "offline_access": _("Stay signed in when you are away"),
        "all": _("Everything that the application offers"),
    },
    "CLIENT_SECRET_HASHER": "chosen_secret",
    "OAUTH2_VALIDATOR_CLASS": "oauthx.dot.validator.TokenValidator",
    "APPLICATION_ADMIN_CLASS": "oauthx.admin.ClientAdmin",
    "ACCESS_TOKEN_ADMIN_CLASS": "oauthx.admin.AccessTokenAdmin",
    "GRANT_ADMIN_CLASS": "oauthx.admin.AuthorizationCodeAdmin",
    "ID_TOKEN_ADMIN_CLASS": "oauthx.admin.IDTokenAdmin",
    "REFRESH_TOKEN_ADMIN_CLASS": "oauthx.admin.RefreshTokenAdmin",
    "OIDC_ENABLED": True,
    "PKCE_REQUIRED": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["oauthx.authentication.BearerTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}

# --- Languages, time, files ------------------------------------------------------------------------------------------

LANGUAGE_CODE, TIME_ZONE = ENV.language, ENV.time_zone
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served from the packages themselves: nothing to collect, nothing to go stale.
WHITENOISE_USE_FINDERS = True

# --- Console and log -------------------------------------------------------------------------------------------------

UNFOLD = THEME
DASHBOARD_PANELS = [
    "tenants.console.attention.Attention",
    "accounts.panels.SignIns",
    "oauthx.panels.Online",
    "accounts.panels.Refusals",
    "accounts.panels.BusiestClients",
]
# What the first of them shows.
ATTENTION = [
    "tenants.attention.expiring_tenants",
    "accounts.attention.failing_gateways",
    "oauthx.attention.expiring_secrets",
    "oauthx.attention.old_keys",
    "accounts.attention.locked_accounts",
]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": ENV.log_level},
    # django.request repeats every refused request: the login history and oauthx's own line say more.
    "loggers": {
        "django.request": {"level": "ERROR"},
        # What a stranger sends is answered by 400; it shall not fill the log with tracebacks.
        "django.security": {"level": "CRITICAL"},
        "django.security.csrf": {"level": "WARNING"},
        # At DEBUG these write down what they send: an SMS code, a phone number.
        **{name: {"level": "INFO"} for name in ("urllib3", "tencentcloud_sdk_common")},
        "django.server": {"handlers": ["console"], "level": ENV.log_level, "propagate": False},
    },
}
