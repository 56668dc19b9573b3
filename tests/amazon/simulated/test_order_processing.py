"""Parcels, refunds, invoices and messages against the simulator, and faults in the middle of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulator.operations.adjustments import COMPONENTS, paid_amount
from simulator.operations.world import World
from simulator.state.sellers import DEMO_JP
from webapp.amazon.gateway import Amazon
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import Forbidden, InvalidRequest, OutcomeUnknown
from webapp.domain.amazon.types import AmazonPackage, FeedReport, PreparedFeed
from webapp.domain.common.marketplaces import BY_COUNTRY
from webapp.domain.common.money import Money
from webapp.domain.invoicing import amazon_refunds as refunding
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.domain.invoicing.vat_invoices import VatInvoice
from webapp.domain.mail.amazon_messages import KINDS
from webapp.domain.shipping.carriers import Parcel

GERMANY, FRANCE = BY_COUNTRY["DE"].id, BY_COUNTRY["FR"].id
PDF = b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n%%EOF\n"


def a_parcel(amazon: Amazon, number: str, quantity: int, reference: str = "1", **fields: Any) -> Parcel:
    """`quantity` of the order's first item."""
    order = amazon.get_order(number)
    whole = {
        "carrier_code": "DHL",
        "tracking_number": "00340434161094015902",
        "shipped_at": order.purchased_at,
        "items": ((order.items[0].order_item_id, quantity),),
        "shipping_method": "Paket",
        **fields,
    }
    return Parcel(reference=reference, **whole)


def test_an_order_is_shipped_in_two_parcels_and_each_is_read_back(amazon: Amazon, world: World) -> None:
    number = world.place("DE", lines=((0, 3),))
    first = a_parcel(amazon, number, 2)
    second = a_parcel(amazon, number, 1, "2", carrier_code="Other", carrier_name="PostNord", shipping_method=None)

    amazon.confirm_shipment(number, GERMANY, first)
    half = amazon.get_order(number)
    amazon.confirm_shipment(number, GERMANY, second)
    whole = amazon.get_order(number)

    assert (half.status, half.quantity_shipped) == ("PARTIALLY_SHIPPED", 2)
    assert (whole.status, whole.quantity_shipped) == ("SHIPPED", 3)
    item = whole.items[0].order_item_id
    when, tracking = whole.purchased_at, "00340434161094015902"
    assert whole.packages == (
        AmazonPackage("1", "SHIPPED", "DHL", "Paket", tracking, when, ((item, 2),)),
        AmazonPackage("2", "SHIPPED", "PostNord", None, tracking, when, ((item, 1),)),
    )


@pytest.mark.parametrize(
    ("fault", "options"), [("lost_answer", {}), ("error_500", {"after": True}), ("error_503_html", {})]
)
def test_a_parcel_whose_response_was_lost_is_sent_again_and_stays_one(
    amazon: Amazon, world: World, fault: str, options: dict[str, Any]
) -> None:
    number = world.place("DE", lines=((0, 2),))
    parcel = a_parcel(amazon, number, 2)
    world.faults.arm(fault, "confirmShipment", **options)

    with pytest.raises(OutcomeUnknown):
        amazon.confirm_shipment(number, GERMANY, parcel)
    amazon.confirm_shipment(number, GERMANY, parcel)

    order = amazon.get_order(number)
    assert (order.status, [package.reference for package in order.packages]) == ("SHIPPED", ["1"])
    assert order.quantity_shipped == 2


def test_a_parcel_is_edited_by_its_reference(amazon: Amazon, world: World) -> None:
    number = world.place("DE", lines=((0, 1),))
    parcel = a_parcel(amazon, number, 1)

    amazon.confirm_shipment(number, GERMANY, parcel)
    amazon.confirm_shipment(number, GERMANY, replace(parcel, tracking_number="1Z999AA10123456784", carrier_code="UPS"))

    (package,) = amazon.get_order(number).packages
    assert (package.carrier, package.tracking_number) == ("UPS", "1Z999AA10123456784")


def test_what_may_not_be_shipped_is_refused_in_amazons_words(amazon: Amazon, world: World) -> None:
    number, plus = world.place("DE", lines=((0, 1),)), world.place("DE", programs=("FBM_SHIP_PLUS",), lines=((0, 1),))

    with pytest.raises(InvalidRequest, match="not allowed for FBM_SHIP_PLUS"):
        amazon.confirm_shipment(plus, GERMANY, a_parcel(amazon, plus, 1))
    with pytest.raises(InvalidRequest, match="exceeds the 1 ordered"):
        amazon.confirm_shipment(number, GERMANY, a_parcel(amazon, number, 2))
    amazon.confirm_shipment(number, GERMANY, a_parcel(amazon, number, 1))
    with pytest.raises(InvalidRequest, match="PackageToUpdateNotFound"):
        amazon.confirm_shipment(number, GERMANY, a_parcel(amazon, number, 1, "2"))

    assert [entry["order_id"] for entry in world.effects("shipment")] == [number]


