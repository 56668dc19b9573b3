"""Power cuts: the product runs on a disk whose power is cut; what the simulator was sent is judged.

`make explore` cuts more often, at moments no run has tried yet. POWER_CUT_SEED repeats a run.
"""

import contextlib
import os
import random
import re
import signal
import sqlite3
import threading
from datetime import UTC, datetime
from html import unescape

import httpx
import pytest
from sqlalchemy.orm import Session

from simulator.state.sellers import DEMO_EU
from tests.faults.disks import Disk, DisksUnavailable
from tests.support import user_accounts
from tests.support.factories import all_participations
from tests.support.refunds import lines_sent
from tests.support.running_app import descendants, is_alive, run_app, wait_until
from webapp import create_app
from webapp.core import secret_keys
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.engine import create_file, losable_commits
from webapp.runtime import migrate
from webapp.services.accounts import accounts

pytestmark = [pytest.mark.processes, pytest.mark.only_sqlite, pytest.mark.explored]

ASKED = "SELECT a.number FROM submissions s JOIN amazon_orders a ON a.id = s.amazon_order_id"
# Queued refunds, unless a feed of theirs is being looked for.
NOTHING_QUEUED = """SELECT count(*) FROM submissions
    WHERE state = 'queued' AND NOT EXISTS (SELECT 1 FROM feeds WHERE state = 'sending')"""
# Submissions of feeds whose createFeed answer was lost and that were not looked for yet.
NOT_LOOKED_FOR = "SELECT count(*) FROM submissions WHERE state = 'sending' AND tries = 0"
QUICK = {"CHANNELDESK_UNDO_SECONDS": "0", "CHANNELDESK_FEED_INTERVAL": "1"}


@pytest.fixture
def disk(tmp_path):
    try:
        with Disk(tmp_path) as disk:
            yield disk
    except DisksUnavailable as reason:
        pytest.skip(f"no disk whose power can be cut: {reason}")


@pytest.fixture
def exploring(request):
    return request.config.getoption("--hypothesis-profile") == "exploring"


@pytest.fixture
def settings(disk):
    return Settings.load({}, data_dir=disk.path / "data")


@pytest.fixture
def clerk(settings, amazon):
    """Somebody signed in to a desk that knows the seller; nothing of the disk is open afterwards."""
    app = create_app(settings)
    migrate.upgrade(app)
    credentials = DEMO_EU.credentials(amazon.url)
    fields = {name: str(value) for name, value in credentials.items() if name != "marketplaces"}
    with app.app_context(), Session(db.engine) as session:
        about = {"backfill_days": 40, "sync_interval": 3600, "now": datetime.now(UTC), "actor": "test"}
        accounts.connect(session, fields, DEMO_EU.countries, all_participations(), **about)
    client = user_accounts.sign_in(app.test_client(), user_accounts.OWNER_USER)
    with app.app_context():
        db.engine.dispose()
    cookie = client.get_cookie(app.session_interface.name)
    return Clerk(cookie.value, client.environ_base["HTTP_X_CSRFTOKEN"])


class Clerk:
    """Clicks on the pages of a running desk, over HTTP."""

    def __init__(self, cookie, token):
        self.cookie, self.token = cookie, token

    def refund(self, running_app, number):
        """Ask Amazon to refund all of an order; whether the page said that this was accepted."""
        cookies = {f"channeldesk-{port}": self.cookie for port in (0, running_app.port)}
        headers = {"x-csrftoken": self.token}
        with httpx.Client(base_url=f"http://127.0.0.1:{running_app.port}", cookies=cookies, headers=headers) as browser:
            try:
                page = browser.get(f"/orders/{number}/credit-memos/new")
                form = {name: value for name, value in inputs(page.text) if name}
                answer = browser.post(
                    f"/orders/{number}/credit-memos", data=form | {"way": "amazon", "reason": "CustomerReturn"}
                )
            except httpx.TransportError:
                return False
        return answer.status_code == 303 and answer.headers["location"].startswith("/credit-memos/")


def inputs(page):
    for tag in re.findall(r"<input[^>]+>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") not in {"checkbox", "radio"}:
            yield attributes.get("name"), unescape(attributes.get("value", ""))


def rows(settings, question):
    connection = sqlite3.connect(settings.data_dir / "channeldesk.db", timeout=10)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def orders_of(settings):
    """Number at Amazon by our number."""
    return dict(
        rows(settings, "SELECT o.number, a.number FROM orders o JOIN amazon_orders a ON a.id = o.amazon_order_id")
    )


