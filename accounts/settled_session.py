"""Takes a session for nobody's while it lacks the second factor that is asked of its person. It must not know pages.

So a demand that is made today holds for those who are signed in already: they are led to sign in anew.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts.browser_session import has_shown_factor
from accounts.models import User


class SettledSessionMiddleware:
    """Stands after Django's own, whose `request.user` it replaces by one that is looked up as late."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = request.user
        request.user = SimpleLazyObject(lambda: _settled(request, found))  # type: ignore[assignment]  # as Django does
        return self.get_response(request)


def _settled(request: HttpRequest, user: Any) -> Any:
    if not isinstance(user, User) or has_shown_factor(request):
        return user
    # The back end that looked him up has asked about his roles in the same query.
    is_wanted = user.tenant.requires_second_factor or getattr(user, "role_wants_second_factor", False)
    return AnonymousUser() if is_wanted else user
