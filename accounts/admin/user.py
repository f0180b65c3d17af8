"""The console's pages for people. They must not know tokens: those of a disabled person end by themselves."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import display

from accounts.admin.authority import assignable_roles, binding_roles, person_of
from accounts.admin.factors import ResetsFactors
from accounts.admin.person_actions import ActsOnPeople
from accounts.admin.person_overview import overview_of
from accounts.admin.person_search import matching
from accounts.admin.transfer.people import UserResource
from accounts.admin.user_forms import (
    AssignmentForm,
    NewUserForm,
    OrderedFormSet,
    RoleAssignmentForm,
    RoleFormSet,
    UserForm,
)
from accounts.authority import may_manage
from accounts.forms import SetPasswordForm
from accounts.models import Lockout, LoginEvent, User, UserDept, UserPost, UserRole
from accounts.person_acts import record, settle_activity
from tenants.console import BoundedList, ScopedFilter, ScopedTabularInline
from tenants.console.transfer.pages import TransfersRows
from tenants.moments import show_moment

_hides_passwords = method_decorator(sensitive_post_parameters())


class _AssignmentInline(ScopedTabularInline):
    form = AssignmentForm
    formset = OrderedFormSet
    # To be dragged, or typed in: by keyboard, and without scripts.
    ordering_field = "position"
    hide_title = True


class RoleInline(_AssignmentInline):
    form = RoleAssignmentForm
    formset = RoleFormSet
    model = UserRole
    fields = ("role", "position")
    autocomplete_fields = ("role",)

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        return assignable_roles(super().get_field_queryset(db, db_field, request), person_of(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.error_messages["invalid_choice"] = _(
                "There is no such role, or it allows more than you may yourself."
            )
        return field

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        viewer = person_of(request)
        # Django makes the class anew for each request.
        formset.binding = binding_roles(viewer) if obj is not None and obj.pk == viewer.pk else {}
        return formset


class PostInline(_AssignmentInline):
    model = UserPost
    fields = ("post", "position")
    autocomplete_fields = ("post",)


class DeptInline(_AssignmentInline):
    model = UserDept
    fields = ("dept", "position")
    autocomplete_fields = ("dept",)


@admin.register(User)
class UserAdmin(ActsOnPeople, ResetsFactors, TransfersRows, BoundedList):
    """People, with their organisation in order. Who may do more than the viewer is shown to him, and no more."""

    form = UserForm
    # Of two who are added at once, one may be the last that the tenant may have.
    in_turn = ("add",)
    grantable: ClassVar[Mapping[str, Any]] = {
        **TransfersRows.grantable,
        "reset_password": _("Reset password"),
        "unlock": _("Unlock"),
        "disable": _("Disable and enable"),
        "sign_out": _("Sign out everywhere"),
        "resetfactors": _("Reset second factors"),
    }
    actions_detail = (*ActsOnPeople.actions_detail, "reset_factors")
    change_form_outer_before_template = "console/person_overview.html"
    resource_class = UserResource
    platform_fields: ClassVar[Sequence[str]] = ("is_superuser",)
    list_display = ("account", "real_name", "tenant", "phone", "email", "state", "rights", "created_at")
    list_filter = (
        ("tenant", ScopedFilter),
        "is_active",
        "is_staff",
        "is_superuser",
        "is_main_account",
        ("roles", ScopedFilter),
        ("depts", ScopedFilter),
        ("posts", ScopedFilter),
    )
    list_select_related = ("tenant",)
    # How they are searched stands in `get_search_results`.
    search_fields = ("account", "real_name", "phone", "email", "job_number")
    search_help_text = _("Account, name, phone, e-mail or job number")
    sortable_by = ("account", "created_at")
    autocomplete_fields = ("tenant",)
    readonly_fields = ("password_state", "factor_state", "created_at", "updated_at")
    inlines = (RoleInline, PostInline, DeptInline)
    _person = ("real_name", "nick_name", "avatar", "email", "phone", "postal_address", "job_number")
    _console = ("is_staff", "is_superuser", "is_main_account")
    fieldsets = (
        (
            None,
            {"fields": ("tenant", "account", "password_state", "must_change_password", "factor_state", "is_active")},
        ),
        (_("Person"), {"fields": _person}),
        (_("Rights"), {"fields": _console}),
        (_("Record"), {"fields": ("created_at", "updated_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("tenant", "account", "password1", "password2", "must_change_password", "is_active")}),
        (_("Person"), {"fields": _person}),
        (_("Rights"), {"fields": _console}),
    )

    # --- Who may what -------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._manages(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_oneself = isinstance(obj, User) and obj.pk == request.user.pk
        return super().has_delete_permission(request, obj) and self._manages(request, obj) and not is_oneself

    def has_reset_password_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the viewer may give this person a new password: a help desk may, which may change nothing else."""
        allowed = request.user.has_perm("accounts.change_user") or request.user.has_perm("accounts.reset_password_user")
        return allowed and self._reaches(request, obj) and self._manages(request, obj)

    def _manages(self, request: HttpRequest, obj: Any) -> bool:
        return not isinstance(obj, User) or may_manage(person_of(request), obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        names, counts, refused, protected = super().get_deleted_objects(objs, request)
        acted = User.objects.filter(pk__in=[person.pk for person in objs], logentry__isnull=False).distinct()
        # Deleting him would delete what the console remembers of his doings.
        protected += [
            gettext("%s has worked in the console: disable the account instead.") % person for person in acted
        ]
        return names, counts, refused, protected

    # --- Lists --------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Any:
        locked = Lockout.objects.filter(
            tenant_id=OuterRef("tenant_id"),
            account=OuterRef("account"),
            at_directory=False,
            locked_until__gt=timezone.now(),
        )
        people: QuerySet[Any] = super().get_queryset(request)
        return people.annotate(is_locked=Exists(locked))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if "\0" in search_term:
            return queryset.none(), False
        within, duplicates = super().get_search_results(request, queryset, "")
        # What is done to all that was found, or written to a file, is done to all of them.
        asked = request.resolver_match.url_name if request.resolver_match is not None else None
        is_to_look = request.method == "GET" and asked in {"accounts_user_changelist", "autocomplete"}
        return matching(within, search_term, is_to_look=is_to_look), duplicates

    @display(description=_("state"), label={"active": "success", "locked": "warning", "disabled": "danger"})
    def state(self, person: Any) -> tuple[str, Any]:
        if not person.is_active:
            return "disabled", _("disabled")
        return ("locked", _("locked")) if person.is_locked else ("active", _("in use"))

    @display(description=_("rights"), label={"platform": "danger", "console": "info"})
    def rights(self, person: User) -> Any:
        if person.is_superuser:
            return "platform", _("platform administrator")
        return ("console", _("console")) if person.is_staff else None

    # --- The person's page --------------------------------------------------------------------------------------------

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Django's, with what is known of the person at a glance above the form."""
        person = self.get_object(request, object_id)
        if self.has_view_or_change_permission(request, person):
            extra_context = {**(extra_context or {}), "overview": overview_of(request, person, self.admin_site)}
        return super().change_view(request, object_id, form_url, extra_context)

    # --- Forms --------------------------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({"form": NewUserForm} if obj is None else {}) | kwargs)

    @display(description=_("password"))
    def password_state(self, person: User) -> str:
        if not person.has_usable_password():
            text = gettext("No password: the person signs in otherwise.")
        elif person.password_updated_at is None:
            text = gettext("Set, not known when; it counts as expired.")
        else:
            text = gettext("Set on %(date)s.") % {"date": show_moment(person.password_updated_at)}
        if person.must_change_password:
            text += " " + gettext("It must be changed at the next sign-in.")
        link = reverse("admin:accounts_user_password_change", args=[person.pk])
        return format_html('{} <a class="text-primary-600" href="{}">{}</a>', text, link, _("Set a new password"))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            settle_activity(request, obj, actor=person_of(request).account)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        with _held([obj.pk]):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with _held(list(queryset.values_list("pk", flat=True))):
            super().delete_queryset(request, queryset)

    # --- Passwords ----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        password = path(
            "<object_id>/password/", self.admin_site.admin_view(self.set_password), name="accounts_user_password_change"
        )
        return [password, *super().get_urls()]

    @_hides_passwords
    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give a person a new password (Django's own address for it)."""
        person = self.get_object(request, object_id)
        if person.pk == request.user.pk:
            # His own he changes where the present one is asked for, and where wrong ones are counted.
            return HttpResponseRedirect(reverse("accounts:password"))
        if not self.has_reset_password_permission(request, person):
            raise PermissionDenied
        form = SetPasswordForm(person, request.POST or None)
        if form.is_valid():
            form.save(must_change=True)
            record(request, person, LoginEvent.Kind.PASSWORD_RESET, actor=person_of(request).account)
            self.log_change(request, person, [{"changed": {"fields": ["password"]}}])
            self.message_user(request, _("The new password holds from now on."), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[person.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Set a new password"),
            "subtitle": str(person),
            "form": form,
            "original": person,
            "opts": self.opts,
            "is_popup": IS_POPUP_VAR in request.GET,
        }
        return TemplateResponse(request, "admin/auth/user/change_password.html", context)


@contextmanager
def _held(keys: Sequence[int]) -> Iterator[None]:
    """A transaction in which these people do not sign in: who does so first has a session by now, which goes too."""
    with transaction.atomic():
        list(User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
        yield
