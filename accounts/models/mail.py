"""The codes that were asked for by mail. It must not know who sends them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.models import Tenant


class MailCode(models.Model):
    """One code that was asked for. Kept for a day, because asking is limited by what was asked for before.

    `account` is what was typed in, whether it is anybody's or not, and `network` whence it was asked for. `digest` and
    `mailbox` (where it went) are keyed: nothing that stands here tells the code or the address. `is_sent` says that a
    mail went out.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    account = models.CharField(max_length=255)
    mailbox = models.CharField(max_length=64, blank=True)
    network = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    is_sent = models.BooleanField()

    class Meta:
        verbose_name = _("mail code")
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "created_at"], name="mail_code_account"),
            models.Index(fields=["tenant", "network", "created_at"], name="mail_code_network"),
            models.Index(fields=["tenant", "created_at"], name="mail_code_tenant"),
            models.Index(fields=["mailbox", "created_at"], condition=Q(is_sent=True), name="mail_code_mailbox"),
            models.Index(fields=["created_at"], name="mail_code_created"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
