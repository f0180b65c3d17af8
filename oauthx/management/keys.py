"""What the signing key commands share: which key is meant."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Max
from django.utils.translation import gettext as _

from oauthx.models import Client, SigningKey
from tenants.models import LONGEST_SECONDS, Tenant

DEFAULT_OVERLAP_SECONDS = 86_400
MAX_OVERLAP_SECONDS = LONGEST_SECONDS


def add_key_arguments(parser: Any, *, algorithms: list[str]) -> None:
    """Add `--algorithm`, whose default is the first, and `--tenant`."""
    parser.add_argument("--algorithm", choices=algorithms, default=algorithms[0])
    parser.add_argument("--tenant", metavar="CODE", help="The tenant's own key; without it, the installation's.")


def named_tenant(code: str | None, algorithm: str) -> Tenant | None:
    """The tenant of this code, or None for the installation.

    Raises:
        CommandError: there is no such tenant, or the algorithm's keys are the installation's alone.
    """
    if code is None:
        return None
    if algorithm != "HS256":
        raise CommandError(
            _("Only HS256 keys belong to tenants: everyone verifies %(algorithm)s with the installation's public key.")
            % {"algorithm": algorithm}
        )
    tenant = Tenant.objects.filter(code=code).first()
    if tenant is None:
        known = ", ".join(Tenant.objects.values_list("code", flat=True)[:10])
        raise CommandError(
            _("There is no tenant %(code)s. There are: %(known)s.") % {"code": code, "known": known or "-"}
        )
    return tenant


def active_key(algorithm: str, tenant: Tenant | None) -> SigningKey | None:
    """The key that signs now, the tenant's own or the installation's."""
    return SigningKey.objects.filter(algorithm=algorithm, tenant=tenant, status=SigningKey.Status.ACTIVE).first()


def overlap_of(seconds: int | None) -> timedelta:
    """The overlap given, or as long as the longest-lived access token of any client."""
    if seconds is not None and not 0 <= seconds <= MAX_OVERLAP_SECONDS:
        raise CommandError(_("The overlap must be between 0 and %(most)d seconds.") % {"most": MAX_OVERLAP_SECONDS})
    longest = Client.objects.aggregate(longest=Max("access_token_lifetime_seconds"))["longest"]
    longest = min(longest or DEFAULT_OVERLAP_SECONDS, MAX_OVERLAP_SECONDS)
    return timedelta(seconds=seconds if seconds is not None else longest)
