"""What keeps two syncs apart, and a sync from reading too little or the same for ever."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.account_harness import AmazonProxy
from webapp.db import leases
from webapp.db.leases import LEASE, Lease
from webapp.domain.amazon.errors import Throttled
from webapp.domain.amazon.types import UnparseableOrder
from webapp.domain.errors import BusyError
from webapp.models.amazon_orders import AmazonOrder, QuarantinedOrder
from webapp.models.sync_runs import SyncRun
from webapp.services.sync import quarantine
from webapp.services.sync import run as sync_run
from webapp.services.sync.quarantine import MAX_WINDOW_READS

pytestmark = pytest.mark.both_databases


def take_over(harness, owner):
    """Let the lease be held by `owner` for its full time."""
    lease = harness.session.get(Lease, "some", populate_existing=True)
    lease.owner, lease.until = owner, harness.clock() + LEASE
    harness.session.commit()


def owner_with(owner, process):
    machine, _, token = owner.rpartition(":")
    return f"{machine.rpartition(':')[0]}:{process}:{token}"


def ended_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lease_of_a_process_of_this_machine_that_ended_is_free_at_once(harness):
    owner = leases.acquire(harness.session, "some", harness.clock())
    take_over(harness, owner_with(owner, ended_process()))

    assert leases.acquire(harness.session, "some", harness.clock()) != owner


def test_the_lease_of_a_living_process_is_waited_for_until_it_ends(harness):
    leases.acquire(harness.session, "some", harness.clock())

    with pytest.raises(BusyError):
        leases.acquire(harness.session, "some", harness.clock())
    harness.later(LEASE.total_seconds() / 2)
    with pytest.raises(BusyError):
        leases.acquire(harness.session, "some", harness.clock())
    harness.later(LEASE.total_seconds())
    assert leases.acquire(harness.session, "some", harness.clock())


@pytest.mark.parametrize("machine", ["4026531836another", "", "4026531836"])
def test_the_lease_of_a_process_on_another_machine_is_waited_for(harness, machine):
    leases.acquire(harness.session, "some", harness.clock())
    take_over(harness, f"{machine}:{ended_process()}:token")

    with pytest.raises(BusyError):
        leases.acquire(harness.session, "some", harness.clock())


class Held(AmazonProxy):
    """A client whose process is held up before it receives the response of searchOrders."""

    def __init__(self, client, meanwhile):
        super().__init__(client)
        self.meanwhile = meanwhile

    def search_orders(self, **asked):
        page = self.amazon.search_orders(**asked)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return page


@pytest.mark.parametrize("seconds", [LEASE.total_seconds() + 1, 600])
def test_a_sync_that_lost_its_lease_writes_no_page(harness, seconds):
    harness.world.place("DE")

    def meanwhile():
        harness.later(seconds)
        with Session(harness.session.get_bind()) as own:
            leases.acquire(own, leases.build_lease_name("sync", 1), harness.clock())

    client, harness.amazon = harness.amazon, Held(harness.amazon, meanwhile)
    with pytest.raises(leases.LeaseLostError):
        harness.sync()

    harness.session.rollback()
    assert harness.session.scalar(select(func.count(AmazonOrder.id))) == 0
    assert harness.session.scalars(select(SyncRun.pages)).all() == [0]
    harness.amazon = client


def test_a_sync_that_lost_its_lease_reads_no_quarantined_order(harness):
    number = harness.world.place("DE")
    harness.sync()
    body = UnparseableOrder(cause="broken", raw={"orderId": number}, number=number)
    quarantine.add(harness.session, harness.account.id, [body], harness.clock())
    # So that no page of the next sync brings it.
    harness.account.cursor = harness.clock()
    harness.session.commit()

    class Slow(AmazonProxy):
        def get_order(self, *asked):
            order = self.amazon.get_order(*asked)
            harness.later(LEASE.total_seconds() + 1)
            with Session(harness.session.get_bind()) as own:
                leases.acquire(own, leases.build_lease_name("sync", 1), harness.clock())
            return order

    harness.amazon = Slow(harness.amazon)
    with pytest.raises(leases.LeaseLostError):
        harness.sync()

    (entry,) = harness.session.scalars(select(QuarantinedOrder).execution_options(populate_existing=True))
    assert entry.resolved_at is None


@pytest.mark.parametrize("seconds", [1, 60, 240])
def test_the_cursor_is_never_moved_backwards(harness, seconds):
    cursor = harness.clock() - timedelta(seconds=seconds)
    harness.account.cursor = cursor
    harness.session.commit()

    assert harness.sync().state == "done"

    harness.session.refresh(harness.account)
    assert harness.account.cursor == cursor


def test_the_cursor_is_moved_forwards_to_what_amazon_has_read_less_an_overlap(harness):
    before = harness.account.cursor
    harness.sync()

    harness.session.refresh(harness.account)
    assert harness.account.cursor > before
    assert sync_run.OVERLAP <= harness.clock() - harness.account.cursor < sync_run.OVERLAP + timedelta(minutes=3)


class Interrupted(AmazonProxy):
    """A client throttled after the first page of a run. Records the page tokens it was called with."""

    def __init__(self, client):
        super().__init__(client)
        self.tokens, self.interrupts = [], True

    def search_orders(self, **asked):
        if self.tokens and self.interrupts:
            raise Throttled("Later.", wait=1)
        self.tokens.append(asked["token"])
        return self.amazon.search_orders(**asked)


@pytest.mark.parametrize(
    ("hours", "is_used"), [(0.1, True), (19.9, True), (20.1, False), (25, False), (200, False), (-2, False)]
)
def test_a_page_token_is_used_for_twenty_hours(harness, hours, is_used):
    harness.world.reset("many:150")
    harness.amazon = Interrupted(harness.amazon)
    assert harness.sync().state == "waiting"
    first = list(harness.amazon.tokens)
    harness.amazon.interrupts = False
    harness.later(hours * 3600)

    assert harness.sync().state == "done"

    assert first == [None]
    assert (harness.amazon.tokens[1] is not None) is is_used


class Spoiled(AmazonProxy):
    """A client that returns one order as a body without a number while `spoiled`."""

    spoiled = True

    def search_orders(self, **asked):
        page = self.amazon.search_orders(**asked)
        body = UnparseableOrder(cause="it is not an object", raw=["nothing"], number=None)
        return replace(page, orders=[*page.orders, body]) if self.spoiled else page


def cursor_after_sync(harness):
    harness.later(600)
    harness.sync()
    harness.session.refresh(harness.account)
    return harness.account.cursor


def test_a_body_without_a_number_holds_the_cursor_for_three_readings_only(harness):
    harness.amazon = Spoiled(harness.amazon)
    before = harness.account.cursor

    cursors = [cursor_after_sync(harness) for _ in range(MAX_WINDOW_READS + 2)]

    assert MAX_WINDOW_READS == 3
    assert cursors[:3] == [before] * 3
    assert before < cursors[3] <= cursors[4]
    (entry,) = harness.session.scalars(select(QuarantinedOrder).execution_options(populate_existing=True))
    # A person still sees it.
    assert entry.resolved_at is None


@pytest.mark.parametrize("readings", [1, 2, 3])
def test_the_cursor_moves_on_when_a_body_without_a_number_does_not_reappear(harness, readings):
    harness.amazon = Spoiled(harness.amazon)
    before = harness.account.cursor
    for _ in range(readings):
        assert cursor_after_sync(harness) == before
    harness.amazon.spoiled = False

    assert cursor_after_sync(harness) > before

    (entry,) = harness.session.scalars(select(QuarantinedOrder).execution_options(populate_existing=True))
    assert entry.resolved_at is not None


@pytest.mark.parametrize(("seen", "minutes"), [(1, 0), (2, 5), (3, 10), (7, 30), (25, 120)])
def test_an_unreadable_order_is_requested_less_and_less_often(harness, seen, minutes):
    now = harness.clock()
    body = UnparseableOrder(cause="broken", raw={"orderId": "902-1-1"}, number="902-1-1")
    quarantine.add(harness.session, harness.account.id, [body], now)
    harness.session.flush()
    for _ in range(seen - 1):
        quarantine.still_unparseable(harness.session, harness.account.id, "902-1-1", now)
    harness.session.commit()
    harness.session.expire_all()

    def due(after):
        return quarantine.list_due(harness.session, harness.account.id, now + timedelta(minutes=after), 10)

    assert due(minutes) == ["902-1-1"]
    if minutes:
        assert due(minutes - 0.1) == due(0) == []
