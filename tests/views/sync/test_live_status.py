"""The look before the leap: a form shows how the order stands at Amazon now, and asks until it knows."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from redis import Redis

from jobs import submissions as jobs
from tests.support.pages import HTMX
from webapp.core import queue
from webapp.core.extensions import db

pytestmark = pytest.mark.usefixtures("job_queue")


@pytest.fixture
def number(harness):
    """An order that came by an hour ago."""
    number = harness.world.place("DE")
    harness.sync()
    harness.order(number).read_at = datetime.now(UTC) - timedelta(hours=1)
    harness.session.commit()
    return number


def rung(redis: Redis) -> list[str]:
    return queue.queue(redis, "submissions").job_ids


def asks_at(answer) -> str | None:
    """Where the fragment goes on asking, None where it has stopped."""
    match = re.search(r'id="preflight"[^>]*hx-get="([^"]+)"', answer.text)
    return match.group(1).replace("&amp;", "&") if match else None


def test_it_asks_until_the_order_was_read_and_then_stops(owner_client, harness, number, redis):
    form = owner_client.get(f"/amazon-orders/{number}/cancellations/new")
    assert asks_at(form) == f"/amazon-orders/{number}/preflight"
    assert "Updated" in form.text, "what was known is said where no script asks"
    assert "Asking Amazon" not in form.text

    first = owner_client.get(asks_at(form), headers=HTMX)
    order_id = harness.order(number).id
    harness.session.rollback()
    assert (first.status_code, rung(redis)) == (200, [f"refresh_order-{order_id}"])
    assert "Checking the order's status at Amazon…" in first.text
    assert 'hx-trigger="every 1s"' in first.text

    harness.at_amazon(number, "request-cancel", reason="Changed my mind")
    jobs.refresh_order(order_id)
    db.session.remove()
    last = owner_client.get(asks_at(first), headers=HTMX)

    assert (last.status_code, asks_at(last)) == (286, None)
    for text in ("Unshipped", "Buyer requested cancellation", "Changed my mind", "Updated", "tone-bad"):
        assert text in last.text


def test_what_was_read_just_now_is_not_read_again(owner_client, harness, number, redis):
    order_id = harness.order(number).id
    harness.session.rollback()
    jobs.refresh_order(order_id)
    db.session.remove()

    answer = owner_client.get(f"/amazon-orders/{number}/preflight", headers=HTMX)

    assert (answer.status_code, asks_at(answer), rung(redis)) == (286, None, [])
    assert "tone-good" in answer.text


def test_nobody_waits_for_ever(owner_client, harness, number, redis):
    harness.session.rollback()
    with time_machine.travel(datetime.now(UTC)) as clock:
        first = owner_client.get(f"/amazon-orders/{number}/preflight", headers=HTMX)
        clock.shift(timedelta(seconds=20))
        assert owner_client.get(asks_at(first), headers=HTMX).status_code == 200
        clock.shift(timedelta(seconds=20))
        last = owner_client.get(asks_at(first), headers=HTMX)

    assert (last.status_code, asks_at(last), len(rung(redis))) == (286, None, 1)
    assert "Amazon did not answer in time" in last.text


def test_an_unknown_order_is_a_clear_404(owner_client, app):
    assert owner_client.get("/amazon-orders/303-0000000-0000009/preflight").status_code == 404
