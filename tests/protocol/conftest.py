"""The fixtures of these tests: the small installation of the contract tests."""

from tests.contract.world import world

__all__ = ["world"]
