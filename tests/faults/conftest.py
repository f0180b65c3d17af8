"""The fixtures of the tests of faults."""

from tests.contract.world import world

__all__ = ["world"]
