"""The two sides: our endpoint on this test's tables, and an oracle for all tests of this process."""

from collections.abc import Iterator

import pytest

from tests.contract.world import World, world
from tests.differential.sides import Hufu, Oracle, make_hufu, running_oracle

__all__ = ["world"]


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    with running_oracle() as side:
        yield side


@pytest.fixture
def hufu(world: World) -> Hufu:
    return make_hufu(world)
