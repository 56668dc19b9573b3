"""VAT invoices that a seller uploads."""

import hashlib

import pytest

from simulator.operations import finances
from simulator.state.marketplaces import BY_COUNTRY, minor_units
from tests.simulator.application import FEEDS
from tests.support.fixtures import read_fixture

PDF = "%PDF-1.4\n1 0 obj\n%%EOF\n"
UNUSED = "305-0000000-0000000"


def upload(application, options, *, document=PDF, content_type="application/pdf", countries=("DE",)):
    """Upload an invoice; return the processing report."""
    body = {
        "feedType": "UPLOAD_VAT_INVOICE",
        "marketplaceIds": [BY_COUNTRY[country].id for country in countries],
        "inputFeedDocumentId": application.upload(document, content_type),
        "feedOptions": {name: value for name, value in options.items() if value is not None},
    }
    feed = application.feed(application.post(f"{FEEDS}/feeds", json=body).json()["feedId"])
    assert feed["processingStatus"] == "DONE"
    return application.result(feed).text


def submit(application, options, **more):
    """Upload an invoice; return (number of successes, error codes)."""
    lines = [line.split("\t") for line in upload(application, options, **more).splitlines()]
    return int(lines[2][-1]), [line[2] for line in lines[5:]]


def totals_of(amazon, number):
    """Return the total of an order and its tax, as texts."""
    items = amazon.world.orders[number].body["orderItems"]
    taxes = [part for item in items for part in item["proceeds"]["breakdowns"] if part["type"] == "TAX"]
    total = sum(minor_units(item["proceeds"]["proceedsTotal"]) for item in items)
    return f"{total / 100:.2f}", f"{sum(minor_units(part['subtotal']) for part in taxes) / 100:.2f}"


def options_for(amazon, number, **changes):
    total, vat = totals_of(amazon, number)
    named = {
        "OrderId": number,
        "InvoiceNumber": "RE-1001",
        "TotalAmount": total,
        "TotalVATAmount": vat,
        "DocumentType": "Invoice",
        **changes,
    }
    return {f"metadata:{name}": value for name, value in named.items()}


def refund(amazon, application, number):
    """Refund the order in Seller Central; return the id of the transaction."""
    assert application.post(f"/_control/api/orders/{number}/refund", json={}).status_code == 200
    (id_,) = finances.find_refund_ids(amazon.world, amazon.world.orders[number])
    return id_


