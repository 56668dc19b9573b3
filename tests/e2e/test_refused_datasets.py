"""Datasets that Amazon refuses for a while, as in an outage, and what becomes of the orders read meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from webapp.models.amazon_orders import AmazonOrder, IncompleteOrder
from webapp.models.orders import Order

pytestmark = pytest.mark.both_databases

QUARTER = timedelta(minutes=16).total_seconds()


def refuse(desk, dataset, answer="400"):
    desk.world.faults.arm("forbidden_dataset", dataset=dataset, answer=answer, times=None)


def waiting(desk):
    """(number, dataset) of what is still to be read again."""
    known = select(AmazonOrder.number, IncompleteOrder.dataset).join(
        IncompleteOrder, IncompleteOrder.amazon_order_id == AmazonOrder.id
    )
    return sorted(tuple(row) for row in desk.session.execute(known))


def searches(desk):
    return sum(call["operation"] == "searchOrders" for call in desk.world.calls)


def datasets_refused(desk):
    desk.session.refresh(desk.account)
    return desk.account.missing_datasets


def shipped(desk):
    number = desk.world.place("DE")
    desk.at_amazon(number, "ship")
    return number


def made(desk, number):
    return desk.session.scalar(select(Order).join(AmazonOrder).where(AmazonOrder.number == number))


@pytest.mark.parametrize("later", [QUARTER, timedelta(days=2).total_seconds(), timedelta(days=9).total_seconds()])
def test_an_order_read_without_its_amounts_gets_them_once_amazon_gives_them(desk, later):
    desk.sync()
    refuse(desk, "PROCEEDS")
    number = desk.world.place("DE")
    desk.sync()
    assert (desk.order(number).blocked, desk.order(number).total, waiting(desk)) == (
        "total_missing",
        None,
        [(number, "PROCEEDS")],
    )
    desk.world.faults.disarm()

    # Nothing of the order changes at Amazon, so no search brings it again.
    desk.account.cursor = desk.clock()
    desk.session.commit()
    desk.later(later)
    run = desk.sync()

    assert (run.state, run.orders_created) == ("done", 1)
    order = made(desk, number)
    assert order.total == desk.order(number).total > 0
    assert (waiting(desk), datasets_refused(desk)) == ([], [])


@pytest.mark.parametrize("dataset", ["RECIPIENT", "BUYER", "CANCELLATION", "PACKAGES", "TAX", "PAYMENT"])
def test_every_dataset_is_remembered_and_fetched_later(desk, dataset):
    desk.sync()
    refuse(desk, dataset, "403")
    number = desk.world.place("DE")
    desk.sync()
    assert waiting(desk) == [(number, dataset)]
    desk.world.faults.disarm()
    desk.account.cursor = desk.clock()
    desk.session.commit()

    desk.later(QUARTER)
    desk.sync()

    assert waiting(desk) == []
    if dataset == "RECIPIENT":
        assert desk.order(number).recipient is not None


def test_what_worked_lately_is_asked_for_again_soon_and_what_never_worked_daily(desk):
    from webapp.services.accounts import accounts

    refuse(desk, "BUYER")
    desk.sync()
    refuse(desk, "PROCEEDS")
    desk.later(1)
    desk.sync()
    desk.session.refresh(desk.account)

    assert accounts.outages(desk.account, desk.clock()) == {"PROCEEDS"}
    assert accounts.left_out(desk.account, desk.clock()) == {"BUYER", "PROCEEDS"}
    desk.later(QUARTER)
    assert accounts.left_out(desk.account, desk.clock()) == {"BUYER"}
    desk.later(timedelta(days=1).total_seconds())
    assert accounts.left_out(desk.account, desk.clock()) == frozenset()
    desk.later(timedelta(days=3).total_seconds())
    assert accounts.outages(desk.account, desk.clock()) == frozenset()


def test_a_search_during_an_outage_takes_two_calls(desk):
    desk.sync()
    refuse(desk, "PROCEEDS")
    desk.sync()
    desk.later(QUARTER)
    calls = searches(desk)

    desk.sync()

    assert searches(desk) - calls == 2


def test_one_of_two_refused_datasets_is_noticed_when_it_comes_back(desk):
    refuse(desk, "RECIPIENT", "403")
    refuse(desk, "BUYER", "403")
    desk.sync()
    assert datasets_refused(desk) == ["BUYER", "RECIPIENT"]
    desk.world.faults.disarm()
    refuse(desk, "RECIPIENT", "403")

    desk.later(timedelta(days=1, minutes=1).total_seconds())
    desk.sync()

    assert datasets_refused(desk) == ["RECIPIENT"]


def test_open_orders_come_first_and_a_sync_reads_no_more_than_its_share(desk, monkeypatch):
    from webapp.services.sync import run as sync_run

    monkeypatch.setattr(sync_run, "MOST_COMPLETED", 2)
    desk.sync()
    refuse(desk, "RECIPIENT", "403")
    done = [shipped(desk) for _ in range(2)]
    todo = [desk.world.place("DE") for _ in range(2)]
    desk.sync()
    desk.world.faults.disarm()
    desk.account.cursor = desk.clock()
    desk.session.commit()

    desk.later(QUARTER)
    desk.sync()

    assert {number for number, _ in waiting(desk)} == set(done)
    desk.sync()
    assert waiting(desk) == []
    assert all(desk.order(number).recipient for number in todo)


def test_an_order_that_cannot_be_read_again_waits_longer_each_time(desk):
    desk.sync()
    refuse(desk, "TAX", "403")
    number = desk.world.place("DE")
    desk.sync()
    desk.world.faults.disarm()
    desk.account.cursor = desk.clock()
    desk.session.commit()
    desk.world.faults.arm("error_500", "getOrder", times=None)

    desk.later(QUARTER)
    assert desk.sync().state == "done"

    assert waiting(desk) == [(number, "TAX")]
    desk.world.faults.disarm()
    desk.later(QUARTER)
    desk.sync()
    assert waiting(desk) == []


def test_a_refused_dataset_takes_away_nothing_that_was_known(desk):
    number = desk.world.place("DE", lines=((1, 2), (2, 1)))
    desk.sync()
    known = desk.order(number)
    before = (known.total, known.payment_methods, [(item.total, item.unit_price) for item in known.items])
    refuse(desk, "PROCEEDS")
    desk.at_amazon(number, "request-cancel")
    desk.sync()
    assert desk.order(number).cancel_requested
    desk.world.faults.disarm()
    refuse(desk, "PROCEEDS")
    refuse(desk, "CANCELLATION")
    refuse(desk, "PAYMENT")
    with desk.world.changing(desk.world.orders[number]):
        pass

    desk.later(QUARTER)
    desk.sync()

    known = desk.order(number)
    assert known.cancel_requested
    assert (known.total, known.payment_methods, [(item.total, item.unit_price) for item in known.items]) == before
