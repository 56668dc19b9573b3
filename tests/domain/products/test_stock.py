"""What a line of an order should hold of its product's stock."""

from tests.domain.orders.test_state_machine import Line
from webapp.domain.products import stock
from webapp.domain.products.stock import AvailableStock, BlockReason, StockDelta, StockEffect


def test_an_order_holds_what_is_still_to_be_sent_and_no_more_than_amazon_says_was_bought():
    for line, amazons_quantity, owed in [
        (Line(3), 3, 3),
        (Line(3, shipped=1), 3, 2),
        # The buyer has taken pieces back from the order since: what left counts against what is still bought.
        (Line(3), 2, 2),
        (Line(3, shipped=1), 2, 1),
        (Line(3, shipped=2), 1, 0),
        (Line(3, invoiced=3, refunded=1), 3, 2),
        (Line(3, shipped=1, canceled=2), 3, 0),
    ]:
        assert stock.plan_order_line(line, amazons_quantity, 0) == stock.StockLine(owed, line.shipped, 0, 0), line


def test_no_more_comes_back_than_had_left():
    for line, back, came_back in [
        (Line(3, invoiced=3, shipped=3, refunded=2), 2, 2),
        (Line(3, invoiced=3, shipped=3, refunded=2), 1, 1),
        # What was refunded was first what had not been sent.
        (Line(3, invoiced=3, shipped=1, refunded=2), 2, 0),
        (Line(3, invoiced=3, shipped=1, refunded=3), 3, 1),
        # What was cancelled never left.
        (Line(3, invoiced=3, shipped=1, refunded=3, canceled=2), 3, 1),
        (Line(3, invoiced=3, shipped=1, refunded=2, canceled=2), 2, 0),
    ]:
        plan = stock.plan_order_line(line, 3, back, back_before=back)
        assert (plan.back, plan.back_before) == (came_back, came_back), (line, back, came_back)


def test_the_difference_to_what_it_holds_is_the_movements():
    for line, held, after, moves in [
        (stock.StockLine(2), StockEffect(), StockEffect(reserved=2), [StockDelta("reserve", held=2)]),
        (stock.StockLine(1), StockEffect(reserved=2), StockEffect(reserved=1), [StockDelta("release", held=-1)]),
        # What leaves lets go of what was reserved for it, and of nothing where nothing was.
        (stock.StockLine(0, 2), StockEffect(reserved=2), StockEffect(deducted=2), [StockDelta("deduct", -2, -2)]),
        (
            stock.StockLine(1, 1),
            StockEffect(reserved=2),
            StockEffect(reserved=1, deducted=1),
            [StockDelta("deduct", -1, -1)],
        ),
        (stock.StockLine(0, 2), StockEffect(), StockEffect(deducted=2), [StockDelta("deduct", -2)]),
        (
            stock.StockLine(0, 2),
            StockEffect(reserved=3),
            StockEffect(deducted=2),
            [StockDelta("deduct", -2, -2), StockDelta("release", held=-1)],
        ),
        (stock.StockLine(2), StockEffect(deducted=2), StockEffect(reserved=2), [StockDelta("take_back", 2, 2)]),
        (stock.StockLine(0), StockEffect(deducted=2), StockEffect(), [StockDelta("take_back", 2)]),
        (
            stock.StockLine(0, 2, 1),
            StockEffect(deducted=2),
            StockEffect(deducted=2, returned=1),
            [StockDelta("return", 1)],
        ),
        (
            stock.StockLine(0, 2),
            StockEffect(deducted=2, returned=1),
            StockEffect(deducted=2),
            [StockDelta("unreturn", -1)],
        ),
        (stock.StockLine(1, 1), StockEffect(reserved=1, deducted=1), StockEffect(reserved=1, deducted=1), []),
    ]:
        assert stock.settle(line, held, managed=True) == (after, moves), (line, held, after, moves)
        assert stock.settle(line, after, managed=True) == (after, []), (line, held, after, moves)


def test_without_stock_tracking_shipped_and_returned_units_are_counted_without_a_movement():
    assert stock.settle(stock.StockLine(2), StockEffect(), managed=False) == (StockEffect(), [])
    after, moves = stock.settle(stock.StockLine(1, 2, 1), StockEffect(), managed=False)
    assert (after, moves) == (StockEffect(skipped=2, returned=1), [])
    # Kept from then on, what had left is not counted out.
    assert stock.settle(stock.StockLine(1, 2, 1), after, managed=True) == (
        StockEffect(reserved=1, skipped=2, returned=1),
        [StockDelta("reserve", held=1)],
    )


def test_an_order_that_is_made_leaves_less_to_the_next_but_not_what_was_its_own():
    shelves = {"MUG": AvailableStock(True, True, 3), "CUP": AvailableStock(True, True, 1)}

    stock.take({"MUG": 2, "CUP": 1, "JUG": 1}, {"CUP": 1}, shelves)

    assert (shelves["MUG"].free, shelves["CUP"].free) == (1, 1)
    assert stock.find_block_reason({"MUG": 1, "CUP": 1}, {}, shelves) is None
    assert stock.find_block_reason({"MUG": 2}, {}, shelves) == BlockReason("product_out_of_stock", "MUG")
    assert stock.find_block_reason({"MUG": 2}, {"MUG": 1}, shelves) is None
    assert stock.find_block_reason({"JUG": 1}, {}, shelves) == BlockReason("product_unknown", "JUG")
