"""The fixtures of the contract tests."""

from tests.contract.world import world

__all__ = ["world"]
