"""What the console's templates ask for besides their context. It must not know which models there are."""

from typing import Any

from django import template
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_info

from tenants.models import Tenant
from tenants.scoping import chosen_tenant, sees_all_tenants, tenant_in_view, viewer_of

register = template.Library()


@register.simple_tag
def other_languages() -> list[dict[str, Any]]:
    """The languages that the page is not in, with their own names."""
    return [get_language_info(code) for code, _name in settings.LANGUAGES if code != get_language()]


@register.simple_tag
def own_recent_actions(request: HttpRequest, limit: int = 10) -> list[LogEntry]:
    """What the viewer did of late; of rows that he can still see, unless he sees all (his tenant may have changed)."""
    viewer = viewer_of(request)
    entries = LogEntry.objects.filter(user_id=str(request.user.pk)).select_related("content_type")[:limit]
    return [entry for entry in entries if tenant_in_view(viewer) is None or _can_see(request, entry)]


@register.simple_tag
def tenant_of_viewer(request: HttpRequest) -> dict[str, Any]:
    """The tenant that the viewer works in (None: all of them), and whether he may choose another."""
    viewer: Any = viewer_of(request)
    may_choose = sees_all_tenants(viewer)
    tenant: Tenant | None = chosen_tenant(viewer) if may_choose else viewer.tenant
    return {"tenant": tenant, "may_choose": may_choose}


def _can_see(request: HttpRequest, entry: LogEntry) -> bool:
    model = entry.content_type.model_class() if entry.content_type else None
    if model is None or model not in admin.site._registry or entry.is_deletion():
        return False
    page = admin.site._registry[model]
    return page.has_view_permission(request) and page.get_queryset(request).filter(pk=entry.object_id).exists()
