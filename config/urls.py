"""The addresses of the whole program: health, the console, and everything that oauthx answers."""

from typing import NoReturn

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.urls import include, path
from django.views.generic import RedirectView

from config.health import healthz, readyz


def _nothing(_request: HttpRequest, path: str) -> NoReturn:  # noqa: ARG001 - the address's part
    raise Http404


handler400 = "accounts.plain_errors.bad_request"
handler403 = "accounts.plain_errors.permission_denied"
handler404 = "accounts.plain_errors.page_not_found"
handler500 = "accounts.plain_errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="accounts:account")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("i18n/", include("django.conf.urls.i18n")),
    # The admin's redirect to a row's public page, which ours have not, would tell whether the row exists.
    path("admin/r/<path:path>", _nothing),
    # Before Django's own: what else is asked of a person comes after his password.
    path("admin/", include("accounts.console_urls")),
    # Django's own counts no wrong passwords, and leaves no event.
    path("admin/password_change/", RedirectView.as_view(pattern_name="accounts:password")),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.urls")),
    path("", include("oauthx.urls")),
]
