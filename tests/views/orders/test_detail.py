"""One Order: its tabs, its buttons, what is written on it."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from tests.queries.accounts.test_dashboard import counted
from tests.support.factories import a_component, a_store, an_item, an_order, shipped_fields
from tests.support.pages import HTMX, plain
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping.parcels import Parcel
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.services.shipping import shipments
from webapp.services.submissions import user_actions as submission_actions
from webapp.views.orders.available_actions import ACTIONS


def buttons(client):
    """Where the buttons of the head lead."""
    head = client.get("/orders/100001").text.partition('class="page-actions"')[2].partition("</header>")[0]
    head = re.sub(r"<details.*?</details>", "", head, flags=re.DOTALL)
    return re.findall(r'<(?:a|form)[^>]* (?:href|action)="([^"]+)"', head)


def test_an_unknown_number_is_said(owner_client):
    page = owner_client.get("/orders/999999")

    assert page.status_code == 404
    assert "There is no order 999999." in plain(page)


def test_the_order_shows_its_parts(owner_client, import_orders):
    gift = a_component("GIFT_WRAP", "2.50")
    item = an_item(1)
    wrapped = an_item(1, components=(*item.components, gift), total=item.total + gift.value)
    import_orders(an_order(1, items=(wrapped,), service_level="EXPEDITED"))

    page = plain(owner_client.get("/orders/100001"))

    for text in (
        "Amazon order number 303-0000000-0000001",
        "Amazon Expedited",
        "View or cancel Amazon order",
        "View all Amazon orders",
        "Recipient Number1",
        "Article 1",
        "Ordered 2",
        "Invoiced 2",
        "Subtotal €20.00",
        "Shipping & handling €3.00",
        "Discount -€1.00",
        "Tax €4.00",
        "Other amounts from Amazon €2.50",
        "Grand total €28.50",
        "Total paid €28.50",
        "Total due €0.00",
    ):
        assert text in page


@pytest.mark.parametrize(
    ("tab", "most"), [("information", 2), ("history", 1), ("invoices", 3), ("credit_memos", 2), ("shipments", 4)]
)
def test_a_tab_costs_as_many_statements_for_much_as_for_little(owner_client, session, order, tab, most):
    line = order.items[0].id
    number = order.number
    packed = [Parcel({line: 1}, "DHL", "", "JJD01460000A1"), Parcel({line: 1})]
    shipments.create(session, order.id, packed, now=datetime.now(UTC), actor="user:1")
    owner_client.get(f"/orders/{number}")
    for comment in ("One", "Two", "Three"):
        owner_client.post(f"/orders/{number}/comments", data={"comment": comment})

    with counted() as sent:
        assert owner_client.get(f"/orders/{number}?tab={tab}").status_code == 200

    assert len([one for one in sent if "sessions" not in one]) == most


def test_totals_shown_sum_to_the_grand_total(owner_client, session, import_orders):
    import_orders(*(an_order(n, items=(an_item(n, quantity=n),)) for n in range(1, 6)))

    numbers = session.scalars(select(Order.number)).all()
    assert len(numbers) == 5
    for number in numbers:
        page = owner_client.get(f"/orders/{number}").get_data(as_text=True)
        rows = re.findall(r'<div[^>]*><dt>([^<]*)</dt><dd><span class="amount">(-?)€([\d.,]+)', page)
        amounts = [(name, (-1 if sign else 1) * round(float(said) * 100)) for name, sign, said in rows]
        end = next(at for at, (name, _) in enumerate(amounts) if name == "Grand total")
        start = next(at for at, (name, _) in enumerate(amounts) if name == "Subtotal")
        assert sum(value for _, value in amounts[start:end]) == amounts[end][1], number


def test_a_shipped_one_is_viewed_not_cancelled(owner_client, import_orders):
    import_orders(an_order(1, **shipped_fields(an_order(1))))

    page = owner_client.get("/orders/100001")

    assert "View or cancel Amazon order" not in plain(page)
    assert "View Amazon order" in plain(page)
    assert "/cancellations/new" not in page.text


def test_buttons_are_moves_of_the_table_that_can_be_asked_for(
    owner_client, viewer_client, session, account, import_orders
):
    import_orders(an_order(1))

    assert set(ACTIONS) == set(order_states.TRANSITIONS)
    ours, amazons = "/orders/100001", f"/amazon-orders/{an_order(1).number}"
    before, ship = [f"{ours}/holds/new", f"{ours}/credit-memos/new"], f"{ours}/shipments/new"
    assert buttons(owner_client) == [*before, f"{amazons}/cancellations/new?next={ours}", ship]
    assert buttons(viewer_client) == []
    a_store(account).import_orders = False
    session.commit()
    assert buttons(owner_client) == before


def test_invoices_credit_memos_and_history_have_their_tabs(owner_client, import_orders):
    import_orders(an_order(1))
    import_orders(an_order(1, "CANCELLED", updated=5), minutes=5)

    invoices = plain(owner_client.get("/orders/100001?tab=invoices"))
    memos = plain(owner_client.get("/orders/100001?tab=credit_memos"))
    history = plain(owner_client.get("/orders/100001?tab=history"))

    assert "2 × Article 1 Paid €26.00" in invoices
    assert "2 × Article 1 Recorded only (offline) €26.00" in memos
    for text in (
        "Order cancelled, since Amazon cancelled it",
        "Credit memo 100001 created offline",
        "Order 100001 created",
    ):
        assert text in history


def test_a_colleague_sees_no_whole_name_or_street(viewer_client, import_orders):
    import_orders(an_order(1))

    for tab in ("information", "invoices", "credit_memos", "shipments", "history"):
        page = viewer_client.get(f"/orders/100001?tab={tab}").get_data(as_text=True)
        for hidden in ("Buyer Number1", "Recipient Number1", "Street 1", "buyer1@"):
            assert hidden not in page


def test_an_order_with_amazons_number_as_its_own_is_found(owner_client, session, account, import_orders):
    a_store(account).order_number_source = "amazon"
    session.commit()
    import_orders(an_order(1))

    assert owner_client.get("/orders/303-0000000-0000001").status_code == 200


def test_what_cannot_be_done_says_why(owner_client, session, order, import_orders):
    assert "Hold An Order" not in plain(owner_client.get("/orders/100001"))

    import_orders(an_order(1, updated=5, **shipped_fields(an_order(1))), minutes=5)

    page = plain(owner_client.get("/orders/100001"))
    assert "Hold An order with the status Complete cannot be put on hold." in page
    assert "Cancel at Amazon This order has been shipped, so it cannot be cancelled." in page
    assert buttons(owner_client) == ["/orders/100001/credit-memos/new"]


def test_an_order_waits_with_a_reason_until_a_time_on_the_stores_clock(owner_client, session, order):
    dialog = owner_client.get("/orders/100001/holds/new", headers=HTMX)
    assert "<html" not in dialog.text
    assert "Europe/Berlin" in plain(dialog)
    assert "If the hold lasts longer, Amazon counts the order as late." in plain(dialog)

    sent = owner_client.post("/orders/100001/holds", data={"reason": "Ask the buyer", "until": "2031-07-01T09:30"})

    assert (sent.status_code, sent.location) == (303, "/orders/100001")
    session.refresh(order)
    assert (order.state, order.hold_reason) == ("holded", "Ask the buyer")
    assert order.hold_until.isoformat() == "2031-07-01T07:30:00+00:00"
    session.rollback()
    page = plain(owner_client.get("/orders/100001"))
    assert "On hold until Jul 1, 2031, 9:30" in page
    assert "Ask the buyer" in page
    assert "The hold lasts beyond the ship-by time" in page
    assert buttons(owner_client)[-1] == "/orders/100001/holds/ends"

    assert owner_client.post("/orders/100001/holds/ends").status_code == 303
    session.refresh(order)
    assert order.state == "processing"


def test_a_hold_that_makes_no_sense_is_said_and_what_was_typed_stays(owner_client, session, order):
    for sent, message in [
        ({"reason": " "}, "Enter a reason for the hold."),
        ({"reason": "x", "until": "2020-01-01T10:00"}, "This time is in the past."),
        ({"reason": "x", "until": "soon"}, "soon is not a date and time."),
        ({"reason": "x", "until": "0001-01-01T00:00"}, "This time is in the past."),
        ({"reason": "x", "until": "9999-12-31T23:59"}, "Choose a time before the end of 2100, or leave this empty."),
    ]:
        page = owner_client.post("/orders/100001/holds", data=sent)

        assert page.status_code == 422, (sent, message)
        assert message in plain(page), (sent, message)
        assert sent.get("until", "") in page.text, (sent, message)
        session.refresh(order)
        assert order.state == "processing", (sent, message)
        session.rollback()


def test_a_cancellation_asked_here_leads_back_here(owner_client, session, order):
    url = f"/amazon-orders/{order.amazon_order.number}/cancellations"
    session.rollback()
    dialog = owner_client.get(f"{url}/new?next=/orders/100001", headers=HTMX)
    assert '<input type="hidden" name="next" value="/orders/100001">' in dialog.text

    asked = {"reason": "NoInventory", "next": "/orders/100001"}
    refused = owner_client.post(url, data=asked | {"reason": ""})
    sent = owner_client.post(url, data=asked)

    assert 'name="next" value="/orders/100001"' in refused.text
    assert (sent.status_code, sent.location) == (303, "/orders/100001")
    assert "Updates to Amazon Cancellation" in plain(owner_client.get("/orders/100001"))


def test_a_second_hold_and_an_end_of_none_are_said(owner_client, session, order):
    assert "is not on hold" in plain(owner_client.post("/orders/100001/holds/ends", follow_redirects=True))
    owner_client.post("/orders/100001/holds", data={"reason": "x"})

    again = owner_client.post("/orders/100001/holds", data={"reason": "y"}, headers=HTMX)

    assert again.status_code == 422
    assert "An order with the status On hold cannot be put on hold." in plain(again)
    form = owner_client.get("/orders/100001/holds/new")
    assert "An order with the status On hold cannot be put on hold." in plain(form)
    assert 'name="reason"' not in form.text


def test_a_colleague_neither_corrects_nor_holds_nor_writes(viewer_client, order):
    page = viewer_client.get("/orders/100001").text

    assert "/addresses/" not in page
    assert "<textarea" not in page
    assert viewer_client.get("/orders/100001/addresses/shipping").status_code == 403


def test_the_shipments_show_the_submission_of_each_parcel(owner_client, session, order):
    line = order.items[0].id
    packed = [Parcel({line: 1}, "DHL", "", "JJD01460000A1"), Parcel({line: 1})]
    shipments.create(session, order.id, packed, now=datetime.now(UTC), actor="user:1")

    page = plain(owner_client.get("/orders/100001?tab=shipments"))
    panel = plain(owner_client.get("/orders/100001"))

    assert "100001" in page
    assert "DHL JJD01460000A1 Not tracked Queued Rejected" in page
    assert "Updates to Amazon Shipment Package 1: DHL JJD01460000A1 Queued Sending in" in panel


def test_the_panel_asks_for_itself_only_while_something_runs(owner_client, session, order):
    shipments.create(
        session, order.id, [Parcel(None, "DHL", "", "JJD01460000A1")], now=datetime.now(UTC), actor="user:1"
    )
    url = "/orders/100001/submissions"
    assert 'hx-trigger="every 1s"' in owner_client.get("/orders/100001").text
    assert owner_client.get(url, headers=HTMX).status_code == 200

    submission = session.scalars(select(Submission)).one()
    submission_actions.undo(session, submission.id, now=datetime.now(UTC), actor="user:1")

    ended = owner_client.get(url, headers=HTMX)
    assert ended.status_code == 286
    assert 'hx-target="#content"' in ended.text
    assert (
        'hx-trigger="every' not in owner_client.get("/orders/100001").text.partition('id="order-submissions"')[2][:200]
    )
