"""The pages of an import and an export, for any `ScopedModelAdmin`. They must not know which model they move.

A file is checked as it arrives; what it would do is shown; slow hashes are made in portions, each a request of a few
seconds with its progress; then all rows are stored in one transaction, or none.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_permission_codename
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import action

from tenants.console.admins import ScopedModelAdmin
from tenants.console.transfer.drafts import Draft
from tenants.console.transfer.entries import Hashed, Problem, Report, Scope, Task
from tenants.console.transfer.forms import ExportForm, ImportForm
from tenants.console.transfer.reading import FileRefusedError, read_table
from tenants.console.transfer.resource import ImportRefusedError, ScopedResource
from tenants.console.transfer.writing import CSV_TYPE, MAX_WORKBOOK_ROWS, XLSX_TYPE, csv_parts, workbook
from tenants.models import Tenant
from tenants.scoping import sees_all_tenants, viewer_of, visible

_SHOWN = 200
_PORTION = 64
# How long one request makes hashes: well below what any proxy waits.
PORTION_SECONDS = 4.0


class TransfersRows(ScopedModelAdmin):
    """The buttons *Import* and *Export* above the list, each for those who have its permission."""

    resource_class: ClassVar[type[ScopedResource]]
    # Whether the platform may import rows that belong to no tenant.
    shares_rows: ClassVar[bool] = False
    grantable: ClassVar[Mapping[str, Any]] = {
        **ScopedModelAdmin.grantable,
        "import": _("Import"),
        "export": _("Export"),
    }
    actions_list = ("import_rows", "export_rows")

    # --- Who may ------------------------------------------------------------------------------------------------------

    def has_import_permission(self, request: HttpRequest, *_object_id: Any) -> bool:
        return self._may(request, "import")

    def has_export_permission(self, request: HttpRequest, *_object_id: Any) -> bool:
        return self._may(request, "export") and self.has_view_permission(request)

    def _may(self, request: HttpRequest, what: str) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename(what, self.opts)}"))

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "preview": ("import/preview/", self.preview_rows),
            "template": ("import/template.<str:kind>", self.send_template),
            "generated": ("import/generated/", self.send_generated),
        }
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_import"
        return [
            *(
                path(address, self.admin_site.admin_view(never_cache(view)), name=f"{prefix}_{name}")
                for name, (address, view) in pages.items()
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, whose button *Export* takes along what the list is narrowed to."""
        page = super().changelist_view(request, extra_context)
        query = request.GET.urlencode()
        for button in (getattr(page, "context_data", None) or {}).get("actions_list", ()) if query else ():
            if button.get("path") == self._address("export_rows"):
                button["path"] += f"?{query}"
        return page

    def _address(self, name: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}")

    def _page(self, request: HttpRequest, template: str, title: Any, **context: Any) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "media": self.media}
        addresses = {name: self._address(name) for name in ("changelist", "import_generated")}
        for kind in ("xlsx", "csv"):
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_import_template"
            addresses[f"template_{kind}"] = reverse(name, args=[kind])
        return TemplateResponse(
            request, f"console/transfer/{template}.html", {**shared, "addresses": addresses, **context}
        )

    # --- Importing ----------------------------------------------------------------------------------------------------

    def _scope(self, request: HttpRequest, tenant: Tenant | None, *, makes_passwords: bool = False) -> Scope:
        return Scope(
            viewer_of(request),
            tenant,
            may_add=self.has_add_permission(request),
            may_change=self.has_change_permission(request),
            makes_passwords=makes_passwords,
        )

    def _own_tenant(self, request: HttpRequest) -> Any:
        viewer = viewer_of(request)
        return None if sees_all_tenants(viewer) else Tenant.objects.get(pk=viewer.tenant_id)

    @action(description=_("Import"), url_path="import", icon="upload", permissions=["import"])
    @method_decorator(sensitive_post_parameters())
    def import_rows(self, request: HttpRequest) -> HttpResponse:
        """Take a file, check it, and lead on to what it would do, or say what is wrong with it."""
        form = ImportForm(self, request, request.POST or None, request.FILES or None)
        report: Report | None = None
        if form.is_valid():
            tenant = form.cleaned_data.get("tenant") or self._own_tenant(request)
            scope = self._scope(request, tenant, makes_passwords=bool(form.cleaned_data.get("makes_passwords")))
            file = form.cleaned_data["file"]
            resource, data = self.resource_class(scope), file.read()
            try:
                report = resource.check(read_table(data))
            except FileRefusedError as error:
                form.add_error("file", str(error))
            else:
                if not report.problems:
                    Draft(request, self.opts.label).begin(data, _state_of(report, resource, file.name))
                    return HttpResponseRedirect(self._address("import_preview"))
        columns = self.resource_class(self._scope(request, self._own_tenant(request))).columns()
        context = {"form": form, "columns": columns, "media": self.media + form.media}
        return self._page(request, "import", self._title(_t("Import %(name)s")), **context, **_problems_of(report))

    def _title(self, text: str) -> str:
        return text % {"name": self.opts.verbose_name_plural}

    @method_decorator(sensitive_post_parameters())
    def preview_rows(self, request: HttpRequest) -> HttpResponse:
        """Show what the file would do; go on with it, portion by portion; at the end, store it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        draft = Draft(request, self.opts.label)
        state = draft.state()
        if state is None:
            messages.warning(request, _("The file is no longer there. Choose it again."))
            return HttpResponseRedirect(self._address("import_rows"))
        if request.method == "POST" and not state.get("finished"):
            if request.POST.get("mark") != state["mark"]:
                messages.warning(request, _("Another file was chosen meanwhile. This is what it would do."))
            elif "cancel" in request.POST:
                draft.discard()
                messages.info(request, _("Nothing was imported."))
                return HttpResponseRedirect(self._address("changelist"))
            else:
                return self._go_on(request, draft, state)
        return self._page(request, "preview", self._title(_t("Import %(name)s")), state=state)

    def _go_on(self, request: HttpRequest, draft: Draft, state: dict[str, Any]) -> HttpResponse:
        if not draft.claim():
            return self._page(request, "preview", self._title(_t("Import %(name)s")), state=state, is_busy=True)
        try:
            resource = self._resource_of(request, state)
            if state["done"] < len(state["tasks"]):
                _make_hashes(resource, draft, state)
                return self._page(request, "preview", self._title(_t("Import %(name)s")), state=state, is_running=True)
            return self._store(request, draft, state, resource)
        finally:
            draft.release()

    def _resource_of(self, request: HttpRequest, state: dict[str, Any]) -> ScopedResource:
        """As when the file was checked; whatever the viewer may no longer see or do is gone.

        Raises:
            PermissionDenied: the tenant is not his to see, by now.
        """
        tenant = visible(Tenant.objects.all(), viewer_of(request), "pk").filter(pk=state["tenant"] or 0).first()
        if tenant is None and (state["tenant"] is not None or not sees_all_tenants(viewer_of(request))):
            raise PermissionDenied
        return self.resource_class(self._scope(request, tenant, makes_passwords=state["makes_passwords"]))

    def _store(
        self, request: HttpRequest, draft: Draft, state: dict[str, Any], resource: ScopedResource
    ) -> HttpResponse:
        file, batches = draft.file(), draft.batches(state["batches"])
        if file is None or batches is None:
            draft.discard()
            messages.warning(request, _("The file is no longer there. Choose it again."))
            return HttpResponseRedirect(self._address("import_rows"))
        hashed = {line: Hashed(*rest) for batch in batches for line, *rest in batch}
        try:
            report = resource.store(read_table(file), hashed)
        except ImportRefusedError as error:
            report = error.report
        except IntegrityError:
            text = _t("Somebody changed the same rows at this moment. Nothing was imported: try again.")
            report = Report([], [Problem(1, "", text)])
        if report.problems:
            draft.discard()
            form = ImportForm(self, request)
            context = {"form": form, "columns": resource.columns(), "media": self.media + form.media}
            return self._page(request, "import", self._title(_t("Import %(name)s")), **context, **_problems_of(report))
        return self._finish(request, draft, report, hashed)

    def _finish(self, request: HttpRequest, draft: Draft, report: Report, hashed: Mapping[int, Hashed]) -> HttpResponse:
        text = _t("Imported: %(added)d new, %(changed)d changed, %(unchanged)d as they were.")
        numbers = {"added": len(report.added), "changed": len(report.changed), "unchanged": report.unchanged}
        messages.success(request, text % numbers)
        draft.discard()
        generated = [
            [str(entry.instance), hashed[entry.line].plain]
            for entry in report.entries
            if entry.line in hashed and hashed[entry.line].plain
        ]
        if not generated:
            return HttpResponseRedirect(self._address("changelist"))
        draft.begin(b"", {"finished": True, "generated": generated, "number": len(generated)})
        return HttpResponseRedirect(self._address("import_preview"))

    @method_decorator(sensitive_post_parameters())
    def send_generated(self, request: HttpRequest) -> HttpResponse:
        """The passwords or secrets that an import made, this once."""
        if not self.has_import_permission(request) or request.method != "POST":
            raise PermissionDenied
        draft = Draft(request, self.opts.label)
        state = draft.state()
        if state is None or not state.get("finished") or not draft.claim():
            messages.warning(request, _("This was downloaded before, or too long ago."))
            return HttpResponseRedirect(self._address("changelist"))
        draft.discard()
        draft.release()
        key = self.resource_class.fields[self.resource_class.key].heading
        rows = [[key, _t("Password or secret")], *state["generated"]]
        return _download(workbook(rows, self.opts.model_name), XLSX_TYPE, f"{self.opts.model_name}-generated.xlsx")

    def send_template(self, request: HttpRequest, kind: str) -> HttpResponse:
        """An empty file with the headings that an import reads."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        columns = self.resource_class(self._scope(request, self._own_tenant(request))).columns()
        rows = [[column.heading for column in columns]]
        if kind == "xlsx":
            return _download(workbook(rows, self.opts.model_name), XLSX_TYPE, f"{self.opts.model_name}.xlsx")
        if kind == "csv":
            return _download(csv_parts(rows), CSV_TYPE, f"{self.opts.model_name}.csv")
        raise Http404

    # --- Exporting ----------------------------------------------------------------------------------------------------

    @action(description=_("Export"), url_path="export", icon="download", permissions=["export"])
    def export_rows(self, request: HttpRequest) -> HttpResponse:
        """Ask for the kind of file, then send the rows of the list as it is narrowed."""
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self._address("export_rows"))
        resource = self.resource_class(self._scope(request, self._own_tenant(request)))
        form = ExportForm(request.POST or None)
        if form.is_valid():
            # Counted no further than it matters.
            is_csv = form.cleaned_data["kind"] == "csv"
            if is_csv or rows.order_by("pk").values("pk")[MAX_WORKBOOK_ROWS:].first() is None:
                return self._send(request, resource, rows, is_csv=is_csv)
            text = _t("A workbook takes %(limit)d rows at the most: narrow the list by its filters, or take CSV.")
            form.add_error("kind", text % {"limit": MAX_WORKBOOK_ROWS})
        context = {"form": form, "columns": resource.exported_columns(), "is_narrowed": bool(request.GET)}
        return self._page(request, "export", self._title(_t("Export %(name)s")), **context)

    def _send(self, request: HttpRequest, resource: ScopedResource, rows: Any, *, is_csv: bool) -> HttpResponse:
        LogEntry.objects.create(
            user_id=request.user.pk,
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=str(capfirst(self.opts.verbose_name_plural)),
            action_flag=CHANGE,
            change_message=_t("Exported: %(what)s") % {"what": request.GET.urlencode() or _t("all")},
        )
        name = f"{self.opts.model_name}-{timezone.localdate():%Y%m%d}"
        if is_csv:
            return _download(csv_parts(resource.rows(rows)), CSV_TYPE, f"{name}.csv")
        return _download(workbook(resource.rows(rows), self.opts.model_name), XLSX_TYPE, f"{name}.xlsx")


