"""What a section of the account page is. It must not know which there are: `ACCOUNT_SECTIONS` in the settings says.

A new section is one class, its template, and one line in the settings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils.functional import Promise

from accounts.models import BrowserSession, User
from tenants.console.keys import is_key

M = TypeVar("M", bound=Model)

# How many rows a section shows at the most: an app that signs in every minute shall not make a page of thousands.
SHOWN_AT_MOST = 50
# How many rows one press of a button ends at the most, for the same reason: a request shall not take minutes.
ENDED_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at his account or does something there: the signed-in person, in this session of this browser."""

    request: HttpRequest
    user: User
    session: BrowserSession
    now: datetime


# Does what a button of the section asks for, with `visit.request.POST`; what it returns is told to the person.
Action = Callable[[Visit], str]


class Section(Protocol):
    """A part of the account page.

    Attributes:
        name: in addresses (`/account/NAME/ACTION/`) and as the heading's id; unlike every other section's.
        title: the heading.
        template: renders the part below the heading, in the time zone of the person's tenant.
        actions: what its buttons do, by the last part of their address (`{% url 'accounts:action' NAME ACTION %}`).
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str | Promise: ...
    @property
    def template(self) -> str: ...
    @property
    def actions(self) -> Mapping[str, Action]: ...

    def context(self, visit: Visit) -> dict[str, Any]:
        """What the template shows, in a number of queries that does not grow with it."""
        ...


def row_asked_for(rows: QuerySet[M], visit: Visit) -> M:
    """The one of these rows, which are the person's own, whose button he pressed.

    Raises:
        Http404: it is none of them, or the key is none.
    """
    key: Any = visit.request.POST.get("id", "")
    row = rows.filter(pk=key).first() if is_key(rows.model._meta.pk, key) else None
    if row is None:
        raise Http404
    return row