def a_refund(world: World, number: str, minor: int = 100, **fields: Any) -> Refund:
    item = world.orders[number].body["orderItems"][0]
    currency = item["proceeds"]["proceedsTotal"]["currencyCode"]
    whole = {"reason": "CustomerReturn", "item_price": Money(minor, currency), **fields}
    return Refund(number, item["orderItemId"], **whole)


def sent(amazon: Amazon, prepared: PreparedFeed) -> FeedReport:
    return amazon.feed_report(amazon.feed(amazon.create_feed(prepared).feed_id))


@pytest.mark.parametrize("gzip", [False, True])
def test_a_feed_refunds_what_can_be_refunded_and_names_the_lines_it_cannot(
    amazon: Amazon, world: World, gzip: bool
) -> None:
    world.switches["gzip_results"] = gzip
    good, unshipped, french = (
        world.place("DE", status="SHIPPED"),
        world.place("DE"),
        world.place("FR", status="SHIPPED"),
    )
    refunds = [
        a_refund(world, good, item_tax=Money(19, "EUR")),
        a_refund(world, unshipped),
        a_refund(world, french, 10_000_000),
        a_refund(world, french, reason="GeneralAdjustment"),
    ]

    prepared = amazon.prepare_refunds([GERMANY, FRANCE], refunds)
    report = sent(amazon, prepared)

    assert (report.processed, report.successful, report.with_error, report.with_warning) == (4, 2, 2, 0)
    assert [(one.message_id, one.number, one.failed) for one in report.messages] == [
        (2, unshipped, True),
        (3, french, True),
    ]
    assert not report.is_contradictory
    assert "exceeds what is left to refund" in report.messages[1].description
    assert [(entry["order_id"], entry["total"]["amount"]) for entry in world.effects("refund")] == [
        (good, "1.19"),
        (french, "1.00"),
    ]
    assert prepared.feed_type == refunding.FEED_TYPE


def test_a_second_feed_of_the_same_document_refunds_again(amazon: Amazon, world: World) -> None:
    number = world.place("DE", status="SHIPPED")
    prepared = amazon.prepare_refunds([GERMANY], [a_refund(world, number)])

    assert (sent(amazon, prepared).successful, sent(amazon, prepared).successful) == (1, 1)
    assert len(world.effects("refund", number)) == 2


def test_no_more_comes_back_than_was_paid(amazon: Amazon, world: World) -> None:
    number = world.place("DE", status="SHIPPED", lines=((0, 1),))
    everything = paid_amount(world.orders[number].body["orderItems"][0], "item-price-adj")

    first = sent(amazon, amazon.prepare_refunds([GERMANY], [a_refund(world, number, everything)]))
    second = sent(amazon, amazon.prepare_refunds([GERMANY], [a_refund(world, number, 1)]))

    assert (first.successful, second.successful, second.with_error) == (1, 0, 1)


@pytest.mark.parametrize("fault", ["lost_answer", "error_500", "error_503_html", "malformed_json", "truncated_body"])
def test_a_refund_whose_answer_was_lost_is_sent_once_and_found_again(amazon: Amazon, world: World, fault: str) -> None:
    number = world.place("DE", status="SHIPPED")
    prepared = amazon.prepare_refunds([GERMANY], [a_refund(world, number)])
    began = world.now() - timedelta(seconds=1)
    world.faults.arm(fault, "createFeed", **({"after": True} if fault.startswith("error") else {}))

    with pytest.raises(OutcomeUnknown):
        amazon.create_feed(prepared)

    (feed,) = amazon.find_feeds(refunding.FEED_TYPE, began)
    assert amazon.feed_report(feed).successful == 1
    assert world.call_counts["createFeed"] == 1
    assert len(world.effects("refund", number)) == 1


def test_a_contradictory_report_is_recognised(amazon: Amazon, world: World) -> None:
    number = world.place("DE", status="SHIPPED")
    world.faults.arm("contradicting_report")

    report = sent(amazon, amazon.prepare_refunds([GERMANY], [a_refund(world, number)]))

    assert (report.processed, report.successful, report.messages) == (1, 0, ())
    assert report.is_contradictory
    assert len(world.effects("refund", number)) == 1


def test_a_rejected_feed_of_refunds_refunds_nothing(amazon: Amazon, world: World) -> None:
    number = world.place("DE", status="SHIPPED")
    world.faults.arm("feed_rejected")

    report = sent(amazon, amazon.prepare_refunds([GERMANY], [a_refund(world, number)]))

    assert (report.successful, report.with_error, report.is_contradictory) == (0, 1, False)
    assert world.effects("refund") == []


