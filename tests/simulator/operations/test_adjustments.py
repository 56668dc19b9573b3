"""Refunds by flat file, and repeated feeds."""

import pytest

from simulator.operations.adjustments import COLUMNS, COMPONENTS, REQUIRED, paid_amount
from simulator.operations.world import World
from simulator.state.marketplaces import BY_COUNTRY, minor_units
from simulator.state.sellers import DEMO_JP
from tests.simulator.application import FEEDS, Application
from tests.support.simulator_server import AmazonServer

TYPE = "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA"
TABS = "text/tab-separated-values; charset=UTF-8"


def flat_file(*records, columns=REQUIRED):
    lines = [columns, *([str(record.get(name, "")) for name in columns] for record in records)]
    return "\r\n".join("\t".join(line) for line in lines)


def submit(application, document, marketplaces=None):
    """Return the processed feed, the counts of its report, and its failed lines as (record, code)."""
    body = {
        "feedType": TYPE,
        "marketplaceIds": marketplaces or [marketplace.id for marketplace in application.seller.marketplaces],
        "inputFeedDocumentId": application.upload(document, TABS),
    }
    feed = application.feed(application.post(f"{FEEDS}/feeds", json=body).json()["feedId"])
    lines = [line.split("\t") for line in application.result(feed).text.split("\r\n")]
    table = [(line[0], line[3]) for line in lines[5:] if line[0]]
    return feed, (int(lines[1][-1]), int(lines[2][-1])), table


def item_of(amazon, number, place=0):
    return amazon.world.orders[number].body["orderItems"][place]


def line(amazon, number, place=0, **cells):
    """Return a line that refunds 1.00 of an item's price in its currency; `cells` replace its values."""
    item = item_of(amazon, number, place)
    currency = item["proceeds"]["proceedsTotal"]["currencyCode"]
    values = {
        "order-id": number,
        "order-item-id": item["orderItemId"],
        "adjustment-reason-code": "CustomerReturn",
        "currency": currency,
        **dict.fromkeys(COMPONENTS, "0.00"),
        "item-price-adj": "1.00",
        "quantity-cancelled": "0",
    }
    return {**values, **{name.replace("_", "-"): value for name, value in cells.items()}}


