"""Fixtures of the submission tests."""

import pytest
from sqlalchemy.orm import Session

from tests.support.refunds import create_shipped_order
from webapp.models.orders import Order


@pytest.fixture
def order(session: Session) -> Order:
    """26.00 for two pieces and 16.00 for one, shipped and invoiced."""
    return create_shipped_order(session)
