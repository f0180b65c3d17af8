"""Rows of a short life: pushed requests, used assertions, logout notices. It must not know who writes or reads them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from oauthx.models.client import Client


class PushedRequest(models.Model):
    """An authorization request that its client sent ahead (RFC 9126), under the digest of its `request_uri`."""

    digest = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="+", verbose_name=_("client"))
    parameters = models.JSONField()
    # When the person's browser first came with it: a sign-in before that does not answer `prompt=login`.
    visited_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("pushed request")
        verbose_name_plural = _("pushed requests")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class UsedAssertion(models.Model):
    """The digest of a client's assertion that came once and shall not come again (RFC 7523 section 3)."""

    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("used assertion")
        verbose_name_plural = _("used assertions")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class LogoutNotice(models.Model):
    """That a client has still to be told of a session's end (OpenID Connect Back-Channel Logout section 2.5)."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="logout_notices", verbose_name=_("client"))
    sid = models.UUIDField(_("browser session"))
    subject = models.CharField(_("user"), max_length=64)
    issuer = models.CharField(_("issuer"), max_length=255)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), db_index=True)
    last_error = models.CharField(_("last error"), max_length=255, blank=True)
    # Set when it is not tried any more; the row stays for a while, for whoever looks why.
    given_up_at = models.DateTimeField(_("given up at"), null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("logout notice")
        verbose_name_plural = _("logout notices")
        ordering: ClassVar = ["next_attempt_at"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.client} {self.sid}"
