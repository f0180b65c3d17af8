"""Roles, posts and departments of a tenant. It must not know users."""

from typing import ClassVar

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenants.models import MOST, Tenant

# What a row may be sorted by.
_PLACES = (MinValueValidator(-MOST), MaxValueValidator(MOST))

# More than any enterprise has: whoever walks up or down a tree is done after so many steps.
MAX_LEVELS = 64


def too_deep() -> str:
    """What to say where a row would stand below the last level that there may be."""
    return gettext("A tree has at most %(limit)d levels: put it higher up.") % {"limit": MAX_LEVELS}


def _refuse_a_circle(node: "Role | Dept") -> None:
    """Refuse a parent of another tenant, one that stands below the node itself, and one on the last level.

    Raises:
        ValidationError: keyed by `parent`.
    """
    if node.parent is None:
        return
    if node.parent.tenant_id != node.tenant_id:
        raise ValidationError({"parent": _("This belongs to another tenant.")})
    seen = {node.pk} if node.pk else set()
    above: Role | Dept | None = node.parent
    level = 1
    while above is not None:
        level += 1
        if above.pk in seen:
            raise ValidationError({"parent": _("It cannot stand below itself.")})
        if level > MAX_LEVELS:
            raise ValidationError({"parent": too_deep()})
        seen.add(above.pk)
        above = above.parent


class Role(models.Model):
    """What a person is to the apps (`role_id`, `role_name`), and what it may do in the console (`permissions`)."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="roles", verbose_name=_("tenant"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    name = models.CharField(_("name"), max_length=128)
    alias = models.CharField(
        _("alias"),
        max_length=128,
        blank=True,
        help_text=_("What tokens carry as role_name, for example administrator."),
    )
    sort = models.IntegerField(_("sort"), default=0, validators=_PLACES)
    requires_second_factor = models.BooleanField(
        _("second factor required"),
        default=False,
        help_text=_("People with this role sign in with a second factor, and not by password alone."),
    )
    permissions = models.ManyToManyField(
        Permission,
        blank=True,
        verbose_name=_("console permissions"),
        help_text=_("What people with this role may do in the console. None: they cannot use it."),
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering: ClassVar = ["sort", "id"]
        permissions: ClassVar = [("import_role", "Can import roles"), ("export_role", "Can export roles")]
        indexes: ClassVar = [models.Index(fields=["sort", "id"], name="role_in_order")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="role_name_in_tenant")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        _refuse_a_circle(self)


class Post(models.Model):
    """A position that a person holds."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="posts", verbose_name=_("tenant"))
    code = models.CharField(_("code"), max_length=64)
    name = models.CharField(_("name"), max_length=128)
    sort = models.IntegerField(_("sort"), default=0, validators=_PLACES)

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering: ClassVar = ["sort", "id"]
        permissions: ClassVar = [("import_post", "Can import posts"), ("export_post", "Can export posts")]
        indexes: ClassVar = [models.Index(fields=["sort", "id"], name="post_in_order")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "code"], name="post_code_in_tenant")]

    def __str__(self) -> str:
        return self.name


class Dept(models.Model):
    """A node of the tenant's organisation tree. `company_id` in tokens is the nearest one of category company."""

    class Category(models.TextChoices):
        COMPANY = "company", _("company")
        DEPARTMENT = "department", _("department")
        TEAM = "team", _("team")

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="depts", verbose_name=_("tenant"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    name = models.CharField(_("name"), max_length=128)
    category = models.CharField(_("category"), max_length=16, choices=Category.choices, default=Category.DEPARTMENT)
    sort = models.IntegerField(_("sort"), default=0, validators=_PLACES)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering: ClassVar = ["sort", "id"]
        indexes: ClassVar = [
            # A level of a tenant's tree, in its order.
            models.Index(fields=["tenant", "parent", "sort"], name="dept_level_of_tenant"),
            models.Index(fields=["sort", "id"], name="dept_in_order"),
        ]
        permissions: ClassVar = [("import_dept", "Can import departments"), ("export_dept", "Can export departments")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        _refuse_a_circle(self)
