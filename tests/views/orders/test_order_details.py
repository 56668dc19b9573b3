"""Customized and regulated orders, from Amazon to the page, the packing slip, the export and the file at Amazon."""

import csv
import io
import re
import zipfile

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from webapp.models.amazon_orders import AmazonOrder
from webapp.models.audit_log import Event
from webapp.models.orders import Order

pytestmark = pytest.mark.usefixtures("job_queue")


@pytest.fixture
def place(harness):
    """Place and import an order with these features; return Amazon's number and ours."""

    def place(*features, **spec):
        number = harness.world.place("DE", lines=((0, 1),), features=features, **spec)
        harness.sync()
        own = harness.session.scalars(
            select(Order.number).join(Order.amazon_order).where(AmazonOrder.number == number)
        ).one()
        harness.session.rollback()
        return number, own

    return place


def download_url(page):
    (url,) = re.findall(r'action="(/amazon-orders/[^"]+/customizations)"', page)
    return url


def read_slip(client, own):
    response = client.get(f"/orders/{own}/packing-slip/pdf")
    assert response.status_code == 200
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(response.data)).pages).split())


def test_a_customized_order_is_marked_printed_and_its_file_downloaded(owner_client, harness, place):
    number, own = place("customized", "signature")
    for path in ("/orders", "/amazon-orders"):
        listed = owner_client.get(path).text
        assert 'title="Signature, Customized"' in listed, path
    for path in (f"/orders/{own}", f"/orders/{own}/shipments/new", f"/amazon-orders/{number}"):
        page = owner_client.get(path).text
        assert "The recipient must sign for the delivery." in page, path
        assert "The buyer customized an item." in page, path

    items = owner_client.get(f"/amazon-orders/{number}?tab=items").text
    response = owner_client.post(download_url(items))

    assert (response.status_code, response.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert "Für Oma" in archive.read(next(name for name in archive.namelist() if name.endswith(".json"))).decode()
    event = harness.session.scalars(select(Event).where(Event.kind == "customization_downloaded")).one()
    assert event.actor.startswith("user:")
    harness.session.rollback()
    assert "Customization of item" in owner_client.get(f"/amazon-orders/{number}?tab=history").text
    slip = read_slip(owner_client, own)
    assert "Unterschrift erforderlich · Personalisiert" in slip
    assert "Nach Wahl des Käufers gefertigt." in slip


def test_the_file_is_for_those_alone_who_may_read_personal_data(owner_client, viewer_client, place):
    number, _ = place("customized")
    url = download_url(owner_client.get(f"/amazon-orders/{number}?tab=items").text)
    page = viewer_client.get(f"/amazon-orders/{number}?tab=items").text
    assert "customizations" not in page
    assert "/t/" not in page
    assert viewer_client.post(url).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://zme-caps.amazon.com.example.net/t/1",
        "https://user@zme-caps.amazon.com/t/1",
        "https://zme-caps.amazon.com:8443/t/1",
        "file:///etc/passwd",
        "http://zme-caps.amazon.com/t/1",
        "not a url",
    ],
)
def test_no_file_is_fetched_from_an_address_that_is_not_amazons(owner_client, harness, place, url):
    number, _ = place("customized")
    item_id = harness.world.orders[number].body["orderItems"][0]["orderItemId"]
    row = harness.order(number)
    details = {**row.details}
    details["items"] = {item_id: {**details["items"][item_id], "customized_url": url}}
    row.details = details
    harness.session.commit()
    calls = len(harness.world.calls)

    response = owner_client.post(f"/amazon-orders/{number}/items/{item_id}/customizations")

    assert response.status_code == 303
    assert len(harness.world.calls) == calls
    assert "The customization could not be downloaded." in owner_client.get(response.location).text


def test_a_file_that_amazon_no_longer_has_is_named_as_such(owner_client, harness, place):
    number, _ = place("customized")
    url = download_url(owner_client.get(f"/amazon-orders/{number}?tab=items").text)
    harness.world.faults.arm("error_500", "downloadCustomization")
    response = owner_client.post(url)
    assert response.status_code == 303
    assert "The customization could not be downloaded." in owner_client.get(response.location).text
    plain, _ = place()
    item_id = harness.world.orders[plain].body["orderItems"][0]["orderItemId"]
    assert owner_client.post(f"/amazon-orders/{plain}/items/{item_id}/customizations").status_code == 404


def test_what_carriers_and_customs_need_stands_on_the_slip_and_in_the_export(owner_client, place):
    number, own = place("ioss", "used", "serial_numbers", "scheduled", "age_check", programs=("AMAZON_BUSINESS",))
    slip = read_slip(owner_client, own)
    for text in ("IM4420001201", "Altersprüfung", "Wunschtermin", "small scratch", "Lieferzeitraum", "Seriennummern"):
        assert text in slip, text
    exported = owner_client.post(
        "/grids/amazon_orders/exports", data={"format": "csv", "query": "columns=number,handling,details"}
    )
    (row,) = csv.DictReader(io.StringIO(exported.data.decode("utf-8-sig")))
    assert (row["IOSS number"], row["Tax scheme"]) == ("IM4420001201", "IOSS")
    assert row["Buyer's tax number"].startswith("VAT DE")
    assert row["Special handling"] == "Age check, Serial numbers, Scheduled delivery"
    page = owner_client.get(f"/amazon-orders/{number}").text
    assert "Programs and regulations" in page
    assert "IM4420001201" in page


def test_orders_are_filtered_by_what_must_be_known_before_packing(owner_client, place):
    signed, own_signed = place("signature")
    pallet, own_pallet = place("pallet")
    plain, own_plain = place()
    for path, numbers in (
        ("/amazon-orders", (signed, pallet, plain)),
        ("/orders", (own_signed, own_pallet, own_plain)),
    ):
        for code, expected in (("signature", (1, 0, 0)), ("any", (1, 1, 0)), ("", (1, 1, 1))):
            rows = owner_client.get(path, query_string={"handling": code}).text.split("<tbody")[1]
            assert tuple(int(f">{number}<" in rows) for number in numbers) == expected, (path, code)
