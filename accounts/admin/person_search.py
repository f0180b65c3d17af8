"""How people and what is theirs are searched, so that an index answers among a million. It must not know pages.

PostgreSQL has an index of trigrams (migration 0013): it finds any part of three characters or more, and of shorter ones
the beginning or the end, which is how Chinese names of two characters are typed.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import User
from tenants.scoping import viewer_of, visible

_NAMES = ("account", "real_name")
_COLUMNS = (*_NAMES, "phone", "email", "job_number")
FOUND_AT_MOST = 2_000
_KEYS_AT_MOST = 500
_FEW = 200
_PART = 3
_WORDS_AT_MOST = 8
# What people write between the digits of a number.
_PUNCTUATED_NUMBER = re.compile(r"\+?[\d()./-]*\d[\d()./-]*")


def matching(
    people: QuerySet[User], term: str, *, is_to_look: bool = False, columns: Sequence[str] = _COLUMNS
) -> QuerySet[Any]:
    """Those in whom each word of the term is found; to look at, a number of them that nobody reads to its end."""
    words = term.split()[:_WORDS_AT_MOST]
    if not words:
        return people
    found = people
    for word in words:
        found = found.filter(_having(word, columns))
    if not is_to_look:
        return found
    # Found first, put in order afterwards: for the newest of a word that is common elsewhere but not in this tenant,
    # PostgreSQL would go through all people, newest first. Few are found once, for the page and for their number; of
    # many, their list in each query would take longer.
    keys = found.order_by().values_list("pk", flat=True)
    few = list(keys[: _FEW + 1])
    return people.filter(pk__in=few if len(few) <= _FEW else keys[:FOUND_AT_MOST])


class SearchedByPerson:
    """For pages of what people have: found by the person, as people are, and by what `search_condition` knows besides.

    People are found first: joined to millions of rows, no index would answer.
    """

    def search_condition(self, term: str) -> Q:  # noqa: ARG002 - for subclasses
        """What else finds a row."""
        return Q()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term or "\0" in term:
            return (queryset.none() if term else queryset), False
        # Who may not look at people finds them by what stands in this list, and not by their numbers.
        user: Any = request.user
        columns = _COLUMNS if user.has_perm("accounts.view_user") else _NAMES
        people = matching(visible(User.objects.all(), viewer_of(request)), term, columns=columns)
        keys = _keys(people, is_to_look=request.method == "GET")
        return queryset.filter(Q(user_id__in=keys) | self.search_condition(term)), False


def found_keys(rows: QuerySet[Any], *conditions: Q) -> Any:
    """The keys of rows of a small table that any of these finds, for a condition on a large one."""
    found = Q()
    for condition in conditions:
        found |= condition
    return _keys(rows.filter(found), is_to_look=True)


def _keys(rows: QuerySet[Any], *, is_to_look: bool) -> Any:
    """The rows' keys: to look at, those that were found first, known to PostgreSQL before it plans the rest."""
    keys = rows.order_by().values_list("pk", flat=True)
    return list(keys[:_KEYS_AT_MOST]) if is_to_look else keys


def _having(word: str, columns: Sequence[str]) -> Q:
    # A number is found however its digits are grouped.
    digits = re.sub(r"\D", "", word) if _PUNCTUATED_NUMBER.fullmatch(word) else ""
    condition = Q()
    for column in columns:
        condition |= _in_column(column, word)
    is_number = "phone" in columns and digits and digits != word
    return condition | _in_column("phone", digits) if is_number else condition


def _in_column(column: str, word: str) -> Q:
    if len(word) >= _PART:
        return Q(**{f"{column}__icontains": word})
    # Of one character the beginning alone: at the end of something it stands in every tenth row.
    beginning = Q(**{f"{column}__istartswith": word})
    return beginning if len(word) == 1 else beginning | Q(**{f"{column}__iendswith": word})
