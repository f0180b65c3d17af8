"""Checks the rows of a file against one tenant and stores them, all or none. It must not know any model.

django-import-export reads and checks each row (`import_row`, as a dry run); what it would ask the database for row by
row is asked here for all rows at once, so that a preview neither writes nor locks anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tenants.changes import collecting
from tenants.console.transfer.columns import END_OF_IDS, END_OF_NEW_IDS, is_plain
from tenants.console.transfer.entries import Entry, Hashed, Problem, Report, Room, Scope, Task
from tenants.console.transfer.ids import advance_ids, of_tenant, portions
from tenants.console.transfer.reading import Table
from tenants.console.transfer.sheet import HEADINGS_LINE, Sheet
from tenants.console.transfer.trail import write_down
from tenants.console.transfer.uniqueness import FormerNames, former_names, refuse_duplicates
from tenants.scoping import sees_all_tenants
from tenants.turns import take_turn


class ImportRefusedError(Exception):
    """What was previewed no longer holds; the report says why. Nothing was stored."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


class ScopedResource(Sheet):
    """The rows of a model: how a file's are matched, checked and stored.

    Attributes:
        key: the column by which a row without an id is found again in its tenant.
        offers_passwords: whether new rows without a password can be given one.
        not_validated: settled by the import itself; asking for them row by row would be one query each.
        stored_with: what else a changed column writes, by column.
    """

    key: ClassVar[str]
    offers_passwords: ClassVar[bool] = False
    not_validated: ClassVar[Sequence[str]] = ("tenant", "parent", "password")
    stored_with: ClassVar[Mapping[str, Sequence[str]]] = {}

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._by_id: dict[int, Any] = {}
        self._by_key: dict[str, Any] = {}
        self._foreign_ids: set[int] = set()
        # What rows were called that are gone, by their ids.
        self._former: dict[int, FormerNames] = {}
        self._is_storing = False

    # --- Checking -----------------------------------------------------------------------------------------------------

    def check(self, table: Table) -> Report:
        """What storing these rows would do, and everything that is wrong with them. Writes nothing."""
        columns, ignored, problems = self.match(table.headings, {"id", self.key})
        if problems:
            return Report([], problems, ignored)
        entries, room = [], Room()
        for line in table.lines:
            cells = {column.column_name: line.cell(place) for place, column in columns.items()}
            entries.append(Entry(line.number, cells, room))
        self.preload(entries)
        self._check_entries(entries, room)
        for entry in entries:
            problems += [Problem(entry.line, self.heading_of(name), text) for name, text in entry.problems]
        return Report(entries, problems, ignored)

    def _check_entries(self, entries: Sequence[Entry], room: Room) -> None:
        """Check each by itself, then all of them together, until there are too many problems to tell."""
        for entry in entries:
            self._check_entry(entry)
            if not room.left:
                return
        found = [entry for entry in entries if entry.instance is not None]
        self.refuse_duplicates(found)
        self.check_together(found)
        for entry in entries:
            self._refuse_without_right(entry)

    def preload(self, entries: Sequence[Entry]) -> None:
        """Read at once what the rows will be compared with."""
        ids = {int(entry.cells["id"]) for entry in entries if _is_id(entry.cells.get("id", ""))}
        # What no database takes is refused later, as a cell.
        keys = {key for entry in entries if (key := entry.cells.get(self.key)) and is_plain(key)}
        for some in portions(sorted(ids)):
            found = self.model._base_manager.filter(pk__in=some)
            own = of_tenant(found, self.scope.tenant)
            self._foreign_ids |= set(found.values_list("pk", flat=True)) - self._know(own)
            if sees_all_tenants(self.scope.viewer):
                gone = {*some} - {*self._by_id} - self._foreign_ids
                self._former |= former_names(self.model, gone, self.scope.tenant)
        for some in portions(sorted(keys)):
            self._know(of_tenant(self.model._base_manager.filter(**{f"{self.key}__in": some}), self.scope.tenant))

    def held(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """These rows; while they are stored, nobody else changes what the file is compared with."""
        rows = rows.order_by("pk")
        return rows.select_for_update(no_key=True) if self._is_storing else rows

    def _know(self, rows: QuerySet[Any]) -> set[int]:
        found = set()
        for row in self.held(rows):
            known = self._by_id.setdefault(row.pk, row)
            known.tenant = self.scope.tenant
            self._by_key[str(getattr(known, self.key))] = known
            found.add(row.pk)
        return found

    def _check_entry(self, entry: Entry) -> None:
        # The package passes its loader of rows on to `get_instance`, as it is.
        result = self.import_row(
            entry.cells,
            entry,
            entry=entry,
            resource=self,
            dry_run=True,
            using_transactions=False,
            row_number=entry.line,
        )
        if result.errors:
            raise result.errors[0].error
        if result.validation_error is not None:
            for name, messages in _by_field(result.validation_error).items():
                for message in messages:
                    entry.refuse(name, message)
        if entry.instance is None and "id" in entry.cells:
            self._check_without_id(entry)
        entry.set_aside_unread()
        if entry.instance is None:
            return
        entry.changed = [
            name for name, value in entry.before.items() if self.fields[name].get_value(entry.instance) != value
        ]

    def _check_without_id(self, entry: Entry) -> None:
        """Say what else is wrong with a row whose id is, so that nobody corrects one cell after the other."""
        rest = Entry(entry.line, {name: text for name, text in entry.cells.items() if name != "id"}, entry.room)
        self._check_entry(rest)
        entry.problems += rest.problems

    def get_instance(self, instance_loader: Any, row: Mapping[str, str]) -> Any:  # noqa: ARG002 - the package's hook
        """The row of the tenant that this one is about.

        Raises:
            ValidationError: its id is no id, or is not the viewer's to give.
        """
        try:
            pk = self.fields["id"].clean(row, resource=self) if "id" in row else None
        except ValueError as error:
            raise ValidationError({"id": str(error)}) from None
        if pk is None:
            return self.find_by_key(row)
        if pk in self._by_id:
            return self._by_id[pk]
        if not sees_all_tenants(self.scope.viewer):
            # The same words for an id that is another tenant's as for one that is nobody's.
            raise ValidationError({"id": _("Your tenant has no row of this id: leave it empty for a new one.")})
        if pk in self._foreign_ids or pk >= END_OF_NEW_IDS:
            raise ValidationError({"id": _("This id cannot be taken.")})
        return None

    def find_by_key(self, row: Mapping[str, str]) -> Any:
        """The row of the tenant that has this key; None if it will be a new one."""
        return self._by_key.get(row.get(self.key, ""))

    def init_instance(self, row: Any = None) -> Any:  # noqa: ARG002 - the package's hook
        instance: Any = self.model()
        instance.tenant = self.scope.tenant
        return instance

    def after_init_instance(self, instance: Any, new: bool, row: Any, **context: Any) -> None:
        entry: Entry = context["entry"]
        entry.instance, entry.is_new = instance, new
        names = [name for name in row if name != "id" and not self.fields[name].aside]
        entry.before = {name: None if new else self.fields[name].get_value(instance) for name in names}

    def refuse_change(self, instance: Any) -> None:
        """Refuse to change a row that the viewer may not change.

        Raises:
            ValidationError: as the form would answer 403.
        """

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = False
    ) -> None:
        """The model's own validation, without what is asked for all rows at once.

        Raises:
            ValidationError: by field.
        """
        errors = dict(import_validation_errors or {})
        try:
            instance.full_clean(
                exclude={*errors, *self.not_validated}, validate_unique=validate_unique, validate_constraints=False
            )
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _refuse_without_right(self, entry: Entry) -> None:
        code = entry.cells.get("tenant", "")
        if code and (self.scope.tenant is None or code not in {self.scope.tenant.code, str(self.scope.tenant.pk)}):
            entry.refuse("tenant", _("This row is not of the tenant into which you import: leave it out."))
        if entry.is_new and not self.scope.may_add:
            entry.refuse("", _("You may not add new rows: leave it out."))
        if entry.is_new or not entry.changed:
            return
        if not self.scope.may_change:
            entry.refuse("", _("You may not change rows that are there: leave it out."))
        try:
            self.refuse_change(entry.instance)
        except ValidationError as error:
            entry.refuse("", error.messages[0])

    def refuse_duplicates(self, entries: Sequence[Entry]) -> None:
        """Refuse rows that say the same, and what other rows have already, or had."""
        refuse_duplicates(self.model, entries, self.scope.tenant, self._former)

    def check_together(self, entries: Sequence[Entry]) -> None:
        """Refuse what only shows when all sound rows are known."""

    # --- Storing ------------------------------------------------------------------------------------------------------

    def tasks(self, entries: Sequence[Entry]) -> list[Task]:  # noqa: ARG002 - for those with passwords
        """The slow hashes that these rows need before they can be stored."""
        return []

    def carry_out(self, task: Task) -> Hashed:
        """Make one of them. It takes 15 ms and more, and needs no database."""
        raise NotImplementedError

    def store(self, table: Table, hashed: Mapping[int, Hashed]) -> Report:
        """Check all rows once more and store them, in one transaction; `hashed` is by line.

        Raises:
            ImportRefusedError: something is wrong with one by now. None was stored.
            django.db.IntegrityError: somebody stored the same at this very moment. None was stored.
        """
        with transaction.atomic(), collecting():
            if self.scope.tenant is not None:
                take_turn(self.scope.tenant.pk)
            self._is_storing = True
            report = self.check(table)
            needed = [] if report.problems else [task.line for task in self.tasks(report.entries)]
            if any(line not in hashed for line in needed):
                report = Report(report.entries, [Problem(HEADINGS_LINE, "", _("It was changed meanwhile: try again."))])
            if report.problems:
                raise ImportRefusedError(report)
            # What was thought of for a new row is nothing for one that somebody else has made meanwhile.
            hashed = {line: hashed[line] for line in needed}
            ids = [entry.instance.pk for entry in report.added if entry.instance.pk]
            touched = [entry for entry in report.entries if entry.is_new or entry.changed]
            self.save_entries(touched, hashed)
            # Of some, the hash turned out to be the one that was there.
            touched = [entry for entry in touched if entry.is_new or entry.changed]
            write_down(self.scope.viewer, touched, self.fields)
            advance_ids(self.model, ids)
        made = [(entry.instance, hashed[entry.line].plain) for entry in touched if entry.line in hashed]
        return replace(report, generated=[(getattr(row, self.key), plain) for row, plain in made if plain])

    def save_entries(self, entries: Sequence[Entry], hashed: Mapping[int, Hashed]) -> None:  # noqa: ARG002
        """Store these rows, each as a form would: what listens to a change of the model hears of it.

        Of a row that is there, only what the file changes is written: nothing that somebody else changed comes back.
        """
        fields = self.model._meta.concrete_fields
        stored = {field.name for field in fields}
        always = {field.name for field in fields if getattr(field, "auto_now", False)}
        for entry in entries:
            if entry.is_new:
                entry.instance.save(force_insert=True)
                continue
            beside = {name for column in entry.changed for name in self.stored_with.get(column, ())}
            entry.instance.save(update_fields=always | beside | (stored & {*entry.changed}))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(END_OF_IDS)) and int(text) < END_OF_IDS


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    return dict(error.message_dict) if hasattr(error, "error_dict") else {"": list(error.messages)}
