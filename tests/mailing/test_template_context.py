"""What mails say of an order."""

import re

from tests.support.order_processing import create_processing_order
from webapp.mailing import template_context


def test_an_order_is_described_as_placed_so_that_its_lines_agree_with_its_total(session):
    order = create_processing_order(session)
    before = template_context.build_order_values(session, order, "order", None, "de")
    order.items[0].canceled = order.items[0].ordered
    session.flush()

    values = template_context.build_order_values(session, order, "order", None, "de")

    assert values == before
    pieces = [int(re.match(r"\d+", line).group()) for line in values["order_lines"].splitlines()]
    assert pieces == [item.ordered for item in order.items]
