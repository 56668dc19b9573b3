"""Shipment confirmations: conflicts that stop one, and what verifies it."""

from dataclasses import dataclass, field

from tests.support.factories import NOW, a_package
from webapp.domain.submissions import shipment_confirmation
from webapp.domain.submissions.shipment_confirmation import SentParcel


@dataclass
class Order:
    status: str = "UNSHIPPED"
    fulfilled_by: str = "MERCHANT"
    programs: list[str] = field(default_factory=list)
    cancel_requested: bool = False


def test_what_cannot_be_sent_says_why():
    for order, writable, cancelling, code in [
        (Order(), True, False, None),
        (Order(programs=["PRIME"]), True, False, None),
        (Order(fulfilled_by="AMAZON"), True, False, "ship_fba"),
        (Order(programs=["PRIME", "FBM_SHIP_PLUS"]), True, False, "ship_plus"),
        (Order(programs=["AMAZON_EASY_SHIP"]), True, False, "ship_easy_ship"),
        (Order(programs=["DELIVERY_BY_AMAZON"]), True, False, "ship_delivery_by_amazon"),
        (Order(programs=["IN_STORE_PICK_UP"]), True, False, "ship_in_store_pickup"),
        (Order(), False, False, "ship_read_only"),
        (Order(), True, True, "cannot_ship_cancelling"),
    ]:
        assert shipment_confirmation.find_blocked_reason(order, writable=writable, cancelling=cancelling) == code, order
        assert shipment_confirmation.find_refusal_reason(order) == (
            None if code in {"ship_read_only", "cannot_ship_cancelling"} else code
        ), order


def test_a_person_looks_where_the_order_is_not_what_it_was():
    for order, pieces, is_confirmed, code in [
        (Order(), {"11": 2}, False, None),
        (Order("PARTIALLY_SHIPPED"), {"11": 1, "12": 1}, False, None),
        (Order(), {"11": 3}, False, "ship_more_than_left"),
        (Order(), {"11": 1, "99": 1}, False, "ship_more_than_left"),
        (Order(cancel_requested=True), {"11": 1}, False, "ship_cancel_requested"),
        (Order("SHIPPED"), {"11": 1}, False, "ship_shipped_there"),
        (Order("PENDING"), {"11": 1}, False, "ship_not_ready"),
        (Order("ON_THE_MOON"), {"11": 1}, False, "ship_not_ready"),
        (Order("CANCELLED"), {"11": 1}, False, "ship_cancelled"),
        # What Amazon shows already is only corrected, unless nobody waits for it any more.
        (Order("SHIPPED", cancel_requested=True), {"11": 3}, True, None),
        (Order("CANCELLED"), {"11": 1}, True, "ship_cancelled"),
    ]:
        assert (
            shipment_confirmation.find_conflict(order, {"11": 2, "12": 1}, pieces, is_confirmed=is_confirmed) == code
        ), order


def test_a_parcel_is_visible_when_amazon_shows_it_as_it_was_sent():
    for package, sent, shown in [
        (a_package("1"), SentParcel("1", "TRACK1"), True),
        (a_package("1", tracking_number="track 1"), SentParcel("1", "TRACK1"), True),
        (a_package("1"), SentParcel("1", "TRACK2"), False),
        # Amazon's own number for it.
        (a_package("9", tracking_number="TRACK1"), SentParcel("1", "TRACK1"), True),
        (a_package("9", tracking_number=None), SentParcel("1", ""), False),
        # Its carrier is being corrected: what Amazon showed before proves nothing.
        (a_package("1", carrier="DHL"), SentParcel("1", "TRACK1", carrier_was="DHL"), False),
        (a_package("1", carrier="UPS"), SentParcel("1", "TRACK1", carrier_was="DHL"), True),
        (a_package("9", tracking_number="TRACK1"), SentParcel("1", "TRACK1", carrier_was="DHL"), False),
    ]:
        assert shipment_confirmation.is_visible([a_package("5"), package], sent) is shown, (package, sent, shown)
        assert not shipment_confirmation.is_visible([], sent), (package, sent, shown)


def test_a_carrier_amazon_has_no_code_for_goes_by_its_name():
    for carrier, title, code, name in [
        ("DHL", "DHL Paket", "DHL", None),
        ("Other", "Bike courier", "Other", "Bike courier"),
        ("Bike", "", "Other", "Bike"),
        ("Bike", "Bike courier", "Other", "Bike courier"),
    ]:
        parcel = shipment_confirmation.build_parcel(7, carrier, title, "A1", NOW, [("11", 2)])
        assert (parcel.reference, parcel.carrier_code, parcel.carrier_name) == ("7", code, name), carrier
        assert (parcel.tracking_number, parcel.shipped_at, parcel.items) == ("A1", NOW, (("11", 2),)), carrier
