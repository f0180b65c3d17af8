"""Who sends a tenant's SMS codes, and the codes that were asked for. It must not know vendors or clients."""

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.sent_code import SentCode
from accounts.models.user import User
from tenants.encryption import SecretField
from tenants.models import Tenant


class SmsGateway(models.Model):
    """One account with a vendor. A tenant's are tried in their order; what each needs, `gateways/sms/` knows."""

    class Kind(models.TextChoices):
        ALIYUN = "aliyun", _("Alibaba Cloud (Aliyun)")
        TENCENT = "tencent", _("Tencent Cloud")
        HTTP = "http", _("any HTTP gateway")
        CONSOLE = "console", _("console, for development")

    class Format(models.TextChoices):
        JSON = "json", _("JSON")
        FORM = "form", _("form")

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="sms_gateways", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=64, help_text=_("For you: it stands in the list and in the log."))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    position = models.PositiveSmallIntegerField(
        _("order"),
        default=1,
        validators=[MaxValueValidator(9999)],
        help_text=_("The lowest is tried first, the others when it fails."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    key_id = models.CharField(
        _("access key ID"), max_length=128, blank=True, help_text=_("Aliyun: AccessKey ID. Tencent Cloud: SecretId.")
    )
    secret = SecretField(
        _("secret"),
        help_text=_("Aliyun: AccessKey Secret. Tencent Cloud: SecretKey. HTTP: signs requests, and fills in {secret}."),
    )
    app_id = models.CharField(
        _("application ID"), max_length=64, blank=True, help_text=_("Tencent Cloud: SdkAppId, such as 1400006666.")
    )
    sign_name = models.CharField(
        _("signature"), max_length=64, blank=True, help_text=_("The approved signature, without brackets.")
    )
    template = models.CharField(
        _("template"),
        max_length=64,
        blank=True,
        help_text=_("Aliyun: template code (SMS_…). Tencent Cloud: template ID."),
    )
    template_parameters = models.CharField(
        _("template parameters"),
        max_length=255,
        blank=True,
        help_text=_(
            'What fills the template. Aliyun: {"code": "{code}"} (this if empty). Tencent Cloud, in order:'
            ' ["{code}"] (this if empty) or ["{code}", "{minutes}"].'
        ),
    )
    region = models.CharField(
        _("region"),
        max_length=32,
        blank=True,
        help_text=_("Empty: cn-hangzhou (Aliyun), ap-guangzhou (Tencent Cloud)."),
    )
    endpoint = models.CharField(
        _("endpoint"), max_length=128, blank=True, help_text=_("A host name of the vendor. Empty: the usual one.")
    )

    url = models.CharField(
        _("address"), max_length=500, blank=True, help_text=_("Called by POST. https to the public.")
    )
    body_format = models.CharField(_("body"), max_length=8, choices=Format.choices, default=Format.JSON)
    body_template = models.TextField(
        _("body template"),
        max_length=4000,
        blank=True,
        help_text=_(
            'JSON such as {"to": "{phone}", "text": "Your code is {code}"}, or a form such as'
            " mobile={phone}&code={code}. Filled in: {phone}, {code}, {minutes}, {secret}."
        ),
    )
    header = models.CharField(
        _("header"),
        max_length=500,
        blank=True,
        help_text=_("One more line of the request's head, such as Authorization: Bearer {secret}."),
    )
    success_text = models.CharField(
        _("text of success"),
        max_length=128,
        blank=True,
        help_text=_('What a good answer contains, such as "code":0. Empty: any status from 200 to 299 is good.'),
    )

    # Who vouches for it: whoever changed it last. What goes through it counts for whom he may manage (`authority.py`).
    set_up_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("set up by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("SMS gateway")
        verbose_name_plural = _("SMS gateways")
        ordering: ClassVar = ["tenant", "position", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="sms_gateway_name_in_tenant")]

    def __str__(self) -> str:
        return self.name


class SmsCode(SentCode):
    """A code by SMS. `audience` is for whom it is good: a client's id."""

    audience = models.CharField(max_length=255)
    phone = models.CharField(max_length=16)

    class Meta(SentCode.Meta):
        verbose_name = _("SMS code")
        indexes: ClassVar = [
            models.Index(fields=["phone", "created_at"], name="sms_code_phone"),
            models.Index(fields=["tenant", "network", "created_at"], name="sms_code_network"),
            models.Index(fields=["tenant", "audience", "created_at"], name="sms_code_audience"),
            models.Index(fields=["tenant", "created_at"], name="sms_code_tenant"),
            models.Index(fields=["tenant", "created_at"], condition=Q(is_sent=True), name="sms_code_sent"),
            models.Index(fields=["created_at"], name="sms_code_created"),
        ]
