"""A device and a browser in the small installation of the contract tests."""

import pytest

from tests.contract.world import World
from tests.protocol.device_flow import DeviceFlow, make_device_flow


@pytest.fixture
def flow(world: World) -> DeviceFlow:
    return make_device_flow(world)
