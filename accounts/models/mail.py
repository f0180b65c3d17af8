"""The codes that were asked for by mail. It must not know who sends them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.sent_code import SentCode


class MailCode(SentCode):
    """A code by mail. `account` is what was typed in, be it anybody's or not; `mailbox` where it went, keyed."""

    account = models.CharField(max_length=255)
    mailbox = models.CharField(max_length=64, blank=True)

    class Meta(SentCode.Meta):
        verbose_name = _("mail code")
        indexes: ClassVar = [
            models.Index(fields=["tenant", "account", "created_at"], name="mail_code_account"),
            models.Index(fields=["tenant", "network", "created_at"], name="mail_code_network"),
            models.Index(fields=["tenant", "created_at"], name="mail_code_tenant"),
            models.Index(fields=["mailbox", "created_at"], condition=Q(is_sent=True), name="mail_code_mailbox"),
            models.Index(fields=["created_at"], name="mail_code_created"),
        ]