def test_a_tax_invoice_is_uploaded_byte_by_byte_and_only_once(amazon: Amazon, world: World) -> None:
    number = world.place("DE", status="SHIPPED")
    items = world.orders[number].body["orderItems"]
    parts = {name: sum(paid_amount(item, name) for item in items) for name in COMPONENTS}
    total, vat = (
        Money(sum(minor for name, minor in parts.items() if word in name), "EUR") for word in ("-adj", "-tax-")
    )
    invoice = VatInvoice(number, "RE-1001", total, vat)

    first = amazon.prepare_vat_invoice(GERMANY, invoice, PDF)
    report = sent(amazon, first)
    again = sent(amazon, amazon.prepare_vat_invoice(GERMANY, invoice, PDF))

    assert (report.successful, report.with_error) == (1, 0)
    assert (again.successful, again.with_error) == (0, 1)
    assert "has been uploaded before" in again.messages[0].description
    (entry,) = world.effects("vat_invoice", number)
    assert (entry["sha256"], entry["total"], entry["vat"]) == (first.digest, total.amount, vat.amount)


def test_a_message_goes_out_where_amazon_allows_it(amazon: Amazon, world: World) -> None:
    number = world.place("DE")

    allowed = amazon.allowed_messages(number, GERMANY)
    amazon.send_message(number, GERMANY, "confirmDeliveryDetails", "It comes tomorrow.")

    assert [kind for kind in allowed if kind in KINDS] == [
        "confirmOrderDetails",
        "confirmCustomizationDetails",
        "confirmDeliveryDetails",
        "unexpectedProblem",
    ]
    assert [entry["kind"] for entry in world.effects("message", number)] == ["confirmDeliveryDetails"]


def test_no_message_goes_to_a_buyer_amazon_looks_after(amazon: Amazon, world: World) -> None:
    number = world.place("DE", fulfilled_by="AMAZON")

    assert amazon.allowed_messages(number, GERMANY) == ()
    with pytest.raises(Forbidden, match="not allowed for order"):
        amazon.send_message(number, GERMANY, "unexpectedProblem", "Late.")
    assert world.effects("message") == []


def test_a_message_with_an_address_in_it_is_refused(amazon: Amazon, world: World) -> None:
    with pytest.raises(InvalidRequest, match="must not contain HTML or e-mail addresses"):
        amazon.send_message(world.place("DE"), GERMANY, "unexpectedProblem", "Write to desk@example.invalid")


def test_a_message_whose_answer_was_lost_is_not_sent_again(amazon: Amazon, world: World) -> None:
    number = world.place("DE")
    world.faults.arm("lost_answer", "createUnexpectedProblem")

    with pytest.raises(OutcomeUnknown):
        amazon.send_message(number, GERMANY, "unexpectedProblem", "Late.")

    assert len(world.effects("message", number)) == 1
    assert world.call_counts["createUnexpectedProblem"] == 1


def test_japanese_cash_on_delivery_is_confirmed_with_the_way_it_is_collected(world: World, server, redis) -> None:
    given = DEMO_JP.credentials(server.url)
    names = ("seller_id", "client_id", "client_secret", "refresh_token", "endpoint", "token_url")
    with Amazon(Credentials(account_key="8", **{name: given[name] for name in names}), redis) as amazon:
        number = world.place("JP", lines=((0, 1),), features=("cash_on_delivery",))
        parcel = a_parcel(amazon, number, 1, carrier_code="YamatoTransport")
        with pytest.raises(InvalidRequest) as refused:
            amazon.confirm_shipment(number, BY_COUNTRY["JP"].id, parcel)
        assert "codCollectionMethod" in str(refused.value)

        amazon.confirm_shipment(number, BY_COUNTRY["JP"].id, replace(parcel, collects_cash=True))

        assert amazon.get_order(number).status == "SHIPPED"


def test_a_parcel_with_transparency_codes_needs_one_for_each_unit(amazon: Amazon, world: World) -> None:
    number = world.place("DE", lines=((0, 2),), features=("transparency",))
    parcel = a_parcel(amazon, number, 2)
    ((item_id, _quantity),) = parcel.items
    with pytest.raises(InvalidRequest) as refused:
        amazon.confirm_shipment(number, GERMANY, parcel)
    assert "TransparencyCodes" in str(refused.value)
    with pytest.raises(InvalidRequest):
        amazon.confirm_shipment(number, GERMANY, replace(parcel, transparency_codes={item_id: ["AZ-1"]}))

    amazon.confirm_shipment(number, GERMANY, replace(parcel, transparency_codes={item_id: ["AZ-1", "AZ-2"]}))

    assert amazon.get_order(number).status == "SHIPPED"
