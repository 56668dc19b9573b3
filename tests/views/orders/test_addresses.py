"""The addresses of an Order, corrected on its page."""

import re

import pytest
from sqlalchemy import select

from tests.support.pages import HTMX, plain
from webapp.models.audit_log import Event

ADDRESS = {"name": "Recipient Number1", "line1": "Street 1", "city": "Town", "country_code": "DE"}


def test_an_address_is_corrected_here_alone_and_amazons_taken_again(owner_client, session, order):
    assert "Street 1" in owner_client.get("/orders/100001/addresses/shipping", headers=HTMX).text

    sent = owner_client.post("/orders/100001/addresses/shipping", data=ADDRESS | {"line1": "Street 11"})

    assert (sent.status_code, sent.location) == (303, "/orders/100001")
    session.refresh(order)
    assert order.shipping_address["line1"] == "Street 11"
    assert order.amazon_order.recipient["line1"] == "Street 1"
    assert order.amazon_order.recipient_override is None
    session.rollback()
    page = owner_client.get("/orders/100001").text
    assert "Corrected in Channeldesk only" in page
    assert "<del>Street 1</del> <ins>Street 11</ins>" in re.sub(r"</?bdi>", "", page)
    assert "Shipping address corrected in Channeldesk Address line 1" in plain(
        owner_client.get("/orders/100001?tab=history")
    )

    assert owner_client.post("/orders/100001/addresses/shipping/restorations").status_code == 303
    session.refresh(order)
    assert order.shipping_address["line1"] == "Street 1"
    session.rollback()
    assert "Corrected in Channeldesk only" not in plain(owner_client.get("/orders/100001"))


def test_a_billing_address_that_amazon_does_not_report_can_be_entered(owner_client, session, order):
    owner_client.post("/orders/100001/addresses/billing", data=ADDRESS | {"name": "Company Number1"})

    session.refresh(order)
    assert (order.bill_to_name, order.billing["city"]) == ("Company Number1", "Town")
    assert session.scalars(select(Event.kind).order_by(Event.id.desc())).first() == "billing_address_corrected"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (ADDRESS, "The address is unchanged."),
        (ADDRESS | {"line1": ""}, "This field is required."),
        (ADDRESS | {"country_code": "Germany"}, "Enter a two-letter country code, such as DE."),
    ],
)
def test_an_address_that_cannot_be_is_said_at_its_field(owner_client, session, order, sent, message):
    page = owner_client.post("/orders/100001/addresses/shipping", data=sent)

    assert page.status_code == 422
    assert message in plain(page)
    session.refresh(order)
    assert order.shipping_address["line1"] == "Street 1"
