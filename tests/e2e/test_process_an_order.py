"""An order from its arrival to its last cent, through the pages on one side and Amazon's protocol on the other."""

import io
import re
from decimal import Decimal

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from tests.views.invoicing.test_invoices import fields, plain
from webapp.models.submissions import Submission

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("job_queue")]

ORDER = "/orders/100001"
PARCELS = ("00340434161094015902", "00340434161094042557", "00340434161094042564")


@pytest.fixture
def number(harness):
    """An unshipped order of two pieces of one thing and one of another, which has arrived."""
    number = harness.world.place("DE", lines=((0, 2), (1, 1)), discount=True, gift=False)
    harness.sync()
    harness.session.commit()
    return number


def verify_submissions(harness):
    """Go on until Amazon has proved everything it is being told."""
    harness.later(31)
    for submission in harness.session.scalars(select(Submission).where(Submission.open)).all():
        harness.advance_until_ended(submission)
        assert submission.state == "verified"
    harness.session.commit()


def ship(owner_client, harness, lines, *parcels):
    """Send the form with these parcels: a number, and pieces line by line. Answers the page of the shipment."""
    sent = fields(owner_client.get(f"{ORDER}/shipments/new"))
    for place, (number, pieces) in enumerate(parcels):
        sent |= {f"parcels-{place}-{name}": value for name, value in (("tracking_number", number), ("carrier", "dhl"))}
        sent |= {f"parcels-{place}-quantity-{line}": many for line, many in zip(lines, pieces, strict=True)}
    answer = owner_client.post(f"{ORDER}/shipments", data=sent)
    assert answer.status_code == 303, plain(answer)
    verify_submissions(harness)
    return answer.location


def refund(owner_client, harness, changes):
    """Send the form with these changes. Answers the page of the credit memo."""
    sent = fields(owner_client.get(f"{ORDER}/credit-memos/new"))
    sent |= {"way": "amazon", "reason": "CustomerReturn"} | changes
    answer = owner_client.post(f"{ORDER}/credit-memos", data=sent)
    assert answer.status_code == 303, plain(answer)
    verify_submissions(harness)
    return answer.location


def printed(owner_client, page):
    answer = owner_client.get(f"{page}/pdf")
    assert answer.mimetype == "application/pdf"
    return "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.data)).pages)


def amount(text, name):
    """The amount in euros that stands behind a name on a page."""
    return Decimal(re.search(rf"{name} €([0-9.,]+)", text)[1].replace(",", ""))


def first_line(harness, number):
    """Amazon's id of the order's first line."""
    return harness.commerce_order(number).items[0].order_item_id


def refunded(harness, number):
    return sum(Decimal(one["total"]["amount"]) for one in harness.world.effects("refund", number))


def totals(harness, number):
    order = harness.commerce_order(number)
    lines = [(one.ordered, one.invoiced, one.shipped, one.refunded, one.canceled) for one in order.items]
    found = order.state, order.total, order.total_invoiced, order.total_refunded, lines
    harness.session.commit()
    return found


def test_pages_documents_and_amazon_show_the_same_quantities_and_amounts(owner_client, harness, number):
    lines = [item.id for item in harness.commerce_order(number).items]
    harness.session.commit()

    page = ship(owner_client, harness, lines, (PARCELS[0], (1, 0)), (PARCELS[1], (1, 0)))

    assert all(
        parcel in text
        for parcel in PARCELS[:2]
        for text in (plain(owner_client.get(page)), printed(owner_client, page))
    )
    assert [pieces for _, pieces in harness.packages_at_amazon(number).values()] == [
        {first_line(harness, number): 1}
    ] * 2
    assert "Partially shipped" in plain(owner_client.get(ORDER))
    assert totals(harness, number)[0] == "processing"

    page = ship(owner_client, harness, lines, (PARCELS[2], (0, 1)))

    assert {tracking for tracking, _ in harness.packages_at_amazon(number).values()} == set(PARCELS)
    assert "Shipped" in plain(owner_client.get(ORDER))
    assert totals(harness, number)[0] == "complete"

    first = refund(owner_client, harness, {f"quantity-{lines[0]}": "1", f"quantity-{lines[1]}": "0", "shipping": "0"})

    worth = amount(plain(owner_client.get(first)), "Total refunded")
    assert refunded(harness, number) == worth
    assert str(worth).replace(".", ",") in printed(owner_client, first)
    assert totals(harness, number)[0] == "complete"

    rest = refund(owner_client, harness, {})

    said = plain(owner_client.get(ORDER))
    paid = amount(said, "Grand total")
    assert refunded(harness, number) == paid == amount(said, "Total refunded")
    assert amount(plain(owner_client.get(rest)), "Total refunded") == paid - worth
    closed = totals(harness, number)
    assert closed == ("closed", int(paid * 100), int(paid * 100), int(paid * 100), [(2, 2, 2, 2, 0), (1, 1, 1, 1, 0)])
    harness.sync(since=harness.clock().replace(year=harness.clock().year - 1))
    assert totals(harness, number) == closed
