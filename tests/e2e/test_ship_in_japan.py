"""Cash on delivery in Japan, the only marketplace where Amazon is told how the amount is collected."""

import pytest

from simulator.state.sellers import DEMO_JP
from tests.support.pages import plain
from webapp.domain.shipping.parcels import Parcel

pytestmark = pytest.mark.both_databases


@pytest.fixture
def demo_seller():
    return DEMO_JP


def test_the_amount_of_a_cash_on_delivery_order_is_collected_by_direct_payment(owner_client, harness):
    number = harness.world.place("JP", lines=((0, 1),))
    harness.world.orders[number].body["payment"]["paymentExecutions"][0]["paymentMethod"] = "CashOnDelivery"
    harness.sync()

    (submission,) = harness.ship(number, Parcel(None, "YamatoTransport", "Yamato", "123456789012", confirmed=True))
    harness.advance_until_ended(submission)

    assert (submission.state, harness.order(number).status) == ("verified", "SHIPPED"), submission.message
    harness.session.commit()
    assert "Cash on delivery Collected by the carrier" in plain(owner_client.get("/shipments/100001"))


def test_an_order_that_was_paid_before_is_confirmed_without_a_collection_method(harness):
    number = harness.world.place("JP", lines=((0, 1),))
    harness.world.orders[number].body["payment"]["paymentExecutions"][0]["paymentMethod"] = "CreditCard"
    harness.sync()

    (submission,) = harness.ship(number, Parcel(None, "YamatoTransport", "Yamato", "123456789012", confirmed=True))
    harness.advance_until_ended(submission)

    assert submission.state == "verified", submission.message
