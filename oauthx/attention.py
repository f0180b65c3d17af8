"""What of clients and keys needs attention: secrets that soon stop working, and keys that are old."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from oauthx.models import Client, SigningKey
from tenants.console.attention import Notice, source_for
from tenants.console.dashboard import Glance
from tenants.moments import show_moment
from tenants.scoping import viewer_of, visible

_SOON = timedelta(days=7)
_OLD = timedelta(days=365)
_AT_MOST = 10


@source_for("oauthx.view_client")
def expiring_secrets(glance: Glance) -> Iterator[Notice]:
    """Old secrets that a rotation left in use for a while, and that stop within a week."""
    rows = visible(Client.objects.filter(is_active=True), viewer_of(glance.request))
    soon = rows.filter(previous_secret_expires_at__gt=glance.now, previous_secret_expires_at__lt=glance.now + _SOON)
    for client in soon.order_by("previous_secret_expires_at", "pk")[:_AT_MOST]:
        moment = show_moment(client.previous_secret_expires_at)
        text = _(
            "The old secret of client %(name)s works until %(moment)s: its application must have the new one by then."
        )
        address = reverse("admin:oauthx_client_change", args=[client.pk])
        yield Notice(text % {"name": client.name or client.client_id, "moment": moment}, address)


@source_for("oauthx.view_signingkey")
def old_keys(glance: Glance) -> Iterator[Notice]:
    """Keys that have signed for more than a year."""
    rows = visible(SigningKey.objects.filter(status=SigningKey.Status.ACTIVE), viewer_of(glance.request))
    for key in rows.filter(created_at__lt=glance.now - _OLD).order_by("created_at", "pk")[:_AT_MOST]:
        days = (glance.now - key.created_at).days
        text = _("Signing key %(kid)s (%(algorithm)s) is %(days)d days old: rotate it (manage.py rotate_signing_key).")
        address = reverse("admin:oauthx_signingkey_change", args=[key.pk])
        yield Notice(text % {"kid": key.kid, "algorithm": key.algorithm, "days": days}, address)
