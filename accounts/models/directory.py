"""A tenant's Active Directory: where it is, who may ask it, and what its people become here. It must not ask it."""

import re
from contextlib import suppress
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.gateways.directory_route import Endpoint
from accounts.models.organisation import Dept, Role
from tenants.encryption import SecretField
from tenants.models import Tenant

_DOMAIN = re.compile(r"[^\s\\/@\"\[\]:;|=,+*?<>]{1,255}")
_is_attribute = RegexValidator(r"^[A-Za-z][A-Za-z0-9-]*\Z", _("The name of an LDAP attribute: letters, digits and -."))


def check_servers(text: str) -> None:
    """Accept addresses of domain controllers, one a line.

    Raises:
        ValidationError: one of them is none.
    """
    for line in text.split():
        try:
            Endpoint.of(line)
        except ValueError:
            raise ValidationError(
                _("%(address)s is no address like ldaps://dc1.corp.example or ldap://dc1.corp.example (StartTLS)."),
                params={"address": line[:200]},
            ) from None


def check_certificates(text: str) -> None:
    """Accept certificates in PEM.

    Raises:
        ValidationError: there is none, or one cannot be read.
    """
    try:
        x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise ValidationError(
            _(
                "No certificate in PEM form: it begins with -----BEGIN CERTIFICATE-----"
                " (in Windows: Base-64 encoded X.509)."
            )
        ) from None
    if "PRIVATE KEY" in text:
        raise ValidationError(_("This contains a private key. Only the authority's certificate belongs here."))


def check_domains(text: str) -> None:
    """Accept NetBIOS names and UPN suffixes, one a line.

    Raises:
        ValidationError: one of them can be none.
    """
    for line in text.split():
        if not _DOMAIN.fullmatch(line):
            raise ValidationError(_("%(name)s is no domain name."), params={"name": line[:200]})


class Directory(models.Model):
    """How one domain is asked. A tenant's first active one is asked for names without a domain."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=64, help_text=_("For you: it stands in lists and in the log."))
    position = models.PositiveSmallIntegerField(
        _("order"),
        default=1,
        validators=[MaxValueValidator(9999)],
        help_text=_("The lowest is asked for account names without a domain."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    servers = models.TextField(
        _("domain controllers"),
        max_length=4000,
        validators=[check_servers],
        help_text=_(
            "One a line, in the order in which they are asked: ldaps://dc1.corp.example, with :port if it is not 636;"
            " or ldap://dc1.corp.example for StartTLS. Host names as they stand in the controllers' certificates."
        ),
    )
    ca_certificates = models.TextField(
        _("CA certificates"),
        max_length=64_000,
        blank=True,
        validators=[check_certificates],
        help_text=_(
            "The authority that signed the controllers' certificates, in PEM form, several below each other."
            " Empty: those that this server's system trusts."
        ),
    )
    base_dn = models.CharField(
        _("base DN"),
        max_length=512,
        help_text=_(
            "Below which people are: OU=Staff,DC=corp,DC=example. Its organisational units become departments."
        ),
    )
    service_account = models.CharField(
        _("service account"),
        max_length=512,
        help_text=_("An ordinary account that searches: its DN, or name@domain. It needs no rights but to read."),
    )
    service_password = SecretField(_("service account's password"), blank=False)
    domains = models.TextField(
        _("domains"),
        max_length=4000,
        blank=True,
        validators=[check_domains],
        help_text=_(
            "What may stand before or behind a name, one a line: CORP for CORP\\name, corp.example for"
            " name@corp.example. A name alone is always taken."
        ),
    )

    name_attribute = models.CharField(
        _("name"), max_length=64, blank=True, default="displayName", validators=[_is_attribute]
    )
    mail_attribute = models.CharField(
        _("e-mail"), max_length=64, blank=True, default="mail", validators=[_is_attribute]
    )
    phone_attribute = models.CharField(
        _("phone"), max_length=64, blank=True, default="mobile", validators=[_is_attribute]
    )
    job_number_attribute = models.CharField(
        _("job number"), max_length=64, blank=True, default="employeeID", validators=[_is_attribute]
    )
    department_attribute = models.CharField(
        _("department path"),
        max_length=64,
        blank=True,
        validators=[_is_attribute],
        help_text=_(
            "An attribute such as Company/Research/Team 1. Empty: the organisational units that a person is in."
        ),
    )

    create_users = models.BooleanField(
        _("create users at their first sign-in"),
        default=True,
        help_text=_("If not, only those may sign in whom a synchronisation has brought."),
    )
    default_roles = models.ManyToManyField(
        Role, blank=True, related_name="+", verbose_name=_("default roles"), help_text=_("What a new person gets.")
    )
    attempt_limit = models.PositiveSmallIntegerField(
        _("wrong passwords"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "After so many the directory is not asked for this person any more. Fewer than the domain's own"
            " Account lockout threshold, so that guessing here alone locks nobody out of Windows."
        ),
    )
    attempt_minutes = models.PositiveSmallIntegerField(
        _("minutes until they are forgotten"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_("At least the domain's Reset account lockout counter after."),
    )
    max_deletions_percent = models.PositiveSmallIntegerField(
        _("people who may go in one synchronisation, in percent"),
        default=5,
        validators=[MaxValueValidator(100)],
        help_text=_("If more of them are missing or disabled in the directory, it changes nothing and says so."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("directory")
        verbose_name_plural = _("directories")
        ordering: ClassVar = ["tenant", "position", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="directory_name_in_tenant")]

    def __str__(self) -> str:
        return self.name

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.servers.split()))

    @property
    def attempt_seconds(self) -> int:
        """For how long attempts count: a minute more than is set, since the domain's time runs from a little later."""
        return self.attempt_minutes * 60 + 60

    @property
    def domain_names(self) -> frozenset[str]:
        """In lower case."""
        return frozenset(self.domains.lower().split())

    @property
    def person_attributes(self) -> tuple[str, ...]:
        """The names of the attributes that people's fields are filled from."""
        return tuple(name for name in (*self.field_attributes.values(), self.department_attribute) if name)

    @property
    def field_attributes(self) -> dict[str, str]:
        """A person's field to the attribute that fills it; "" leaves it to the console."""
        return {
            "real_name": self.name_attribute,
            "email": self.mail_attribute,
            "phone": self.phone_attribute,
            "job_number": self.job_number_attribute,
        }

    def clean(self) -> None:
        """Refuse settings without a controller; keep of the certificates nothing but the certificates.

        Raises:
            ValidationError: keyed by `servers`.
        """
        with suppress(ValueError):
            # What stands between them, such as a name in Chinese, would break every connection: OpenSSL takes ASCII.
            found = x509.load_pem_x509_certificates(self.ca_certificates.encode()) if self.ca_certificates else []
            self.ca_certificates = "".join(one.public_bytes(Encoding.PEM).decode() for one in found)
        if not self.urls:
            raise ValidationError({"servers": _("Name at least one domain controller.")})


