"""Many orders shipped by one paste: from the clipboard to Amazon showing each parcel once."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from webapp.models.bulk_actions import BulkAction
from webapp.models.shipments import Parcel
from webapp.models.submissions import Submission
from webapp.services.bulk import runner as bulk_runner

MANY = 200


def tracking_number(n: int) -> str:
    """Return a DHL tracking number with its check digit."""
    body = f"0034043416{n:09}"
    return body + str(-sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body))) % 10)


@pytest.fixture
def numbers(harness):
    numbers = [harness.world.place("DE") for _ in range(MANY)]
    harness.sync()
    return numbers


def test_many_orders_are_shipped_by_one_tracking_upload_and_each_parcel_is_sent_once(owner_client, harness, numbers):
    sheet = "Order ID\tTracking\n" + "\n".join(f"{number}\t{tracking_number(n)}" for n, number in enumerate(numbers))
    harness.session.rollback()
    here = owner_client.post("/tracking", data={"text": sheet}).location
    assert f"Ship {MANY} orders" in owner_client.get(here).text

    confirmed = owner_client.post(f"{here}/choices", data={"then": "ship"})
    again = owner_client.post(f"{here}/choices", data={"then": "ship"})
    assert again.location == confirmed.location

    # Nobody looks on: the browser is closed. A worker dies in the middle and another goes on.
    action = harness.session.scalars(select(BulkAction.id)).one()
    harness.session.rollback()
    ticks = iter(range(40))
    bulk_runner.process_rows(harness.session, action, lambda: harness.clock() + timedelta(seconds=next(ticks)))
    half = harness.session.get(BulkAction, action, populate_existing=True).done
    assert 0 < half < MANY
    harness.session.rollback()
    assert f"{half} of {MANY}" in " ".join(owner_client.get(confirmed.location).text.split())
    while bulk_runner.process_rows(harness.session, action, harness.clock):
        pass

    harness.later(60)
    for _ in range(20):
        harness.advance()
        harness.sync()
        if not harness.session.scalar(select(func.count(Submission.id)).where(Submission.open)):
            break
        harness.later(60)

    states = harness.session.execute(select(Submission.state, func.count()).group_by(Submission.state)).all()
    assert states == [("verified", MANY)]
    assert harness.session.scalar(select(func.count(Parcel.id))) == MANY
    shown = [harness.packages_at_amazon(number) for number in numbers]
    assert [list(parcels) for parcels in shown] == [["1"]] * MANY
    assert [parcels["1"][0] for parcels in shown] == [tracking_number(n) for n in range(MANY)]
    confirmations = Counter(len(harness.world.effects("shipment", number)) for number in numbers)
    assert confirmations == {1: MANY}
