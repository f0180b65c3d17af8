"""Token rows. They hold digests, never tokens. It must not know how tokens are made or written (`store.py`)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from accounts.models import BrowserSession, User
from oauthx.models.client import Client
from tenants.models import Tenant
from tenants.moments import show_moment


class _Numbered:
    """What is called by its kind and number, in the reader's language: what it holds is nobody's to read."""

    pk: Any
    _meta: Any

    def __str__(self) -> str:
        return f"{capfirst(self._meta.verbose_name)} #{self.pk}"


class TokenFamily(models.Model):
    """One login through one client, and every token that came of it by refreshing: what a person calls a session.

    Ending it is one update of one row, and whatever is issued into it at that very moment is void too.
    """

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="token_families", verbose_name=_("user"))
    client = models.ForeignKey(Client, models.CASCADE, related_name="token_families", verbose_name=_("client"))
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    dialect = models.CharField(_("dialect"), max_length=32)
    grant = models.CharField(_("grant"), max_length=64)
    auth_time = models.DateTimeField(_("signed in at"))
    amr = models.CharField(_("signed in by"), max_length=64, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=512, blank=True)
    # The browser that it was begun in; None for a login without one.
    browser_session = models.ForeignKey(
        BrowserSession, models.SET_NULL, null=True, related_name="token_families", verbose_name=_("browser session")
    )
    issuer = models.CharField(_("issuer"), max_length=255, blank=True)
    # What the application asked for by name (OpenID Connect Core section 5.5).
    requested_claims = models.JSONField(_("requested claims"), default=dict)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    end_reason = models.CharField(_("end reason"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering: ClassVar = ["-auth_time"]
        default_permissions = ("view", "change")
        # For the console's list, newest first: of who is online, of all, and of a tenant.
        indexes: ClassVar = [
            models.Index(fields=["-auth_time"], name="open_family_auth_time", condition=models.Q(ended_at=None)),
            models.Index(fields=["-auth_time"], name="family_auth_time"),
            models.Index(fields=["tenant", "-auth_time"], name="family_auth_time_of_tenant"),
            models.Index(fields=["address", "-auth_time"], name="family_address"),
        ]

    def __str__(self) -> str:
        return f"{self.user.real_name or self.user} · {self.client} · {show_moment(self.auth_time)}"

    @classmethod
    def end_on_new_password(cls, user: User, **_signal: Any) -> None:
        """A thief may hold what was granted on the old one."""
        cls.end_everything_of(user, reason="password_changed")

    @classmethod
    def end_everything_of(cls, user: User, reason: str, **_signal: Any) -> None:
        """End every family of this person, and every code that could start one."""
        AuthorizationCode.objects.filter(user=user, family_id=None).delete()
        DeviceGrant.objects.filter(user=user, family_id=None, status=DeviceGrant.AUTHORIZED).delete()
        cls.objects.filter(user=user, ended_at=None).update(ended_at=timezone.now(), end_reason=reason)

    @classmethod
    def end_with_browser_session(cls, session: BrowserSession, reason: str, **_signal: Any) -> None:
        """End what came of this browser session, and the codes that could still be used.

        At a logout, those of `offline_access` go on: they were asked for to outlast it (Back-Channel Logout, 2.7).
        """
        AuthorizationCode.objects.filter(browser_session=session, family_id=None).delete()
        families = cls.objects.filter(browser_session=session, ended_at=None)
        if reason == "logout":
            families = families.exclude(Exists(RefreshToken.objects.filter(token_family=OuterRef("pk"))))
        families.update(ended_at=timezone.now(), end_reason=reason)

    def end(self, reason: str) -> None:
        """End it, on every surface at once; the first end stands."""
        TokenFamily.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now(), end_reason=reason)


class IDToken(_Numbered, AbstractIDToken):
    class Meta(AbstractIDToken.Meta):
        verbose_name = _("ID token")
        verbose_name_plural = _("ID tokens")


class AccessToken(_Numbered, AbstractAccessToken):
    """An access token of any dialect. It stands as long as its user, tenant, client and family do."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, related_name="+", verbose_name=_("tenant"))
    token_family = models.ForeignKey(
        TokenFamily, models.CASCADE, null=True, related_name="access_tokens", verbose_name=_("session")
    )
    dialect = models.CharField(_("dialect"), max_length=32)
    jti = models.CharField(_("token id"), max_length=64)

    class Meta(AbstractAccessToken.Meta):
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        indexes: ClassVar = [models.Index(fields=["expires"], name="access_token_expires")]

    def is_valid(self, scopes: Any = None) -> bool:
        """Whether it can be used now: also asks user, tenant, client and family."""
        now = timezone.now()
        return bool(
            super().is_valid(scopes)  # type: ignore[no-untyped-call]
            and (self.user is None or self.user.is_active)
            and (self.tenant is None or self.tenant.is_usable(now))
            and (self.application is None or self.application.is_active)
            and (self.token_family is None or self.token_family.ended_at is None)
        )

    def revoke(self) -> None:
        """End its family, or, if it has none, the token alone."""
        if self.token_family is None:
            self.delete()
        else:
            self.token_family.end("revoked")


