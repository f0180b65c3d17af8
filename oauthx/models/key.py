"""A key that signs tokens; its private part is encrypted at rest. It must not know tokens."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.encryption import decrypt, encrypt
from tenants.models import Tenant


class SigningKey(models.Model):
    """An HS256 secret that resource servers share, or the private half of a pair for one other algorithm.

    A tenant's HS256 key wins over the installation's. One key is active per algorithm and tenant; a retired one
    verifies until `verifies_until`.
    """

    class Algorithm(models.TextChoices):
        HS256 = "HS256", "HS256"
        RS256 = "RS256", "RS256"
        ES256 = "ES256", "ES256"
        PS256 = "PS256", "PS256"

    class Status(models.TextChoices):
        NEXT = "next", _("next")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")

    kid = models.CharField(_("key id"), max_length=64, unique=True)
    algorithm = models.CharField(_("algorithm"), max_length=8, choices=Algorithm.choices)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.ACTIVE)
    tenant = models.ForeignKey(
        Tenant, models.CASCADE, null=True, blank=True, related_name="signing_keys", verbose_name=_("tenant")
    )
    is_imported = models.BooleanField(_("imported"), default=False)
    encrypted_private_part = models.TextField(editable=False)
    public_jwk = models.JSONField(_("public key"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    verifies_until = models.DateTimeField(_("verifies until"), null=True, blank=True)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["algorithm"],
                condition=Q(status="active", tenant__isnull=True),
                name="one_active_key_of_installation",
            ),
            models.UniqueConstraint(
                fields=["algorithm", "tenant"],
                condition=Q(status="active", tenant__isnull=False),
                name="one_active_key_of_tenant",
            ),
            models.UniqueConstraint(fields=["algorithm"], condition=Q(status="next"), name="one_next_key"),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} {self.kid}"

    def clean(self) -> None:
        """Refuse a tenant's own asymmetric key: the installation publishes one set for all.

        Raises:
            ValidationError: keyed by `tenant`.
        """
        if self.tenant is not None and self.algorithm != self.Algorithm.HS256:
            raise ValidationError({"tenant": _("Only HS256 keys belong to tenants.")})

    def set_private_part(self, value: bytes) -> None:
        """Keep a PEM, or an HS256 secret's bytes, encrypted with the first of KEY_ENCRYPTION_KEYS."""
        self.encrypted_private_part = encrypt(value)

    def private_part(self) -> bytes:
        """The decrypted PEM or secret.

        Raises:
            cryptography.fernet.InvalidToken: none of KEY_ENCRYPTION_KEYS opens it.
        """
        return decrypt(self.encrypted_private_part)
