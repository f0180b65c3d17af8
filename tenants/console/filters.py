"""List filters: for related rows, found by typing and never another tenant's, and for a span of time.

They must not know any model.
"""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm, RangeDateTimeForm

from tenants.console.choices import choices_for
from tenants.console.keys import KeySelect
from tenants.moments import FIRST_YEAR, LAST_YEAR
from tenants.scoping import viewer_of


class _ScopedDropdownForm(AutocompleteDropdownForm):
    """The theme's form names whatever row the address asks for; this one knows only the viewer's."""

    widget = KeySelect

    def __init__(self, request: HttpRequest, name: str, field: Any, model_admin: Any, **kwargs: Any) -> None:
        super().__init__(request=request, name=name, field=field, model_admin=model_admin, **kwargs)
        model = field.remote_field.model
        self.fields[name].queryset = choices_for(model_admin.admin_site, model, viewer_of(request))


class ScopedFilter(AutocompleteSelectFilter):
    """Filter by a related row; the choices are those of its own console page."""

    form_class = _ScopedDropdownForm


class _MomentForm(RangeDateTimeForm):
    class Media:
        # With what its calendar asks for: the question before rows are deleted has the list's scripts, and not that.
        js = (reverse_lazy("admin:jsi18n"), *RangeDateTimeForm.Media.js)


class MomentFilter(RangeDateTimeFilter):
    """Filter by a span of time, in the console's time zone; a day without a time is that whole day.

    The theme's own ignores a day without a time, and compares with moments of no time zone.
    """

    form_class = _MomentForm
    # It narrows whatever else leads a search (tenants/console/keyset.py).
    rank = 0

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        return queryset.filter(self.condition())

    def condition(self) -> Q:
        """The span as a condition; an empty one if none was given, and one that finds nothing if it is no time."""
        if not self.is_readable:
            return Q(pk__in=[])
        since, until = self._moment("from", time.min), self._moment("to", time.max)
        condition = Q()
        if since is not None:
            condition &= Q(**{f"{self.field_path}__gte": since})
        if until is not None:
            # The last minute counts to its end.
            end = until if until.second else until.replace(second=59, microsecond=999_999)
            condition &= Q(**{f"{self.field_path}__lte": end})
        return condition

    @property
    def is_readable(self) -> bool:
        """Whether both ends are times, or left out."""
        try:
            self._moment("from", time.min), self._moment("to", time.max)
        except ValidationError:
            return False
        return True

    def _moment(self, end: str, without_time: time) -> datetime | None:
        day, clock = (self.used_parameters.get(f"{self.parameter_name}_{end}_{part}") for part in (0, 1))
        given_day: date | None = forms.DateField(required=False).clean(day)
        given_time: time | None = forms.TimeField(required=False).clean(clock)
        if given_day is None:
            return None
        # Who writes 0001 or 9999 means: from the beginning, to the end. Not every zone has those moments.
        given_day = min(max(given_day, date(FIRST_YEAR, 1, 1)), date(LAST_YEAR, 12, 31))
        return timezone.make_aware(datetime.combine(given_day, given_time or without_time))
