"""What journeys begin with."""

import pytest

from tests.support.account_harness import Desk


@pytest.fixture
def number(desk: Desk) -> str:
    """An unshipped order of two pieces of one product and one of another, which has arrived."""
    number = desk.world.place("DE", lines=((1, 2), (2, 1)))
    desk.sync()
    return number
