"""What the console's templates ask for besides their context. It must not know which models there are."""

from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_info

from tenants.models import Tenant
from tenants.scoping import chosen_tenant, sees_all_tenants, viewer_of

register = template.Library()


@register.simple_tag
def other_languages() -> list[dict[str, Any]]:
    """The languages that the page is not in, with their own names."""
    return [get_language_info(code) for code, _name in settings.LANGUAGES if code != get_language()]


@register.filter
def menu_group(parts: list[dict[str, Any]]) -> Any:
    """Under which title of the menu the page stands to which these steps of the way lead; "" if under none."""
    page = next((str(part["link"]) for part in parts[1:2] if "link" in part), "")
    groups = settings.UNFOLD["SIDEBAR"]["navigation"]
    return next((group["title"] for group in groups for item in group["items"] if str(item["page"]) == page), "")


@register.simple_tag
def tenant_of_viewer(request: HttpRequest) -> dict[str, Any]:
    """The tenant that the viewer works in (None: all of them), and whether he may choose another."""
    viewer: Any = viewer_of(request)
    may_choose = sees_all_tenants(viewer)
    tenant: Tenant | None = chosen_tenant(viewer) if may_choose else viewer.tenant
    return {"tenant": tenant, "may_choose": may_choose}
