"""Shows the console's times in the zone of the tenant that one works in. It must not know which pages there are."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tenants.scoping import chosen_tenant, viewer_of

_CONSOLE = "/admin/"


class ConsoleZoneMiddleware:
    """Within the console, times are shown and read in the tenant's zone: the chosen one's, or one's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_CONSOLE) or not request.user.is_authenticated:
            return self.get_response(request)
        viewer: Any = viewer_of(request)
        with timezone.override((chosen_tenant(viewer) or viewer.tenant).zone):
            return self.get_response(request)
