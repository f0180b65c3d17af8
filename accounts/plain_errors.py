"""Django's own refusals and faults as pages, under the policy of all our pages. It must not know what went wrong."""

from django.http import HttpRequest, HttpResponse

from accounts.pages import render_page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's hook
    """The page for a request that cannot be read."""
    return _page(request, "400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's hook
    """The page for who may not see what he asks for."""
    return _page(request, "403.html", 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's hook
    """The page where there is nothing."""
    return _page(request, "404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for a fault of ours."""
    return _page(request, "500.html", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's hook
    """The page for a form that did not come from our own page, or too late."""
    return _page(request, "403_csrf.html", 403)


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    return render_page(request, template, {}, status=status, forms_stay=True)
