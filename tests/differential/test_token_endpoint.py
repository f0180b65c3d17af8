"""Our token endpoint beside django-oauth-toolkit's stock view: the same requests to both, the same verdicts.

Where Hufu says something else, the table of differences says why, by the section that asks for it. Both verdicts stand
there, so that a difference which is none any more is seen.
"""

import re
from collections import Counter

import pytest

from tests.differential.agreements import AGREEMENTS
from tests.differential.differences import DIFFERENCES
from tests.differential.sides import Hufu, Oracle, Side
from tests.differential.verdicts import Difference, Row, Verdict, verdict_of

same = [pytest.param(row, id=f"{group}: {row.name}") for group, rows in AGREEMENTS.items() for row in rows]
different = [
    pytest.param(row, id=f"{reason.partition(':')[0]}: {row.name}")
    for reason, rows in DIFFERENCES.items()
    for row in rows
]


def ask(side: Side, row: Row | Difference) -> Verdict:
    return verdict_of(row.request(side).send(side.http))


@pytest.mark.parametrize("row", same)
def test_both_say_the_same(row: Row, hufu: Hufu, oracle: Oracle) -> None:
    assert (ask(hufu, row), ask(oracle, row)) == (row.verdict, row.verdict)


@pytest.mark.parametrize("row", different)
def test_hufu_says_something_else_for_a_reason(row: Difference, hufu: Hufu, oracle: Oracle) -> None:
    ours, theirs = ask(hufu, row), ask(oracle, row)
    assert (ours, theirs) == (row.ours, row.theirs)
    assert ours != theirs


def test_every_reason_names_its_section() -> None:
    for reason in DIFFERENCES:
        assert re.match(r"(RFC \d+|OpenID Connect Core) (sections? \d|appendix [AB])", reason), reason


def test_the_table_is_about_each_grant_and_each_error() -> None:
    verdicts = Counter(row.verdict.error for rows in AGREEMENTS.values() for row in rows)
    errors = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
    assert {"", "invalid_scope", *errors} == set(verdicts)
