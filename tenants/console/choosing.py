"""The page on which a platform administrator chooses the tenant that he works in. It must not know what for."""

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from tenants.console.keys import is_key
from tenants.models import Tenant
from tenants.scoping import choose_tenant, chosen_tenant, sees_all_tenants, viewer_of

_SHOWN = 20


def choose(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Search for a tenant, and take one: from then on every page shows it alone.

    Raises:
        PermissionDenied: the viewer is no platform administrator.
        BadRequest: there is no such tenant.
    """
    viewer = viewer_of(request)
    if not sees_all_tenants(viewer):
        raise PermissionDenied
    if request.method == "POST":
        choose_tenant(request, _named(request.POST.get("tenant", "")))
        return HttpResponseRedirect(_list_before(request.POST.get("next", "")))
    term = request.GET.get("q", "").replace("\x00", "").strip()
    found = Tenant.objects.filter(Q(code__icontains=term) | Q(name__icontains=term) | Q(domain__icontains=term))
    tenants = list((found if term else Tenant.objects.all())[: _SHOWN + 1])
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Choose a tenant"),
        "term": term,
        "tenants": tenants[:_SHOWN],
        "has_more": len(tenants) > _SHOWN,
        "chosen": chosen_tenant(viewer),
        "next": request.GET.get("next", ""),
    }
    return TemplateResponse(request, "console/choose_tenant.html", context)


def _named(key: str) -> Tenant | None:
    """The tenant of this key; None for none: all tenants."""
    if not key:
        return None
    tenant = Tenant.objects.filter(pk=key).first() if is_key(Tenant._meta.pk, key) else None
    if tenant is None:
        raise BadRequest
    return tenant


def _list_before(address: str) -> str:
    """The list to which the page at this address belongs: a single row of it may be another tenant's."""
    try:
        name = resolve(address).url_name or ""
        return reverse(f"admin:{'_'.join(name.split('_')[:2])}_changelist")
    except (Resolver404, NoReverseMatch):
        return reverse("admin:index")
