"""The passwords that a person had before, so that he does not choose them again. It must not know any policy."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PastPassword(models.Model):
    """A hash that was a person's password until `replaced_at`; as many are kept as his tenant's policy looks back."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="past_passwords", verbose_name=_("user"))
    password = models.CharField(max_length=128, editable=False)
    replaced_at = models.DateTimeField(_("replaced at"), default=timezone.now)

    class Meta:
        verbose_name = _("past password")
        verbose_name_plural = _("past passwords")
        ordering: ClassVar = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def keep(cls, user_id: int, password: str, number: int) -> None:
        """Remember this hash, and forget all but the latest `number` of this person's."""
        cls.objects.create(user_id=user_id, password=password)
        kept = list(cls.objects.filter(user_id=user_id).values_list("pk", flat=True)[:number])
        cls.objects.filter(user_id=user_id).exclude(pk__in=kept).delete()
