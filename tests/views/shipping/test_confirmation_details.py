"""Transparency codes and the shipping service: from the form to Amazon."""

import pytest
from sqlalchemy import select

from tests.support.pages import fields, plain
from webapp.domain.submissions import state_machine as states
from webapp.models.shipments import Parcel
from webapp.models.submissions import Submission

pytestmark = pytest.mark.usefixtures("job_queue")

DHL = "00340434161094015902"


@pytest.fixture
def place(harness):
    def place(country="DE", features=("transparency",), quantity=2, **spec):
        number = harness.world.place(country, lines=((0, quantity),), features=features, **spec)
        harness.sync()
        order = harness.commerce_order(number)
        own, line = order.number, order.items[0].id
        harness.session.rollback()
        return number, own, line

    return place


def ship(client, own, **values):
    """Send the form of a new shipment, filled as it is shown, with these values of its package."""
    form = fields(client.get(f"/orders/{own}/shipments/new"))
    return client.post(
        f"/orders/{own}/shipments",
        data=form | {f"parcels-0-{name.replace('__', '-')}": v for name, v in values.items()},
    )


def send(harness):
    """Send what is queued and return the state of the last submission."""
    submission = harness.session.scalars(select(Submission).order_by(Submission.id.desc())).first()
    harness.later(60)
    harness.advance_until_ended(submission)
    state = submission.state
    harness.session.rollback()
    return state


def package_at_amazon(harness, number):
    order = harness.world.orders[number].body
    return order["packages"][0]


def test_an_order_with_transparency_codes_is_confirmed_with_the_code_of_each_unit(owner_client, harness, place):
    number, own, line = place()

    response = ship(owner_client, own, tracking_number=DHL, **{f"transparency__{line}": "AZ-CODE-1\r\nAZ-CODE-2"})

    assert response.status_code == 303
    assert send(harness) == states.VERIFIED
    (item,) = package_at_amazon(harness, number)["packageItems"]
    assert item["transparencyCodes"] == ["AZ-CODE-1", "AZ-CODE-2"]
    page = owner_client.get(response.location)
    assert "Transparency codes: AZ-CODE-1, AZ-CODE-2" in plain(page)


@pytest.mark.parametrize(
    ("codes", "problem"),
    [
        ("", "Enter the Transparency code of each unit: 2 are needed, 0 entered."),
        ("AZ-CODE-1", "Enter the Transparency code of each unit: 2 are needed, 1 entered."),
        ("AZ-CODE-1 AZ-CODE-1", "Transparency code AZ-CODE-1 is entered twice."),
        (f"{'X' * 101} AZ-CODE-1", "100"),
    ],
)
def test_missing_or_repeated_codes_are_refused_at_their_field(owner_client, harness, place, codes, problem):
    _number, own, line = place()

    response = ship(owner_client, own, tracking_number=DHL, **{f"transparency__{line}": codes})

    assert response.status_code == 422
    below = response.text.partition(f'id="parcels-0-transparency-{line}-below"')[2].partition("</td>")[0]
    assert problem in below
    assert harness.session.scalar(select(Parcel.id)) is None


def test_an_order_of_another_kind_is_not_asked_for_codes(owner_client, place):
    _number, own, line = place(features=())
    assert f"transparency-{line}" not in owner_client.get(f"/orders/{own}/shipments/new").text


def test_the_service_level_is_the_shipping_service_unless_another_is_entered(owner_client, harness, place):
    number, own, _line = place(features=())
    form = fields(owner_client.get(f"/orders/{own}/shipments/new"))
    level = harness.order(number).service_level.replace("_", " ").title()
    assert form["parcels-0-shipping_method"] == level
    harness.session.rollback()

    ship(owner_client, own, tracking_number=DHL, shipping_method="  DHL   Paket ")
    send(harness)

    assert package_at_amazon(harness, number)["shippingService"] == "DHL Paket"

    second, other, _line = place(features=())
    ship(owner_client, other, tracking_number="JJD01460000000000046", shipping_method="")
    send(harness)
    level = harness.order(second).service_level.replace("_", " ").title()
    harness.session.rollback()
    assert package_at_amazon(harness, second)["shippingService"] == level


def test_a_correction_changes_the_shipping_service_at_amazon(owner_client, harness, place):
    number, own, _line = place(features=())
    shipment = ship(owner_client, own, tracking_number=DHL).location
    send(harness)
    url = f"{shipment}/parcels/1/corrections"
    form = fields(owner_client.get(f"{url}/new"))

    response = owner_client.post(url, data=form | {"carrier": "dhl", "shipping_method": "DHL Express"})

    assert response.status_code == 303
    send(harness)
    assert package_at_amazon(harness, number)["shippingService"] == "DHL Express"
