"""A button that tries a setting out and says in plain words what is wrong. It must not know what is tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Finding:
    """One step of a trial: what was tried, whether it worked, what is wrong and what to do about it."""

    step: Text
    is_good: bool
    problem: Text = ""
    advice: Text = ""


class TestsConnection:
    """For a `ScopedModelAdmin`: the button *Test connection*, for those who may change the row."""

    # Not a test, whatever pytest thinks of its name.
    __test__ = False

    actions_detail: tuple[str, ...] = ("test_connection",)
    # One that extends it may ask for more in its block `fields`; `try_connection` reads that from the request.
    connection_template = "console/test_connection.html"

    def try_connection(self, request: HttpRequest, row: Any) -> Sequence[Finding]:
        """Try the stored setting, in bounded time. Secrets stand in no finding."""
        raise NotImplementedError

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        admin: Any = self
        may = admin.has_change_permission(request, admin.get_object(request, str(object_id)))
        return super().get_actions_detail(request, object_id) if may else []  # type: ignore[misc]  # of unfold's class

    @action(description=_("Test connection"), url_path="test-connection", icon="network_check")
    def test_connection(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first (it calls another server), then try, and show what was found."""
        admin: Any = self
        row = admin.get_object(request, object_id)
        if not admin.has_change_permission(request, row):
            raise PermissionDenied
        findings = self.try_connection(request, row) if request.method == "POST" else None
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "original": row,
            "title": _("Test connection"),
            "subtitle": str(row),
            "findings": findings,
            "is_good": findings is not None and all(finding.is_good for finding in findings),
        }
        return TemplateResponse(request, self.connection_template, context)
