"""A tenant: one enterprise with its own people, rules and look. It must not know accounts or oauthx."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, NoReturn
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.moments import validate_moment

# Of a number of things and of a place in an order: one more still fits into every database.
MOST = 999_999_999
# Nothing that reckons with longer times reaches the calendar's edges.
LONGEST_DAYS, LONGEST_MINUTES = 36_500, 525_600
LONGEST_SECONDS = 10 * 365 * 86_400
# A field for a password takes 255, and who is given one must be able to type it.
_LONGEST_PASSWORD = 128
DEFAULT_LICENSE = "powered by zhkj"


def validate_time_zone(value: str) -> None:
    """Accept the names of the IANA time zone database alone."""
    if value not in available_timezones():
        raise ValidationError(_("Unknown time zone: %(value)s"), params={"value": value})


class Tenant(models.Model):
    """One enterprise. Its `code` is the `tenant_id` of the documents; ages and lockouts are its password policy."""

    code = models.CharField(
        _("code"),
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[0-9A-Za-z_-]+\Z", _("Letters, digits, - and _ only."))],
        help_text=_("What applications send as tenantId, for example 000000."),
    )
    name = models.CharField(_("name"), max_length=128)
    domain = models.CharField(
        _("domain"),
        max_length=253,
        unique=True,
        null=True,
        blank=True,
        help_text=_("A host name whose login page belongs to this tenant."),
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Asia/Shanghai", validators=[validate_time_zone]
    )
    is_active = models.BooleanField(_("active"), default=True)
    expires_at = models.DateTimeField(
        _("expires at"), null=True, blank=True, validators=[validate_moment], help_text=_("Empty: never.")
    )
    account_limit = models.PositiveIntegerField(
        _("account limit"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST)],
        help_text=_("How many users it may have. Empty: any number."),
    )
    license = models.CharField(_("license text"), max_length=255, default=DEFAULT_LICENSE, blank=True)

    password_min_length = models.PositiveSmallIntegerField(
        _("shortest password"), default=8, validators=[MaxValueValidator(_LONGEST_PASSWORD)]
    )
    password_max_age_days = models.PositiveIntegerField(
        _("password age in days"),
        default=0,
        validators=[MaxValueValidator(LONGEST_DAYS)],
        help_text=_("A password older than this has expired. 0: never."),
    )
    password_history = models.PositiveSmallIntegerField(
        _("passwords not to be used again"),
        default=0,
        validators=[MaxValueValidator(24)],
        help_text=_("So many of the last passwords, the present one included, cannot be chosen anew. 0: any can."),
    )
    lockout_threshold = models.PositiveSmallIntegerField(
        _("failures before lockout"),
        default=5,
        validators=[MaxValueValidator(1000)],
        help_text=_("Wrong passwords in a row. 0: accounts are never locked."),
    )
    lockout_minutes = models.PositiveIntegerField(
        _("lockout in minutes"), default=30, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)]
    )

    requires_second_factor = models.BooleanField(
        _("second factor required"),
        default=False,
        help_text=_(
            "Everyone signs in with an authenticator app or a passkey besides the password. Applications that ask for"
            " the password themselves are refused, unless they are exempted by name."
        ),
    )
    accepts_md5_passwords = models.BooleanField(
        _("MD5 passwords accepted"),
        default=True,
        help_text=_("Existing applications send MD5 in place of the password. Off: they cannot sign anyone in by it."),
    )

    offers_password_reset = models.BooleanField(
        _("forgotten passwords by SMS"),
        default=False,
        help_text=_("Whoever has forgotten his password chooses a new one with a code that is sent to his phone."),
    )
    offers_password_reset_by_mail = models.BooleanField(
        _("forgotten passwords by mail"),
        default=False,
        help_text=_(
            "The same with a code that is sent to his e-mail address. Needs the installation's mail server (EMAIL_URL)."
        ),
    )

    offers_bind_tickets = models.BooleanField(
        _("people may bind WeChat themselves"),
        default=False,
        help_text=_(
            "A WeChat identity that is nobody's yet brings a ticket; with it and a password or an SMS code, the person"
            " binds it to his account."
        ),
    )

    sms_needs_captcha = models.BooleanField(
        _("captcha before an SMS code"),
        default=False,
        help_text=_("Applications must show a captcha and send its answer before an SMS code is sent."),
    )
    sms_per_day = models.PositiveIntegerField(
        _("SMS in 24 hours"),
        default=2000,
        validators=[MaxValueValidator(MOST)],
        help_text=_("So many messages at the most are paid for. 0: any number."),
    )
    sms_per_hour = models.PositiveIntegerField(
        _("requests for SMS codes an hour"),
        default=1000,
        validators=[MaxValueValidator(MOST)],
        help_text=_("Of the whole tenant. 0: any number."),
    )
    sms_per_hour_of_client = models.PositiveIntegerField(
        _("of those, of one client"),
        default=1000,
        validators=[MaxValueValidator(MOST)],
        help_text=_("0: any number."),
    )
    sms_per_hour_of_address = models.PositiveIntegerField(
        _("of those, of one address"),
        default=30,
        validators=[MaxValueValidator(MOST)],
        help_text=_(
            "People of one office often share an address, and all people of an application do whose server asks for"
            " them. 0: any number."
        ),
    )

    login_history_days = models.PositiveIntegerField(
        _("login history in days"),
        default=365,
        validators=[MaxValueValidator(LONGEST_DAYS)],
        help_text=_(
            "Older login events may be deleted by the operator's command. 0: kept for ever. Laws may ask for a shortest"
            " time; in China that is six months."
        ),
    )

    logo_url = models.URLField(_("logo"), blank=True)
    primary_color = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9A-Fa-f]{6}\Z", _("A colour such as #1d4ed8."))],
    )

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def clean(self) -> None:
        # NULL, not "", so that many tenants may have no domain (the column is unique).
        self.domain = (self.domain or "").strip().lower() or None

    def is_usable(self, now: datetime) -> bool:
        """Whether its people may sign in and its tokens stand at that moment."""
        return self.is_active and (self.expires_at is None or now < self.expires_at)

    def why_unusable(self) -> str:
        """The reason for the history, of a tenant that is not usable."""
        return "tenant_expired" if self.is_active else "tenant_disabled"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    # A row of before there were maxima may hold any number; it must lock nobody out, and let nobody guess for ever.

    @property
    def lockout_time(self) -> timedelta:
        """How long a lock lasts."""
        return timedelta(minutes=min(self.lockout_minutes, LONGEST_MINUTES))

    @property
    def password_max_age(self) -> timedelta | None:
        """From what age a password has expired; None: from none."""
        days = min(self.password_max_age_days, LONGEST_DAYS)
        return timedelta(days=days) if days else None

    @property
    def shortest_password(self) -> int:
        """How many characters a new password has at least."""
        return min(int(self.password_min_length), _LONGEST_PASSWORD)


class RegistryVersion(models.Model):
    """One row, whose number changes when something changes that processes keep in memory (`tenants/registry.py`)."""

    version = models.BigIntegerField()

    class Meta:
        verbose_name = _("registry version")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.version)


class AppendOnlyChangeError(TypeError):
    """What was recorded of a change is never changed or deleted."""


class ChangeQuerySet(models.QuerySet["Change"]):
    def update(self, **_values: Any) -> NoReturn:
        raise AppendOnlyChangeError

    def delete(self) -> NoReturn:
        raise AppendOnlyChangeError


class Change(models.Model):
    """Who changed what, from which value to which (`tenants/changes/`). Names stay as they were.

    No foreign keys: the row outlives what it tells of, and who did it. Triggers refuse whatever would change or
    delete one.
    """

    class Action(models.TextChoices):
        CREATE = "create", _("added")
        UPDATE = "update", _("changed")
        DELETE = "delete", _("deleted")

    time = models.DateTimeField(_("time"))
    action = models.CharField(_("action"), max_length=8, choices=Action.choices)
    kind = models.CharField(_("kind of object"), max_length=100)
    object_id = models.CharField(_("object id"), max_length=64)
    object_name = models.CharField(_("object"), max_length=255, blank=True)
    tenant_id = models.BigIntegerField(_("tenant id"), null=True)
    tenant_code = models.CharField(_("tenant code"), max_length=64, blank=True)
    # A column's name to [old, new].
    changes = models.JSONField(_("changes"), default=dict)
    actor_id = models.BigIntegerField(_("user id"), null=True)
    actor_account = models.CharField(_("done by"), max_length=255, blank=True)
    actor_name = models.CharField(_("real name"), max_length=128, blank=True)
    actor_tenant_id = models.BigIntegerField(null=True)
    actor_tenant_code = models.CharField(_("tenant of who did it"), max_length=64, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    system = models.CharField(_("by the system"), max_length=64, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering: ClassVar = ["-time", "-id"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["-time", "-id"], name="change_time"),
            models.Index(fields=["tenant_id", "-time", "-id"], name="change_tenant_time"),
            models.Index(fields=["kind", "object_id", "-time"], name="change_of_object"),
            models.Index(fields=["actor_account", "-time"], name="change_by_actor"),
            models.Index(fields=["object_name"], name="change_object_name", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["request_id"], name="change_request"),
            models.Index(fields=["action", "-time", "-id"], name="change_action_time"),
        ]

    def __str__(self) -> str:
        return self.object_name or self.object_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new entry.

        Raises:
            AppendOnlyChangeError: it is stored already.
        """
        if not self._state.adding:
            raise AppendOnlyChangeError
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyChangeError
