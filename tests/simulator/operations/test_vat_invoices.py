"""VAT invoices that a seller uploads."""

import hashlib
import xml.etree.ElementTree as ET

import pytest

from simulator.state.marketplaces import BY_COUNTRY
from tests.simulator.application import FEEDS

PDF = "%PDF-1.4\n1 0 obj\n%%EOF\n"


def submit(application, options, *, document=PDF, content_type="application/pdf", countries=("DE",)):
    """Upload an invoice; return (number of successes, error codes)."""
    body = {
        "feedType": "UPLOAD_VAT_INVOICE",
        "marketplaceIds": [BY_COUNTRY[country].id for country in countries],
        "inputFeedDocumentId": application.upload(document, content_type),
        "feedOptions": {name: value for name, value in options.items() if value is not None},
    }
    feed = application.feed(application.post(f"{FEEDS}/feeds", json=body).json()["feedId"])
    assert feed["processingStatus"] == "DONE"
    report = ET.fromstring(application.result(feed).content).find("Message/ProcessingReport")
    codes = [result.findtext("ResultMessageCode") for result in report.findall("Result")]
    return int(report.findtext("ProcessingSummary/MessagesSuccessful")), codes


def options_for(number, **changes):
    named = {
        "OrderId": number,
        "InvoiceNumber": "RE-1001",
        "TotalAmount": "119.00",
        "TotalVATAmount": "19.00",
        "DocumentType": "Invoice",
        **changes,
    }
    return {f"metadata:{name}": value for name, value in named.items()}


def test_an_invoice_is_recorded_for_its_order(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    assert submit(application, options_for(number)) == (1, [])
    (entry,) = amazon.world.effects("vat_invoice", number)
    assert {name: entry[name] for name in ("invoice_number", "document_type", "total", "vat", "bytes", "sha256")} == {
        "invoice_number": "RE-1001",
        "document_type": "Invoice",
        "total": "119.00",
        "vat": "19.00",
        "bytes": len(PDF),
        "sha256": hashlib.sha256(PDF.encode()).hexdigest(),
    }


def test_the_case_of_the_options_names_does_not_matter(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    options = {name.lower(): value for name, value in options_for(number, DocumentType=None).items()}
    assert submit(application, options) == (1, [])


def test_a_number_is_used_once_and_an_order_has_one_invoice_and_any_number_of_credit_notes(amazon, application):
    first, second = amazon.world.place("DE", status="SHIPPED"), amazon.world.place("DE", status="SHIPPED")
    assert submit(application, options_for(first)) == (1, [])
    assert submit(application, options_for(second)) == (0, ["30108"])
    assert submit(application, options_for(first)) == (0, ["30108"])
    assert submit(application, options_for(first, InvoiceNumber="RE-1002")) == (0, ["30109"])
    for number in ("GS-1", "GS-2"):
        credit_note = options_for(first, InvoiceNumber=number, DocumentType="CreditNote")
        assert submit(application, credit_note) == (1, [])
    assert [entry["invoice_number"] for entry in amazon.world.effects("vat_invoice")] == ["RE-1001", "GS-1", "GS-2"]


@pytest.mark.parametrize(
    ("changes", "upload", "code"),
    [
        ({"OrderId": "305-0000000-0000000"}, {}, "13013"),
        ({"OrderId": None}, {}, "13013"),
        ({"InvoiceNumber": " "}, {}, "30103"),
        ({"TotalAmount": None}, {}, "30107"),
        ({"TotalAmount": "1,00"}, {}, "30107"),
        ({"TotalVATAmount": "120.00"}, {}, "30107"),
        ({"DocumentType": "Letter"}, {}, "30102"),
        ({}, {"document": "<html>"}, "30101"),
        ({}, {"content_type": "text/plain"}, "30101"),
        ({}, {"countries": ("FR",)}, "13013"),
        ({}, {"countries": ("DE", "FR")}, "30104"),
    ],
)
def test_an_invalid_invoice_is_refused(amazon, application, changes, upload, code):
    number = amazon.world.place("DE", status="SHIPPED")
    assert submit(application, options_for(number, **changes), **upload) == (0, [code])
    assert amazon.world.effects("vat_invoice") == []


def test_orders_that_are_not_shipped_or_invoiced_by_amazon_accept_no_invoice(amazon, application):
    waiting = amazon.world.place("DE")
    amazons = amazon.world.place("DE", status="SHIPPED", programs=("INVOICE_BY_AMAZON",))
    assert submit(application, options_for(waiting)) == (0, ["30106"])
    assert submit(application, options_for(amazons)) == (0, ["30105"])


def test_a_rejected_feed_stores_no_invoice(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    amazon.world.faults.arm("feed_rejected")
    assert submit(application, options_for(number)) == (0, ["18028"])
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
