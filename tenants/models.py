"""A tenant: one enterprise with its own people, rules and look. It must not know accounts or oauthx."""

from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

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
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True, help_text=_("Empty: never."))
    account_limit = models.PositiveIntegerField(
        _("account limit"), null=True, blank=True, help_text=_("How many users it may have. Empty: any number.")
    )
    license = models.CharField(_("license text"), max_length=255, default=DEFAULT_LICENSE, blank=True)

    password_min_length = models.PositiveSmallIntegerField(_("shortest password"), default=8)
    password_max_age_days = models.PositiveIntegerField(
        _("password age in days"), default=0, help_text=_("A password older than this has expired. 0: never.")
    )
    password_history = models.PositiveSmallIntegerField(
        _("passwords not to be used again"),
        default=0,
        validators=[MaxValueValidator(24)],
        help_text=_("So many of the last passwords, the present one included, cannot be chosen anew. 0: any can."),
    )
    lockout_threshold = models.PositiveSmallIntegerField(
        _("failures before lockout"), default=5, help_text=_("Wrong passwords in a row. 0: accounts are never locked.")
    )
    lockout_minutes = models.PositiveIntegerField(
        _("lockout in minutes"), default=30, validators=[MinValueValidator(1)]
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
        help_text=_("So many messages at the most are paid for. 0: any number."),
    )
    sms_per_hour = models.PositiveIntegerField(
        _("requests for SMS codes an hour"), default=1000, help_text=_("Of the whole tenant. 0: any number.")
    )
    sms_per_hour_of_client = models.PositiveIntegerField(
        _("of those, of one client"), default=1000, help_text=_("0: any number.")
    )
    sms_per_hour_of_address = models.PositiveIntegerField(
        _("of those, of one address"),
        default=30,
        help_text=_(
            "People of one office often share an address, and all people of an application do whose server asks for"
            " them. 0: any number."
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


class RegistryVersion(models.Model):
    """One row, whose number changes when something changes that processes keep in memory (`tenants/registry.py`)."""

    version = models.BigIntegerField()

    class Meta:
        verbose_name = _("registry version")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.version)
