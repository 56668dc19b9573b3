"""The pages of shipping labels, with the simulator behind the job."""

import io
import re

import pypdf
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support.account_harness import AccountHarness
from tests.support.labels import SENDER, add_box, process, set_senders
from webapp.models.orders import Order
from webapp.models.shipping_labels import LabelSender, PackagePreset, ShippingLabel
from webapp.models.stores import Store
from webapp.services.bulk import runner

SIZE = {"length": "30", "width": "20,5", "height": "10", "unit": "centimeters", "weight": "900", "weight_unit": "g"}


@pytest.fixture
def order(harness: AccountHarness, job_queue) -> Order:
    number = harness.world.place("DE", lines=((0, 2),))
    harness.sync()
    set_senders(harness)
    return detach(harness, harness.commerce_order(number))


def detach(harness: AccountHarness, row):
    """Detach a row and end the transaction that read it, which would lock the database for the pages."""
    if row is not None:
        harness.session.expunge(row)
    harness.session.rollback()
    return row


def latest(harness: AccountHarness) -> ShippingLabel:
    harness.session.rollback()
    label = harness.session.scalars(select(ShippingLabel).order_by(ShippingLabel.id.desc())).first()
    if label is not None:
        label.document  # noqa: B018 - loads the document
    return detach(harness, label)


def request_services(client: FlaskClient, order: Order, **changes: str):
    return client.post(f"/orders/{order.number}/labels", data={**SIZE, "label_format": "PDF", **changes})


def buy(client: FlaskClient, harness: AccountHarness, order: Order, **changes: str) -> ShippingLabel:
    assert request_services(client, order, **changes).status_code == 303
    process(harness)
    label = latest(harness)
    assert client.post(f"/labels/{label.id}/purchases", data={"service": "DHL_PTP_PARCEL"}).status_code == 303
    process(harness)
    return latest(harness)


def test_a_label_is_bought_and_printed(owner_client: FlaskClient, harness: AccountHarness, order: Order) -> None:
    request_services(owner_client, order)
    label = latest(harness)
    assert 'hx-trigger="every 1s"' in owner_client.get(f"/labels/{label.id}").text
    process(harness)
    page = owner_client.get(f"/labels/{label.id}").text
    assert page.index("DPD Classic") < page.index("DHL Paket") < page.index("UPS Express Saver")
    assert "every 1s" not in page
    owner_client.post(f"/labels/{label.id}/purchases", data={"service": "DHL_PTP_PARCEL"})
    process(harness)
    label = latest(harness)
    page = owner_client.get(f"/labels/{label.id}").text
    assert label.tracking_number in page
    assert "€6.29" in page
    document = owner_client.get(f"/labels/{label.id}/document")
    assert document.mimetype == "application/pdf"
    assert document.headers["Cache-Control"] == "no-store"
    assert document.data.startswith(b"%PDF")
    assert "€6.29" in owner_client.get(f"/orders/{order.number}/labels").text


def test_a_label_for_a_label_printer_is_downloaded(
    owner_client: FlaskClient, harness: AccountHarness, order: Order
) -> None:
    label = buy(owner_client, harness, order, label_format="ZPL203")
    document = owner_client.get(f"/labels/{label.id}/document")
    assert document.data.startswith(b"^XA")
    assert document.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"length": "abc"}, "greater than 0"),
        ({"weight": "0"}, "greater than 0"),
        ({"height": "nan"}, "greater than 0"),
        ({"unit": "yards"}, "Choose a unit"),
        ({"preset": "99"}, "preset was deleted"),
        ({"label_format": "GIF"}, "Choose PDF or ZPL"),
    ],
)
def test_a_bad_package_is_shown_at_its_field_and_nothing_is_lost(
    owner_client: FlaskClient, harness: AccountHarness, order: Order, changes: dict[str, str], text: str
) -> None:
    response = request_services(owner_client, order, **changes)
    assert response.status_code == 422
    assert text in response.text
    assert 'value="20,5"' in response.text
    assert latest(harness) is None


def test_old_prices_are_refused_on_the_page(owner_client: FlaskClient, harness: AccountHarness, order: Order) -> None:
    request_services(owner_client, order)
    process(harness)
    label = latest(harness)
    response = owner_client.post(f"/labels/{label.id}/purchases", data={"service": "nothing"})
    assert (response.status_code, "Choose a service" in response.text) == (422, True)


