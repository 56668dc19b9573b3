"""Details of an Amazon order as they are stored: what is kept of a refused dataset, marked, and removed."""

from webapp.domain.amazon.order_details import (
    HANDLING,
    NO_ITEM_DETAILS,
    NO_ORDER_DETAILS,
    ItemDetails,
    OrderDetails,
    TaxRegistration,
    dump,
    find_handling,
    load,
    load_items,
    merge,
    remove_personal,
)

ORDER = OrderDetails(
    deliver_from="2026-11-24T00:00:00+00:00",
    address_type="PICKUP_POINT",
    delivery_hours=("MON 09:00-17:00",),
    tax_registrations=(TaxRegistration("BUYER", "Werkhof", "VAT", "DE1"),),
    invoice_preference="BUSINESS",
    fulfillment_orders=("FO-1",),
)
ITEM = ItemDetails(
    programs=("TRANSPARENCY",),
    condition_note="A scratch",
    customized_url="https://zme-caps.amazon.com/t/1/2/3",
    points=10,
    constraints=("palletDelivery", "recipientAgeVerification"),
    ioss_number="IM1",
    serial_numbers_required=True,
    scheduled_until="2026-11-24T12:00:00+00:00",
)


def test_details_are_loaded_as_they_were_stored():
    stored = dump(ORDER, {"1": ITEM, "2": NO_ITEM_DETAILS})
    assert load(stored) == ORDER
    assert load_items(stored) == {"1": ITEM}
    assert dump(NO_ORDER_DETAILS, {"1": NO_ITEM_DETAILS}) == {}
    assert (load(None), load_items(None)) == (NO_ORDER_DETAILS, {})
    assert load({"a field of a later release": 1}) == NO_ORDER_DETAILS


def test_the_fields_of_a_refused_dataset_are_kept_and_all_others_are_replaced():
    stored = dump(ORDER, {"1": ITEM, "2": ITEM})
    new = dump(OrderDetails(deliver_from="2026-11-25T00:00:00+00:00"), {"1": ItemDetails(condition_note="New")})
    merged = merge(new, stored, frozenset({"TAX", "EXPENSE"}))
    assert load(merged) == OrderDetails(
        deliver_from="2026-11-25T00:00:00+00:00",
        tax_registrations=ORDER.tax_registrations,
        invoice_preference="BUSINESS",
    )
    assert load_items(merged) == {"1": ItemDetails(condition_note="New", points=10), "2": ItemDetails(points=10)}
    assert merge(new, stored, frozenset({"BUYER"})) == new
    assert merge(new, None, frozenset({"TAX"})) == new


def test_what_must_be_known_before_packing_is_marked_in_a_fixed_order():
    stored = dump(ORDER, {"1": ITEM})
    assert find_handling(stored, ()) == (
        "age_check",
        "pallet",
        "customized",
        "transparency",
        "serial_numbers",
        "scheduled",
        "easy_ship",
        "pickup_point",
    )
    assert find_handling({}, ("AMAZON_EASY_SHIP",)) == ("easy_ship",)
    assert find_handling({}, ("PRIME",)) == ()
    assert len(" ".join(HANDLING)) + 2 <= 200


def test_personal_fields_are_removed_and_the_others_stay():
    kept = remove_personal(dump(ORDER, {"1": ITEM}))
    assert load(kept) == OrderDetails(
        deliver_from=ORDER.deliver_from, address_type="PICKUP_POINT", fulfillment_orders=("FO-1",)
    )
    item = load_items(kept)["1"]
    assert (item.customized_url, item.condition_note, item.ioss_number) == (None, "A scratch", "IM1")
