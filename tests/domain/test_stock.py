"""What a line of an order should hold of its product's stock."""

import pytest

from tests.domain.test_order_states import Line
from webapp.domain import stock


@pytest.mark.parametrize(
    ("line", "amazons_quantity", "owed"),
    [
        (Line(3), 3, 3),
        (Line(3, shipped=1), 3, 2),
        # The buyer has taken pieces back from the order since: what left counts against what is still bought.
        (Line(3), 2, 2),
        (Line(3, shipped=1), 2, 1),
        (Line(3, shipped=2), 1, 0),
        (Line(3, invoiced=3, refunded=1), 3, 2),
        (Line(3, shipped=1, canceled=2), 3, 0),
    ],
)
def test_an_order_holds_what_is_still_to_be_sent_and_no_more_than_amazon_says_was_bought(line, amazons_quantity, owed):
    assert stock.of_order(line, amazons_quantity, 0) == stock.Line(owed, line.shipped, 0, 0)


@pytest.mark.parametrize(
    ("line", "back", "came_back"),
    [
        (Line(3, invoiced=3, shipped=3, refunded=2), 2, 2),
        (Line(3, invoiced=3, shipped=3, refunded=2), 1, 1),
        # What was refunded was first what had not been sent.
        (Line(3, invoiced=3, shipped=1, refunded=2), 2, 0),
        (Line(3, invoiced=3, shipped=1, refunded=3), 3, 1),
        # What was cancelled never left.
        (Line(3, invoiced=3, shipped=1, refunded=3, canceled=2), 3, 1),
        (Line(3, invoiced=3, shipped=1, refunded=2, canceled=2), 2, 0),
    ],
)
def test_no_more_comes_back_than_had_left(line, back, came_back):
    found = stock.of_order(line, 3, back, back_before=back)
    assert (found.back, found.back_before) == (came_back, came_back)
