"""What the console does where two people save at the same moment. It must not know which model they edit."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.http import HttpRequest

from tenants.console.keys import is_key
from tenants.models import Tenant
from tenants.scoping import sees_all_tenants, viewer_of
from tenants.turns import take_turn


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
