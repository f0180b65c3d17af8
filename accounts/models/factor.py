"""What a person shows besides his password: an authenticator app, passkeys, recovery codes.

It must not know how any of them is checked.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User
from tenants.encryption import SecretField


class AuthenticatorApp(models.Model):
    """The app of a person that shows a new code every 30 seconds (TOTP, RFC 6238). One at the most."""

    user = models.OneToOneField(User, models.CASCADE, related_name="authenticator_app", verbose_name=_("user"))
    secret = SecretField(_("secret"))
    # The time step of the last code that was taken: no code up to it is taken again.
    last_step = models.BigIntegerField(default=0)
    # Wrong codes since the last right one, and when the last of them came.
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("created at"))
    used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user)


class Passkey(models.Model):
    """A key pair of a person's device or security key (WebAuthn), good at the host that it was made at alone."""

    user = models.ForeignKey(User, models.CASCADE, related_name="passkeys", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=64)
    # The host (WebAuthn's RP ID).
    host = models.CharField(_("host"), max_length=253)
    # Base64url; WebAuthn section 4 allows 1,023 bytes. A digest makes it unique: no index takes so much text.
    credential_id = models.TextField(editable=False)
    credential_digest = models.CharField(max_length=64, unique=True, editable=False)
    # The attested credential data as the authenticator sent it, public key included; base64url.
    credential_data = models.TextField(editable=False)
    transports: Any = models.JSONField(default=list, editable=False)
    sign_count = models.BigIntegerField(default=0, editable=False)
    # Whether the device may copy it elsewhere (BE of WebAuthn section 6.1.3).
    is_synced = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("created at"))
    used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")
        ordering: ClassVar = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code for the day on which the other factors are out of reach. It is used once, and kept as a digest."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes", verbose_name=_("user"))
    code_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created at"))
    used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "code_hash"], name="recovery_code_of_user")]

    def __str__(self) -> str:
        return str(self.pk)
