"""Takes a file, shows what it would do, and stores its rows when that is confirmed. It must not know which model.

Slow hashes are made in portions, each a request of a few seconds with its progress; then all rows are stored in one
transaction, or none.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from tenants.console.transfer.downloads import send_csv, send_workbook
from tenants.console.transfer.drafts import Draft
from tenants.console.transfer.entries import Hashed, Problem, Report, Task
from tenants.console.transfer.forms import ImportForm
from tenants.console.transfer.moving import Moving
from tenants.console.transfer.reading import FileRefusedError, read_table
from tenants.console.transfer.resource import ImportRefusedError, ScopedResource
from tenants.console.transfer.telling import tell
from tenants.models import Tenant
from tenants.scoping import tenant_in_view, visible

_SHOWN = 200
_PORTION = 64
# How long one request makes hashes: well below what any proxy waits.
PORTION_SECONDS = 4.0


class Importing(Moving):
    """The import of one person, session and model, at one request."""

    def __init__(self, admin: Any, request: HttpRequest) -> None:
        super().__init__(admin, request)
        self.draft = Draft(request, admin.opts.label)

    # --- The file -----------------------------------------------------------------------------------------------------

    def take_file(self) -> HttpResponse:
        """The page that asks for a file; of a good one, the way on to its preview; else what is wrong."""
        form = ImportForm(self.admin, self.request, self.request.POST or None, self.request.FILES or None)
        if not form.is_valid():
            return self._ask(form)
        tenant = form.cleaned_data.get("tenant") or self.own_tenant()
        scope = self.scope(tenant, makes_passwords=bool(form.cleaned_data.get("makes_passwords")))
        resource, file = self.admin.resource_class(scope), form.cleaned_data["file"]
        data = file.read()
        try:
            report = resource.check(read_table(data))
        except FileRefusedError as error:
            form.add_error("file", str(error))
            return self._ask(form)
        if report.problems:
            return self._ask(form, report)
        with self.draft.claimed() as is_mine:
            if is_mine:
                self.draft.begin(data, _state_of(report, resource, file.name))
                return HttpResponseRedirect(self.address("import_preview"))
        form.add_error("file", _("An import of yours is under way here, in another window: wait until it is done."))
        return self._ask(form)

    def _ask(self, form: ImportForm, report: Report | None = None) -> HttpResponse:
        problems = sorted(report.problems, key=lambda problem: problem.line) if report else []
        return self.page(
            "import",
            _("Import %(name)s"),
            form=form,
            media=self.admin.media + form.media,
            columns=self.admin.resource_class(self.scope(self.own_tenant())).columns(),
            problems=problems[:_SHOWN],
            number=len(problems),
            ignored=report.ignored if report else (),
            is_cut=report is not None and report.is_cut,
            more=max(len(problems) - _SHOWN, 0),
        )

    def send_template(self, kind: str) -> HttpResponse:
        """An empty file with the headings that an import reads.

        Raises:
            Http404: of another kind than the two.
        """
        columns = self.admin.resource_class(self.scope(self.own_tenant())).columns()
        send = {"xlsx": send_workbook, "csv": send_csv}.get(kind)
        if send is None:
            raise Http404
        return send([[column.heading for column in columns]], self.admin.opts.model_name)

    # --- The preview --------------------------------------------------------------------------------------------------

    def show_or_go_on(self) -> HttpResponse:
        """What the file would do; when that is confirmed, the next step."""
        state = self.draft.state()
        if state is None:
            return self._start_over()
        if self.request.method != "POST" or state.get("finished"):
            return self._show(state)
        with self.draft.claimed() as is_mine:
            if is_mine:
                return self._go_on()
        # While hashes are made, nothing is stored, and whoever makes them finds nothing to go on with.
        is_stored = state["done"] == len(state["tasks"])
        if "cancel" in self.request.POST and not is_stored and self.request.POST.get("mark") == state["mark"]:
            return self._cancel()
        return self._show(state, is_busy=True)

    def _show(self, state: dict[str, Any], **more: Any) -> HttpResponse:
        return self.page("preview", _("Import %(name)s"), state=state, **more)

    def _cancel(self) -> HttpResponse:
        self.draft.discard()
        messages.info(self.request, _("Nothing was imported."))
        return HttpResponseRedirect(self.address("changelist"))

    def _start_over(self) -> HttpResponse:
        messages.warning(self.request, _("No file is waiting here: it was imported or cancelled, or an hour is over."))
        return HttpResponseRedirect(self.address("import_rows"))

    def _go_on(self) -> HttpResponse:
        """The next step, with what is known now that nobody else goes on."""
        state = self.draft.state()
        if state is None:
            return self._start_over()
        if self.request.POST.get("mark") != state["mark"]:
            messages.warning(self.request, _("Another file was chosen meanwhile. This is what it would do."))
            return self._show(state)
        if "cancel" in self.request.POST:
            return self._cancel()
        resource = self._resource_of(state)
        if state["done"] < len(state["tasks"]):
            _make_hashes(resource, self.draft, state)
            return self._show(state, is_running=True)
        return self._store(state, resource)

    def _resource_of(self, state: dict[str, Any]) -> ScopedResource:
        """As when the file was checked, but with what the viewer may see and do by now.

        Raises:
            PermissionDenied: the tenant is no longer his to see.
        """
        tenant = visible(Tenant.objects.all(), self.viewer, "pk").filter(pk=state["tenant"] or 0).first()
        if tenant is None and (state["tenant"] is not None or tenant_in_view(self.viewer) is not None):
            raise PermissionDenied
        resource: ScopedResource = self.admin.resource_class(
            self.scope(tenant, makes_passwords=state["makes_passwords"])
        )
        return resource

    # --- The end ------------------------------------------------------------------------------------------------------

    def _store(self, state: dict[str, Any], resource: ScopedResource) -> HttpResponse:
        file, batches = self.draft.file(state["mark"]), self.draft.batches(state["mark"], state["batches"])
        if file is None or batches is None:
            self.draft.discard()
            return self._start_over()
        hashed = {line: Hashed(*rest) for batch in batches for line, *rest in batch}
        try:
            report = resource.store(read_table(file), hashed)
        except ImportRefusedError as error:
            report = error.report
        except IntegrityError:
            text = _("Somebody changed the same rows at this moment. Nothing was imported: try again.")
            report = Report([], [Problem(1, "", text)])
        self.draft.discard()
        if report.problems:
            return self._ask(ImportForm(self.admin, self.request), report)
        return self._finish(report)

    def _finish(self, report: Report) -> HttpResponse:
        text = _("Imported: %(added)d new, %(changed)d changed, %(unchanged)d as they were.")
        messages.success(self.request, text % report.numbers)
        if not report.generated:
            return HttpResponseRedirect(self.address("changelist"))
        generated = [list(each) for each in report.generated]
        self.draft.begin(b"", {"finished": True, "generated": generated, "number": len(generated)})
        return HttpResponseRedirect(self.address("import_preview"))

    def send_generated(self) -> HttpResponse:
        """The passwords or secrets that an import made, this once."""
        with self.draft.claimed() as is_mine:
            state = self.draft.state() if is_mine else None
            if state is None or not state.get("finished"):
                messages.warning(self.request, _("This was downloaded before, or too long ago."))
                return HttpResponseRedirect(self.address("changelist"))
            self.draft.discard()
        resource = self.admin.resource_class
        rows = [[resource.fields[resource.key].heading, _("Password or secret")], *state["generated"]]
        return send_workbook(rows, f"{self.admin.opts.model_name}-generated")


def _state_of(report: Report, resource: ScopedResource, name: str) -> dict[str, Any]:
    """What the preview shows, and what is to be done before the rows can be stored."""
    touched = [entry for entry in report.entries if entry.is_new or entry.changed]
    return {
        "name": name,
        "tenant": resource.scope.tenant.pk if resource.scope.tenant else None,
        "tenant_name": str(resource.scope.tenant or ""),
        "makes_passwords": resource.scope.makes_passwords,
        **report.numbers,
        "ignored": list(report.ignored),
        "shown": [[entry.line, entry.is_new, str(entry.instance), tell(resource, entry)] for entry in touched[:_SHOWN]],
        "more": max(len(touched) - _SHOWN, 0),
        "tasks": [list(asdict(task).values()) for task in resource.tasks(report.entries)],
        "done": 0,
    }


def _make_hashes(resource: ScopedResource, draft: Draft, state: dict[str, Any]) -> None:
    """Make as many as this request has time for."""
    until = time.monotonic() + PORTION_SECONDS
    tasks = [Task(*task) for task in state["tasks"][state["done"] :]]
    made: list[list[Any]] = []
    # One thread fewer than there may be: people who sign in meanwhile need one.
    with ThreadPoolExecutor(max(settings.PASSWORD_HASHING_THREADS - 1, 1)) as threads:
        while len(made) < len(tasks) and time.monotonic() < until:
            portion = tasks[len(made) : len(made) + _PORTION]
            results = threads.map(resource.carry_out, portion)
            made += [[task.line, hashed.encoded, hashed.plain] for task, hashed in zip(portion, results, strict=True)]
    draft.add_batch(state["mark"], state["batches"], made)
    state["done"] += len(made)
    state["batches"] += 1
    draft.save(state)
