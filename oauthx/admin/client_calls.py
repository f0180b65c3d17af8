"""The console's pages on how to call as a client: programs that work, and a test call.

They must not know what stands on the wire (`oauthx/guide/`) or what is refused.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from oauthx.admin.ending import end_token
from oauthx.dialects.reading import issuer_of
from oauthx.guide.calls import Blank, Call, Step, Visit, steps_of, ways_of
from oauthx.guide.languages import LANGUAGES
from oauthx.guide.trial import Trial, make_trial
from oauthx.lookups import find_access_token
from oauthx.models import AccessToken, Client

_hides_secrets = method_decorator(sensitive_post_parameters())

# Of one person, in a minute: a page is no machine, and must not become one for guessing.
TRIALS_A_MINUTE = 10


class TrialForm(forms.Form):
    """What one fills in for a test call; secrets go out once and never come back."""

    def __init__(self, call: Call, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for blank in call.blanks():
            self.fields[blank.name] = _field_of(blank)

    @property
    def values(self) -> dict[str, str]:
        return dict(self.cleaned_data)


def _field_of(blank: Blank) -> forms.CharField:
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    secret = UnfoldAdminPasswordWidget({**attributes, "autocomplete": "new-password"})
    widget = secret if blank.is_secret and not blank.initial else UnfoldAdminTextInputWidget(attributes)
    required = not blank.is_optional
    return forms.CharField(
        label=str(blank.label), required=required, strip=False, max_length=8192, initial=blank.initial, widget=widget
    )


class ExplainsCalls:
    """For `ClientAdmin`: *How to call it* for who may see the client, *Test call* for who has that permission."""

    @action(description=_("How to call it"), url_path="how-to-call", icon="code")
    def how_to_call(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Programs in four languages for one endpoint and grant at a time. No secret stands in them."""
        admin: Any = self
        client = admin.get_object(request, object_id)
        if not admin.has_view_permission(request, client):
            raise PermissionDenied
        return self._page_of_calls(request, client, "console/how_to_call.html", _("How to call it"))

    @action(description=_("Test call"), url_path="test-call", icon="play_arrow")
    @_hides_secrets
    def try_call(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for what the call needs, make it through the real endpoint, and show request and answer."""
        admin: Any = self
        client = admin.get_object(request, object_id)
        if not (admin.has_view_permission(request, client) and self.has_try_permission(request)):
            raise PermissionDenied
        return self._page_of_calls(request, client, "console/test_call.html", _("Test call"), tries=True)

    def has_try_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002 - unfold's hook
        return bool(request.user.has_perm("oauthx.try_client"))

    def _page_of_calls(
        self, request: HttpRequest, client: Client, template: str, title: Any, *, tries: bool = False
    ) -> TemplateResponse:
        admin: Any = self
        ways = ways_of(client)
        chosen = next((way for way in ways if _name_of(way) == request.GET.get("way")), ways[0] if ways else None)
        if chosen is None and request.GET.get("way"):
            raise Http404
        steps = steps_of(client, *chosen, issuer_of(request)) if chosen else []
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "original": client,
            "title": title,
            "subtitle": str(client),
            "ways": [(_name_of(way), *way, way == chosen) for way in ways],
            "chosen": _name_of(chosen) if chosen else "",
            "may_try": self.has_try_permission(request),
            **(self._trial_context(request, steps) if tries else {"steps": programs_of(steps)}),
        }
        page = TemplateResponse(request, template, context)
        if "trial" in context:
            # Not before: the end of an answer is the end of a request, and this one still needs its connections.
            page._resource_closers.append(context["trial"].finish)  # type: ignore[attr-defined]  # as Django's own do
        return page

    def _trial_context(self, request: HttpRequest, steps: list[Step]) -> dict[str, Any]:
        calls = [step for step in steps if isinstance(step, Call)]
        if not calls:
            return {"calls": []}
        names = {str(number): call for number, call in enumerate(calls)}
        default = next(number for number, call in names.items() if call.is_for_tokens)
        number = request.GET.get("call", default)
        call = names.get(number, names[default])
        form = TrialForm(call, request.POST if request.method == "POST" else None)
        context: dict[str, Any] = {
            "calls": [(key, each.title, each is call) for key, each in names.items()],
            "call": call,
            "form": form,
        }
        if request.method == "POST" and form.is_valid():
            if not _may_try_again(request):
                return {**context, "is_limited": True}
            context["trial"] = trial = self._try(request, call, form)
            context["ended"] = self._end(request, trial)
        return context

    @staticmethod
    def _try(request: HttpRequest, call: Call, form: TrialForm) -> Trial:
        return make_trial(call, form.values, request)

    @staticmethod
    def _end(request: HttpRequest, trial: Trial) -> bool:
        """End what the call brought: nobody has these tokens. The history says who did it."""
        stored = find_access_token(trial.access_token) if trial.access_token else None
        if stored is None:
            return False
        token = AccessToken.objects.select_related(
            "tenant", "application", "token_family__user", "token_family__client", "token_family__tenant"
        ).get(pk=stored.row_id)
        return end_token(request, token, timezone.now())


def programs_of(steps: Sequence[Step], filled: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Each step as its page shows it: a program in each language, or the address for a browser."""
    shown: list[dict[str, Any]] = []
    for number, step in enumerate(steps):
        if isinstance(step, Visit):
            shown.append({"title": step.title, "address": step.address, "remark": step.remark, "number": number})
        else:
            programs = [(each.key, each.name, each.write(step, filled or {})) for each in LANGUAGES]
            shown.append({"title": step.title, "programs": programs, "number": number})
    return shown


def _name_of(way: Any) -> str:
    dialect, grant = way
    return f"{dialect.name}/{grant.name}"


def _may_try_again(request: HttpRequest) -> bool:
    """Count this trial; False when this minute's are used up, or nothing can be counted."""
    key = f"test-calls:{request.user.pk}:{int(timezone.now().timestamp() // 60)}"
    try:
        cache.add(key, 0, timeout=120)
        return int(cache.incr(key)) <= TRIALS_A_MINUTE
    except Exception:  # noqa: BLE001 - whatever the cache raises: what is not counted is not limited either
        return False