def _state_of(report: Report, resource: ScopedResource, name: str) -> dict[str, Any]:
    """What the preview shows, and what is to be done before the rows can be stored."""
    touched = [entry for entry in report.entries if entry.is_new or entry.changed]
    return {
        "name": name,
        "tenant": resource.scope.tenant.pk if resource.scope.tenant else None,
        "tenant_name": str(resource.scope.tenant or ""),
        "makes_passwords": resource.scope.makes_passwords,
        "added": len(report.added),
        "changed": len(report.changed),
        "unchanged": report.unchanged,
        "ignored": list(report.ignored),
        "shown": [
            [entry.line, entry.is_new, str(entry.instance), [resource.fields[name].heading for name in entry.changed]]
            for entry in touched[:_SHOWN]
        ],
        "more": max(len(touched) - _SHOWN, 0),
        "tasks": [list(asdict(task).values()) for task in resource.tasks(report.entries)],
        "done": 0,
    }


def _make_hashes(resource: ScopedResource, draft: Draft, state: dict[str, Any]) -> None:
    """Make as many as this request has time for."""
    until = time.monotonic() + PORTION_SECONDS
    tasks = [Task(*task) for task in state["tasks"]]
    made: list[list[Any]] = []
    # One thread fewer than there may be: people who sign in meanwhile need one.
    with ThreadPoolExecutor(max(settings.PASSWORD_HASHING_THREADS - 1, 1)) as threads:
        while state["done"] < len(tasks) and time.monotonic() < until:
            portion = tasks[state["done"] : state["done"] + _PORTION]
            results = threads.map(resource.carry_out, portion)
            made += [[task.line, hashed.encoded, hashed.plain] for task, hashed in zip(portion, results, strict=True)]
            state["done"] += len(portion)
    draft.add_batch(state["batches"], made)
    state["batches"] += 1
    draft.save(state)


def _problems_of(report: Report | None) -> dict[str, Any]:
    problems = sorted(report.problems, key=lambda problem: problem.line) if report else []
    return {"problems": problems[:_SHOWN], "more": max(len(problems) - _SHOWN, 0), "number": len(problems)}


def _download(content: Any, content_type: str, name: str) -> HttpResponse:
    answer: Any
    if content_type == CSV_TYPE:
        answer = StreamingHttpResponse(content, content_type=content_type)
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
    else:
        answer = FileResponse(content, as_attachment=True, filename=name, content_type=content_type)
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[no-any-return]  # one of Django's answers
