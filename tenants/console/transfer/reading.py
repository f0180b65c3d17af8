"""Reads a table out of an uploaded file, XLSX or CSV, within bounds. It must not know what its columns mean."""

import codecs
import csv
import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from tenants.console.formulas import without_guard
from tenants.console.transfer.weighing import is_too_heavy

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 100
# How many times as many rows as count may stand there, empty ones among them.
_PHYSICAL_ROWS = 5
# A spreadsheet keeps 15 digits of a number.
_EXACT_BELOW = 10**15
_DELIMITERS = ",;\t"


class FileRefusedError(Exception):
    """The file cannot be read as a table; the message says why and what to do."""


class RoundedNumber(str):
    """A number of more digits than a spreadsheet keeps: the last ones are lost."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be: in bytes, in what a workbook unpacks to, and in rows that are not empty."""

    size: int
    unpacked: int
    rows: int


UPLOAD = Limits(MAX_BYTES, 32 * 1024 * 1024, MAX_ROWS)
# For whom the machine is his own.
COMMAND = Limits(10 * MAX_BYTES, 320 * 1024 * 1024, 10 * MAX_ROWS)


@dataclass(frozen=True, slots=True)
class Line:
    """One row that is not empty, by its number in the spreadsheet."""

    number: int
    cells: tuple[str, ...]

    def cell(self, place: int) -> str:
        """What stands there; "" beyond the end of the row."""
        return self.cells[place] if place < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Table:
    """The headings (line 1 of the file, or the first that is not empty) and the rows below."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]


def read_table(data: bytes, limits: Limits = UPLOAD) -> Table:
    """The first sheet of a workbook, or a CSV file in UTF-8 (with or without a mark), UTF-16 with a mark, or GB18030.

    Raises:
        FileRefusedError: it is none of these, has no headings, or is too large.
    """
    if len(data) > limits.size:
        raise FileRefusedError(
            _("The file is larger than %(limit)d MB: divide it.") % {"limit": limits.size // 1024 // 1024}
        )
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefusedError(
            _("This is an old or a protected Excel file. Save it as an Excel workbook (.xlsx) without a password.")
        )
    is_workbook = data.startswith(b"PK\x03\x04")
    return _as_table(_workbook_rows(data, limits) if is_workbook else _csv_rows(data), limits)


def _as_table(rows: Iterable[tuple[int, list[str]]], limits: Limits) -> Table:
    headings: tuple[str, ...] | None = None
    lines: list[Line] = []
    too_long = FileRefusedError(_("The file has more than %(limit)d rows: divide it.") % {"limit": limits.rows})
    for number, cells in rows:
        if number > limits.rows * _PHYSICAL_ROWS:
            raise too_long
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MAX_COLUMNS:
            raise FileRefusedError(
                _("Line %(line)d has more than %(limit)d columns.") % {"line": number, "limit": MAX_COLUMNS}
            )
        if headings is None:
            headings = tuple(cells)
        elif len(lines) >= limits.rows:
            raise too_long
        else:
            lines.append(Line(number, tuple(cells)))
    if headings is None:
        raise FileRefusedError(_("The file is empty: the first line names the columns."))
    if not lines:
        raise FileRefusedError(_("There is nothing below the line that names the columns."))
    return Table(headings, tuple(lines))


# --- CSV --------------------------------------------------------------------------------------------------------------


def _csv_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data)
    first_line = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            yield number, [without_guard(cell.strip()) for cell in cells]
    except csv.Error:
        raise FileRefusedError(_("This is neither an Excel workbook (.xlsx) nor a CSV file.")) from None


def _decoded(data: bytes) -> str:
    """Excel in China writes GB18030 unless it is told otherwise."""
    encodings = ["utf-16"] if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileRefusedError(_("This is neither an Excel workbook (.xlsx) nor a CSV file in UTF-8 or GB18030."))


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _workbook_rows(data: bytes, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    broken = FileRefusedError(_("This workbook cannot be read. Save it again as an Excel workbook (.xlsx)."))
    try:
        _refuse_a_bomb(data, limits)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        # What the file says of its size need not be true.
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()
        # One column more than there may be, so that one too many is seen.
        rows = sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True)
        for number, values in enumerate(rows, 1):
            yield number, [_as_text(value) for value in values]
    except FileRefusedError:
        raise
    except Exception as error:
        raise broken from error


def _refuse_a_bomb(data: bytes, limits: Limits) -> None:
    if is_too_heavy(data, unpacked=limits.unpacked, elements=limits.rows * MAX_COLUMNS):
        raise FileRefusedError(_("This workbook is too large: leave out pictures and other sheets, or divide it."))


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    if isinstance(value, int):
        return RoundedNumber(value) if abs(value) >= _EXACT_BELOW else str(value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return without_guard(str(value).strip())
