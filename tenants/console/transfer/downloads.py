"""Answers with a file of rows. It must not know what they are."""

from collections.abc import Iterable

from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from tenants.console.transfer.writing import CSV_TYPE, XLSX_TYPE, Cells, csv_parts, workbook


def send_csv(rows: Iterable[Cells], name: str) -> HttpResponse:
    """The rows as CSV, sent as they come."""
    answer = StreamingHttpResponse(csv_parts(rows), content_type=CSV_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # Django's two kinds of answer have a private base


def send_workbook(rows: Iterable[Cells], name: str) -> HttpResponse:
    """The rows as XLSX, made before the first byte is sent."""
    answer = FileResponse(workbook(rows, name), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # as above
