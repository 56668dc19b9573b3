"""What keeps two syncs apart, and a sync from reading too little or the same for ever."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.account_harness import Port
from webapp.db import leases
from webapp.db.leases import LEASE, Lease
from webapp.domain.amazon.errors import Throttled
from webapp.domain.amazon.types import UnparseableOrder
from webapp.domain.errors import BusyError
from webapp.models.amazon_orders import AmazonOrder, QuarantinedOrder
from webapp.models.sync_runs import SyncRun
from webapp.services.sync import quarantine
from webapp.services.sync import run as sync_run
from webapp.services.sync.quarantine import MOST_READINGS

pytestmark = pytest.mark.both_databases


def take_over(desk, owner):
    """Let the lease be held by `owner` for its full time."""
    lease = desk.session.get(Lease, "some", populate_existing=True)
    lease.owner, lease.until = owner, desk.clock() + LEASE
    desk.session.commit()


def owner_with(owner, process):
    machine, _, token = owner.rpartition(":")
    return f"{machine.rpartition(':')[0]}:{process}:{token}"


def ended_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lease_of_a_process_of_this_machine_that_ended_is_free_at_once(desk):
    owner = leases.acquire(desk.session, "some", desk.clock())
    take_over(desk, owner_with(owner, ended_process()))

    assert leases.acquire(desk.session, "some", desk.clock()) != owner


def test_the_lease_of_a_living_process_is_waited_for_until_it_ends(desk):
    leases.acquire(desk.session, "some", desk.clock())

    with pytest.raises(BusyError):
        leases.acquire(desk.session, "some", desk.clock())
    desk.later(LEASE.total_seconds() - 1)
    with pytest.raises(BusyError):
        leases.acquire(desk.session, "some", desk.clock())
    desk.later(2)
    assert leases.acquire(desk.session, "some", desk.clock())


@pytest.mark.parametrize("machine", ["4026531836another", "", "4026531836"])
def test_of_a_process_of_another_machine_nobody_knows_whether_it_ended(desk, machine):
    leases.acquire(desk.session, "some", desk.clock())
    take_over(desk, f"{machine}:{ended_process()}:token")

    with pytest.raises(BusyError):
        leases.acquire(desk.session, "some", desk.clock())


class Held(Port):
    """The port of a process that is held up before the answer of searchOrders reaches it."""

    def __init__(self, port, meanwhile):
        super().__init__(port)
        self.meanwhile = meanwhile

    def search_orders(self, **asked):
        page = self.port.search_orders(**asked)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return page


@pytest.mark.parametrize("seconds", [LEASE.total_seconds() + 1, 600])
def test_a_sync_that_lost_its_lease_writes_no_page(desk, seconds):
    desk.world.place("DE")

    def meanwhile():
        desk.later(seconds)
        with Session(desk.session.get_bind()) as own:
            leases.acquire(own, sync_run.lease_name(1), desk.clock())

    port, desk.port = desk.port, Held(desk.port, meanwhile)
    with pytest.raises(leases.LeaseLostError):
        desk.sync()

    desk.session.rollback()
    assert desk.session.scalar(select(func.count(AmazonOrder.id))) == 0
    assert desk.session.scalars(select(SyncRun.pages)).all() == [0]
    desk.port = port


def test_an_order_in_quarantine_is_not_read_into_a_sync_that_lost_its_lease(desk):
    number = desk.world.place("DE")
    desk.sync()
    body = UnparseableOrder(cause="broken", raw={"orderId": number}, number=number)
    quarantine.add(desk.session, desk.account.id, [body], desk.clock())
    # So that no page of the next sync brings it.
    desk.account.cursor = desk.clock()
    desk.session.commit()

    class Slow(Port):
        def get_order(self, *asked):
            order = self.port.get_order(*asked)
            desk.later(LEASE.total_seconds() + 1)
            with Session(desk.session.get_bind()) as own:
                leases.acquire(own, sync_run.lease_name(1), desk.clock())
            return order

    desk.port = Slow(desk.port)
    with pytest.raises(leases.LeaseLostError):
        desk.sync()

    (kept,) = desk.session.scalars(select(QuarantinedOrder).execution_options(populate_existing=True))
    assert kept.resolved_at is None


@pytest.mark.parametrize("seconds", [1, 60, 240])
def test_the_cursor_is_never_moved_backwards(desk, seconds):
    cursor = desk.clock() - timedelta(seconds=seconds)
    desk.account.cursor = cursor
    desk.session.commit()

    assert desk.sync().state == "done"

    desk.session.refresh(desk.account)
    assert desk.account.cursor == cursor


def test_the_cursor_is_moved_forwards_to_what_amazon_has_read_less_an_overlap(desk):
    before = desk.account.cursor
    desk.sync()

    desk.session.refresh(desk.account)
    assert desk.account.cursor > before
    assert sync_run.OVERLAP <= desk.clock() - desk.account.cursor < sync_run.OVERLAP + timedelta(minutes=3)


class Interrupted(Port):
    """The port of an account whose calls are used up after the first page of a run; notes the tokens asked with."""

    def __init__(self, port):
        super().__init__(port)
        self.tokens, self.interrupts = [], True

    def search_orders(self, **asked):
        if self.tokens and self.interrupts:
            raise Throttled("Later.", wait=1)
        self.tokens.append(asked["token"])
        return self.port.search_orders(**asked)


@pytest.mark.parametrize(
    ("hours", "is_used"), [(0.1, True), (19.9, True), (20.1, False), (25, False), (200, False), (-2, False)]
)
def test_a_page_token_is_used_for_twenty_hours(desk, hours, is_used):
    desk.world.reset("many:150")
    desk.port = Interrupted(desk.port)
    assert desk.sync().state == "waiting"
    first = list(desk.port.tokens)
    desk.port.interrupts = False
    desk.later(hours * 3600)

    assert desk.sync().state == "done"

    assert first == [None]
    assert (desk.port.tokens[1] is not None) is is_used


class Spoiled(Port):
    """The port of an account one of whose orders is a body without even a number, while `spoiled`."""

    spoiled = True

    def search_orders(self, **asked):
        page = self.port.search_orders(**asked)
        body = UnparseableOrder(cause="it is not an object", raw=["nothing"], number=None)
        return replace(page, orders=[*page.orders, body]) if self.spoiled else page


def cursor_after_sync(desk):
    desk.later(600)
    desk.sync()
    desk.session.refresh(desk.account)
    return desk.account.cursor


def test_a_body_without_a_number_holds_the_cursor_for_three_readings_only(desk):
    desk.port = Spoiled(desk.port)
    before = desk.account.cursor

    cursors = [cursor_after_sync(desk) for _ in range(MOST_READINGS + 2)]

    assert MOST_READINGS == 3
    assert cursors[:3] == [before] * 3
    assert before < cursors[3] <= cursors[4]
    (kept,) = desk.session.scalars(select(QuarantinedOrder).execution_options(populate_existing=True))
    # A person still sees it.
    assert kept.resolved_at is None


@pytest.mark.parametrize("readings", [1, 2, 3])
def test_a_body_without_a_number_that_does_not_come_again_lets_the_cursor_go(desk, readings):
    desk.port = Spoiled(desk.port)
    before = desk.account.cursor
    for _ in range(readings):
        assert cursor_after_sync(desk) == before
    desk.port.spoiled = False

    assert cursor_after_sync(desk) > before

    (kept,) = desk.session.scalars(select(QuarantinedOrder).execution_options(populate_existing=True))
    assert kept.resolved_at is not None


@pytest.mark.parametrize(("seen", "minutes"), [(1, 0), (2, 5), (3, 10), (7, 30), (25, 120)])
def test_an_unreadable_order_is_asked_for_ever_more_seldom(desk, seen, minutes):
    now = desk.clock()
    body = UnparseableOrder(cause="broken", raw={"orderId": "902-1-1"}, number="902-1-1")
    quarantine.add(desk.session, desk.account.id, [body], now)
    desk.session.flush()
    for _ in range(seen - 1):
        quarantine.still_unreadable(desk.session, desk.account.id, "902-1-1", now)
    desk.session.commit()
    desk.session.expire_all()

    def due(after):
        return quarantine.due(desk.session, desk.account.id, now + timedelta(minutes=after), 10)

    assert due(minutes) == ["902-1-1"]
    if minutes:
        assert due(minutes - 0.1) == due(0) == []
