"""Sends answers to the redirect URI that a request has proven (RFC 6749 section 4.1.2). It must not know people."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.pages import render_page
from oauthx.addresses import with_query
from oauthx.authorize.request import Answer
from oauthx.dialects.reading import issuer_of


def send(request: HttpRequest, answer: Answer, parameters: dict[str, str]) -> HttpResponse:
    """Send an answer to the proven redirect URI, with `state` and `iss` (RFC 9207 section 2)."""
    parameters = {**parameters, "iss": issuer_of(request)}
    if answer.state is not None:
        parameters["state"] = answer.state
    if answer.response_mode == "form_post":
        context = {"redirect_uri": answer.redirect_uri, "parameters": parameters, "title": _("Going on")}
        return render_page(request, "connect/form_post.html", context)
    return see_other(with_query(answer.redirect_uri, parameters))


def origin_of_answer(answer: Answer) -> str:
    """The origin of the redirect URI; of a scheme that has none, the scheme."""
    target = urlsplit(answer.redirect_uri)
    return f"{target.scheme}://{target.netloc}" if target.netloc else f"{target.scheme}:"


def see_other(location: str) -> HttpResponse:
    """A redirect that turns a POST into a GET (RFC 9700 section 4.12), to any scheme that a client registered."""
    response = HttpResponse(status=303)
    response["Location"] = location
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
