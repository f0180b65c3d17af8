"""The login history as a file, CSV or XLSX: read page by page, in memory that does not grow. It must not know pages.

Every export leaves a login event before its first byte leaves.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import chain
from tempfile import TemporaryFile
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from accounts.event_actors import as_told_to
from accounts.event_names import names_of
from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, User
from accounts.origin import origin_of
from accounts.people import look_up
from tenants.console.formulas import guarded
from tenants.console.keyset import Position
from tenants.console.transfer.writing import MAX_WORKBOOK_ROWS
from tenants.scoping import viewer_of
from tenants.sql import WritePlan, write

BATCH = 2000
_CHUNK_BYTES = 64 * 1024
# What XML cannot hold.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_COLUMNS = (
    *("time", "kind", "outcome", "why", "reason", "account", "real_name", "tenant_code", "tenant_name", "client_id"),
    *("client_name", "dialect", "grant", "address", "user_agent", "fingerprint", "main_account", "request_id"),
    *("token_id", "actor", "detail"),
)
_WHY = _("why")
_PLATFORM_COLUMNS = {"tenant_code", "tenant_name"}

Rows = Iterable[list[str]]


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How a table becomes a file."""

    extension: str
    content_type: str
    write: Callable[[Rows], Iterator[bytes]]
    rows_at_most: int | None = None

    def takes(self, events: QuerySet[LoginEvent]) -> bool:
        """Whether so many events are written in a time for which a browser waits."""
        # Counted no further than it matters.
        return self.rows_at_most is None or not events.order_by().values("pk")[self.rows_at_most :][:1].exists()


def export_response(
    request: HttpRequest, events: QuerySet[LoginEvent], file_format: FileFormat, person: User, *, with_tenant: bool
) -> StreamingHttpResponse:
    """These events, newest first, with times in the zone of the page; that this person took them is recorded."""
    now, zone = timezone.now(), timezone.get_current_timezone()
    _record(request, file_format, person, now)
    columns = [name for name in _COLUMNS if with_tenant or name not in _PLATFORM_COLUMNS]
    # What is written while it is read does not belong to it: the export itself, for one.
    told = (as_told_to(viewer_of(request), event) for event in _in_batches(events.filter(time__lt=now)))
    rows = _table(told, columns, zone)
    response = StreamingHttpResponse(file_format.write(rows), content_type=file_format.content_type)
    name = f"login-history-{now.astimezone(zone):%Y%m%d-%H%M%S}.{file_format.extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _record(request: HttpRequest, file_format: FileFormat, person: User, now: datetime) -> None:
    attempt = Attempt(
        time=now,
        kind=LoginEvent.Kind.EXPORT,
        origin=origin_of(request),
        account=person.account,
        tenant=person.tenant,
        actor=person.account,
        detail=f"{file_format.extension} {request.GET.urlencode()}"[:512],
    )
    write(WritePlan([event_insert(attempt.allowed(look_up(person.tenant_id, person.account).person))]))


def _table(events: Iterable[LoginEvent], columns: list[str], zone: tzinfo) -> Rows:
    # Now, in the request's language: the rows are read after it.
    offered = {
        "kind": LoginEvent.Kind.choices,
        "outcome": LoginEvent.Outcome.choices,
        "why": names_of("reason").items(),
    }
    names = {column: {value: str(label) for value, label in labels} for column, labels in offered.items()}
    header = [capfirst(str(_WHY if name == "why" else _title_of(name))) for name in columns]
    return chain([[*header, "ID"]], _lines(events, columns, names, zone))


def _title_of(column: str) -> Any:
    field: Any = LoginEvent._meta.get_field(column)
    return field.verbose_name


def _lines(
    events: Iterable[LoginEvent], columns: list[str], names: Mapping[str, Mapping[str, str]], zone: tzinfo
) -> Rows:
    for event in events:
        cells = [_text(event, name, names.get(name, {}), zone) for name in columns]
        yield [*cells, str(event.pk)]


def _in_batches(events: QuerySet[LoginEvent]) -> Iterator[LoginEvent]:
    """All of them, a batch at a time by the key: no transaction is held open for as long as somebody downloads."""
    position: Position | None = None
    while True:
        rest = events if position is None else events.filter(position.beyond(newer=False))
        batch = list(rest.order_by("-time", "-id")[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        position = Position(batch[-1].time, batch[-1].pk)


def _text(event: LoginEvent, column: str, names: Mapping[str, str], zone: tzinfo) -> str:
    value = event.reason if column == "why" else getattr(event, column)
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(sep=" ", timespec="milliseconds")
    return neutral(str(names.get(value, value) if value is not None else ""))


def neutral(text: str) -> str:
    """The text so that no spreadsheet calculates it: anyone may send a user name that is a formula."""
    return guarded(_UNPRINTABLE.sub("�", text))


class _Lines:
    """What the csv module writes to: it hands each line back."""

    @staticmethod
    def write(line: str) -> str:
        return line


def _as_csv(rows: Rows) -> Iterator[bytes]:
    writer, pending = csv.writer(_Lines), bytearray("\ufeff".encode())  # By this mark Excel knows UTF-8.
    for row in rows:
        pending += writer.writerow(row).encode(errors="replace")
        if len(pending) >= _CHUNK_BYTES:
            yield bytes(pending)
            pending.clear()
    yield bytes(pending)


def _as_xlsx(rows: Rows) -> Iterator[bytes]:
    """A workbook's table of contents comes last: it is written to a temporary file, and sent from there."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([_cell(sheet, text) for text in row])
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _cell(sheet: Any, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=None)
    cell._value, cell.data_type = text, "s"  # Text, whatever it looks like.
    return cell


_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    "csv": FileFormat("csv", "text/csv; charset=utf-8", _as_csv),
    "xlsx": FileFormat("xlsx", _WORKBOOK, _as_xlsx, MAX_WORKBOOK_ROWS),
}
