"""How often a password was wrong of late, per tenant and account, whether the account exists or not.

A directory's accounts are counted apart: no name there is a name here, however it is written.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import Tenant


class Lockout(models.Model):
    """One row per tenant and account with recent failures.

    Written by `accounts/lockout.py`, and by `accounts/directories/attempts.py` for accounts `at_directory`.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, verbose_name=_("tenant"))
    account = models.CharField(_("account"), max_length=255)
    at_directory = models.BooleanField(default=False, editable=False)
    failures = models.PositiveIntegerField(_("failures"))
    failed_at = models.DateTimeField(_("last failure"))
    locked_until = models.DateTimeField(_("locked until"), null=True)

    class Meta:
        verbose_name = _("lockout")
        verbose_name_plural = _("lockouts")
        default_permissions = ("view", "delete")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "account", "at_directory"], name="lockout_of_account"),
        ]
        indexes: ClassVar = [models.Index(fields=["failed_at"], name="lockout_failed_at")]

    def __str__(self) -> str:
        return self.account
