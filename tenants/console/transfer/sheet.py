"""The columns of a model's sheet: who sees which, what headings mean, and the rows of an export. It knows no model."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Field, Model, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export.resources import Resource

from tenants.console.transfer.columns import Column, as_heading
from tenants.console.transfer.entries import Entry, Problem, Scope
from tenants.scoping import sees_all_tenants

_AT_ONCE = 500
HEADINGS_LINE = 1


class Sheet(Resource):
    """The columns of a model, declared as `Column` fields.

    Attributes:
        model: what is imported and exported.
        platform_columns: what only platform administrators see.
        with_rows: what an export reads with each page of rows (`prefetch_related`).
    """

    model: ClassVar[type[Model]]
    platform_columns: ClassVar[Sequence[str]] = ("tenant",)
    with_rows: ClassVar[Sequence[str]] = ("tenant",)

    class Meta:
        skip_diff = True

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope
        self.zone = scope.tenant.zone if scope.tenant else timezone.get_default_timezone()

    def columns(self) -> list[Column]:
        """The columns that the viewer may fill in."""
        hidden = () if sees_all_tenants(self.scope.viewer) else self.platform_columns
        return [column for name, column in self.fields.items() if name not in hidden or name == "tenant"]

    def exported_columns(self) -> list[Column]:
        """The columns of an export: nothing secret, and no other tenant's business."""
        hidden = () if sees_all_tenants(self.scope.viewer) else self.platform_columns
        return [column for name, column in self.fields.items() if column.exports and name not in hidden]

    def match(
        self, headings: Sequence[str], either: Collection[str]
    ) -> tuple[dict[int, Column], list[str], list[Problem]]:
        """The columns by their place in the file, headings that mean nothing, and what is wrong.

        Of the columns `either`, one must be there.
        """
        known = {heading: column for column in reversed(self.columns()) for heading in column.headings()}
        matched: dict[int, Column] = {}
        ignored, problems = [], []
        for place, heading in enumerate(headings):
            column = known.get(as_heading(heading))
            if column is None:
                ignored += [heading] if heading else []
            elif column in matched.values():
                text = _("This column is there twice: delete one.")
                problems.append(Problem(HEADINGS_LINE, column.heading, text))
            else:
                matched[place] = column
        if not set(either) & {column.column_name for column in matched.values()}:
            name = " / ".join(self.fields[name].heading for name in sorted(either))
            text = _("No column is called “%(name)s”: the first line names the columns.") % {"name": name}
            problems.append(Problem(HEADINGS_LINE, name, text))
        return matched, ignored, problems

    def heading_of(self, name: str) -> str:
        """What people call this column, or this field of the model."""
        if name == NON_FIELD_ERRORS or not name:
            return ""
        if name in self.fields:
            return str(self.fields[name].heading)
        found: Any = self.model._meta.get_field(name)
        return str(capfirst(found.verbose_name)) if isinstance(found, Field) else name

    def values(self, entry: Entry, name: str) -> tuple[Any, Any]:
        """What a checked row holds in this column, and what it will hold, for the column's cell to tell."""
        column = self.fields[name]
        return entry.before.get(name), entry.aside[name] if column.aside else column.get_value(entry.instance)

    def rows(self, queryset: QuerySet[Any]) -> Iterator[list[Any]]:
        """The headings, then the cells of these rows, read in portions."""
        columns = self.exported_columns()
        yield [column.heading for column in columns]
        last = 0
        while some := list(queryset.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
            prefetch_related_objects(some, *self.with_rows)
            for row in some:
                yield [column.widget.render(column.get_value(row), obj=row, resource=self) for column in columns]
            last = some[-1].pk

    def zone_of(self, row: Any) -> Any:
        """The time zone in which this row's moments are written."""
        return row.tenant.zone if row.tenant else self.zone
