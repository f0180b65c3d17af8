"""What the console does where two people save at the same moment. It must not know which model they edit."""

import logging
from collections.abc import Collection
from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.contrib.messages import ERROR, get_messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from tenants.console.keys import is_key
from tenants.models import Tenant
from tenants.scoping import sees_all_tenants, viewer_of
from tenants.turns import take_turn

logger = logging.getLogger(__name__)

OVERTAKEN = _("Somebody else saved something at the same moment. Look at it again.")


class OneAfterTheOther:
    """For the pages of a model whose rows are right or wrong together.

    Attributes:
        in_turn: what a tenant's people do one after the other here: `add`, `change`.
    """

    in_turn: ClassVar[Collection[str]] = ()

    def _changeform_view(self, request: HttpRequest, object_id: str | None, *args: Any) -> Any:
        """Django's, within its transaction; the turn is taken before the row is read."""
        if request.method == "POST" and ("add" if object_id is None else "change") in self.in_turn:
            tenant_id = self._tenant_of_form(request, object_id)
            if is_key(Tenant._meta.pk, tenant_id):
                with suppress(Tenant.DoesNotExist):
                    take_turn(int(tenant_id))
        return super()._changeform_view(request, object_id, *args)  # type: ignore[misc]  # of Django's class

    def _tenant_of_form(self, request: HttpRequest, object_id: str | None) -> str:
        """Whose the row is, or will be; "" if that is unknown, and the form is refused."""
        admin: Any = self
        viewer: Any = viewer_of(request)
        if object_id is None:
            return request.POST.get("tenant", "") if sees_all_tenants(viewer) else str(viewer.tenant_id)
        key = unquote(object_id)
        rows = admin.get_queryset(request).filter(pk=key) if is_key(admin.opts.pk, key) else admin.model.objects.none()
        return str(rows.values_list("tenant_id", flat=True).first() or "")


class AnswersTheOvertaken:
    """Whoever is told by the database alone that somebody else was faster is shown what there is now; nothing is kept.

    Some of it shows only when the transaction ends, so it is around Django's views as a whole.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Django's; the form of one who was overtaken comes back as he sent it, checked against what there is now."""
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]  # of Django's class
        told = len(_messages_of(request))
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]  # of Django's class
        except IntegrityError as error:
            self._note_overtaken(request, error, told)
        request.is_overtaken = True  # type: ignore[attr-defined]  # `is_overtaken` reads it
        page = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]  # of Django's class
        if page.status_code == HTTPStatus.OK:
            # Where the row is gone by now, Django leads elsewhere.
            page.status_code = HTTPStatus.CONFLICT
        return page

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        told = len(_messages_of(request))
        try:
            return super().delete_view(request, *args, **kwargs)  # type: ignore[misc]  # of Django's class
        except IntegrityError as error:
            return self._look_again(request, error, told)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        told = len(_messages_of(request))
        try:
            return super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]  # of Django's class
        except IntegrityError as error:
            return self._look_again(request, error, told)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Django's; the record of what was deleted goes with it, or stays away with it."""
        if "delete_selected" not in request.POST.getlist("action"):
            return super().response_action(request, queryset)  # type: ignore[misc]  # of Django's class
        with transaction.atomic():
            return super().response_action(request, queryset)  # type: ignore[misc]  # of Django's class

    def _look_again(self, request: HttpRequest, error: IntegrityError, told: int) -> HttpResponseRedirect:
        """To the same page as it is now."""
        admin: Any = self
        self._note_overtaken(request, error, told)
        admin.message_user(request, OVERTAKEN, ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def _note_overtaken(self, request: HttpRequest, error: IntegrityError, told: int) -> None:
        admin: Any = self
        # Nothing else of the error: it quotes the row.
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        logger.warning("overtaken in the console model=%s constraint=%s", admin.opts.label, constraint or "")
        # Said too early: that it was saved.
        del _messages_of(request)[told:]


def is_overtaken(request: HttpRequest) -> bool:
    """Whether the form is shown again because somebody else was faster; it is not saved then."""
    return getattr(request, "is_overtaken", False)


def _messages_of(request: HttpRequest) -> list[Any]:
    """What this request has told so far. Django has no other way to take any of it back."""
    queued: list[Any] = getattr(get_messages(request), "_queued_messages", [])
    return queued
