"""Datasets that Amazon refuses for a while, as in an outage, and what becomes of the orders read meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from webapp.models.amazon_orders import AmazonOrder, IncompleteOrder
from webapp.models.orders import Order

pytestmark = pytest.mark.both_databases

QUARTER = timedelta(minutes=16).total_seconds()


def refuse_dataset(harness, dataset, answer="400"):
    harness.world.faults.arm("forbidden_dataset", dataset=dataset, answer=answer, times=None)


def incomplete_orders(harness):
    """(number, dataset) of what is still to be read again."""
    statement = select(AmazonOrder.number, IncompleteOrder.dataset).join(
        IncompleteOrder, IncompleteOrder.amazon_order_id == AmazonOrder.id
    )
    return sorted(tuple(row) for row in harness.session.execute(statement))


def count_searches(harness):
    return sum(call["operation"] == "searchOrders" for call in harness.world.calls)


def datasets_refused(harness):
    harness.session.refresh(harness.account)
    return harness.account.missing_datasets


def shipped(harness):
    number = harness.world.place("DE")
    harness.at_amazon(number, "ship")
    return number


def order_of(harness, number):
    return harness.session.scalar(select(Order).join(AmazonOrder).where(AmazonOrder.number == number))


@pytest.mark.parametrize("later", [QUARTER, timedelta(days=2).total_seconds(), timedelta(days=9).total_seconds()])
def test_an_order_read_without_its_amounts_gets_them_once_amazon_gives_them(harness, later):
    harness.sync()
    refuse_dataset(harness, "PROCEEDS")
    number = harness.world.place("DE")
    harness.sync()
    assert (harness.order(number).blocked, harness.order(number).total, incomplete_orders(harness)) == (
        "total_missing",
        None,
        [(number, "PROCEEDS")],
    )
    harness.world.faults.disarm()

    # Nothing of the order changes at Amazon, so no search brings it again.
    harness.account.cursor = harness.clock()
    harness.session.commit()
    harness.later(later)
    run = harness.sync()

    assert (run.state, run.orders_created) == ("done", 1)
    order = order_of(harness, number)
    assert order.total == harness.order(number).total > 0
    assert (incomplete_orders(harness), datasets_refused(harness)) == ([], [])


@pytest.mark.parametrize("dataset", ["RECIPIENT", "BUYER", "CANCELLATION", "PACKAGES", "TAX", "PAYMENT"])
def test_every_refused_dataset_is_recorded_and_fetched_later(harness, dataset):
    harness.sync()
    refuse_dataset(harness, dataset, "403")
    number = harness.world.place("DE")
    harness.sync()
    assert incomplete_orders(harness) == [(number, dataset)]
    harness.world.faults.disarm()
    harness.account.cursor = harness.clock()
    harness.session.commit()

    harness.later(QUARTER)
    harness.sync()

    assert incomplete_orders(harness) == []
    if dataset == "RECIPIENT":
        assert harness.order(number).recipient is not None


def test_a_dataset_that_worked_recently_is_retried_soon_and_others_daily(harness):
    from webapp.services.accounts import accounts

    refuse_dataset(harness, "BUYER")
    harness.sync()
    refuse_dataset(harness, "PROCEEDS")
    harness.later(1)
    harness.sync()
    harness.session.refresh(harness.account)

    assert accounts.list_temporarily_unavailable_datasets(harness.account, harness.clock()) == {"PROCEEDS"}
    assert accounts.list_datasets_to_skip(harness.account, harness.clock()) == {"BUYER", "PROCEEDS"}
    harness.later(QUARTER)
    assert accounts.list_datasets_to_skip(harness.account, harness.clock()) == {"BUYER"}
    harness.later(timedelta(days=1).total_seconds())
    assert accounts.list_datasets_to_skip(harness.account, harness.clock()) == frozenset()
    harness.later(timedelta(days=3).total_seconds())
    assert accounts.list_temporarily_unavailable_datasets(harness.account, harness.clock()) == frozenset()


def test_a_search_during_an_outage_takes_two_calls(harness):
    harness.sync()
    refuse_dataset(harness, "PROCEEDS")
    harness.sync()
    harness.later(QUARTER)
    calls = count_searches(harness)

    harness.sync()

    assert count_searches(harness) - calls == 2


def test_one_of_two_refused_datasets_is_noticed_when_it_comes_back(harness):
    refuse_dataset(harness, "RECIPIENT", "403")
    refuse_dataset(harness, "BUYER", "403")
    harness.sync()
    assert datasets_refused(harness) == ["BUYER", "RECIPIENT"]
    harness.world.faults.disarm()
    refuse_dataset(harness, "RECIPIENT", "403")

    harness.later(timedelta(days=1, minutes=1).total_seconds())
    harness.sync()

    assert datasets_refused(harness) == ["RECIPIENT"]


def test_open_orders_come_first_and_a_sync_reads_no_more_than_its_share(harness, monkeypatch):
    from webapp.services.sync import run as sync_run

    monkeypatch.setattr(sync_run, "INCOMPLETE_REREAD_LIMIT", 2)
    harness.sync()
    refuse_dataset(harness, "RECIPIENT", "403")
    done = [shipped(harness) for _ in range(2)]
    todo = [harness.world.place("DE") for _ in range(2)]
    harness.sync()
    harness.world.faults.disarm()
    harness.account.cursor = harness.clock()
    harness.session.commit()

    harness.later(QUARTER)
    harness.sync()

    assert {number for number, _ in incomplete_orders(harness)} == set(done)
    harness.sync()
    assert incomplete_orders(harness) == []
    assert all(harness.order(number).recipient for number in todo)


def test_an_order_that_cannot_be_read_again_waits_longer_each_time(harness):
    harness.sync()
    refuse_dataset(harness, "TAX", "403")
    number = harness.world.place("DE")
    harness.sync()
    harness.world.faults.disarm()
    harness.account.cursor = harness.clock()
    harness.session.commit()
    harness.world.faults.arm("error_500", "getOrder", times=None)

    harness.later(QUARTER)
    assert harness.sync().state == "done"

    assert incomplete_orders(harness) == [(number, "TAX")]
    harness.world.faults.disarm()
    harness.later(QUARTER)
    harness.sync()
    assert incomplete_orders(harness) == []


def test_a_refused_dataset_removes_no_stored_data(harness):
    number = harness.world.place("DE", lines=((1, 2), (2, 1)))
    harness.sync()
    order = harness.order(number)
    before = (order.total, order.payment_methods, [(item.total, item.unit_price) for item in order.items])
    refuse_dataset(harness, "PROCEEDS")
    harness.at_amazon(number, "request-cancel")
    harness.sync()
    assert harness.order(number).cancel_requested
    harness.world.faults.disarm()
    refuse_dataset(harness, "PROCEEDS")
    refuse_dataset(harness, "CANCELLATION")
    refuse_dataset(harness, "PAYMENT")
    with harness.world.changing(harness.world.orders[number]):
        pass

    harness.later(QUARTER)
    harness.sync()

    order = harness.order(number)
    assert order.cancel_requested
    assert (
        order.total,
        order.payment_methods,
        [(item.total, item.unit_price) for item in order.items],
    ) == before
