"""The console's sign-in page: a right password may be the first step only. It must not know which others follow."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.domains import tenant_of_domain
from accounts.forgotten_ways import ways_of
from accounts.forms import ConsoleLoginForm
from accounts.pending import abandon, enter


class ConsoleLoginView(LoginView):
    """`/admin/login/`, in place of the one that `AdminSite.login` makes; the same page."""

    authentication_form = ConsoleLoginForm
    template_name = "admin/login.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        request.current_app = admin.site.name
        if request.method in {"GET", "HEAD"}:
            abandon(request)
        if request.method == "GET" and admin.site.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        answer = enter(self.request, form.get_user(), leads_to=self.get_success_url(), is_console=True)
        # Django's own answers so.
        answer.status_code = 302
        return answer

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        shared = {
            **admin.site.each_context(self.request),
            "title": _("Sign in"),
            "subtitle": None,
            "app_path": self.request.get_full_path(),
            "username": self.request.user.get_username(),
            "offers_reset": bool(ways_of(tenant_of_domain(self.request))),
        }
        found = {**super().get_context_data(**context), **shared}
        found[REDIRECT_FIELD_NAME] = found.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        return found
