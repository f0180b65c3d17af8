"""What the console's templates ask for besides their context. It must not know which models there are."""

from typing import Any

from django import template
from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest
from django.template import Context
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

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


@register.simple_tag(takes_context=True)
def tab_title(context: Context) -> str:
    """What the browser's tab says: the object, the page, the tenant that the viewer works in, the installation."""
    shown = context.get("cl")
    # Django's own title of a list tells to select a row in order to change it.
    page = str(context.get("title") or "") if shown is None else str(capfirst(shown.opts.verbose_name_plural))
    row = context.get("original") or context.get("object")
    name = str(row) if isinstance(row, Model) else str(context.get("subtitle") or "")
    if "action_list" in context:
        # Django's title of an object's history says the name already.
        name = ""
    # Django's page of a list that cannot be read knows no request.
    tenant = tenant_of_viewer(context["request"])["tenant"] if "request" in context else None
    parts = (name, page, tenant.name if tenant else "", str(context.get("site_title", "")))
    text = " · ".join(filter(None, parts))
    return _("Error: %(title)s") % {"title": text} if context.get("errors") else text
