"""The console's guided way to a new client: its kind first, then the form, which says at once what cannot work.

It must not know what works together: that is `Client.clean`'s, here as when the form is saved.
"""

from typing import Any, ClassVar

from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from oauthx.guide.kinds import KINDS, Kind, kind_named
from oauthx.guide.unused import unused_settings
from oauthx.models import Client
from tenants.scoping import sees_all_tenants, viewer_of

# What the page sends while somebody still chooses; no secret is among it.
_LISTS = ("dialects", "grant_types", "scopes")
_TEXTS = ("client_type", "authenticates_by", "algorithm", "redirect_uris")
_JUDGED = (*_LISTS, *_TEXTS, "is_resource_server")


class GuidesNewClients:
    """For `ClientAdmin`: *Add* asks for the kind of application, then fills the form in for it."""

    change_form_before_template = "console/client_kind.html"
    # Which group of the form is which, as the kinds name them.
    groups: ClassVar[dict[str, Any]]

    def get_urls(self) -> list[URLPattern]:
        admin: Any = self
        check = admin.admin_site.admin_view(self.check_combination)
        return [path("check/", check, name="oauthx_client_check"), *super().get_urls()]  # type: ignore[misc]  # unfold's

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The kinds to choose from; with one chosen, Django's form."""
        admin: Any = self
        kind = kind_named(request.GET.get("kind"))
        if request.method == "GET" and kind is None:
            if not admin.has_add_permission(request):
                raise PermissionDenied
            return self._ask_for_kind(request)
        context = {**(extra_context or {}), "kind": kind}
        return super().add_view(request, form_url, context)  # type: ignore[misc, no-any-return]  # of Django's class

    def _ask_for_kind(self, request: HttpRequest) -> TemplateResponse:
        admin: Any = self
        query = request.GET.copy()
        choices = []
        for kind in KINDS:
            query["kind"] = kind.name
            choices.append((kind, f"?{query.urlencode()}"))
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "title": _("What kind of application is it?"),
            "choices": choices,
        }
        return TemplateResponse(request, "console/client_kinds.html", context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc]  # of Django's class
        kind = kind_named(given.pop("kind", None))
        return {**(kind.initial() if kind else {}), **given}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)  # type: ignore[misc]  # of Django's class
        kind = kind_named(request.GET.get("kind")) if obj is None else None
        return fieldsets if kind is None else [self._folded(kind, *fieldset) for fieldset in fieldsets]

    def _folded(self, kind: Kind, title: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The group, folded if it does not matter to this kind; Django unfolds it when an error stands in it."""
        name = next((name for name, group in self.groups.items() if group[0] is title), None)
        if name is None or name in kind.groups:
            return title, options
        return title, {**options, "classes": [*options.get("classes", ()), "collapse"]}

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's, which also says which fields are of no use yet: the page leaves them out, where scripts run."""
        form = context["adminform"].form
        unused = unused_settings(_chosen_in(form, request))
        # What somebody set, or has to mend, stays in sight.
        kept = {name for name in unused & form.fields.keys() if form.errors.get(name) or _is_set(form, name)}
        context |= {"unused": sorted(unused), "kept": sorted(kept)}
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc, no-any-return]  # Django's

    @method_decorator(require_POST)
    def check_combination(self, request: HttpRequest) -> HttpResponse:
        """What `Client.clean` says to the choices so far, by field, and which fields they leave without use."""
        admin: Any = self
        if not (admin.has_add_permission(request) or admin.has_change_permission(request)):
            raise PermissionDenied
        errors: dict[str, list[str]] = {}
        client = self._chosen_so_far(request)
        try:
            client.clean()
        except ValidationError as error:
            found = error.message_dict
            errors = {name: found[name] for name in _JUDGED if name in found}
        return JsonResponse({"fields": _JUDGED, "errors": errors, "unused": sorted(unused_settings(client))})

    @staticmethod
    def _chosen_so_far(request: HttpRequest) -> Client:
        """A client of these choices that is never saved; of its tenant only whether there is one matters."""
        sent, viewer = request.POST, viewer_of(request)
        is_bound = bool(sent.get("tenant")) if sees_all_tenants(viewer) else True
        return Client(
            tenant_id=viewer.tenant_id if is_bound else None,
            is_resource_server="is_resource_server" in sent,
            jwks={"keys": "not judged here"} if sent.get("jwks") else None,
            **{name: sent.getlist(name) for name in _LISTS},
            **{name: sent.get(name, "") for name in _TEXTS},
        )


def _chosen_in(form: Any, request: HttpRequest) -> Client:
    """A client of what the form holds as it is shown, which is never saved."""
    shown = {name: form[name].value() for name in (*_LISTS, *_TEXTS, "tenant") if name in form.fields}
    is_bound = bool(shown.pop("tenant")) if "tenant" in shown else True
    lists = {name: shown.pop(name) or [] for name in _LISTS if name in shown}
    return Client(tenant_id=viewer_of(request).tenant_id if is_bound else None, **lists, **shown)


def _is_set(form: Any, name: str) -> bool:
    """Whether the field holds anything else than a new client's."""
    try:
        field: Any = Client._meta.get_field(name)
        default = field.get_default()
    except FieldDoesNotExist:
        default = ""
    return bool(form.fields[name].has_changed(default, form[name].value()))
