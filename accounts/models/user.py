"""A person of a tenant. It must not know how anyone proves to be that person."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import get_hasher, is_password_usable
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.organisation import Dept, Post, Role
from accounts.models.past_password import PastPassword
from accounts.phones import PhoneNumberError, as_e164, to_e164
from accounts.signals import password_changed
from tenants.changes import collecting, note_lists
from tenants.models import MOST, Tenant


class UserManager(BaseUserManager["User"]):
    """Makes people; looking them up for a sign-in is `accounts/people.py`'s alone."""

    def create_user(self, tenant: Tenant, account: str, password: str | None = None, **fields: Any) -> "User":
        """Store a new person; without a password, one who cannot sign in by password."""
        user = self.model(tenant=tenant, account=account, **fields)
        # A date given by the caller is the truth about an imported password.
        password_updated_at = fields.get("password_updated_at", user.password_updated_at)
        user.set_password(password)
        user.must_change_password = fields.get("must_change_password", False)
        if "password_updated_at" in fields:
            user.password_updated_at = password_updated_at
        user.save(using=self._db)
        return user

    def create_superuser(
        self, tenant: Tenant | int, account: str, password: str | None = None, **fields: Any
    ) -> "User":
        """Store a platform administrator (`manage.py createsuperuser` passes the tenant's id)."""
        if not isinstance(tenant, Tenant):
            tenant = Tenant.objects.get(pk=tenant)
        return self.create_user(tenant, account, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser):
    """A person. `account` is unique in the tenant; roles, posts and departments are in the order of assignment."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="users", verbose_name=_("tenant"))
    account = models.CharField(_("account"), max_length=255)
    real_name = models.CharField(_("real name"), max_length=128, blank=True)
    nick_name = models.CharField(_("nickname"), max_length=128, null=True, blank=True)  # noqa: DJ001 - null on the wire when unset
    avatar = models.CharField(_("picture"), max_length=500, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    # In E.164, so that a number has one spelling (`save`).
    phone = models.CharField(  # noqa: DJ001 - unique in the tenant when set
        _("phone"),
        max_length=32,
        null=True,
        blank=True,
        help_text=_("For example +8613800138000; a number without a country code is a Chinese one."),
    )
    postal_address = models.CharField(_("postal address"), max_length=255, blank=True)
    job_number = models.CharField(_("job number"), max_length=64, null=True, blank=True)  # noqa: DJ001 - null on the wire when unset
    password_updated_at = models.DateTimeField(_("password set at"), null=True, blank=True)
    must_change_password = models.BooleanField(
        _("must change the password"),
        default=False,
        help_text=_("At the next sign-in in a browser, before anything else. A new password settles it."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may use the console"), default=False)
    is_superuser = models.BooleanField(
        _("platform administrator"), default=False, help_text=_("May do everything, in every tenant.")
    )
    is_main_account = models.BooleanField(
        _("main account"), default=False, help_text=_("The tenant's main account; applications may send it as tma.")
    )
    roles = models.ManyToManyField(Role, through="UserRole", related_name="users", verbose_name=_("roles"))
    posts = models.ManyToManyField(Post, through="UserPost", related_name="users", verbose_name=_("posts"))
    depts = models.ManyToManyField(Dept, through="UserDept", related_name="users", verbose_name=_("departments"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = UserManager()

    # Whether a password was set that is not saved yet.
    _has_new_password = False
    # How he proved himself just now, in the words of RFC 8176; for the session that begins.
    proved_by = "pwd"

    USERNAME_FIELD = "account"
    REQUIRED_FIELDS: ClassVar = ["tenant"]
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        # What a help desk may do without the right to change a person, and what moves many at once.
        permissions: ClassVar = [
            ("reset_password_user", "Can reset the password of a user"),
            ("unlock_user", "Can unlock a user"),
            ("disable_user", "Can disable and enable a user"),
            ("sign_out_user", "Can sign a user out everywhere"),
            ("resetfactors_user", "Can reset the second factors of a user"),
            ("import_user", "Can import users"),
            ("export_user", "Can export users"),
        ]
        ordering: ClassVar = ["-id"]
        # A tenant's list, newest first; what the search needs besides stands in a migration, for PostgreSQL alone.
        indexes: ClassVar = [
            models.Index(fields=["tenant", "-id"], name="user_newest_of_tenant"),
            # What the list is sorted by, and those few whom its filters look for.
            models.Index(fields=["account", "-id"], name="user_account"),
            models.Index(fields=["created_at", "-id"], name="user_created"),
            models.Index(fields=["tenant", "created_at", "-id"], name="user_created_of_tenant"),
            models.Index(fields=["-id"], condition=Q(is_active=False), name="user_disabled"),
            models.Index(fields=["tenant", "-id"], condition=Q(is_active=False), name="user_disabled_of_tenant"),
            models.Index(fields=["-id"], condition=Q(is_staff=True), name="user_of_console"),
            models.Index(fields=["-id"], condition=Q(is_superuser=True), name="user_of_platform"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "account"], name="account_in_tenant"),
            models.UniqueConstraint(fields=["tenant", "phone"], name="phone_in_tenant"),
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(is_main_account=True), name="one_main_account_of_tenant"
            ),
        ]

    def __str__(self) -> str:
        return self.account

    def clean(self) -> None:
        """Normalise what must be NULL when empty, and keep the tenant's account limit.

        Raises:
            ValidationError: the tenant has as many accounts as it may; a new phone number is none.
        """
        super().clean()
        self.nick_name, self.phone, self.job_number = (
            value or None for value in (self.nick_name, self.phone, self.job_number)
        )
        if self.phone is not None:
            self.phone = self._checked_phone(self.phone)
        limit = self.tenant.account_limit if self.tenant_id else None
        if self._state.adding and limit is not None and User.objects.filter(tenant_id=self.tenant_id).count() >= limit:
            raise ValidationError(_("This tenant may have %(limit)d accounts at most."), params={"limit": limit})

    def _checked_phone(self, phone: str) -> str:
        """In E.164; what is no number only if it stands there already, so that the rest can be changed."""
        try:
            return to_e164(phone)
        except PhoneNumberError:
            if self._state.adding or not User.objects.filter(pk=self.pk, phone=phone).exists():
                raise ValidationError({"phone": _("This is no phone number.")}) from None
            return phone

    def set_password(self, raw_password: str | None) -> None:
        """Set the plain password, now. None: no password will do. Whoever must change it has done so by that."""
        super().set_password(raw_password)
        self._has_new_password = True
        self.must_change_password = False
        self.password_updated_at = timezone.now() if raw_password is not None else None

    def set_imported_password(self, sha1: str) -> None:
        """Take over a BladeX hash, `sha1(md5(plain))` in hex. When it was set is the caller's to say."""
        self.set_hashed_password(get_hasher("argon2id_sha1_md5").encode_sha1(sha1))  # type: ignore[attr-defined]  # our hasher

    def set_hashed_password(self, encoded: str) -> None:
        """Take over what our hasher made before. When the password was set is the caller's to say."""
        self.password = encoded
        self._password = None
        # To somebody who is not stored yet, nothing was granted on an old one.
        self._has_new_password = not self._state.adding

    def assign(self, *, roles: Sequence[Role] = (), posts: Sequence[Post] = (), depts: Sequence[Dept] = ()) -> None:
        """Append these, in this order, to what the person has."""
        with transaction.atomic(), collecting():
            note_lists(User, [self.pk], "roles", "posts", "depts")
            self._append(roles, posts, depts)

    def _append(self, roles: Sequence[Role], posts: Sequence[Post], depts: Sequence[Dept]) -> None:
        start = self.userrole_set.count()
        UserRole.objects.bulk_create(UserRole(user=self, role=each, position=n) for n, each in enumerate(roles, start))
        start = self.userpost_set.count()
        UserPost.objects.bulk_create(UserPost(user=self, post=each, position=n) for n, each in enumerate(posts, start))
        start = self.userdept_set.count()
        UserDept.objects.bulk_create(UserDept(user=self, dept=each, position=n) for n, each in enumerate(depts, start))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the person; a new password ends, in the same transaction, what was granted on the old one.

        The old one is remembered, if the tenant's policy looks back. What others have recorded as a phone number is
        kept, also if it is none; a form refuses that (`clean`).
        """
        if self.phone:
            self.phone = as_e164(self.phone)
        if self._has_new_password and kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "must_change_password"}
        with transaction.atomic(using=kwargs.get("using")):
            if self._has_new_password and not self._state.adding:
                self._remember_password()
            super().save(*args, **kwargs)
            if self._has_new_password:
                self._has_new_password = False
                password_changed.send(User, user=self)

    def _remember_password(self) -> None:
        # The one that is still set counts as the first of those that the policy looks back on.
        number = self.tenant.password_history - 1
        old = User.objects.filter(pk=self.pk).values_list("password", flat=True).first()
        if number > 0 and old and is_password_usable(old) and old != self.password:
            PastPassword.keep(self.pk, old, number)

    def get_full_name(self) -> str:
        return self.real_name or self.account

    def get_short_name(self) -> str:
        return self.nick_name or self.account

    # What Django's admin asks of a person; the answers come from his roles (accounts/backends.py).

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        return {name for backend in get_backends() for name in backend.get_all_permissions(self, obj)}

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and (self.is_superuser or perm in self.get_all_permissions(obj))

    def has_perms(self, perms: Iterable[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        allowed = any(name.startswith(f"{app_label}.") for name in self.get_all_permissions())
        return self.is_active and (self.is_superuser or allowed)


class _Assignment(models.Model):
    """One role, post or department of a person, at its place in the order."""

    user = models.ForeignKey(User, models.CASCADE, related_name="%(class)s_set", verbose_name=_("user"))
    position = models.PositiveIntegerField(_("position"), default=0, validators=[MaxValueValidator(MOST)])

    class Meta:
        abstract = True
        ordering: ClassVar = ["position", "id"]
        default_permissions = ()


class UserRole(_Assignment):
    role = models.ForeignKey(Role, models.CASCADE, verbose_name=_("role"))
    # The directory that gave it, for a group, and takes it again; None: somebody here did.
    given_by = models.ForeignKey("accounts.Directory", models.CASCADE, null=True, related_name="+", editable=False)

    class Meta(_Assignment.Meta):
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "role"], name="role_of_user_once")]

    def __str__(self) -> str:
        return str(self.role)


class UserPost(_Assignment):
    post = models.ForeignKey(Post, models.CASCADE, verbose_name=_("post"))

    class Meta(_Assignment.Meta):
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "post"], name="post_of_user_once")]

    def __str__(self) -> str:
        return str(self.post)


class UserDept(_Assignment):
    dept = models.ForeignKey(Dept, models.CASCADE, verbose_name=_("department"))

    class Meta(_Assignment.Meta):
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "dept"], name="dept_of_user_once")]

    def __str__(self) -> str:
        return str(self.dept)
