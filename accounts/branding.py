"""How a tenant's sign-in page looks: its name, logo and colour. It must not know how people sign in."""

import re
import secrets
from dataclasses import dataclass

from django.utils import timezone

from tenants import registry
from tenants.models import Tenant
from tenants.resolution import find_tenant

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_WHITE, _BLACK = "#ffffff", "#000000"


@dataclass(frozen=True, slots=True)
class Branding:
    """What the page shows. `logo_url` is empty unless the page's policy lets it load; the nonce is for the colours."""

    code: str
    name: str
    logo_url: str
    colour: str
    ink: str
    nonce: str


def branding_of(code: str) -> Branding | None:
    """The look of the tenant of this code; None if there is none, or its people cannot sign in."""
    registry.refresh()
    tenant = find_tenant(code) if code else None
    return _of(tenant) if tenant is not None and tenant.is_usable(timezone.now()) else None


def _of(tenant: Tenant) -> Branding:
    # It stands in a style sheet: what came in past the console's check stays out.
    colour = tenant.primary_color if _COLOUR.fullmatch(tenant.primary_color) else ""
    return Branding(
        code=tenant.code,
        name=tenant.name,
        logo_url=tenant.logo_url if tenant.logo_url.startswith("https://") else "",
        colour=colour,
        ink=readable_ink(colour) if colour else "",
        nonce=secrets.token_urlsafe(16) if colour else "",
    )


def readable_ink(colour: str) -> str:
    """Black or white, whichever is read better on this colour: at least 4.5 to 1 (WCAG 2.2 section 1.4.3)."""
    light = _luminance(colour) + 0.05
    return _WHITE if 1.05 / light >= light / 0.05 else _BLACK


def _luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004 - of sRGB
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
