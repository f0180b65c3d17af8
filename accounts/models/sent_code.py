"""What is kept of any code that was asked for. It must not know how codes are sent, or to whom."""

from typing import ClassVar

from django.db import models

from tenants.models import Tenant


class SentCode(models.Model):
    """One code that was asked for. Kept for a day, because asking is limited by what was asked for before.

    `network` is whence it was asked for, `digest` keyed: nothing that stands here tells the code. `is_sent` says that a
    message went out: to what is nobody's, none does.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    network = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    is_sent = models.BooleanField()

    class Meta:
        abstract = True
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return str(self.pk)
