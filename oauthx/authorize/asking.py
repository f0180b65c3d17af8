"""Asks the person on the way to an answer, and reads what he says: consent, the account. It must not send answers."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.branding import branding_of
from accounts.models import User
from accounts.pages import render_page
from oauthx.authorize.answers import origin_of_answer
from oauthx.authorize.person import account_to_fill_in
from oauthx.authorize.progress import MAX_SECONDS, Progress, address_of
from oauthx.authorize.pushed import read_request
from oauthx.authorize.request import AuthorizationRequest, UntrustedRequestError
from oauthx.choices import scope_texts
from oauthx.dialects.reading import issuer_of
from tenants.models import Tenant

CONSENT, CHOOSER = "consent", "choose_account"
_SALT = "oauthx.authorize.page."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page was about, as it comes back: the request, read anew, and the person who was asked."""

    wanted: AuthorizationRequest
    user: User
    progress: Progress


def ask(request: HttpRequest, page: str, asked: Asked, tenant: Tenant | None) -> HttpResponse:
    """The page CONSENT or CHOOSER; its form carries the request, signed and bound to the person."""
    wanted = asked.wanted
    carried = {
        "user": asked.user.pk,
        "since": asked.progress.since.timestamp(),
        "chosen": asked.progress.chosen,
        "parameters": dict(wanted.carried),
    }
    context = {
        "client": wanted.client,
        "person": asked.user,
        "scopes": scope_texts(wanted.told_scope),
        "signed_request": signing.dumps(carried, salt=_SALT + page),
        "target": urlsplit(wanted.answer.redirect_uri).netloc or origin_of_answer(wanted.answer),
        "other_account": sign_in_address(wanted, tenant, asked.progress),
        "ui_locales": wanted.ui_locales,
    }
    return render_page(
        request,
        f"connect/{page}.html",
        context,
        tenant=branding_of(asked.user.tenant.code),
    )


def read_answered(request: HttpRequest, page: str) -> Asked:
    """What this page was about that a person sends back.

    Raises:
        UntrustedRequestError: consent_expired, consent_of_another_person, and as `read_request`.
        AuthorizationError: as `read_request`.
    """
    try:
        carried = signing.loads(request.POST.get("request", ""), salt=_SALT + page, max_age=MAX_SECONDS)
    except signing.BadSignature:
        raise UntrustedRequestError("consent_expired") from None
    user = request.user
    if not isinstance(user, User) or carried["user"] != user.pk:
        raise UntrustedRequestError("consent_of_another_person")
    parameters = {name: [value] for name, value in carried["parameters"].items()}
    progress = Progress(datetime.fromtimestamp(carried["since"], UTC), carried["chosen"])
    return Asked(read_request(parameters, issuer_of(request)), user, progress)


def sign_in_address(
    wanted: AuthorizationRequest, tenant: Tenant | None, progress: Progress, *, was_in_vain: bool = False
) -> str:
    """The path and query of the sign-in page that leads back to this request.

    `was_in_vain` lets it say that whoever signed in just now may not use the application.
    """
    code, account = account_to_fill_in(wanted, tenant)
    hints = {"login_hint": account, "ui_locales": wanted.ui_locales, "in_vain": "1" if was_in_vain else ""}
    # An empty tenant says that the page must ask for it, whosever the domain is.
    query = {"next": address_of(wanted, progress), "tenant": code, **{key: hint for key, hint in hints.items() if hint}}
    return f"{reverse('accounts:login')}?{urlencode(query)}"