class DirectoryGroup(models.Model):
    """Whoever is in this group of the directory, also through other groups, has this role."""

    directory = models.ForeignKey(Directory, models.CASCADE, related_name="groups", verbose_name=_("directory"))
    sid = models.CharField(
        _("group SID"),
        max_length=184,
        validators=[RegexValidator(r"^S-1-\d{1,14}(-\d{1,10}){1,15}\Z", _("A SID looks like S-1-5-21-1-2-3-1104."))],
        help_text=_("In Windows: Get-ADGroup NAME | Select SID."),
    )
    name = models.CharField(_("group"), max_length=128, blank=True, help_text=_("For you: what the group is called."))
    role = models.ForeignKey(Role, models.CASCADE, related_name="+", verbose_name=_("role"))

    class Meta:
        verbose_name = _("group's role")
        verbose_name_plural = _("groups' roles")
        ordering: ClassVar = ["id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["directory", "sid", "role"], name="directory_group_role_once"),
        ]

    def __str__(self) -> str:
        return self.name or self.sid


class DirectoryDept(models.Model):
    """Which department a unit of the directory became: by its id, so that a renamed unit stays the same department."""

    directory = models.ForeignKey(Directory, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    dept = models.ForeignKey(Dept, models.CASCADE, related_name="+")

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["directory", "key"], name="directory_dept_key_once"),
        ]

    def __str__(self) -> str:
        return self.key


class DirectorySync(models.Model):
    """One synchronisation, or its preview: how far it came, what it did, and why it stopped."""

    directory = models.ForeignKey(Directory, models.CASCADE, related_name="syncs")
    is_preview = models.BooleanField()
    actor = models.CharField(max_length=255, blank=True)
    started_at = models.DateTimeField()
    # Moved while it runs: one that stands still belongs to a process that is no more.
    beat_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    # The first of its changes, for people to read: what happens, and to whom.
    changes = models.JSONField(default=list)
    problem = models.CharField(max_length=64, blank=True)

    class Meta:
        default_permissions = ()
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return str(self.pk)
