"""A browser in which a person is signed in. It must not know which applications that serves."""

from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.devices import device_of
from accounts.models.user import User
from accounts.signals import session_ended
from tenants.moments import show_moment


class BrowserSession(models.Model):
    """One sign-in in one browser. Its id is the `sid` that applications are told (OpenID Connect Back-Channel, 2.1).

    Signing in again as the same person keeps it; ending it signs the browser out at once.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="browser_sessions", verbose_name=_("user"))
    # Where Django keeps the session itself; ending this one deletes it there.
    session_key = models.CharField(max_length=40, blank=True, editable=False)
    auth_time = models.DateTimeField(_("signed in at"))
    amr = models.CharField(_("signed in by"), max_length=64, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=512, blank=True)
    expires_at = models.DateTimeField(_("expires at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    end_reason = models.CharField(_("end reason"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("browser session")
        verbose_name_plural = _("browser sessions")
        ordering: ClassVar = ["-auth_time"]
        default_permissions = ("view", "change")
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="browser_session_expires"),
            # For the console's list, newest first.
            models.Index(fields=["-auth_time", "-id"], name="browser_session_auth_time"),
        ]

    def __str__(self) -> str:
        return f"{self.user.real_name or self.user} · {device_of(self.user_agent)} · {show_moment(self.auth_time)}"

    @classmethod
    def end_on_new_password(cls, user: User, **_signal: Any) -> None:
        """End every one of this person: a thief may sit at one of them."""
        for session in cls.objects.filter(user=user, ended_at=None):
            session.end("password_changed")

    def end(self, reason: str) -> bool:
        """End it, with all that hears of it in the same transaction; False if it had ended before: the first end stays.

        What the reason `logout` spares stands at the receivers of `session_ended`.
        """
        with transaction.atomic():
            now = timezone.now()
            is_first = BrowserSession.objects.filter(pk=self.pk, ended_at=None).update(ended_at=now, end_reason=reason)
            if not is_first:
                return False
            self.ended_at, self.end_reason = now, reason
            if self.session_key:
                import_string(f"{settings.SESSION_ENGINE}.SessionStore")(self.session_key).delete()
            session_ended.send(BrowserSession, session=self, reason=reason)
        return True
