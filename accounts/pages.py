"""Renders the pages that everyone may see, under a strict policy. It must not know what they are about."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.branding import Branding


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    forms_stay: bool = False,
    frame_origins: Sequence[str] = (),
    style_nonce: str = "",
    data_images: bool = False,
    tenant: Branding | None = None,
) -> HttpResponse:
    """The page: it runs no script but ours, is framed by nobody, kept by no cache, and tells no other site of itself.

    With `forms_stay`, its forms lead to us alone. Otherwise that is open, for forms whose answer redirects to an
    application: Chromium holds the whole chain of redirects to the page's `form-action`, and who knows where the
    application leads on to.
    `frame_origins` are those whose pages it may show in frames: none, as a rule.
    `tenant` is whose look the page has (templates/tenant_colour.html, templates/tenant_name.html).
    With `data_images` it may show pictures that stand in it.
    `style_nonce` lets the one style sheet in that page that bears it count.
    """
    if tenant is not None:
        context, style_nonce = {**context, "tenant": tenant}, tenant.nonce
    response = render(request, template, context, status=status)
    styles = f"'self' 'nonce-{style_nonce}'" if style_nonce else "'self'"
    images = "'self' https: data:" if data_images else "'self' https:"
    policy = f"default-src 'none'; style-src {styles}; script-src 'self'; img-src {images}; base-uri 'none';"
    if forms_stay:
        policy += " form-action 'self';"
    if frame_origins:
        policy += f" frame-src {' '.join(frame_origins)};"
    response["Content-Security-Policy"] = f"{policy} frame-ancestors 'none'"
    response["X-Frame-Options"] = "DENY"
    # Not "no-referrer": browsers then send `Origin: null` with the page's own forms, which Django's CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
