"""What a small file may cost: of a tree, the answer grows with its rows, not with their square or cube."""

import time

import pytest
from django.test import Client as HttpClient

from tests.accounts.importing import Rows, Transfer
from tests.factories import make_administrator, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Of a processor's time; a tree of so many rows that is broad takes a third of a second.
SECONDS = 3.0


def _deep() -> Rows:
    """Each below the one before."""
    return [[f"d{number}", f"d{number - 1}" if number else ""] for number in range(4000)]


def _unplaced() -> Rows:
    """In each round one finds its place, by a path that the round before made; two thousand look in vain."""
    names = [chr(0x4E00 + number) for number in range(200)]
    chain = [[name, "/".join(names[:number])] for number, name in enumerate(names)]
    return [*reversed(chain), *([f"o{number}", "nowhere"] for number in range(2000))]


@pytest.mark.parametrize("rows", [_deep(), _unplaced()], ids=["deep", "unplaced"])
def test_a_tree_is_checked_in_little_time(rows: Rows) -> None:
    browser = HttpClient()
    browser.force_login(make_administrator(make_tenant()))
    begun = time.process_time()
    Transfer(browser, "accounts_dept").upload([["name", "parent"], *rows])
    assert time.process_time() - begun < SECONDS
