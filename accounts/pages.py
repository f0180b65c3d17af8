"""Renders the pages that everyone may see, under a strict policy. It must not know what they are about."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    form_targets: Sequence[str] | None = None,
    style_nonce: str = "",
) -> HttpResponse:
    """The page: it runs no script but ours, is framed by nobody, kept by no cache, and tells no other site of itself.

    `form_targets` are the origins that its forms may lead to, beside our own; None leaves that open, for forms whose
    answer redirects to an application (Chromium holds the whole chain of redirects to the page's `form-action`).
    `style_nonce` lets the one style sheet in that page that bears it count.
    """
    response = render(request, template, context, status=status)
    styles = f"'self' 'nonce-{style_nonce}'" if style_nonce else "'self'"
    policy = f"default-src 'none'; style-src {styles}; script-src 'self'; img-src 'self' https:; base-uri 'none';"
    if form_targets is not None:
        targets = " ".join(["'self'", *form_targets])
        policy += f" form-action {targets};"
    response["Content-Security-Policy"] = f"{policy} frame-ancestors 'none'"
    # Not "no-referrer": browsers then send `Origin: null` with the page's own forms, which Django's CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
