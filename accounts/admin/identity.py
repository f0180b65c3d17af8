"""The console's page for bound identities: to look, to bind a WeChat identity by hand, and to unbind."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import BadRequest
from django.core.validators import RegexValidator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.admin.authority import person_of
from accounts.admin.person_search import SearchedByPerson
from accounts.authority import may_manage
from accounts.identities import WELL_FORMED, Identity, attempt_of, bind, is_taken, unbind
from accounts.models import Directory, SocialIdentity, WechatApp
from accounts.origin import origin_of
from accounts.people import look_up
from tenants.console import BoundedList, MomentFilter, ScopedFilter, ScopedModelForm
from tenants.scoping import visible

REASON = "console"
_TEXT = RegexValidator(rf"^{WELL_FORMED.pattern}\Z", _("Letters, digits and signs of ASCII, without spaces."))


class NewIdentityForm(ScopedModelForm):
    """A WeChat identity, for one of the tenant's apps; the app says which tenant that is."""

    wechat_app = forms.ModelChoiceField(WechatApp.objects.none(), label=_("WeChat app"), widget=UnfoldAdminSelectWidget)
    openid = forms.CharField(
        label=_("openid"),
        max_length=128,
        validators=[_TEXT],
        widget=UnfoldAdminTextInputWidget({"spellcheck": "false", "autocomplete": "off"}),
        help_text=_("As this app knows the person: every app knows him by another one."),
    )
    unionid = forms.CharField(
        label=_("union id"),
        max_length=128,
        validators=[_TEXT],
        required=False,
        widget=UnfoldAdminTextInputWidget({"spellcheck": "false", "autocomplete": "off"}),
        help_text=_("If you know it, the person signs in with the owner's other apps too. WeChat tells it otherwise."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        apps: Any = self.fields["wechat_app"]
        apps.queryset = visible(WechatApp.objects.select_related("tenant"), self.viewer)

    def clean(self) -> dict[str, Any]:
        app: WechatApp | None = self.cleaned_data.get("wechat_app")
        if app is not None:
            self.instance.tenant = app.tenant
            self.instance.provider, self.instance.app = SocialIdentity.Provider.WECHAT, app.app_id
        super().clean()
        user = self.cleaned_data.get("user")
        if user is not None and not may_manage(self.viewer, user):  # type: ignore[arg-type]  # the console's are users
            self.add_error("user", _("This person may do more than you: you cannot let anybody sign in as him."))
        if app is not None and user is not None and "openid" in self.cleaned_data and not self.errors:
            identity = _identity_of(self.instance, self.cleaned_data["openid"], self.cleaned_data.get("unionid", ""))
            if is_taken(identity, user.pk):
                self.add_error("openid", _("This identity is bound to somebody already."))
        return self.cleaned_data

    def _get_validation_exclusions(self) -> set[str]:
        exclusions = super()._get_validation_exclusions()
        # A platform administrator chooses the app first; without one there is no tenant to validate.
        return exclusions if self.instance.tenant_id is not None else exclusions | {"tenant"}


def _apps_of(tenant_id: int | None) -> list[tuple[str, str]]:
    """What stands behind the tenant's identities: a WeChat app by its id, a directory by its key."""
    if tenant_id is None:
        return []
    apps = WechatApp.objects.filter(tenant_id=tenant_id).values_list("app_id", "name")
    directories = Directory.objects.filter(tenant_id=tenant_id).values_list("pk", "name")
    return [*apps, *((str(key), name) for key, name in directories)]


@admin.register(SocialIdentity)
class SocialIdentityAdmin(SearchedByPerson, BoundedList):
    """Who a person is elsewhere. A row is made and deleted, never changed; each leaves a login event."""

    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View"), "add": _("Bind"), "delete": _("Unbind")}
    list_display = ("user", "tenant", "provider", "app", "openid", "created_at", "used_at")
    list_filter = (("tenant", ScopedFilter), "provider", ("user", ScopedFilter), ("created_at", MomentFilter))
    list_filter_submit = True
    list_select_related = ("user", "tenant")
    search_fields = ("user__account", "user__real_name", "=openid", "=unionid")
    search_help_text = _("Account, real name, or the whole identity")
    autocomplete_fields = ("user",)
    sortable_by = ()
    ordering = ("-id",)
    add_fieldsets = (
        (
            None,
            {
                "fields": ("wechat_app", "user", "openid", "unionid"),
                "description": _("From then on, whoever WeChat says this is signs in as this person."),
            },
        ),
    )
    fieldsets = (
        (None, {"fields": ("tenant", "user", "provider", "app_name", "app", "openid", "unionid")}),
        (_("Record"), {"fields": ("created_at", "used_at")}),
    )
    readonly_fields = ("app_name", "created_at", "used_at")
    value_names: ClassVar[Mapping[str, Any]] = {"app": _apps_of}

    def search_condition(self, term: str) -> Q:
        return Q(openid=term) | Q(unionid=term)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({"form": NewIdentityForm} if obj is None else {}) | kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    @display(description=_("WeChat app"))
    def app_name(self, identity: SocialIdentity) -> str | None:
        if identity.provider != SocialIdentity.Provider.WECHAT:
            return None
        app = WechatApp.objects.filter(tenant_id=identity.tenant_id, app_id=identity.app).first()
        return None if app is None else app.name

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's hook
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (not isinstance(obj, SocialIdentity) or may_manage(person_of(request), obj.user))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        names, counts, refused, protected = super().get_deleted_objects(objs, request)
        directories = {str(pk) for pk in Directory.objects.values_list("pk", flat=True)}
        # By it alone the directory knows whose user this is: without it, it would make him another one.
        protected += [
            gettext("%s signs in by the directory: disable the user instead.") % row.user
            for row in objs
            if row.provider == SocialIdentity.Provider.DIRECTORY and row.app in directories
        ]
        return names, counts, refused, protected

    def save_model(self, request: HttpRequest, obj: SocialIdentity, form: Any, change: Any) -> None:  # noqa: ARG002
        """Bind it, with its login event.

        Raises:
            BadRequest: somebody else has got it since the form was looked at.
        """
        person = look_up(obj.tenant_id, obj.user.account).person
        identity = _identity_of(obj, obj.openid, obj.unionid)
        if person is None or not bind(identity, person, self._attempt(request, obj)):
            raise BadRequest
        stored = SocialIdentity.objects.get(
            tenant_id=obj.tenant_id, provider=obj.provider, app=obj.app, openid=obj.openid
        )
        obj.pk, obj.created_at = stored.pk, stored.created_at

    def delete_model(self, request: HttpRequest, obj: SocialIdentity) -> None:
        unbind(obj, self._attempt(request, obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SocialIdentity]) -> None:
        for row in queryset.select_related("user", "tenant"):
            self.delete_model(request, row)

    @staticmethod
    def _attempt(request: HttpRequest, row: SocialIdentity) -> Any:
        actor = person_of(request).account
        return attempt_of(row, origin_of(request), timezone.now(), reason=REASON, actor=actor)


def _identity_of(row: SocialIdentity, openid: str, unionid: str) -> Identity:
    return Identity(row.tenant_id, row.app, openid, unionid, row.provider)