def test_a_refund_is_requested(owner_client: FlaskClient, harness: AccountHarness, order: Order) -> None:
    label = buy(owner_client, harness, order)
    owner_client.post(f"/labels/{label.id}/refunds")
    process(harness)
    page = owner_client.get(f"/labels/{label.id}").text
    assert "Refund pending" in page
    assert "Print label" not in page
    assert owner_client.get(f"/labels/{label.id}/document").status_code == 404


def test_a_lost_answer_asks_for_the_shipment_id(
    owner_client: FlaskClient, harness: AccountHarness, order: Order
) -> None:
    request_services(owner_client, order)
    process(harness)
    label = latest(harness)
    owner_client.post(f"/labels/{label.id}/purchases", data={"service": "DHL_PTP_PARCEL"})
    harness.world.faults.arm("lost_answer", "createShipment")
    harness.world.faults.arm("package_unseen", "createShipment")
    process(harness)
    page = owner_client.get(f"/labels/{label.id}").text
    assert "It is not known whether the label was bought" in page
    (effect,) = harness.world.effects("label")
    owner_client.post(f"/labels/{label.id}/shipment-ids", data={"shipment_id": effect["shipment"]})
    process(harness)
    assert latest(harness).state == "bought"


def test_a_viewer_sees_the_cost_but_buys_and_prints_nothing(
    owner_client: FlaskClient, viewer_client: FlaskClient, harness: AccountHarness, order: Order
) -> None:
    label = buy(owner_client, harness, order)
    page = viewer_client.get(f"/labels/{label.id}").text
    assert "€6.29" in page
    assert "Print label" not in page
    assert viewer_client.get(f"/labels/{label.id}/document").status_code == 403
    assert request_services(viewer_client, order).status_code == 403


def test_the_settings_of_a_store_keep_the_address_and_packages(
    owner_client: FlaskClient, harness: AccountHarness, order: Order
) -> None:
    store = detach(harness, harness.session.get_one(Store, order.store_id))
    url = f"/stores/{store.slug}/labels"
    address = {name: getattr(SENDER, name) for name in type(SENDER).__slots__}
    assert owner_client.post(url, data={**address, "name": "Anvil GmbH"}).status_code == 303
    refused = owner_client.post(url, data={**address, "country_code": "Germany"})
    assert (refused.status_code, "two letters" in refused.text) == (422, True)
    assert owner_client.post(f"{url}/presets", data={**SIZE, "name": "Small"}).status_code == 303
    again = owner_client.post(f"{url}/presets", data={**SIZE, "name": "Small"})
    assert (again.status_code, "package of this name" in again.text) == (422, True)
    assert harness.session.get_one(LabelSender, store.id).name == "Anvil GmbH"
    (preset,) = harness.session.scalars(select(PackagePreset)).all()
    detach(harness, preset)
    assert preset.size.width == 20.5
    owner_client.post(f"{url}/presets/{preset.id}/deletions")
    assert harness.session.scalar(select(PackagePreset.id)) is None


def test_labels_of_many_orders_are_bought_by_a_rule_and_printed_as_one_file(
    owner_client: FlaskClient, harness: AccountHarness, order: Order
) -> None:
    for _ in range(2):
        harness.world.place("DE")
    harness.sync()
    preset_id = add_box(harness.session, harness, order.store_id).id
    harness.session.rollback()
    draft = owner_client.post(
        "/grids/orders/selections", data={"kind": "buy_labels", "all": "1", "query": "state=processing"}
    )
    action_id = int(re.search(r"/bulk/(\d+)", draft.location).group(1))
    assert "Choose a package" in owner_client.get(f"/bulk/{action_id}").text
    refused = owner_client.post(f"/bulk/{action_id}/starts", data={"rule": "cheapest", "label_format": "PDF"})
    assert refused.status_code == 422
    started = owner_client.post(
        f"/bulk/{action_id}/starts", data={"preset": str(preset_id), "rule": "cheapest", "label_format": "PDF"}
    )
    assert started.status_code == 303
    while runner.process_rows(harness.session, action_id, harness.clock):
        pass
    harness.session.rollback()
    process(harness)
    page = owner_client.get(f"/bulk/{action_id}/labels").text
    assert page.count("DPD Classic") == 3
    assert "Print all labels" in page
    printed = owner_client.get(f"/bulk/{action_id}/labels/pdf")
    assert len(pypdf.PdfReader(io.BytesIO(printed.data)).pages) == 3
    assert len(harness.world.effects("label")) == 3
