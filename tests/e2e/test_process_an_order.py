"""An order from its arrival to its last cent, through the pages on one side and Amazon's protocol on the other."""

import io
import re
from decimal import Decimal

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from tests.support.pages import fields, plain
from webapp.models.submissions import Submission

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("job_queue")]

ORDER = "/orders/100001"
PARCELS = ("00340434161094015902", "00340434161094042557", "00340434161094042564")


@pytest.fixture
def number(harness):
    """The number of an imported, unshipped order of two units of one product and one of another."""
    number = harness.world.place("DE", lines=((0, 2), (1, 1)), discount=True, gift=False)
    harness.sync()
    harness.session.commit()
    return number


def verify_submissions(harness):
    """Advance until each open submission is verified."""
    harness.later(31)
    for submission in harness.session.scalars(select(Submission).where(Submission.open)).all():
        harness.advance_until_ended(submission)
        assert submission.state == "verified"
    harness.session.commit()


def ship(owner_client, harness, lines, *parcels):
    """Post the shipment form with (tracking number, quantity per line) parcels. Return the URL of the shipment."""
    form = fields(owner_client.get(f"{ORDER}/shipments/new"))
    for index, (number, quantities) in enumerate(parcels):
        form |= {f"parcels-{index}-{name}": value for name, value in (("tracking_number", number), ("carrier", "dhl"))}
        form |= {f"parcels-{index}-quantity-{line}": quantity for line, quantity in zip(lines, quantities, strict=True)}
    response = owner_client.post(f"{ORDER}/shipments", data=form)
    assert response.status_code == 303, plain(response)
    verify_submissions(harness)
    return response.location


def refund(owner_client, harness, changes):
    """Post the credit memo form with these changes. Return the URL of the credit memo."""
    form = fields(owner_client.get(f"{ORDER}/credit-memos/new"))
    form |= {"way": "amazon", "reason": "CustomerReturn"} | changes
    response = owner_client.post(f"{ORDER}/credit-memos", data=form)
    assert response.status_code == 303, plain(response)
    verify_submissions(harness)
    return response.location


def printed(owner_client, page):
    response = owner_client.get(f"{page}/pdf")
    assert response.mimetype == "application/pdf"
    return "\n".join(pdf_page.extract_text() for pdf_page in PdfReader(io.BytesIO(response.data)).pages)


def amount(text, name):
    """Return the amount in euros that follows a name on a page."""
    return Decimal(re.search(rf"{name} €([0-9.,]+)", text)[1].replace(",", ""))


def first_line(harness, number):
    """Return Amazon's ID of the order's first line."""
    return harness.commerce_order(number).items[0].order_item_id


def refunded(harness, number):
    return sum(Decimal(effect["total"]["amount"]) for effect in harness.world.effects("refund", number))


def totals(harness, number):
    order = harness.commerce_order(number)
    lines = [(item.ordered, item.invoiced, item.shipped, item.refunded, item.canceled) for item in order.items]
    values = order.state, order.total, order.total_invoiced, order.total_refunded, lines
    harness.session.commit()
    return values


def test_pages_documents_and_amazon_show_the_same_quantities_and_amounts(owner_client, harness, number):
    lines = [item.id for item in harness.commerce_order(number).items]
    harness.session.commit()

    page = ship(owner_client, harness, lines, (PARCELS[0], (1, 0)), (PARCELS[1], (1, 0)))

    assert all(
        parcel in text
        for parcel in PARCELS[:2]
        for text in (plain(owner_client.get(page)), printed(owner_client, page))
    )
    assert [quantities for _, quantities in harness.packages_at_amazon(number).values()] == [
        {first_line(harness, number): 1}
    ] * 2
    assert "Partially shipped" in plain(owner_client.get(ORDER))
    assert totals(harness, number)[0] == "processing"

    page = ship(owner_client, harness, lines, (PARCELS[2], (0, 1)))

    assert {tracking for tracking, _ in harness.packages_at_amazon(number).values()} == set(PARCELS)
    assert "Shipped" in plain(owner_client.get(ORDER))
    assert totals(harness, number)[0] == "complete"

    first = refund(owner_client, harness, {f"quantity-{lines[0]}": "1", f"quantity-{lines[1]}": "0", "shipping": "0"})

    refund_total = amount(plain(owner_client.get(first)), "Total refunded")
    assert refunded(harness, number) == refund_total
    assert str(refund_total).replace(".", ",") in printed(owner_client, first)
    assert totals(harness, number)[0] == "complete"

    rest = refund(owner_client, harness, {})

    order_text = plain(owner_client.get(ORDER))
    paid = amount(order_text, "Grand total")
    assert refunded(harness, number) == paid == amount(order_text, "Total refunded")
    assert amount(plain(owner_client.get(rest)), "Total refunded") == paid - refund_total
    closed = totals(harness, number)
    assert closed == ("closed", int(paid * 100), int(paid * 100), int(paid * 100), [(2, 2, 2, 2, 0), (1, 1, 1, 1, 0)])
    harness.sync(since=harness.clock().replace(year=harness.clock().year - 1))
    assert totals(harness, number) == closed
