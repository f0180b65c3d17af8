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


@register.simple_tag
def tenant_of_viewer(request: HttpRequest) -> dict[str, Any]:
    """The tenant that the viewer works in (None: all of them), and whether he may choose another."""
    viewer: Any = viewer_of(request)
    may_choose = sees_all_tenants(viewer)
    tenant: Tenant | None = chosen_tenant(viewer) if may_choose else viewer.tenant
    return {"tenant": tenant, "may_choose": may_choose}
