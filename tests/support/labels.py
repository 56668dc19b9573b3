"""Steps of shipping labels that several tests take."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.account_harness import AccountHarness
from webapp.domain.shipping.labels import Package, SenderAddress
from webapp.models.shipping_labels import PackagePreset, ShippingLabel
from webapp.models.stores import Store
from webapp.services.shipping import label_processor, label_settings, labels

BOX = Package(30, 20, 10, "centimeters", 900, "g")
SENDER = SenderAddress(
    "Birch & Anvil", "Hafenstr. 1", "", "Hamburg", "", "20095", "DE", "versand@example.com", "+49 40 123456"
)


def set_senders(harness: AccountHarness) -> None:
    """Give every store the address its labels are sent from."""
    for store in harness.session.scalars(select(Store)).all():
        label_settings.change_sender(harness.session, store, SENDER, now=harness.clock(), actor="test")


def add_box(session: Session, harness: AccountHarness, store_id: int) -> PackagePreset:
    store = session.get_one(Store, store_id)
    return label_settings.add_preset(session, store, "Box", BOX, now=harness.clock(), actor="test")


def request_services(harness: AccountHarness, number: str, **options: object) -> ShippingLabel:
    order = harness.commerce_order(number)
    return labels.request_services(
        harness.session,
        order.id,
        BOX,
        **{"now": harness.clock(), "actor": "user:1", **options},  # type: ignore[arg-type]
    )


def process(harness: AccountHarness) -> None:
    label_processor.process_due(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
    harness.session.rollback()


def choose(harness: AccountHarness, label: ShippingLabel, service_id: str = "DHL_PTP_PARCEL") -> None:
    labels.choose(harness.session, label.id, service_id, now=harness.clock(), actor="user:1")


def buy(harness: AccountHarness, number: str, service_id: str = "DHL_PTP_PARCEL") -> ShippingLabel:
    """Request services, choose one and let the job buy the label."""
    label = request_services(harness, number)
    process(harness)
    choose(harness, label, service_id)
    process(harness)
    return label
