"""What of tenants needs attention: those that have expired or soon will."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from tenants.console.attention import Notice, source_for
from tenants.console.dashboard import Glance
from tenants.models import Tenant
from tenants.moments import show_day
from tenants.scoping import viewer_of, visible

_SOON = timedelta(days=30)
_AT_MOST = 10


@source_for("tenants.view_tenant")
def expiring_tenants(glance: Glance) -> Iterator[Notice]:
    """Active tenants whose people can no longer sign in, or in thirty days; the viewer's own, or all."""
    rows = visible(Tenant.objects.filter(is_active=True), viewer_of(glance.request), "pk")
    for tenant in rows.filter(expires_at__lt=glance.now + _SOON).order_by("expires_at", "pk")[:_AT_MOST]:
        is_over = not tenant.is_usable(glance.now)
        text = _("Tenant %(name)s has expired: nobody of it can sign in.") if is_over else _(
            "Tenant %(name)s expires on %(day)s."
        )  # fmt: skip
        day = show_day(tenant.expires_at) if tenant.expires_at else ""
        address = reverse("admin:tenants_tenant_change", args=[tenant.pk])
        yield Notice(text % {"name": tenant, "day": day}, address, is_urgent=is_over)
