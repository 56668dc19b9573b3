"""What Amazon is told of a package besides its number, and the orders for which it accepts none."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from tests.support.pages import plain
from webapp.domain.errors import RefusedError
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.models.submissions import Submission
from webapp.services.bulk import runner as bulk_runner

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("job_queue")]

NEW, URL = "/orders/100001/shipments/new", "/orders/100001/shipments"
DHL = "00340434161094042557"
PROGRAMS = {
    "FBM_SHIP_PLUS": "This is a Ship+ order",
    "AMAZON_EASY_SHIP": "schedule the pickup in Seller Central",
    "DELIVERY_BY_AMAZON": "hand the package over as Seller Central says",
    "IN_STORE_PICK_UP": "mark it as ready for pickup and as picked up in Seller Central",
}


def end_submissions(harness):
    harness.later(31)
    for submission in harness.session.scalars(select(Submission).where(Submission.open)).all():
        harness.advance_until_ended(submission)
        assert submission.state == "verified", submission.message
    harness.session.commit()


def packages(harness, number):
    return harness.world.orders[number].body["packages"]


@pytest.fixture
def expedited(harness):
    """The number of an order that was bought with the service level Expedited."""
    number = harness.world.place("DE", lines=((0, 2),))
    harness.world.orders[number].body["fulfillment"]["fulfillmentServiceLevel"] = "EXPEDITED"
    harness.sync()
    harness.session.commit()
    return number


@pytest.mark.parametrize(
    ("text", "entered", "sent"),
    [
        (f"order-id;tracking-number;ship-method\n100001;{DHL};Paket", "Express", "Paket"),
        (f"order-id;tracking-number\n100001;{DHL}", "Express", "Express"),
        (f"order-id;tracking-number\n100001;{DHL}", "", "Expedited"),
    ],
    ids=["file", "page", "order"],
)
def test_a_tracking_upload_takes_the_service_of_the_file_then_of_the_page_then_of_the_order(
    owner_client, harness, expedited, text, entered, sent
):
    page = owner_client.post("/tracking", data={"text": text}).location
    ids = re.findall(r'name="row" value="(\d+)"', owner_client.get(page).text)
    data = {"row": ids, "tick": ids, "then": "ship", "shipping_method": entered}
    assert owner_client.post(f"{page}/choices", data=data).status_code == 303
    run_bulk_action(harness)
    end_submissions(harness)

    assert [package["shippingService"] for package in packages(harness, expedited)] == [sent]


def run_bulk_action(harness):
    id_ = harness.session.scalars(select(BulkAction.id)).one()
    bulk_runner.process_rows(harness.session, id_, lambda: datetime.now(UTC))
    harness.session.commit()


@pytest.fixture
def coded(harness):
    """The number of an order of two units of a Transparency item and one of another item."""
    number = harness.world.place("DE", lines=((0, 2), (1, 1)), features=("transparency",))
    harness.sync()
    harness.session.commit()
    return number


def test_a_tracking_upload_leads_to_the_page_where_codes_are_entered(owner_client, harness, coded):
    page = owner_client.post("/tracking", data={"text": f"order-id;tracking-number\n100001;{DHL}"}).location
    assert "Each unit of this order needs its Transparency code: ship it from the page of the order." in plain(
        owner_client.get(page)
    )


@pytest.mark.parametrize(("program", "reason"), PROGRAMS.items())
def test_an_order_of_a_program_that_amazon_confirms_otherwise_is_refused_on_every_path(
    owner_client, harness, program, reason
):
    number = harness.world.place("DE", programs=(program,), lines=((0, 1),))
    harness.sync()
    order_id = harness.commerce_order(number).id
    harness.session.commit()

    # The page of the order and its form.
    assert reason in plain(owner_client.get("/orders/100001"))
    response = owner_client.get(NEW)
    assert (reason in plain(response), "parcels-0-tracking_number" in response.text) == (True, False)
    with pytest.raises(RefusedError) as refused:
        harness.ship(number)
    assert refused.value.code.startswith("ship_")

    # The tracking upload.
    page = owner_client.post("/tracking", data={"text": f"order-id;tracking-number\n100001;{DHL}"}).location
    assert reason in plain(owner_client.get(page))

    # A bulk action that was confirmed before the order was of the program.
    parcel = {"quantities": None, "carrier": "DHL", "title": "DHL", "tracking_number": DHL}
    rows = [(order_id, {"parcels": [parcel]})]
    bulk_runner.add(harness.session, "ship", rows, {"undo_seconds": 0}, now=harness.clock(), actor="test")
    harness.session.commit()
    run_bulk_action(harness)
    (row,) = harness.session.scalars(select(BulkRow)).all()
    assert (row.state, row.outcome) == ("failed", refused.value.code)

    assert harness.session.scalars(select(Submission)).all() == []
    assert harness.world.effects("shipment") == []
