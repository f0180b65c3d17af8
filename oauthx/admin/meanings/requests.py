"""What is wrong with a request itself, and what the server lacks."""

from django.utils.translation import gettext_lazy as _

from accounts.explanations import Meanings
from oauthx.admin.meanings.advice import PROGRAMMERS

MEANINGS: Meanings = {
    "body_unreadable": (
        _("The request is broken: not JSON, no form, not UTF-8, or it has more than 200 parameters."),
        PROGRAMMERS,
    ),
    "body_too_large": (_("The request is larger than 64 KiB."), PROGRAMMERS),
    "length_required": (_("The request does not say how long it is."), PROGRAMMERS),
    "content_type_unsupported": (_("The request has a content type that this endpoint does not take."), PROGRAMMERS),
    "method_not_allowed": (_("The request uses another HTTP method than the document names."), PROGRAMMERS),
    "query_refused": (
        _("Parameters stand in the address, where logs would keep them; here they belong in the body."),
        PROGRAMMERS,
    ),
    "parameter_missing": (_("A parameter is missing that the grant type needs."), PROGRAMMERS),
    "parameter_repeated": (_("A parameter stands in the request twice."), PROGRAMMERS),
    "parameter_conflict": (_("A parameter is given in two places with different values."), PROGRAMMERS),
    "parameter_malformed": (_("A parameter has a form that it cannot have."), PROGRAMMERS),
    "parameter_overlong": (_("A parameter is longer than any real one."), PROGRAMMERS),
    "grant_type_missing": (_("The request does not say how it wants to sign in (grant_type)."), PROGRAMMERS),
    "type_unknown": (_("The account type that was sent (type) does not exist."), PROGRAMMERS),
    "scope_missing": (_("The request does not say which scope it wants; on this endpoint it must."), PROGRAMMERS),
    "pushed_request_refused": (
        _("What the app pushed would be refused at authorize."),
        _("The answer to the app says what is wrong: tell its programmers."),
    ),
    "request_uri_pushed": (_("The app pushed a request_uri, which only the browser may carry."), PROGRAMMERS),
    "client_id_missing": (_("The request names no client."), PROGRAMMERS),
    "client_id_malformed": (_("The client's id is repeated, too long or no text."), PROGRAMMERS),
    "redirect_uri_missing": (_("The request does not say where the browser goes on to."), PROGRAMMERS),
    "redirect_uri_malformed": (_("The redirect URI is repeated, too long or no text."), PROGRAMMERS),
    "redirect_uri_mismatch": (
        _("The redirect URI is none of the client's, letter by letter."),
        _("Add it on the client's page, if it is the app's. Otherwise somebody is probing."),
    ),
    "server_error": (
        _("The server made a mistake, or its database was down."),
        _("Read the traceback in the log; /readyz names a part that is down."),
    ),
    "temporarily_unavailable": (
        _("The store of captchas did not answer, or it was full."),
        _(
            "/readyz names a cache that is down. A full store: somebody floods the captcha address; limit it at "
            "the proxy, or set CACHE_URL."
        ),
    ),
}