def cut_power(disk, running_app):
    """The machine is off: nothing more reaches the disk, and no process is left."""
    disk.cut()
    # Stopped first, so that the supervisor starts none of them again.
    os.kill(running_app.process.pid, signal.SIGSTOP)
    machine = [running_app.process.pid, *descendants(running_app.process.pid)]
    for pid in machine:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    running_app.process.wait(120)
    wait_until(lambda: not any(map(is_alive, machine)))


def test_the_test_disk_loses_data_that_was_not_flushed(disk):
    """That the tests below can fail at all."""
    path = disk.path / "durable.db"
    app = create_app(Settings.load({}, data_dir=disk.path / "data", database_url=f"sqlite:///{path}"))
    with app.app_context():
        create_file(db.engine)
        with db.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE written (n INTEGER)")
            connection.exec_driver_sql("INSERT INTO written VALUES (1)")
        with losable_commits(), db.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO written VALUES (2)")
        disk.cut()
        db.engine.dispose()
    disk.restore()

    with app.app_context():
        with db.engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT n FROM written").scalars().all() == [1]
        db.engine.dispose()


def test_the_keys_are_on_the_disk_when_they_are_used(disk):
    """Without them nothing that was encrypted could be read."""
    settings = Settings.load({}, data_dir=disk.path / "data")
    made = secret_keys.load_or_make(settings)
    disk.cut()
    disk.restore()
    assert secret_keys.load_or_make(settings) == made


def test_a_submission_is_on_the_disk_when_amazon_receives_it(disk, settings, amazon, clerk, tmp_path, exploring):
    """The power goes in the moment in which Amazon has taken a refund and its answer is not read yet."""
    number = amazon.world.place("DE", status="SHIPPED")
    taken = tmp_path / "taken"
    with run_app(
        settings.data_dir, environ=QUICK | {"CHANNELDESK_CRASH_AT": f"feed.after_create={taken}"}
    ) as running_app:
        (ours,) = wait_until(lambda: orders_of(settings))
        assert clerk.refund(running_app, ours)
        wait_until(taken.exists)
        cut_power(disk, running_app)
    disk.restore()

    assert rows(settings, "SELECT state FROM submissions") == [("sending",)]
    assert rows(settings, "SELECT state, digest IS NULL FROM feeds") == [("sending", 0)]
    if not exploring:
        return
    with run_app(settings.data_dir, environ=QUICK):
        wait_until(lambda: rows(settings, "SELECT 1 FROM submissions WHERE state = 'verified'"))
    assert len(amazon.world.effects("feed")) == 1
    assert set(lines_sent(amazon.world, number).values()) == {1}


def test_power_cuts_double_no_refund_and_lose_no_accepted_request(disk, settings, amazon, clerk, exploring):
    seed = int(os.environ.get("POWER_CUT_SEED") or (random.randrange(10**6) if exploring else 1))
    print(f"POWER_CUT_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)
    cuts = 12 if exploring else 2
    placed = [amazon.world.place("DE", status="SHIPPED") for _ in range(cuts * 10)]
    accepted = []
    waiting = None
    for _ in range(cuts):
        with run_app(settings.data_dir, environ=QUICK) as running_app:
            numbers = wait_until(lambda: len(found := orders_of(settings)) == len(placed) and found)
            waiting = sorted(numbers) if waiting is None else waiting
            # Counted in clicks, so that a busy machine has some to lose as well.
            clicks, off = chance.randint(1, 5), threading.Timer(chance.uniform(0, 1.5), cut_power, (disk, running_app))
            while waiting and (clicks or off.is_alive()):
                ours = waiting.pop(0)
                if clerk.refund(running_app, ours):
                    accepted.append(numbers[ours])
                if clicks and not (clicks := clicks - 1):
                    off.start()
            off.join()
        disk.restore()
        on_disk = {number for (number,) in rows(settings, ASKED)}
        assert set(accepted) <= on_disk, f"clicks that were accepted are gone: {set(accepted) - on_disk}"
        # Whoever sees no refund at an order asks for it again.
        waiting = sorted(ours for ours, number in numbers.items() if number not in on_disk)

    with run_app(settings.data_dir, environ=QUICK):
        # Where the answer to a feed was lost, the refunds after it wait for the look for it.
        wait_until(lambda: rows(settings, NOTHING_QUEUED) == [(0,)])
        if exploring:
            wait_until(lambda: rows(settings, NOT_LOOKED_FOR) == [(0,)])

    assert accepted
    # The high-water mark is never ahead of what the disk has of the database.
    assert rows(settings, "SELECT reason FROM fences") == []
    assert amazon.world.effects("refund")
    sent = {number: lines_sent(amazon.world, number) for number in placed}
    assert {number: lines for number, lines in sent.items() if max(lines.values(), default=0) > 1} == {}
