"""Fixtures of the end-to-end tests."""

import pytest

from tests.support.account_harness import AccountHarness


@pytest.fixture
def number(harness: AccountHarness) -> str:
    """The number of an imported, unshipped order of two units of one product and one of another."""
    number = harness.world.place("DE", lines=((1, 2), (2, 1)))
    harness.sync()
    return number
