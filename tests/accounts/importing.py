"""Drives an import or export through the console's pages, as a browser would. It must not know any model."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as HttpClient
from django.urls import reverse
from openpyxl import Workbook, load_workbook

Rows = list[list[Any]]


def as_csv(rows: Sequence[Sequence[Any]], encoding: str = "utf-8-sig") -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode(encoding)


def as_workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


class Transfer:
    """The pages of one model, in one browser."""

    def __init__(self, browser: HttpClient, model: str) -> None:
        self.browser = browser
        self.model = model

    def address(self, name: str, *args: Any) -> str:
        return reverse(f"admin:{self.model}_{name}", args=args)

    def upload(self, rows: Sequence[Sequence[Any]] | bytes, **fields: Any) -> Any:
        """The answer to a file: 302 to the preview, or the page that says what is wrong."""
        data = rows if isinstance(rows, bytes) else as_csv(rows)
        file = SimpleUploadedFile("rows.csv", data)
        return self.browser.post(self.address("import_rows"), {"file": file, **fields})

    def preview(self) -> Any:
        return self.browser.get(self.address("import_preview"))

    def confirm(self, mark: str | None = None) -> Any:
        """Go on until there is another page than that of the progress."""
        mark = mark or self.preview().context["state"]["mark"]
        while True:
            answer = self.browser.post(self.address("import_preview"), {"mark": mark, "confirm": "1"})
            if answer.status_code != 200 or not answer.context.get("is_running"):
                return answer

    def run(self, rows: Sequence[Sequence[Any]] | bytes, **fields: Any) -> Any:
        """Upload and confirm; fails if the file is refused."""
        answer = self.upload(rows, **fields)
        assert answer.status_code == 302, self.problems(answer)
        answer = self.confirm()
        assert answer.status_code == 302, self.problems(answer)
        return answer

    def problems(self, answer: Any) -> list[tuple[int, str, str]]:
        """What the page says is wrong: line, column, text."""
        if answer.status_code != 200:
            return []
        form = answer.context["form"]
        found = [(0, name, str(error)) for name, errors in form.errors.items() for error in errors]
        return found + [(each.line, each.column, each.text) for each in answer.context.get("problems", ())]

    def download(self, kind: str, query: str = "") -> bytes:
        """The file of an export."""
        answer: Any = self.browser.post(self.address("export_rows") + query, {"kind": kind})
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)

    def export(self, kind: str = "csv", query: str = "") -> Rows:
        """The rows of an export, headings first."""
        data = self.download(kind, query)
        if kind == "csv":
            return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        return [list(row) for row in load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)]
