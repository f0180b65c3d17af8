"""Files that are no tables, or too large, are refused in plain words; nothing that is written becomes a formula."""

import io
import zipfile

import pytest
from django.utils import translation
from openpyxl import Workbook, load_workbook

from tenants.console.transfer.reading import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    UPLOAD,
    FileRefusedError,
    Limits,
    RoundedNumber,
    read_table,
)
from tenants.console.transfer.weighing import is_too_heavy
from tenants.console.transfer.writing import csv_parts, workbook

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"]
# What comes back as it was: around the others, spaces are taken off.
PRINTED = [formula for formula in FORMULAS if formula == formula.strip()]


def _saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _archive(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def _parts_of_a_workbook() -> dict[str, bytes]:
    book = Workbook()
    book.active.append(["account"])
    book.active.append(["zhang"])
    with zipfile.ZipFile(io.BytesIO(_saved(book))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"account\n",
        b"\xd0\xcf\x11\xe0 an old workbook",
        b"PK\x03\x04 no archive",
        b"\x00\x01\x02\xff\xfe\xfd",
        b'account\n"' + b"x" * 200_000 + b'"',
        b"account\n" + b"a\n" * (MAX_ROWS + 1),
        b"a" * (MAX_BYTES + 1),
        b",".join([b"a"] * 101) + b"\n1\n",
        _archive(nothing=b""),
        _archive(bomb=b"0" * (33 * 1024 * 1024)),
    ],
    # Not more: an archive goes on with the time.
    ids=lambda data: f"{data[:4]!r}…{len(data)}",
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(FileRefusedError) as refusal:
        read_table(data)
    assert str(refusal.value)


def test_a_workbook_may_lie_about_its_size_but_not_about_its_rows() -> None:
    book = Workbook()
    book.active["A1"] = "account"
    book.active["A1048576"] = "far below"
    with pytest.raises(FileRefusedError):
        read_table(_saved(book), Limits(MAX_BYTES, MAX_BYTES, rows=100))


def test_entities_of_a_workbook_are_not_expanded() -> None:
    parts = _parts_of_a_workbook()
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY e "boom">]><worksheet', 1)
    with pytest.raises(FileRefusedError):
        read_table(_archive(**parts))


_MANY = 60_000


@pytest.mark.parametrize(
    ("part", "before", "added"),
    [
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<row>" + b"<c/>" * 110_000 + b"</row>"),
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<x/>" * _MANY),
        ("xl/styles.xml", b"</cellXfs>", b"<xf/>" * _MANY),
        ("xl/workbook.xml", b"</sheets>", b'<sheet name="a" sheetId="1"/>' * 40),
        (
            "xl/worksheets/sheet1.xml",
            b"</worksheet>",
            b'<dataValidations><dataValidation sqref="' + b"A1 " * 10_000 + b'"/></dataValidations>',
        ),
    ],
    ids=["cells", "elements", "styles", "sheets", "ranges"],
)
def test_a_small_workbook_of_many_elements_is_refused_before_it_is_read(part: str, before: bytes, added: bytes) -> None:
    parts = _parts_of_a_workbook()
    parts[part] = parts[part].replace(before, added + before)
    data = _archive(**parts)
    assert len(data) < 100_000
    with translation.override("en"), pytest.raises(FileRefusedError, match="too large"):
        read_table(data, Limits(MAX_BYTES, UPLOAD.unpacked, rows=1000))


def test_a_full_export_is_light_enough_to_come_back() -> None:
    """A twentieth of the rows that there may be, with the columns that people have."""
    rows = ([f"{place} of person {number}" for place in range(18)] for number in range(MAX_ROWS // 20 + 1))
    with workbook(rows, "sheet") as file:
        assert not is_too_heavy(file.read(), unpacked=UPLOAD.unpacked // 20, elements=MAX_ROWS // 20 * MAX_COLUMNS)


def test_lines_keep_their_numbers_and_cells_their_text() -> None:
    book = Workbook()
    book.active.append(["account", "n", "yes"])
    book.active.append([])
    book.active.append(["  zhang ", 7.0, True])
    book.active.append(["li", 1123598821738675201, None])
    table = read_table(_saved(book))
    assert (table.lines[0].number, table.lines[0].cells) == (3, ("zhang", "7", "1"))
    assert isinstance(table.lines[1].cells[1], RoundedNumber)
    assert [line.number for line in read_table(b"account\n\nzhang\n").lines] == [3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_reads_what_spreadsheets_save_as_csv(encoding: str, delimiter: str) -> None:
    table = read_table(f"账号{delimiter}姓名\r\nzhang{delimiter}张三\r\n".encode(encoding))
    assert (table.headings, table.lines[0].cells) == (("账号", "姓名"), ("zhang", "张三"))


def test_no_text_becomes_a_formula_and_each_comes_back() -> None:
    rows = [["a", "b"], *([formula, "x"] for formula in PRINTED)]
    text = b"".join(csv_parts(rows)).decode("utf-8-sig")
    assert all(line.startswith("'") for line in text.splitlines()[1:])
    assert [line.cells[0] for line in read_table(text.encode()).lines] == PRINTED
    with workbook([["a"], *([formula] for formula in FORMULAS)], "sheet") as file:
        data = file.read()
    assert load_workbook(io.BytesIO(data)).active.column_dimensions["A"].number_format == "@"
    cells = [row[0] for row in load_workbook(io.BytesIO(data)).active.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)
    assert [text for line in read_table(data).lines if (text := line.cells[0]) in PRINTED] == PRINTED
    guarded = b"".join(csv_parts([[formula] for formula in FORMULAS])).decode("utf-8-sig")
    assert not guarded.startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert "\n=" not in guarded.replace("'\n=1", "")
    assert all(f"'{formula}" in guarded for formula in FORMULAS)
    assert "\t=1" not in guarded.replace("'\t=1", "")


def test_numbers_stay_numbers() -> None:
    assert b"".join(csv_parts([[-1, "x"]])).decode("utf-8-sig") == "-1,x\r\n"
