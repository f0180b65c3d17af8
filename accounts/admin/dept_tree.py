"""The console's page of a tenant's departments as a tree, in which they are rearranged by buttons.

What is open stands in the address, so it works without scripts; a level shows its first hundred at once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from accounts import departments
from accounts.departments import DeptTree, Place
from accounts.models import Dept
from accounts.models.organisation import too_deep
from tenants.console.keys import is_key
from tenants.models import Tenant
from tenants.scoping import chosen_tenant, tenant_in_view, viewer_of

PER_LEVEL = 100
_OPEN_AT_MOST = 100
_FOUND_AT_MOST = 30
_MOVES: Mapping[str, Callable[[DeptTree, int], Place | None]] = {
    "up": departments.up,
    "down": departments.down,
    "indent": departments.indent,
    "outdent": departments.outdent,
}


@dataclass(frozen=True, slots=True)
class View:
    """What of which tree is looked at: all of it stands in the address.

    Attributes:
        opened: the departments whose level below is shown.
        pages: which hundred of a level, by the department above it (0: the top); the first where none is named.
        moving: the department for which a new place is looked for; None: for none.
    """

    tenant: Tenant
    opened: tuple[int, ...] = ()
    pages: tuple[tuple[int, int], ...] = ()
    moving: int | None = None
    is_named: bool = False

    @property
    def query(self) -> str:
        chosen: dict[str, Any] = {
            "tenant": self.tenant.pk if self.is_named else "",
            "open": ".".join(map(str, self.opened)),
            "pages": ".".join(f"{above}-{page}" for above, page in self.pages),
            "moving": self.moving or "",
        }
        return "?" + urlencode({name: value for name, value in chosen.items() if value})

    def opening(self, ids: Iterable[int]) -> "View":
        return replace(self, opened=tuple(dict.fromkeys((*self.opened, *ids)))[-_OPEN_AT_MOST:])

    def closing(self, dept_id: int) -> "View":
        return replace(self, opened=tuple(one for one in self.opened if one != dept_id))

    def page_of(self, above: int | None) -> int:
        return dict(self.pages).get(above or 0, 1)

    def turning(self, above: int | None, page: int) -> "View":
        return replace(self, pages=tuple({**dict(self.pages), (above or 0): page}.items())[-_OPEN_AT_MOST:])

    def revealing(self, tree: DeptTree, dept_id: int) -> "View":
        """The same, with the department in sight."""
        path = tree.path(dept_id)
        view = self.opening(path[:-1])
        for one in path:
            page = tree.siblings(one).index(one) // PER_LEVEL + 1
            if view.page_of(tree.parents[one]) != page:
                view = view.turning(tree.parents[one], page)
        return view


@dataclass(frozen=True, slots=True)
class Level:
    """The departments that stand below one, as far as they are shown."""

    nodes: list["Node"]
    first: int
    last: int
    total: int
    previous: str
    following: str


@dataclass(frozen=True, slots=True)
class Node:
    """A department in the tree, and what can be done with it here."""

    dept: Dept
    number_below: int
    toggle: str
    level: Level | None
    moves: frozenset[str]
    may_change: bool
    takes: bool
    move_href: str


class DeptTreePages:
    """For the page of departments: the tree, and moving within it."""

    actions_list: tuple[str, ...] = ("tree",)

    @action(description=gettext_lazy("As a tree"), url_path="tree", icon="account_tree")
    def tree(self, request: HttpRequest) -> HttpResponse:
        """Show the tree of a tenant; with POST, move a department in it.

        Raises:
            PermissionDenied: the viewer may not look at departments, or not change this one.
            BadRequest: what was sent is no move.
        """
        admin: Any = self
        if not admin.has_view_or_change_permission(request):
            raise PermissionDenied
        view, problem = _view_of(request)
        if request.method == "POST":
            return self._move(request, view)
        tree = departments.read_tree(view.tenant.pk)
        view = replace(view, moving=view.moving if view.moving in tree.parents else None)
        at = _key(request.GET.get("at", ""))
        if at is not None and at in tree.parents:
            view = view.revealing(tree, at)
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "title": _("Departments as a tree"),
            "view": view,
            "is_platform": tenant_in_view(viewer_of(request)) is None,
            "problem": problem,
            "has_depts": bool(tree.parents),
            "steps": list(_steps(_levels(request, admin, tree, view))),
            "at": at,
            "by": request.GET.get("by", ""),
            "moving": Dept.objects.filter(pk=view.moving).first() if view.moving else None,
            "stay": replace(view, moving=None).query,
            "may_add": admin.has_add_permission(request),
            **_search(request, tree, view),
        }
        return TemplateResponse(request, "console/dept_tree.html", context)

    def _move(self, request: HttpRequest, view: View) -> HttpResponse:
        admin: Any = self
        how, dept_id, parent_id = ([*request.POST.get("move", "").split(":"), "", ""])[:3]
        dept: Dept = admin.get_object(request, dept_id)
        if not admin.has_change_permission(request, dept):
            raise PermissionDenied
        if how == "under":
            above: Dept | None = admin.get_object(request, parent_id) if parent_id else None
            if above is not None and above.tenant_id != dept.tenant_id:
                raise BadRequest
            whereto = departments.under(above.pk if above is not None else None)
        elif how in _MOVES:
            whereto = _MOVES[how]
        else:
            raise BadRequest
        try:
            if departments.rearrange(dept, whereto):
                fields = [gettext_lazy("parent"), gettext_lazy("sort")]
                admin.log_change(request, dept, [{"changed": {"fields": fields}}])
                admin.message_user(request, _("%s was moved.") % dept, messages.SUCCESS)
        except departments.BelowItselfError:
            admin.message_user(request, _("It cannot stand below itself."), messages.ERROR)
        except departments.TooDeepError:
            admin.message_user(request, too_deep(), messages.ERROR)
        view = replace(view, tenant=dept.tenant, moving=None)
        query = f"{view.query}{'&' if len(view.query) > 1 else ''}at={dept.pk}&by={how}"
        return HttpResponseRedirect(f"{reverse('admin:accounts_dept_tree')}{query}#dept-{dept.pk}")


# --- What is looked at ------------------------------------------------------------------------------------------------


def _view_of(request: HttpRequest) -> tuple[View, str]:
    """What the address asks for, as far as the viewer may see it, and what is wrong with it."""
    viewer: Any = viewer_of(request)
    tenant, problem, is_named = chosen_tenant(viewer) or viewer.tenant, "", False
    if tenant_in_view(viewer) is None:
        code, tenant_id = request.GET.get("code", "").strip().replace("\0", ""), _key(request.GET.get("tenant", ""))
        named = Tenant.objects.filter(**({"code": code} if code else {"pk": tenant_id})).first()
        tenant, is_named = named or tenant, named is not None
        problem = _("There is no tenant with this code.") if code and named is None else ""
    opened = [key for key in map(_key, request.GET.get("open", "").split(".")) if key]
    pairs = [part.partition("-") for part in request.GET.get("pages", "").split(".")]
    pages = {_key(above) if above != "0" else 0: _key(page) for above, _dash, page in pairs}
    known = tuple((above, page) for above, page in pages.items() if above is not None and page)
    view = View(tenant, is_named=is_named, moving=_key(request.GET.get("moving", "")))
    return replace(view.opening(opened), pages=known[-_OPEN_AT_MOST:]), problem


def _key(text: str) -> int | None:
    return int(text) if text.isdecimal() and is_key(Dept._meta.pk, text) else None


def _search(request: HttpRequest, tree: DeptTree, view: View) -> dict[str, Any]:
    """The departments whose name has this in it, each with its path and where the tree shows it."""
    term = request.GET.get("q", "").strip().replace("\0", "")
    if not term:
        return {"term": "", "found": []}
    rows = Dept.objects.filter(tenant_id=view.tenant.pk, name__icontains=term).order_by("name", "pk")
    keys = list(rows.values_list("pk", flat=True)[: _FOUND_AT_MOST + 1])
    paths = [(key, tree.path(key)) for key in keys[:_FOUND_AT_MOST] if key in tree.parents]
    names = dict(Dept.objects.filter(pk__in={one for _key, path in paths for one in path}).values_list("pk", "name"))
    found = [
        {
            "text": " / ".join(names[one] for one in path),
            "href": f"{view.revealing(tree, key).query}&at={key}#dept-{key}",
        }
        for key, path in paths
    ]
    return {"term": term, "found": found, "has_more": len(keys) > _FOUND_AT_MOST}


# --- What is shown ----------------------------------------------------------------------------------------------------


def _levels(request: HttpRequest, admin: Any, tree: DeptTree, view: View) -> Level:
    """The top level, with those below that are open: one query for all that is shown."""
    opened = {one for one in view.opened if one in tree.parents}
    shown = {above: _slice(tree, view, above) for above in (None, *opened)}
    keys = {one for above in shown for one in shown[above][1]}
    depts = Dept.objects.select_related("tenant").in_bulk(keys)
    taken = tree.branch(view.moving) if view.moving else set()

    def level_of(above: int | None, passed: frozenset[int]) -> Level:
        start, keys_here = shown[above]
        total, page = len(tree.below(above)), view.page_of(above)
        return Level(
            nodes=[node_of(key, passed) for key in keys_here if key in depts],
            first=start + 1,
            last=start + len(keys_here),
            total=total,
            previous=view.turning(above, page - 1).query if start else "",
            following=view.turning(above, page + 1).query if start + len(keys_here) < total else "",
        )

    def node_of(key: int, passed: frozenset[int]) -> Node:
        is_open = key in opened and key not in passed
        dept = depts[key]
        return Node(
            dept=dept,
            number_below=len(tree.below(key)),
            toggle=(view.closing(key) if is_open else view.opening([key])).query,
            level=level_of(key, passed | {key}) if is_open else None,
            moves=frozenset(name for name, whereto in _MOVES.items() if whereto(tree, key)),
            may_change=admin.has_change_permission(request, dept),
            takes=view.moving is not None and key not in taken,
            move_href=replace(view, moving=key).query,
        )

    return level_of(None, frozenset())


def _steps(level: Level) -> Iterator[tuple[str, Level, Node | None]]:
    """The levels with their departments in the order of the page: where each begins, and where it ends."""
    yield "level", level, None
    for node in level.nodes:
        yield "dept", level, node
        if node.level is not None:
            yield from _steps(node.level)
        yield "end of dept", level, node
    yield "end of level", level, None


def _slice(tree: DeptTree, view: View, above: int | None) -> tuple[int, list[int]]:
    start = (view.page_of(above) - 1) * PER_LEVEL
    below = list(tree.below(above))
    # A page that is no more: the first one.
    start = start if start < len(below) else 0
    return start, below[start : start + PER_LEVEL]
