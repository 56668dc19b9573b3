"""The working day of a seller in a real browser on a real desk, from an order's arrival to its last cent."""

import io
import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import come_in, connect
from tests.support.running_app import RunningApp
from tests.support.simulator_server import AmazonServer

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# Two of one thing and one of another.
LINES = ((0, 2), (1, 1))
PARCELS = ("00340434161094015902", "00340434161094042557", "00340434161094042564")


def ship(page: Page, *parcels: tuple[str, list[int]]) -> None:
    """Send an order, open in the browser, in these parcels: a tracking number, and pieces line by line."""
    page.get_by_role("link", name="Ship", exact=True).click()
    for place, (number, pieces) in enumerate(parcels):
        if place:
            page.get_by_role("button", name="Add package").click()
        page.get_by_label("Tracking number").nth(place).fill(number)
        page.get_by_label("Carrier", exact=True).nth(place).select_option("dhl")
        for line, many in enumerate(pieces):
            page.get_by_label(re.compile("^Quantity of")).nth(place * len(pieces) + line).fill(str(many))
    page.get_by_role("button", name="Ship", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("^Shipment "))).to_be_visible()


def printed(page: Page) -> str:
    """The text of the PDF that the document in the browser offers."""
    address = page.get_by_role("link", name=re.compile("^Print")).first.get_attribute("href")
    answer = page.request.get(address or "")
    assert answer.headers["content-type"] == "application/pdf"
    return "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.body())).pages)


def refund(page: Page, pieces: list[int] | None = None, shipping: str | None = None) -> Decimal:
    """Let Amazon refund an order open in the browser: these pieces line by line, or Remaining items.

    Answers the sum, once Amazon has said that it did and the page, the PDF and the order agree.
    """
    page.get_by_role("link", name="Credit memo", exact=True).click()
    for line, many in enumerate(pieces or []):
        page.get_by_label(re.compile("^Quantity of")).nth(line).fill(str(many))
    if shipping is not None:
        page.get_by_label("Refund shipping").fill(shipping)
    page.get_by_label("Refund through Amazon").check()
    page.get_by_label("Refund reason").select_option("CustomerReturn")
    page.get_by_role("button", name="Refund", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("^Credit memo "))).to_be_visible()
    expect(page.get_by_text("Verified")).to_be_visible(timeout=120_000)
    total = money(page.get_by_role("term").filter(has_text="Total refunded").locator("+ dd").inner_text())
    # It is printed as its German store writes amounts.
    assert str(total).replace(".", ",") in printed(page)
    return total


def money(text: str) -> Decimal:
    """The amount of a text such as €1,234.50."""
    return Decimal(re.sub(r"[^0-9.]", "", text))


def refunded(amazon: AmazonServer, number: str) -> Decimal:
    """All that Amazon has refunded of an order."""
    return sum((Decimal(one["total"]["amount"]) for one in amazon.world.effects("refund", number)), Decimal(0))


def shown(amazon: AmazonServer, number: str) -> dict[str, int]:
    """What Amazon itself says was shipped: pieces by tracking number."""
    packages = amazon.world.orders[number].body["packages"]
    return {one["trackingNumber"]: sum(item["quantity"] for item in one["packageItems"]) for one in packages}


def test_an_order_is_shipped_in_parts_and_refunded_in_parts(
    visitor: Page, running_app: RunningApp, amazon: AmazonServer
) -> None:
    page = visitor
    number = amazon.world.place("DE", lines=LINES, discount=False, gift=False)
    come_in(page, running_app)
    connect(page, amazon)
    page.get_by_role("link", name=number).click()
    expect(page).to_have_url(re.compile("/orders/100001$"))
    order = page.url

    ship(page, (PARCELS[0], [1, 0]), (PARCELS[1], [1, 0]))
    expect(page.get_by_text("Verified")).to_have_count(2, timeout=120_000)
    assert shown(amazon, number) == {PARCELS[0]: 1, PARCELS[1]: 1}
    slip = printed(page)
    assert PARCELS[0] in slip
    assert PARCELS[1] in slip
    page.goto(order)
    expect(page.get_by_text("Partially shipped").first).to_be_visible()

    ship(page, (PARCELS[2], [0, 1]))
    expect(page.get_by_text("Verified")).to_have_count(1, timeout=120_000)
    page.goto(order)
    expect(page.get_by_text("Complete").first).to_be_visible()
    assert amazon.world.orders[number].body["fulfillment"]["fulfillmentStatus"] == "SHIPPED"

    first = refund(page, [1, 0], shipping="0")
    page.goto(order)
    expect(page.get_by_text("Complete").first).to_be_visible()
    refund(page)
    page.goto(order)
    expect(page.get_by_text("Closed").first).to_be_visible()
    paid = money(page.get_by_role("term").filter(has_text="Grand total").locator("+ dd").inner_text())
    assert first < paid
    assert refunded(amazon, number) == paid
