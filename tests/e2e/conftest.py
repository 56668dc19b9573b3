"""What journeys begin with."""

import pytest

from tests.support.account_harness import AccountHarness


@pytest.fixture
def number(harness: AccountHarness) -> str:
    """An unshipped order of two pieces of one product and one of another, which has arrived."""
    number = harness.world.place("DE", lines=((1, 2), (2, 1)))
    harness.sync()
    return number
