"""The page of an Amazon order: what it shows, its history, the corrected address, an Order made by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.queries.accounts.test_dashboard import counted
from tests.support.factories import NOW, a_component, a_package, a_store, an_item, an_order, shipped_fields
from tests.support.pages import plain
from tests.views.sync.test_amazon_orders import GRID, number, sent, text
from webapp.domain.amazon.types import Address, Buyer, Gift
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderVersion
from webapp.models.audit_log import Event
from webapp.models.orders import Order


def stored(session, query):
    """What is in the database now; the session lets go of it at once."""
    rows = session.execute(query).scalars().all()
    session.expunge_all()
    session.rollback()
    return rows


class TestDetails:
    def test_an_unknown_number_is_said(self, owner_client):
        page = owner_client.get(f"{GRID}/305-0000000-0000000")

        assert page.status_code == 404
        assert "There is no Amazon order 305-0000000-0000000." in plain(page)

    def test_everything_known_is_shown(self, owner_client, import_orders):
        there = import_orders(
            an_order(
                1,
                programs=("PRIME",),
                service_level="EXPEDITED",
                payment_methods=("CreditCard",),
                replaces=number(9),
                deliver_by=NOW + timedelta(days=4),
                components=(
                    a_component("ITEM", "20"),
                    a_component("TAX", "6"),
                    a_component("TAX", "4", subtype="ITEM"),
                ),
                buyer=Buyer("Buyer Number1", "buyer1@marketplace.example", "Company 1", "PO-1"),
            )
        )

        page = plain(owner_client.get(f"{GRID}/{there}"))

        for phrase in (
            "Company 1",
            "PO-1",
            "buyer1@marketplace.example",
            "Expedited",
            "CreditCard",
            number(9),
            "Recipient Number1",
            "Street 1",
            "€20.00",
            "€6.00",
            "€4.00",
            "Merchant (FBM)",
            "100001",
        ):
            assert phrase in page

    def test_a_colleague_sees_the_country_alone_of_where_it_goes(self, viewer_client, import_orders):
        number = import_orders(
            an_order(1, buyer=Buyer("Buyer Number1", "buyer1@marketplace.example", "Company 1", "PO-1"))
        )

        page = text(viewer_client.get(f"{GRID}/{number}"))

        for hidden in ("Buyer Number1", "buyer1@", "Company 1", "PO-1", "Recipient Number1", "Street 1", "Town"):
            assert hidden not in page
        assert '<p class="muted">DE</p>' in page

    def test_the_items_with_their_gift(self, owner_client, viewer_client, import_orders):
        number = import_orders(an_order(1, items=(an_item(1, gift=Gift("Many happy returns", "Classic")),)))

        page = plain(owner_client.get(f"{GRID}/{number}?tab=items"))

        assert "Many happy returns" in page
        assert "SKU-1" in page
        assert "Many happy returns" not in text(viewer_client.get(f"{GRID}/{number}?tab=items"))

    def test_the_parcels_with_what_is_in_them(self, owner_client, import_orders):
        item = an_item(1)
        number = import_orders(
            an_order(1, packages=(a_package("P1", items=((item.order_item_id, 2),)),), items=(item,))
        )

        page = plain(owner_client.get(f"{GRID}/{number}?tab=tracking"))

        assert "TRACKP1" in page
        assert "2 × Article 1" in page

    def test_a_buyers_cancellation_request_is_shown_at_the_top(self, owner_client, import_orders):
        number = import_orders(an_order(1, items=(an_item(1, cancel_requested="Ordered by mistake"),)))

        page = plain(owner_client.get(f"{GRID}/{number}?tab=items"))

        assert "The buyer has requested to cancel this order" in page
        assert "Reason: Ordered by mistake" in page

    def test_long_and_foreign_names_are_shown_whole(self, owner_client, import_orders):
        name = "كلمة " * 8 + "<b>見本</b>"
        number = import_orders(an_order(1, buyer=Buyer(name, None), recipient=Address(name=name, line1="1", city="T")))

        page = owner_client.get(f"{GRID}/{number}").get_data(as_text=True)

        assert "&lt;b&gt;見本&lt;/b&gt;" in page
        assert "<b>見本" not in page


class TestHistory:
    def test_versions_and_events_stand_in_one_line_of_time(self, owner_client, import_orders):
        number = import_orders(an_order(1, "PENDING"))
        import_orders(an_order(1, "UNSHIPPED", updated=5), minutes=5)

        page = plain(owner_client.get(f"{GRID}/{number}?tab=history"))

        titles = ["Changed at Amazon", "Status Pending Unshipped", "Received from Amazon as Pending"]
        places = [page.index(title) for title in titles]
        assert places == sorted(places)
        assert "Order 100001 created" in page
        assert page.count("Data from Amazon") == 2

    def test_a_version_is_compared_with_the_one_before_it(self, owner_client, viewer_client, session, import_orders):
        number = import_orders(an_order(1, "PENDING", raw={"programs": ["A"], "buyer": {"buyerName": "Before"}}))
        import_orders(
            an_order(1, "UNSHIPPED", updated=5, raw={"programs": ["B"], "buyer": {"buyerName": "After"}}), minutes=5
        )
        version = max(stored(session, select(AmazonOrderVersion.id)))
        url = f"{GRID}/{number}?tab=history&version={version}"

        seen, masked = plain(owner_client.get(url)), plain(viewer_client.get(url))

        assert "buyer.buyerName Before After" in seen
        assert "programs.0 A B" in masked
        assert "buyer.buyerName ••• •••" in masked

    def test_what_amazon_sent_is_revealed_to_those_who_may_and_that_is_kept(
        self, owner_client, viewer_client, session, import_orders
    ):
        number = import_orders(an_order(1, raw={"buyer": {"buyerName": "Whole"}}))
        (version,) = stored(session, select(AmazonOrderVersion.id))
        url = f"{GRID}/{number}/versions/{version}/reveals"

        assert viewer_client.post(url).status_code == 403
        page = owner_client.post(url)

        assert '"buyerName": "Whole"' in text(page)
        event = session.scalars(select(Event).where(Event.kind == "version_revealed")).one()
        assert (event.actor.startswith("user:"), event.args) == (True, {"version": version})

    def test_a_version_of_another_order_is_not_shown(self, owner_client, session, import_orders):
        import_orders(an_order(1))
        number = import_orders(an_order(2))
        other = min(stored(session, select(AmazonOrderVersion.id)))

        assert owner_client.get(f"{GRID}/{number}?tab=history&version={other}").status_code == 404
        assert owner_client.post(f"{GRID}/{number}/versions/{other}/reveals").status_code == 404


class TestCreateOrder:
    def test_a_blocked_one_is_retried_by_the_button(self, owner_client, session, account, import_orders):
        store = a_store(account)
        store.active = False
        session.commit()
        number = import_orders(an_order(1))
        page = text(owner_client.get(f"{GRID}/{number}"))
        assert "Not imported: the store is inactive." in page
        assert "Retry now" in page

        again = sent(owner_client, f"{GRID}/{number}/orders")
        assert "Not imported: the store is inactive." in text(again)
        store.active = True
        session.commit()
        made = owner_client.post(f"{GRID}/{number}/orders")

        assert made.location == "/orders/100001"
        assert session.scalars(select(AmazonOrder.blocked)).one() is None

    def test_one_older_than_the_store_is_made_when_asked(self, owner_client, session, import_orders):
        number = import_orders(an_order(1, purchased_at=NOW - timedelta(days=60)))
        assert "Create order" in text(owner_client.get(f"{GRID}/{number}"))

        assert owner_client.post(f"{GRID}/{number}/orders").location == "/orders/100001"

    @pytest.mark.parametrize(
        ("order", "message"),
        [
            (
                an_order(1, "PENDING"),
                "Amazon is still checking this order. It is imported once its status is Unshipped.",
            ),
            (an_order(1, "CANCELLED"), "This order is cancelled, so it is not imported."),
            (an_order(1, "UNSHIPPED", fulfilled_by="AMAZON"), "once Amazon has shipped it"),
            (an_order(1, "SOMETHING_NEW"), "with the status SOMETHING_NEW"),
            (an_order(1), "This Amazon order was already imported as order 100001."),
        ],
    )
    def test_what_is_not_due_says_why(self, owner_client, session, import_orders, order, message):
        number = import_orders(order)
        before = stored(session, select(Order.id))

        page = sent(owner_client, f"{GRID}/{number}/orders")

        assert message in plain(page)
        assert stored(session, select(Order.id)) == before

    def test_with_import_off_the_page_is_read_only(self, owner_client, session, account, import_orders):
        a_store(account).import_orders = False
        session.commit()
        number = import_orders(an_order(1))

        page = text(owner_client.get(f"{GRID}/{number}"))

        assert "Import is disabled for this store" in page
        assert "Create order" not in page
        assert "Cancel order" not in page
        assert "Import of Amazon orders is disabled for this store. Enable it in the order settings." in text(
            sent(owner_client, f"{GRID}/{number}/orders")
        )

    def test_shipped_orders_follow(self, owner_client, session, import_orders):
        number = import_orders(an_order(1))
        import_orders(an_order(1, updated=5, **shipped_fields(an_order(1))), minutes=5)

        page = plain(owner_client.get(f"{GRID}/{number}?tab=history"))

        assert "Amazon shows 2 more units as shipped" in page
        assert "Order complete: everything is invoiced and shipped" in page


@pytest.mark.parametrize(("tab", "most"), [("details", 1), ("items", 2), ("tracking", 3), ("history", 3)])
def test_a_tab_costs_as_many_statements_for_much_as_for_little(owner_client, import_orders, tab, most):
    packages = tuple(a_package(n) for n in range(1, 4))
    import_orders(an_order(1, items=tuple(an_item(n) for n in range(1, 6)), packages=packages))

    with counted() as sent:
        assert owner_client.get(f"/amazon-orders/{an_order(1).number}?tab={tab}").status_code == 200

    assert len([one for one in sent if "sessions" not in one]) == most