def test_an_invoice_is_recorded_for_its_order(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    total, vat = totals_of(amazon, number)
    assert submit(application, options_for(amazon, number)) == (1, [])
    (entry,) = amazon.world.effects("vat_invoice", number)
    names = ("invoice_number", "document_type", "total", "vat", "bytes", "sha256")
    assert {name: entry[name] for name in names} == {
        "invoice_number": "RE-1001",
        "document_type": "Invoice",
        "total": total,
        "vat": vat,
        "bytes": len(PDF),
        "sha256": hashlib.sha256(PDF.encode()).hexdigest(),
    }


def test_the_reports_are_those_that_sellers_published(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    taxed = amazon.world.place("DE", status="SHIPPED", facilitator=True)

    def lines(report):
        return report.split("\r\n")

    rejected = upload(application, options_for(amazon, number, InvoiceNumber=None))
    assert lines(rejected) == read_fixture("feed_reports/upload_rejected_79513.txt").split("\n")
    accepted = upload(application, options_for(amazon, number))
    assert lines(accepted)[:-1] == read_fixture("feed_reports/upload_accepted.txt").split("\n")
    amazon.world.faults.arm("run_together_report")
    by_amazon = upload(application, options_for(amazon, taxed, InvoiceNumber="RE-2"))
    # The last line of what was published has no tab at its end.
    expected = read_fixture("feed_reports/upload_rejected_79525_run_together.txt").split("\n")
    assert [line.rstrip("\t") for line in lines(by_amazon)] == [line.rstrip("\t") for line in expected]
    assert "error-message1\t\t\r\n79525\tError" in by_amazon


def test_the_case_of_the_options_names_does_not_matter(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    options = {name.lower(): value for name, value in options_for(amazon, number, DocumentType=None).items()}
    assert submit(application, options) == (1, [])


def test_a_number_is_used_once_and_an_order_has_one_invoice_and_any_number_of_credit_notes(amazon, application):
    first, second = amazon.world.place("DE", status="SHIPPED"), amazon.world.place("DE", status="SHIPPED")
    assert submit(application, options_for(amazon, first)) == (1, [])
    assert submit(application, options_for(amazon, second)) == (0, ["30108"])
    assert submit(application, options_for(amazon, first)) == (0, ["30108"])
    assert submit(application, options_for(amazon, first, InvoiceNumber="RE-1002")) == (0, ["30109"])
    id_ = refund(amazon, application, first)
    for number in ("GS-1", "GS-2"):
        options = options_for(amazon, first, InvoiceNumber=number, DocumentType="CreditNote", TransactionId=id_)
        assert submit(application, options) == (1, [])
    assert [entry["invoice_number"] for entry in amazon.world.effects("vat_invoice")] == ["RE-1001", "GS-1", "GS-2"]


def test_a_credit_note_needs_the_transaction_of_a_refund_of_its_order(amazon, application):
    number, other = amazon.world.place("DE", status="SHIPPED"), amazon.world.place("DE", status="SHIPPED")
    wrong = refund(amazon, application, other)
    for transaction_id in (None, wrong):
        options = options_for(amazon, number, DocumentType="CreditNote", TransactionId=transaction_id)
        assert submit(application, options) == (0, ["30110"])


def test_an_invoice_of_a_package_needs_its_shipping_id_and_its_totals(amazon, application):
    number = amazon.world.place("DE", status="PARTIALLY_SHIPPED", lines=((0, 2),))
    (shipment,) = finances.list_shipments(amazon.world.orders[number])
    total = sum(shipment.parts.values())
    vat = sum(amount for name, amount in shipment.parts.items() if "tax" in name)
    partial = {"TotalAmount": f"{total / 100:.2f}", "TotalVATAmount": f"{vat / 100:.2f}"}
    assert submit(application, options_for(amazon, number, **partial)) == (0, ["79513"])
    assert submit(application, options_for(amazon, number, ShippingId=shipment.id)) == (0, ["79513"])
    assert submit(application, options_for(amazon, number, ShippingId="D0", **partial)) == (0, ["79513"])
    by_shipment = options_for(amazon, number, ShippingId=shipment.id, OrderId=None, **partial)
    assert submit(application, by_shipment) == (1, [])


@pytest.mark.parametrize(
    ("changes", "upload", "code"),
    [
        ({"OrderId": UNUSED}, {}, "13013"),
        ({"OrderId": None}, {}, "79513"),
        ({"InvoiceNumber": " "}, {}, "79513"),
        ({"InvoiceNumber": "RE.1"}, {}, "30103"),
        ({"InvoiceNumber": "RÉ-1"}, {}, "30103"),
        ({"TotalAmount": None}, {}, "79513"),
        ({"TotalAmount": "1,00"}, {}, "79513"),
        ({"TotalAmount": "1.00"}, {}, "79513"),
        ({"TotalVATAmount": "120.00"}, {}, "79513"),
        ({"DocumentType": "Letter"}, {}, "30102"),
        ({}, {"document": "<html>"}, "30101"),
        ({}, {"content_type": "text/plain"}, "30101"),
        ({}, {"countries": ("FR",)}, "13013"),
        ({}, {"countries": ("DE", "FR")}, "30104"),
    ],
)
def test_an_invalid_invoice_is_refused(amazon, application, changes, upload, code):
    number = amazon.world.place("DE", status="SHIPPED")
    assert submit(application, options_for(amazon, number, **changes), **upload) == (0, [code])
    assert amazon.world.effects("vat_invoice") == []


def test_orders_that_are_not_shipped_or_invoiced_by_amazon_accept_no_invoice(amazon, application):
    waiting = amazon.world.place("DE")
    amazons = amazon.world.place("DE", status="SHIPPED", programs=("INVOICE_BY_AMAZON",))
    taxed = amazon.world.place("DE", status="SHIPPED", facilitator=True)
    assert submit(application, options_for(amazon, waiting)) == (0, ["30106"])
    assert submit(application, options_for(amazon, amazons)) == (0, ["79525"])
    assert submit(application, options_for(amazon, taxed)) == (0, ["79525"])


def test_a_seller_with_amazons_vat_calculation_service_uploads_nothing(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    amazon.world.switches["vat_calculation_service"] = True
    assert submit(application, options_for(amazon, number)) == (0, ["79525"])


def test_a_rejected_feed_stores_no_invoice(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    amazon.world.faults.arm("feed_rejected")
    assert submit(application, options_for(amazon, number)) == (0, ["18028"])
    assert amazon.world.effects("vat_invoice") == []


@pytest.mark.parametrize("options", ["text", ["a"], {"metadata:OrderId": 3}])
def test_options_are_texts(application, options):
    body = {
        "feedType": "UPLOAD_VAT_INVOICE",
        "marketplaceIds": [BY_COUNTRY["DE"].id],
        "inputFeedDocumentId": application.upload(PDF, "application/pdf"),
        "feedOptions": options,
    }
    assert application.post(f"{FEEDS}/feeds", json=body).status_code == 400
