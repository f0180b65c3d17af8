"""Who a person is elsewhere: at WeChat, in a directory. It must not know how that is proven."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User
from tenants.models import Tenant


class SocialIdentity(models.Model):
    """One identity of a person at a provider. Its id is the `oauth_id` of the documents.

    `app` is within what the `openid` means something: a WeChat app id, or the id of a directory.
    """

    class Provider(models.TextChoices):
        WECHAT = "wechat", _("WeChat")
        DIRECTORY = "directory", _("Active Directory")

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    user = models.ForeignKey(User, models.CASCADE, related_name="identities", verbose_name=_("user"))
    provider = models.CharField(_("provider"), max_length=16, choices=Provider.choices)
    app = models.CharField(_("app"), max_length=128)
    openid = models.CharField(_("identity"), max_length=128)
    unionid = models.CharField(_("union id"), max_length=128, blank=True)
    created_at = models.DateTimeField(_("bound at"), auto_now_add=True)
    used_at = models.DateTimeField(_("last used at"), null=True)
    # When a synchronisation found that the directory knows him no more, or has disabled him.
    gone_at = models.DateTimeField(_("gone since"), null=True, editable=False)

    class Meta:
        verbose_name = _("bound identity")
        verbose_name_plural = _("bound identities")
        ordering: ClassVar = ["provider", "app", "id"]
        default_permissions = ("view", "add", "delete")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "provider", "app", "openid"], name="identity_once_in_tenant"),
        ]
        indexes: ClassVar = [models.Index(fields=["provider", "unionid"], name="identity_unionid")]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} {self.app}"
