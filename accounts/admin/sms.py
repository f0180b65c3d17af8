"""The console's page for a tenant's SMS gateways. It must not know how a vendor is called.

Whoever may change a gateway could read the codes that go through it: so whoever changed it last is noted, and no code
of anybody who may do more than he goes that way (`accounts/sms_delivery.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.authority import name_of_trustee, person_of
from accounts.code_limits import CodeLimitError
from accounts.gateways.lanes import GatewayBusyError, lane
from accounts.gateways.sms import KINDS, GatewayError, NumberRejectedError, SmsMessage, problems_of
from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, SmsGateway
from accounts.origin import origin_of
from accounts.phones import PhoneNumberError, to_e164
from accounts.sms_codes import CodeRequest, reserve_trial
from accounts.sms_delivery import send_by
from tenants.console import Finding, ScopedFilter, ScopedModelAdmin, ScopedModelForm, TestsConnection, keeps_secret
from tenants.sql import WritePlan, write

# Codes that are ours, whatever the vendor.
_ADVICE: Mapping[str, Any] = {
    "unreachable": _("The vendor cannot be reached from this server. The operator looks at name server and firewall."),
    "timed_out": _("The vendor did not answer in time. Try again; if it goes on, look at the vendor's status page."),
    "busy": _("Other messages are waiting for a vendor. Try again in a moment."),
    "misconfigured": _("Open the page of this gateway, correct what is marked, and type the secret in again."),
    "no_answer": _("What answered is not the vendor. Look at the endpoint."),
}


# By what a stored secret would be sent elsewhere than it was entered for.
_DESTINATION = frozenset({"kind", "url"})


class SmsGatewayForm(ScopedModelForm):
    """Asks for what the chosen kind needs, each error at its field."""

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.instance.pk and _DESTINATION & set(self.changed_data) and keeps_secret(self, "secret"):
            self.add_error("secret", _("Type it in again: it would be sent elsewhere than before."))
        return self.cleaned_data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # unknown to the stubs
        if self.instance.kind == SmsGateway.Kind.CONSOLE and not settings.HUFU_DEVELOPMENT:
            self.add_error("kind", _("This kind is for development alone. Set up a vendor."))
        for name, problem in problems_of(self.instance).items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, problem)


@admin.register(SmsGateway)
class SmsGatewayAdmin(TestsConnection, ScopedModelAdmin):
    """Who sends the tenant's SMS codes, in order."""

    form = SmsGatewayForm
    connection_template = "console/test_sms_gateway.html"
    list_display = ("name", "tenant", "kind", "position", "state")
    list_filter = (("tenant", ScopedFilter), "kind", "is_active")
    list_select_related = ("tenant",)
    search_fields = ("name", "tenant__code")
    autocomplete_fields = ("tenant",)
    ordering = ("tenant", "position", "pk")
    readonly_fields = ("trustee", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("tenant", "name", "kind", "position", "is_active")}),
        (_("Account"), {"fields": ("key_id", "secret")}),
        (
            _("Aliyun and Tencent Cloud"),
            {"fields": ("app_id", "sign_name", "template", "template_parameters", "region", "endpoint")},
        ),
        (_("HTTP gateway"), {"fields": ("url", "header", "body_format", "body_template", "success_text")}),
        (
            _("Record"),
            {
                "fields": ("trustee", "created_at", "updated_at"),
                "description": _(
                    "Whoever saves this page vouches for it: codes of people who may do more than he does are not sent"
                    " through it."
                ),
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: SmsGateway, form: Any, change: Any) -> None:
        obj.set_up_by = person_of(request)
        super().save_model(request, obj, form, change)

    @display(description=_("set up by"))
    def trustee(self, gateway: SmsGateway) -> Any:
        return name_of_trustee(gateway.set_up_by, gateway.tenant_id)

    @display(description=_("state"), label={"active": "success", "disabled": "danger"})
    def state(self, gateway: SmsGateway) -> tuple[str, Any]:
        return ("active", _("in use")) if gateway.is_active else ("disabled", _("disabled"))

    def try_connection(self, request: HttpRequest, row: SmsGateway) -> list[Finding]:
        """Send a message to the number that was typed in, through this gateway alone, within the tenant's limits."""
        return list(_try(request, row))


def _try(request: HttpRequest, row: SmsGateway) -> Iterator[Finding]:
    """Each step, until one fails."""
    problems = problems_of(row)
    yield Finding(
        _("The settings"),
        not problems,
        " ".join(f"{SmsGateway._meta.get_field(name).verbose_name}: {text}" for name, text in problems.items()),  # type: ignore[union-attr]  # columns of ours
    )
    try:
        phone = to_e164(request.POST.get("phone", ""))
    except PhoneNumberError:
        yield Finding(_("The phone number"), is_good=False, problem=_("This is no phone number."))
        return
    if problems:
        return
    attempt = Attempt(
        time=timezone.now(),
        kind=LoginEvent.Kind.SMS_SENT,
        origin=origin_of(request),
        account=phone,
        tenant=row.tenant,
        actor=person_of(request).account,
    )
    try:
        # A vendor that hangs shall hold one thread that serves people, not all.
        with lane("sms-trial", width=1, wait_seconds=0):
            yield _try_message(row, phone, attempt)
    except GatewayBusyError:
        yield Finding(_("The message"), is_good=False, problem=_ADVICE["busy"])


def _try_message(row: SmsGateway, phone: str, attempt: Attempt) -> Finding:
    try:
        code = reserve_trial(CodeRequest(row.tenant, "", phone, attempt))
    except CodeLimitError as error:
        return Finding(
            _("The limits of the tenant"),
            is_good=False,
            problem=_("Too many messages of late. The next one may go out in %(seconds)d seconds.")
            % {"seconds": error.retry_after_seconds},
        )
    return _send(row, SmsMessage(phone, code), attempt)


def _send(row: SmsGateway, message: SmsMessage, attempt: Attempt) -> Finding:
    step, reason = _("The message"), ""
    try:
        send_by(row, message, wait_seconds=0)
        finding = Finding(step, is_good=True, advice=_("Look whether it arrives. Its code signs nobody in."))
    except GatewayError as error:
        reason = "sms_number_rejected" if isinstance(error, NumberRejectedError) else "sms_gateway_failed"
        text = f"{error.code}: {error.detail}" if error.detail else error.code
        advice = KINDS[row.kind].advice.get(error.code) or _ADVICE.get(error.code, "")
        finding = Finding(step, is_good=False, problem=text, advice=advice)
    write(WritePlan([event_insert(attempt.refused(reason) if reason else attempt)]))
    return finding
