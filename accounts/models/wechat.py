"""A tenant's WeChat apps, and tickets to bind a WeChat identity with. It must not know how WeChat is asked."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.encryption import SecretField
from tenants.models import Tenant


class WechatApp(models.Model):
    """One app that the tenant has at WeChat. Its `openid`s mean something within it alone."""

    class Kind(models.TextChoices):
        MINI_PROGRAM = "mini_program", _("Mini program")
        OFFICIAL_ACCOUNT = "official_account", _("Official account")
        OPEN_PLATFORM = "open_platform", _("Website or mobile app (open platform)")

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=128)
    app_id = models.CharField(
        _("app id"),
        max_length=64,
        validators=[RegexValidator(r"^[0-9A-Za-z_-]+\Z", _("Letters, digits, - and _ only."))],
        help_text=_("AppID on WeChat's page, for example wx0123456789abcdef. It cannot be changed later."),
    )
    kind = models.CharField(_("kind"), max_length=32, choices=Kind.choices, default=Kind.MINI_PROGRAM)
    secret = SecretField(
        _("app secret"),
        help_text=_("AppSecret on WeChat's page. Without it, codes cannot be exchanged."),
    )
    binds_on_account_page = models.BooleanField(
        _("people bind it on their account page"),
        default=False,
        help_text=_(
            "For a website app: its authorization callback domain, on WeChat's page, must be the host name of this"
            " server."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("WeChat app")
        verbose_name_plural = _("WeChat apps")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "app_id"], name="wechat_app_in_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.app_id})"

    def clean(self) -> None:
        """Refuse what WeChat's page for browsers does not know.

        Raises:
            ValidationError: another kind than a website cannot be bound on the account page.
        """
        super().clean()
        if self.binds_on_account_page and self.kind != self.Kind.OPEN_PLATFORM:
            raise ValidationError({"binds_on_account_page": _("Only a website app of the open platform can do that.")})


class BindTicket(models.Model):
    """That somebody showed a WeChat identity which is nobody's yet, under the keyed digest of his ticket.

    Whoever brings the ticket back through the same client, with another proof of who he is, gets the identity.
    """

    digest = models.CharField(max_length=64, unique=True)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    client_id = models.CharField(max_length=255)
    app = models.CharField(max_length=128)
    openid = models.CharField(max_length=128)
    unionid = models.CharField(max_length=128, blank=True)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("bind ticket")
        verbose_name_plural = _("bind tickets")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
