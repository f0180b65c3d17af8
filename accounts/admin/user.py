"""The console's pages for people. They must not know tokens: those of a disabled person end by themselves."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import action, display

from accounts.admin.authority import assignable_roles, person_of
from accounts.admin.user_forms import AssignmentForm, NewUserForm, OrderedFormSet, RoleAssignmentForm, UserForm
from accounts.authority import may_manage
from accounts.browser_session import begin_anew
from accounts.forms import SetPasswordForm
from accounts.lockout import unlock
from accounts.models import Lockout, SocialIdentity, User, UserDept, UserPost, UserRole
from tenants.console import ScopedFilter, ScopedModelAdmin, ScopedTabularInline

_hides_passwords = method_decorator(sensitive_post_parameters())


class _AssignmentInline(ScopedTabularInline):
    form = AssignmentForm
    formset = OrderedFormSet
    ordering_field = "position"
    hide_ordering_field = True
    hide_title = True


class RoleInline(_AssignmentInline):
    form = RoleAssignmentForm
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


class PostInline(_AssignmentInline):
    model = UserPost
    fields = ("post", "position")
    autocomplete_fields = ("post",)


class DeptInline(_AssignmentInline):
    model = UserDept
    fields = ("dept", "position")
    autocomplete_fields = ("dept",)


@admin.register(User)
class UserAdmin(ScopedModelAdmin):
    """People, with their organisation in order. Who may do more than the viewer is shown to him, and no more."""

    form = UserForm
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
    search_fields = ("account", "real_name", "phone", "email", "job_number")
    autocomplete_fields = ("tenant",)
    readonly_fields = ("password_state", "created_at", "updated_at")
    inlines = (RoleInline, PostInline, DeptInline)
    actions = ("unlock_selected", "enable_selected", "disable_selected")
    _person = ("real_name", "nick_name", "avatar", "email", "phone", "postal_address", "job_number")
    _console = ("is_staff", "is_superuser", "is_main_account")
    fieldsets = (
        (None, {"fields": ("tenant", "account", "password_state", "is_active")}),
        (_("Person"), {"fields": _person}),
        (_("Rights"), {"fields": _console}),
        (_("Record"), {"fields": ("created_at", "updated_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("tenant", "account", "password1", "password2", "is_active")}),
        (_("Person"), {"fields": _person}),
        (_("Rights"), {"fields": _console}),
    )

    # --- Who may what -------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._manages(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_oneself = isinstance(obj, User) and obj.pk == request.user.pk
        return super().has_delete_permission(request, obj) and self._manages(request, obj) and not is_oneself

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
            text = gettext("Set on %(date)s.") % {
                "date": timezone.localtime(person.password_updated_at).strftime("%Y-%m-%d %H:%M")
            }
        link = reverse("admin:accounts_user_password_change", args=[person.pk])
        return format_html('{} <a class="text-primary-600" href="{}">{}</a>', text, link, _("Set a new password"))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            _settle_activity(obj)

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
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        form = SetPasswordForm(person, request.POST or None)
        if form.is_valid():
            form.save()
            self.log_change(request, person, [{"changed": {"fields": ["password"]}}])
            self.message_user(request, _("The new password holds from now on."), messages.SUCCESS)
            if person.pk == request.user.pk:
                update_session_auth_hash(request, person)
                begin_anew(request)
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

    # --- Actions ------------------------------------------------------------------------------------------------------

    @action(description=_("Unlock selected accounts"), permissions=["unlock"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        lockouts = [
            lockout
            for person in queryset
            for lockout in Lockout.objects.filter(
                tenant_id=person.tenant_id, account=person.account, at_directory=False
            )
        ]
        for lockout in lockouts:
            unlock(lockout, by=person_of(request).account, now=timezone.now())
        number = len(lockouts)
        self.message_user(request, ngettext("%d account was unlocked.", "%d accounts were unlocked.", number) % number)

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.delete_lockout"))

    @action(description=_("Enable selected users"), permissions=["change"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_active(request, queryset, active=True)

    @action(description=_("Disable selected users"), permissions=["change"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_active(request, queryset, active=False)

    def _set_active(self, request: HttpRequest, queryset: QuerySet[User], *, active: bool) -> None:
        people = [person for person in queryset if person.is_active != active]
        refused = [p for p in people if p.pk == request.user.pk or not self.has_change_permission(request, p)]
        changed = [person for person in people if person not in refused]
        for person in changed:
            person.is_active = active
            person.save(update_fields=["is_active", "updated_at"])
            _settle_activity(person)
            self.log_change(request, person, [{"changed": {"fields": [str(_("active"))]}}])
        if refused:
            names = ", ".join(str(person) for person in refused)
            self.message_user(request, _("You may not do that to: %s") % names, messages.WARNING)
        number = len(changed)
        self.message_user(request, ngettext("%d user was changed.", "%d users were changed.", number) % number)


def _settle_activity(person: User) -> None:
    """What is decided by hand holds: no synchronisation enables again whom it had disabled itself before."""
    SocialIdentity.objects.filter(user=person).exclude(gone_at=None).update(gone_at=None)