class RefreshToken(_Numbered, AbstractRefreshToken):
    """A refresh token of any dialect. `revoked` is when it was used up; its end with the family stands there."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    token_family = models.ForeignKey(  # type: ignore[assignment]  # theirs is a bare UUID
        TokenFamily, models.CASCADE, related_name="refresh_tokens", verbose_name=_("session")
    )
    dialect = models.CharField(_("dialect"), max_length=32)
    jti = models.CharField(_("token id"), max_length=64)
    scope = models.TextField(_("scope"), blank=True)
    expires = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")
        constraints: ClassVar = [models.UniqueConstraint(fields=["token_checksum"], name="refresh_token_checksum")]
        indexes: ClassVar = [models.Index(fields=["expires"], name="refresh_token_expires")]

    @classmethod
    def revoke_family(cls, token_family: Any) -> None:
        if token_family is not None:
            token_family.end("revoked")

    def revoke(self) -> None:
        """End its family."""
        self.token_family.end("revoked")


class AuthorizationCode(_Numbered, AbstractGrant):
    """An authorization code, as a digest: when the person signed in and how, and the family that it was used up for."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    auth_time = models.DateTimeField(_("signed in at"))
    amr = models.CharField(_("signed in by"), max_length=64, blank=True)
    browser_session = models.ForeignKey(
        BrowserSession, models.SET_NULL, null=True, related_name="+", verbose_name=_("browser session")
    )
    # Set when it is used up.
    family_id = models.UUIDField(_("session"), null=True)

    class Meta(AbstractGrant.Meta):
        verbose_name = _("authorization code")
        verbose_name_plural = _("authorization codes")


class DeviceGrant(_Numbered, AbstractDeviceGrant):
    """A device code, as a digest, and the user code that leads to it (RFC 8628). `user` is who decided about it.

    `tenant` is there from the beginning if client or request named it, else from the decision on.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, related_name="+", verbose_name=_("tenant"))
    auth_time = models.DateTimeField(_("signed in at"), null=True)
    amr = models.CharField(_("signed in by"), max_length=64, blank=True)
    last_checked = models.DateTimeField(_("last checked"), null=True)  # type: ignore[assignment]  # theirs is never null
    # Set when it is used up.
    family_id = models.UUIDField(_("session"), null=True)

    class Meta(AbstractDeviceGrant.Meta):
        verbose_name = _("device code")
        verbose_name_plural = _("device codes")
        constraints: ClassVar = [
            *AbstractDeviceGrant.Meta.constraints,
            models.UniqueConstraint(fields=["user_code"], name="device_user_code"),
        ]
