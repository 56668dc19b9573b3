"""The address of an Amazon order, corrected for us alone."""

import pytest
from sqlalchemy import select

from tests.support.factories import an_order
from tests.support.pages import plain
from tests.views.sync.test_amazon_orders import GRID, sent
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.audit_log import Event
from webapp.models.orders import Order


class TestAddress:
    ENTERED = {"name": "Recipient Number1", "line1": "Street 2", "city": "Town", "country_code": "de"}  # noqa: RUF012

    def test_it_is_corrected_for_us_alone(self, owner_client, session, import_orders):
        number = import_orders(an_order(1))

        page = sent(owner_client, f"{GRID}/{number}/address", **self.ENTERED)

        assert "Address line 1 Street 1 Street 2" in plain(page)
        order = session.scalars(select(AmazonOrder)).one()
        assert (order.recipient["line1"], order.recipient_override["line1"]) == ("Street 1", "Street 2")
        event = session.scalars(select(Event).where(Event.kind == "address_corrected")).one()
        assert event.args == {"fields": ["line1"]}

    def test_amazons_counts_again_when_asked(self, owner_client, session, import_orders):
        number = import_orders(an_order(1))
        sent(owner_client, f"{GRID}/{number}/address", **self.ENTERED)

        sent(owner_client, f"{GRID}/{number}/address-restorations")

        assert session.scalars(select(AmazonOrder.recipient_override)).one() is None

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"line1": " "}, "This field is required."),
            ({"country_code": "Germany"}, "Enter a two-letter country code, such as DE."),
            ({"city": "x" * 101}, "Enter at most 100 characters."),
            ({"line1": "Street 1"}, "The address is unchanged."),
        ],
    )
    def test_an_invalid_address_is_reported_and_not_saved(self, owner_client, session, import_orders, wrong, message):
        number = import_orders(an_order(1))

        page = owner_client.post(f"{GRID}/{number}/address", data=self.ENTERED | wrong)

        assert page.status_code == 422
        assert message in plain(page)
        assert session.scalars(select(AmazonOrder.recipient_override)).one() is None

    def test_a_colleague_may_not(self, viewer_client, import_orders):
        number = import_orders(an_order(1))

        assert viewer_client.get(f"{GRID}/{number}/address").status_code == 403
        assert viewer_client.post(f"{GRID}/{number}/address", data=self.ENTERED).status_code == 403

    def test_an_order_made_afterwards_takes_it(self, owner_client, session, import_orders):
        number = import_orders(an_order(1, "PENDING"))
        sent(owner_client, f"{GRID}/{number}/address", **self.ENTERED)
        session.commit()

        session.scalars(select(AmazonOrder)).one().status = "UNSHIPPED"
        session.commit()
        sent(owner_client, f"{GRID}/{number}/orders")

        assert session.scalars(select(Order)).one().shipping_address["line1"] == "Street 2"
