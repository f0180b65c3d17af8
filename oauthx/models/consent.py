"""What a person allowed an application, so that he is asked once."""

from collections.abc import Iterable
from typing import ClassVar

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from oauthx.models.client import Client


class Consent(models.Model):
    """The scopes that a person allowed a client; a request for more asks again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="consents", verbose_name=_("user"))
    client = models.ForeignKey(Client, models.CASCADE, related_name="consents", verbose_name=_("client"))
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        default_permissions = ("view", "delete")
        # For the console's list, newest first.
        indexes: ClassVar = [models.Index(fields=["-updated_at", "-id"], name="consent_updated")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "client"], name="consent_of_user_to_client")]

    def __str__(self) -> str:
        return f"{self.user} {self.client}"

    @classmethod
    def allow(cls, user: User, client: Client, scope: Iterable[str]) -> None:
        """Add these to what the person allowed this client."""
        with transaction.atomic():
            cls.objects.get_or_create(user=user, client=client)
            # Locked: of two pages at once neither forgets what the other added. None: withdrawn at this very moment.
            consent = cls.hold(user, client) or cls(user=user, client=client)
            consent.scopes = sorted({*consent.scopes, *scope})
            consent.save()

    @classmethod
    def hold(cls, user: User, client: Client) -> "Consent | None":
        """What the person allows this client, locked until the transaction ends."""
        return cls.objects.select_for_update().filter(user=user, client=client).first()

    def covers(self, scope: tuple[str, ...]) -> bool:
        return set(scope) <= set(self.scopes)
