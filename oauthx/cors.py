"""Lets web pages of registered origins call the endpoints for browsers (the CORS protocol of the Fetch standard).

A preflight cannot tell which client will ask, so it is answered for the origins of all clients; the answer itself can
be read by pages of that client's origins alone. It must not know grants. Why our own: docs/decisions/0013-cors.md.
"""

from collections.abc import Collection, Iterable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from oauthx.dialects import Dialect
from oauthx.models import Client
from tenants import registry

# How long a browser remembers a preflight: no browser does for longer. Each answer is decided anew.
MAX_AGE_SECONDS = 7200
# Beside the headers that the dialect reads. The last four are sent by existing apps and mean nothing here.
_HEADERS = (
    *("Authorization", "Content-Type", "Blade-Auth"),
    *("Blade-Requested-With", "X-Requested-With", "Dept-Id", "Role-Id"),
)


def is_preflight(request: HttpRequest) -> bool:
    """Whether a browser asks whether a page may call."""
    headers = request.META
    return request.method == "OPTIONS" and "HTTP_ORIGIN" in headers and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in headers


def answer_preflight(request: HttpRequest, dialect: Dialect, methods: Iterable[str]) -> HttpResponse:
    """The answer for a page of this origin: what it may send, if a client has registered its origin.

    Cookies are never asked for: they authenticate nothing here. The registry must be fresh.
    """
    response = HttpResponse(status=204)
    patch_vary_headers(response, ["Origin"])
    origin = request.META["HTTP_ORIGIN"]
    if origin in _registered_origins():
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Methods"] = ", ".join(method.upper() for method in methods)
        response["Access-Control-Allow-Headers"] = ", ".join((*_HEADERS, *dialect.headers))
        response["Access-Control-Max-Age"] = str(MAX_AGE_SECONDS)
    return response


def name_origin(request: HttpRequest, response: HttpResponse, client: Client | None) -> None:
    """Let the page that called read this answer, if its origin is one of this client's.

    Where no client is known, as for a captcha or an unknown token, the answer tells of nobody: any registered origin
    may read it, so that an app learns what is wrong.
    """
    patch_vary_headers(response, ["Origin"])
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or origin not in _origins_that_may_read(client):
        return
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"


def _origins_that_may_read(client: Client | None) -> Collection[str]:
    if client is not None:
        return client.allowed_origins.split() if client.is_active else ()
    try:
        # Not every endpoint without a client has asked for the registry's number yet.
        registry.refresh()
        return _registered_origins()
    except DatabaseError:
        # The answer says already that there is a fault.
        return ()


def _registered_origins() -> frozenset[str]:
    return registry.cached("registered-origins", _load_registered_origins)


def _load_registered_origins() -> frozenset[str]:
    clients = Client.objects.filter(is_active=True).exclude(allowed_origins="")
    return frozenset(origin for text in clients.values_list("allowed_origins", flat=True) for origin in text.split())
