"""The console's page of the installation's mail server, which sends a test mail. It must not know how SMTP goes."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.admin.authority import person_of
from accounts.code_limits import CodeLimitError
from accounts.gateways.mail_trial import MailTrialError, try_mail
from accounts.history import Attempt, event_insert
from accounts.mail_trials import release, reserve_trial
from accounts.models import LoginEvent, MailCode
from accounts.origin import origin_of
from tenants.console import Finding
from tenants.scoping import sees_all_tenants, viewer_of
from tenants.sql import WritePlan, write

_PORTS = _("Port and beginning of EMAIL_URL belong together: smtp+tls:// and 587, smtp+ssl:// and 465.")
_SERVERS_LOG = _("Look into the mail server's log.")

# By the code of a trial: what is wrong, and what to do.
_PROBLEMS: Mapping[str, tuple[Any, Any]] = {
    "missing": (_("This installation has no mail server."), _("Set EMAIL_URL and DEFAULT_FROM_EMAIL.")),
    "busy": (_("Another test mail is under way."), _("Try again in a moment.")),
    "unknown_host": (
        _("The mail server's name leads to no address."),
        _("Correct the host of EMAIL_URL, or look at this server's name server."),
    ),
    "refused": (
        _("The connection was refused: nothing listens at this host and port."),
        _("Correct host and port of EMAIL_URL; look whether the mail server is up, and at firewalls."),
    ),
    "unreachable": (_("The mail server cannot be reached from this server."), _("Look at network and firewalls.")),
    "timed_out": (
        _("The mail server did not answer in time."),
        _("Look at firewalls, and at the port: 465 is for smtp+ssl://, 587 for smtp+tls://."),
    ),
    "hung_up": (_("The mail server hung up in the middle."), _PORTS),
    "server_refused": (_("The mail server wants nothing to do with this server."), _SERVERS_LOG),
    "certificate": (
        _("The mail server's certificate is not to be trusted."),
        _("The host of EMAIL_URL must be a name in the certificate; SSL_CERT_FILE names an authority of your own."),
    ),
    "no_tls": (_("No encrypted connection came about."), _PORTS),
    "no_starttls": (_("The mail server offers no STARTTLS."), _PORTS),
    "no_sign_in": (
        _("The mail server offers no way to sign in that Hufu knows."),
        _("If it asks for none, take user and password out of EMAIL_URL; else look for its port for programs."),
    ),
    "wants_more": (
        _("The mail server wants a sign-in or TLS first."),
        _("Name user and password in EMAIL_URL, and let it begin with smtp+tls:// or smtp+ssl://."),
    ),
    "credentials_refused": (
        _("The mail server refuses user or password."),
        _("Correct them in EMAIL_URL, special characters percent-encoded. Some want a password made for programs."),
    ),
    "sender_refused": (
        _("The mail server takes no mails from this sender."),
        _("Let DEFAULT_FROM_EMAIL be an address from which this user may send."),
    ),
    "recipient_refused": (
        _("The mail server refuses the recipient."),
        _("Look at the address, and whether the mail server passes mails of this server on."),
    ),
    "mail_refused": (_("The mail server refuses the mail itself."), _SERVERS_LOG),
    "failed": (_("It did not work, and Hufu does not know why."), _("Look into Hufu's log.")),
}
# What the login history says of them.
_REASONS = {"missing": "mail_server_missing", "busy": "mail_server_busy", "recipient_refused": "mail_address_rejected"}


class _TestMailForm(forms.Form):
    address = forms.EmailField(
        label=_("Send a test mail to"), max_length=254, widget=UnfoldAdminEmailInputWidget({"autocomplete": "email"})
    )


def show_mail(request: HttpRequest) -> HttpResponse:
    """How the mail server is set up; with POST, send a test mail and say what came of it.

    Raises:
        PermissionDenied: not a platform administrator.
    """
    if not sees_all_tenants(viewer_of(request)):
        raise PermissionDenied
    form = _TestMailForm(request.POST or None, initial={"address": person_of(request).email})
    findings = None
    if request.method == "POST" and form.is_valid():
        findings = [_try(request, form.cleaned_data["address"])]
    context = {
        **admin.site.each_context(request),
        "title": _("Mail server"),
        "form": form,
        "findings": findings,
        "is_good": findings is not None and all(finding.is_good for finding in findings),
        "is_set_up": settings.HUFU_MAIL_SERVER,
        "settings": list(_settings()),
    }
    return TemplateResponse(request, "console/test_mail.html", context)


def _settings() -> Iterator[tuple[Any, Any]]:
    """What is set, without the password."""
    encryption = {(True, False): "STARTTLS", (False, True): _("TLS from the start")}
    yield _("Server"), f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    yield _("Encryption"), encryption.get((settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL), _("none"))
    yield _("Signs in as"), settings.EMAIL_HOST_USER or _("nobody")
    yield _("Sender"), settings.DEFAULT_FROM_EMAIL


def _try(request: HttpRequest, address: str) -> Finding:
    person = person_of(request)
    attempt = Attempt(
        time=timezone.now(),
        kind=LoginEvent.Kind.MAIL_SENT,
        origin=origin_of(request),
        account=address,
        tenant=person.tenant,
        actor=person.account,
    )
    try:
        trial = reserve_trial(person.tenant, address, attempt)
    except CodeLimitError as error:
        problem = _("Too many mails of late. The next one may go out in %(seconds)d seconds.")
        return Finding(_("The limits"), is_good=False, problem=problem % {"seconds": error.retry_after_seconds})
    return _send(request, attempt, trial)


def _send(request: HttpRequest, attempt: Attempt, trial: MailCode) -> Finding:
    text = gettext("%(account)s has sent this from the console of %(host)s, to try the mail server out. It works.")
    text %= {"account": attempt.actor, "host": request.get_host()}
    step, reason = _("Test mail to %s") % attempt.account, ""
    try:
        try_mail(attempt.account, gettext("A test mail of Hufu"), text, attempt.origin.request_id)
        finding = Finding(
            step, is_good=True, advice=_("The mail server took it. Look whether it arrives, as spam, too.")
        )
    except MailTrialError as error:
        release(trial)
        reason = _REASONS.get(error.code, "mail_server_failed")
        problem, advice = _PROBLEMS[error.code]
        finding = Finding(step, is_good=False, problem=_with(problem, error.detail), advice=advice)
    write(WritePlan([event_insert(attempt.refused(reason) if reason else attempt)]))
    return finding


def _with(problem: Any, detail: str) -> str:
    return f"{problem} ({detail})" if detail else str(problem)