def test_a_refund_is_recorded_with_its_amounts_and_does_not_change_the_order(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED", lines=((0, 2),))
    before = application.order(number)
    feed, counts, errors = submit(
        application, flat_file(line(amazon, number, item_price_adj="10.00", item_tax_adj="1.90"))
    )
    assert (feed["processingStatus"], counts, errors) == ("DONE", (1, 1), [])
    (entry,) = amazon.world.effects("refund", number)
    assert entry["amounts"] == {
        "item-price-adj": {"amount": "10.00", "currencyCode": "EUR"},
        "item-tax-adj": {"amount": "1.90", "currencyCode": "EUR"},
    }
    assert entry["total"] == {"amount": "11.90", "currencyCode": "EUR"}
    assert (
        entry["order_item_id"],
        entry["reason"],
        entry["record"],
        entry["quantity_cancelled"],
        entry["feed_id"],
    ) == (
        item_of(amazon, number)["orderItemId"],
        "CustomerReturn",
        1,
        0,
        feed["feedId"],
    )
    assert application.order(number) == before


def test_a_feed_sent_again_refunds_again_until_nothing_is_left(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED", lines=((0, 1),))
    half = f"{paid_amount(item_of(amazon, number), 'item-price-adj') / 200 + 0.01:.2f}"
    document = flat_file(line(amazon, number, item_price_adj=half))
    assert submit(application, document)[1] == (1, 1)
    twice = submit(application, document)
    assert (twice[1], twice[2]) == ((1, 0), [("1", "18102")])
    assert len(amazon.world.effects("refund", number)) == 1


def test_each_line_has_its_own_result(amazon, application):
    place = amazon.world.place
    shipped, other = place("FR", status="SHIPPED"), place("FR", status="SHIPPED")
    unshipped, gone, waiting = place("FR"), place("FR", status="CANCELLED"), place("FR", status="PENDING")
    fba, japanese = place("FR", status="SHIPPED", fulfilled_by="AMAZON"), place("JP", status="SHIPPED")
    wrong = {
        "18102": line(amazon, shipped, item_price_adj="99999.00"),
        "18103": line(amazon, shipped, currency="GBP"),
        "18104": line(amazon, shipped, item_promotion_adj="1.00"),
        "18108": line(amazon, unshipped, quantity_cancelled="1"),
        "18109": line(amazon, shipped, adjustment_reason_code="BuyerCanceled"),
        "18105": line(amazon, shipped, item_price_adj="-1.00"),
        "18106": line(amazon, shipped, item_price_adj="0.00"),
        "18107": line(amazon, shipped, quantity_cancelled="1"),
        "18008": line(amazon, shipped, adjustment_reason_code="Boredom"),
        "13014": line(amazon, shipped, order_item_id="1"),
        "13013": line(amazon, shipped, order_id="305-0000000-0000000"),
        "18101": line(amazon, unshipped),
        "18055": line(amazon, fba),
    }
    more = [
        ("18105", line(amazon, shipped, item_price_adj="1.001")),
        ("18105", line(amazon, shipped, item_price_adj="1,00")),
        ("18105", line(amazon, shipped, item_tax_adj="")),
        ("18105", line(amazon, shipped, item_price_adj="1")),
        ("18107", line(amazon, shipped, quantity_cancelled="")),
        ("13013", line(amazon, japanese)),
        ("18100", line(amazon, gone)),
        (
            "18100",
            line(amazon, shipped) | {"order-id": waiting, "order-item-id": item_of(amazon, waiting)["orderItemId"]},
        ),
    ]
    expected = [*wrong.items(), *more]
    document = flat_file(
        *(record for _, record in expected), line(amazon, other), columns=(*REQUIRED, "item-promotion-adj")
    )
    feed, counts, errors = submit(application, document)
    assert (feed["processingStatus"], counts) == ("DONE", (len(expected) + 1, 1))
    assert errors == [(str(place), code) for place, (code, _) in enumerate(expected, 1)]
    assert [entry["order_id"] for entry in amazon.world.effects("refund")] == [other]


def test_every_component_is_refunded_up_to_what_was_paid(amazon, application):
    number = next(
        number
        for number in (amazon.world.place("GB", status="SHIPPED", gift=True, discount=True) for _ in range(40))
        if paid_amount(item_of(amazon, number), "shipping-price-adj")
    )
    item = item_of(amazon, number)
    names = (
        "item-price-adj",
        "item-tax-adj",
        "shipping-price-adj",
        "shipping-tax-adj",
        "gift-wrap-price-adj",
        "gift-wrap-tax-adj",
    )
    parts = {name: paid_amount(item, name) for name in names}
    assert all(parts.values())
    assert sum(parts.values()) == minor_units(item["proceeds"]["proceedsTotal"])
    whole = {name: f"{amount / 100:.2f}" for name, amount in parts.items()}
    assert submit(application, flat_file({**line(amazon, number), **whole}))[1] == (1, 1)
    for name in names:
        cent = {**line(amazon, number, item_price_adj="0.00"), name: "0.01"}
        assert submit(application, flat_file(cent))[2] == [("1", "18102")]
    assert amazon.world.effects("refund", number)[0]["total"] == item["proceeds"]["proceedsTotal"]


def test_units_that_will_not_be_shipped_are_cancelled_once(amazon, application):
    number = amazon.world.place("DE", lines=((0, 2),))
    refund = line(amazon, number, adjustment_reason_code="NoInventory", quantity_cancelled="1")
    _, counts, errors = submit(application, flat_file(refund, refund, refund))
    assert (counts, errors) == ((3, 2), [("3", "18107")])
    assert [entry["quantity_cancelled"] for entry in amazon.world.effects("refund", number)] == [1, 1]


def test_a_buyers_cancellation_cancels_units_and_other_reasons_do_not(amazon, application):
    number = amazon.world.place("DE", lines=((0, 2),))
    cancelled = {"quantity_cancelled": "1"}
    buyers = line(amazon, number, adjustment_reason_code="BuyerCanceled", **cancelled)
    document = flat_file(buyers, line(amazon, number, **cancelled))
    assert submit(application, document)[1:] == ((2, 1), [("2", "18108")])


def test_promotion_columns_that_are_not_used_make_the_file_invalid(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    feed, counts, errors = submit(application, flat_file(line(amazon, number), columns=COLUMNS))
    assert (feed["processingStatus"], counts, errors) == ("FATAL", (0, 0), [("0", "90061")])


def test_the_tax_of_a_seller_with_refunds_without_tax_is_ignored(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    amazon.world.switches["vat_exclusive_refunds"] = True
    taxed = line(amazon, number, item_tax_adj="0.19")
    tax_alone = line(amazon, number, item_price_adj="0.00", item_tax_adj="0.19")
    assert submit(application, flat_file(taxed, tax_alone))[1:] == ((2, 1), [("2", "18106")])
    (entry,) = amazon.world.effects("refund", number)
    assert entry["total"] == {"amount": "1.00", "currencyCode": "EUR"}


def test_yen_are_written_with_two_decimals_that_are_zero(amazon):
    number = amazon.world.place("JP", status="SHIPPED")
    japan = Application(amazon.url, DEMO_JP)
    document = flat_file(line(amazon, number), line(amazon, number, item_price_adj="1.50"))
    assert submit(japan, document)[1:] == ((2, 1), [("2", "18105")])
    assert amazon.world.effects("refund", number)[0]["total"] == {"amount": "1", "currencyCode": "JPY"}


def test_an_order_outside_the_feeds_marketplaces_is_not_refunded(amazon, application):
    number = amazon.world.place("FR", status="SHIPPED")
    assert submit(application, flat_file(line(amazon, number)), [BY_COUNTRY["DE"].id])[2] == [("1", "13013")]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", "90061"),
        ("\n", "90061"),
        ("hello", "90061"),
        (flat_file(), "90061"),
        (flat_file({}, columns=REQUIRED[:-1]), "90061"),
        (flat_file({}, columns=(*REQUIRED, "colour")), "90061"),
        (flat_file({}, columns=(*REQUIRED, "order-id")), "90061"),
    ],
)
def test_a_file_that_cannot_be_read_is_fatal_as_a_whole(application, document, code):
    feed, counts, errors = submit(application, document)
    assert (feed["processingStatus"], counts, errors) == ("FATAL", (0, 0), [("0", code)])


def test_a_rejected_feed_refunds_nothing_and_a_fatal_one_has_no_report(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    amazon.world.faults.arm("feed_rejected")
    assert submit(application, flat_file(line(amazon, number)))[1:] == ((1, 0), [("1", "18028")])
    amazon.world.faults.arm("feed_fatal")
    body = {"feedType": TYPE, "marketplaceIds": [BY_COUNTRY["DE"].id]}
    body["inputFeedDocumentId"] = application.upload(flat_file(line(amazon, number)), TABS)
    feed = application.feed(application.post(f"{FEEDS}/feeds", json=body).json()["feedId"])
    assert (feed["processingStatus"], "resultFeedDocumentId" in feed) == ("FATAL", False)
    assert amazon.world.effects("refund") == []


def test_a_contradicting_report_counts_one_error_more_or_less_than_it_lists(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    good, bad = line(amazon, number), line(amazon, number, currency="SEK")
    amazon.world.faults.arm("contradicting_report", times=2)
    assert submit(application, flat_file(good))[1:] == ((1, 0), [])
    assert submit(application, flat_file(bad))[1:] == ((1, 1), [("1", "18103")])
    assert submit(application, flat_file(good, bad))[1:] == ((2, 1), [("2", "18103")])
    assert len(amazon.world.effects("refund", number)) == 2


def test_refunds_survive_a_restart(tmp_path):
    path = tmp_path / "world.sqlite"
    with AmazonServer(World("empty", update_delay=0, feed_seconds=0, state_path=path)) as amazon:
        number = amazon.world.place("DE", status="SHIPPED", lines=((0, 1),))
        all_of_it = f"{paid_amount(item_of(amazon, number), 'item-price-adj') / 100:.2f}"
        document = flat_file(line(amazon, number, item_price_adj=all_of_it))
        assert submit(Application(amazon.url), document)[1] == (1, 1)
    with AmazonServer(World("empty", update_delay=0, feed_seconds=0, state_path=path)) as amazon:
        assert submit(Application(amazon.url), document)[1:] == ((1, 0), [("1", "18102")])
