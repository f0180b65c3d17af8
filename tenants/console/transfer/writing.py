"""Writes rows as XLSX or CSV, so that no spreadsheet takes a text for a formula. It must not know what they mean."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from tenants.console.formulas import FORMULA_STARTS, guarded

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# So many rows at the most go into a workbook, which is made before the first byte is sent.
MAX_WORKBOOK_ROWS = 100_000

Cells = Sequence[Any]


def csv_parts(rows: Iterable[Cells]) -> Iterator[bytes]:
    """The file in parts as the rows come: UTF-8 with the mark by which Excel knows it."""
    yield b"\xef\xbb\xbf"
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def workbook(rows: Iterable[Cells], title: str) -> IO[bytes]:
    """A workbook with one sheet, at its beginning, in a file that is gone when it is closed.

    Its columns are formatted as text: what somebody types in below, such as an id of 19 digits, is not rounded.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows):
        if number == 0:
            for place in range(1, len(row) + 1):
                column = sheet.column_dimensions[get_column_letter(place)]
                column.number_format, column.width = "@", 20
        sheet.append([_as_cell(sheet, cell) for cell in row])
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return file


def _as_cell(sheet: Any, value: Any) -> Any:
    """A text stays a text, also after somebody edits it: Excel's own mark for that is the quote prefix."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    if value.startswith(FORMULA_STARTS):
        cell.quotePrefix = True
    return cell
