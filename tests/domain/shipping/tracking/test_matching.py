"""What would be done with each line of a sheet of tracking numbers."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.shipping.carriers import OTHER
from webapp.domain.shipping.parcels import Parcel
from webapp.domain.shipping.tracking.matching import (
    ALREADY,
    BLOCKED,
    CHOOSE,
    CONFIRM,
    LEFT_OUT,
    READY,
    Choice,
    Item,
    Order,
    find_number,
    group_shipments,
    match,
    resolve_ship_time,
)
from webapp.domain.shipping.tracking.parser import TrackingLine

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DHL, UPS, UNSURE, NOBODYS = "00340434161094042557", "1Z999AA10123456784", "12345678900001", "ABC1234567890XYZ"
ONE = Order(1, "100001", "processing", "DE", (Item(11, "MUG", 2), Item(12, "CUP", 1)))
TWO = Order(2, "100002", "processing", "DE", (Item(21, "MUG", 3),))


def look(*lines, orders=(ONE, TWO), used=None, choices=None):
    known = {order.number: order for order in orders}
    pairs = [(line, (choices or {}).get(place, Choice())) for place, line in enumerate(lines)]
    return match(pairs, known, used or {}, NOW)


def a_line(number, tracking=DHL, place=1, **more):
    return TrackingLine(place, number, tracking, **more)


def said(*lines, **more):
    return [(one.standing, one.code) for one in look(*lines, **more)]


def test_a_line_ships_all_that_is_left_of_its_order():
    (one,) = look(a_line("100001"))
    assert (one.standing, one.carrier, one.title, one.late) == (READY, "DHL", "DHL", False)
    assert group_shipments([one]) == {1: [Parcel(None, "DHL", "DHL", DHL)]}


def test_what_cannot_go_says_why():
    for case, order, used, standing, code in [
        ("unknown", None, {}, BLOCKED, "tracking_order_unknown"),
        ("shipped", Order(1, "100001", "complete", "DE", (Item(11, "MUG", 0),)), {}, ALREADY, "tracking_shipped"),
        (
            "nothing left",
            Order(1, "100001", "processing", "DE", (Item(11, "MUG", 0),)),
            {},
            ALREADY,
            "tracking_nothing_left",
        ),
        ("known", Order(1, "100001", "processing", "DE", ONE.items, frozenset({DHL})), {}, ALREADY, "tracking_known"),
        (
            "failed at Amazon",
            Order(
                1, "100001", "processing", "DE", (Item(11, "MUG", 0),), frozenset({UPS, DHL}), failed=frozenset({DHL})
            ),
            {},
            BLOCKED,
            "tracking_parcel_failed",
        ),
        (
            "another number while one has failed",
            Order(1, "100001", "processing", "DE", (Item(11, "MUG", 0),), frozenset({UPS}), failed=frozenset({UPS})),
            {},
            BLOCKED,
            "tracking_parcel_failed",
        ),
        (
            "one parcel has failed and another is known",
            Order(1, "100001", "processing", "DE", ONE.items, frozenset({UPS, DHL}), failed=frozenset({UPS})),
            {},
            ALREADY,
            "tracking_known",
        ),
        (
            "held",
            Order(1, "100001", "holded", "DE", ONE.items, refusal=("cannot_ship", {"state": "holded"})),
            {},
            BLOCKED,
            "cannot_ship",
        ),
        (
            "cancelled",
            Order(1, "100001", "canceled", "DE", (Item(11, "MUG", 0),), refusal=("cannot_ship", {"state": "canceled"})),
            {},
            BLOCKED,
            "cannot_ship",
        ),
        ("used", ONE, {DHL: "100009"}, CHOOSE, "tracking_shared_used"),
    ]:
        (one,) = look(a_line("100001"), orders=[order] if order else [], used=used)
        assert (one.standing, one.code) == (standing, code), (case, order, used, standing, code)
        assert group_shipments([one]) == {}, (case, order, used, standing, code)


def test_what_is_left_of_an_order_can_go_while_another_parcel_of_it_has_failed():
    order = Order(1, "100001", "processing", "DE", ONE.items, frozenset({UPS}), failed=frozenset({UPS}))
    (one,) = look(a_line("100001"), orders=[order])
    assert (one.standing, one.code) == (READY, "")


def test_a_line_that_could_not_be_read_stays_what_it_is():
    assert said(a_line("100001", "", problem="tracking_rounded")) == [(BLOCKED, "tracking_rounded")]


def test_carriers_are_taken_from_the_sheet_then_from_the_number_then_from_a_person():
    lines = [
        a_line("100001", carrier="DHL Paket"),
        a_line("100001", UPS),
        a_line("100001", UNSURE),
        a_line("100001", NOBODYS),
        a_line("100001", NOBODYS, carrier="Bring Cargo"),
    ]
    matches = [look(line)[0] for line in lines]
    assert [(one.standing, one.code, one.carrier, one.title) for one in matches] == [
        (READY, "", "DHL", "DHL"),
        (READY, "", "UPS", "UPS"),
        (CHOOSE, "tracking_carrier_unsure", "", ""),
        (CHOOSE, "tracking_carrier_unknown", "", ""),
        (READY, "", OTHER, "Bring Cargo"),
    ]
    assert len(matches[2].guesses) > 1
    (chosen,) = look(lines[3], choices={0: Choice(carrier="an_post")})
    assert (chosen.standing, chosen.carrier, chosen.title) == (READY, OTHER, "An Post")


def test_a_carrier_that_amazon_does_not_take_in_india_has_to_be_chosen_from_its_list():
    indian = Order(1, "100001", "processing", "IN", ONE.items)
    line = a_line("100001", "BC12345678", carrier="Bike courier")

    (refused,) = look(line, orders=[indian])
    (chosen,) = look(line, orders=[indian], choices={0: Choice(carrier="delhivery")})
    (german,) = look(line)

    assert (refused.standing, refused.code, refused.args) == (CHOOSE, "carrier_not_listed", {"carrier": "Bike courier"})
    assert (chosen.standing, chosen.carrier) == (READY, "Delhivery")
    assert (german.standing, german.carrier) == (READY, OTHER)


def test_a_line_whose_box_is_not_ticked_stays():
    assert group_shipments(look(a_line("100001"), choices={0: Choice(selected=False)})) == {}


def test_orders_shipped_too_late_are_recognized():
    late = Order(1, "100001", "processing", "DE", ONE.items, ship_by=NOW - timedelta(hours=1))
    soon = Order(2, "100002", "processing", "DE", TWO.items, ship_by=NOW + timedelta(hours=1))
    assert [one.late for one in look(a_line("100001"), a_line("100002", UPS), orders=(late, soon))] == [True, False]


def test_a_number_of_two_orders_asks_on_each_line_whether_they_are_in_one_parcel():
    lines = a_line("100001", place=2), a_line("100002", place=3)
    assert [(one.standing, one.code, one.args) for one in look(*lines)] == [
        (CHOOSE, "tracking_shared_line", {"line": 3, "order": "100002"}),
        (CHOOSE, "tracking_shared_line", {"line": 2, "order": "100001"}),
    ]
    shared = Choice(shared=True)
    assert group_shipments(look(*lines, choices={0: shared, 1: shared})) == {
        1: [Parcel(None, "DHL", "DHL", DHL, shared=True)],
        2: [Parcel(None, "DHL", "DHL", DHL, shared=True)],
    }


def test_a_line_that_does_not_go_asks_nothing_of_the_other():
    lines = a_line("100001", place=2), a_line("100002", place=3)
    matches = look(*lines, choices={1: Choice(selected=False)})
    assert [(one.standing, one.code) for one in matches] == [(READY, ""), (READY, "")]
    assert group_shipments(matches) == {1: [Parcel(None, "DHL", "DHL", DHL)]}


def test_a_person_decides_in_every_marketplace_whether_orders_share_a_parcel():
    for country in ["IN", "BR", "US"]:
        other = Order(2, "100002", "processing", country, (Item(21, "MUG", 3),))
        lines = a_line("100001", place=2, carrier="DHL"), a_line("100002", place=3, carrier="DHL")
        assert said(*lines, orders=(ONE, other)) == [(CHOOSE, "tracking_shared_line")] * 2, country
        shared = {place: Choice(shared=True) for place in range(2)}
        assert said(*lines, orders=(ONE, other), choices=shared) == [(READY, "")] * 2, country


def test_confirming_a_shared_parcel_leaves_the_question_about_its_carrier():
    lines = a_line("100001", UNSURE, place=2), a_line("100002", UNSURE, place=3)
    shared = {place: Choice(shared=True) for place in range(2)}
    matches = look(*lines, choices=shared)
    assert [(one.standing, one.code, one.asks_shared) for one in matches] == [
        (CHOOSE, "tracking_carrier_unsure", True),
        (CHOOSE, "tracking_carrier_unsure", True),
    ]


def test_a_line_that_says_the_same_again_is_left_out():
    lines = a_line("100001"), a_line("100001", place=2)
    assert said(*lines) == [(READY, ""), (ALREADY, "tracking_repeated")]
    assert group_shipments(look(*lines)) == {1: [Parcel(None, "DHL", "DHL", DHL)]}


def test_several_parcels_hold_what_the_lines_say():
    lines = (
        a_line("100001", DHL, sku="MUG", quantity=1),
        a_line("100001", UPS, sku="MUG", quantity=1),
        a_line("100001", UPS, sku="CUP"),
    )
    assert group_shipments(look(*lines)) == {
        1: [Parcel({11: 1}, "DHL", "DHL", DHL), Parcel({11: 1, 12: 1}, "UPS", "UPS", UPS)]
    }


def test_several_parcels_of_which_nobody_says_what_is_in_them_wait_for_a_person():
    assert said(a_line("100001", DHL), a_line("100001", UPS)) == [(BLOCKED, "tracking_contents_unknown")] * 2


def test_a_quantity_without_a_sku_does_not_say_which_of_two_lines_is_in_the_parcel():
    lines = a_line("100001", DHL, quantity=1), a_line("100001", UPS, quantity=1)
    assert said(*lines) == [(BLOCKED, "tracking_contents_unknown")] * 2


def test_a_second_parcel_of_one_line_needs_a_quantity():
    assert said(a_line("100002", DHL), a_line("100002", UPS)) == [(BLOCKED, "tracking_contents_unknown")] * 2


def test_a_quantity_needs_no_sku_where_the_order_has_one_line():
    lines = a_line("100002", DHL, quantity=1), a_line("100002", UPS, quantity=2)
    assert group_shipments(look(*lines)) == {
        2: [Parcel({21: 1}, "DHL", "DHL", DHL), Parcel({21: 2}, "UPS", "UPS", UPS)]
    }


def test_more_than_is_left_and_what_was_never_ordered_are_refused():
    assert said(
        a_line("100001", DHL, sku="MUG", quantity=2),
        a_line("100001", UPS, sku="MUG", quantity=1),
        a_line("100001", UPS, sku="JUG"),
    ) == [(READY, ""), (BLOCKED, "quantity_over"), (BLOCKED, "tracking_sku_unknown")]


def test_a_sku_on_two_lines_of_the_order_is_taken_from_both():
    twice = Order(1, "100001", "processing", "DE", (Item(11, "MUG", 1), Item(12, "MUG", 2)))
    (one,) = look(a_line("100001", sku="MUG", quantity=2), orders=[twice])
    assert one.quantities == {11: 1, 12: 1}


ITEMS = Order(1, "100001", "processing", "DE", (Item(11, "MUG", 2, "05835637773450"), Item(12, "MUG", 1, "2")))


def test_rows_of_order_items_with_one_number_are_one_parcel():
    lines = a_line("100001", item="05835637773450", quantity=1), a_line("100001", place=2, item="2")
    assert group_shipments(look(*lines, orders=[ITEMS])) == {1: [Parcel({11: 1, 12: 1}, "DHL", "DHL", DHL)]}


def test_an_order_item_that_lost_its_zero_in_a_spreadsheet_is_the_same():
    (one,) = look(a_line("100001", item="5835637773450"), orders=[ITEMS])
    assert one.quantities == {11: 2}


@pytest.mark.parametrize("item", ["99", "5,83564E+13"])
def test_an_order_item_that_is_not_the_order_s_is_refused(item):
    assert said(a_line("100001", item=item), orders=[ITEMS]) == [(BLOCKED, "tracking_item_unknown")]


def test_a_rounded_order_item_is_the_only_one_there_is():
    single = Order(2, "100002", "processing", "DE", (Item(21, "MUG", 3, "05835637773450"),))
    (one,) = look(a_line("100002", item="5,83564E+13", quantity=2), orders=[single])
    assert one.quantities == {21: 2}


def test_voided_labels_and_lines_that_say_nothing_are_left_out_and_their_order_goes_on():
    lines = (
        a_line("100001", UPS, problem="line_voided"),
        a_line("100001", DHL, place=2),
        a_line("", "", place=3, problem="line_says_nothing"),
    )
    assert said(*lines) == [(LEFT_OUT, "line_voided"), (READY, ""), (LEFT_OUT, "line_says_nothing")]
    assert group_shipments(look(*lines)) == {1: [Parcel(None, "DHL", "DHL", DHL)]}


def test_a_label_that_another_line_voids_is_held_back():
    lines = a_line("100001", UPS), a_line("100001", UPS, place=2, problem="line_voided")
    assert said(*lines) == [(BLOCKED, "tracking_voided"), (LEFT_OUT, "line_voided")]


def test_a_parcel_goes_whole_or_not_at_all():
    lines = a_line("100001", DHL, sku="MUG", quantity=1), a_line("100001", DHL, sku="CUP")
    assert group_shipments(look(*lines, choices={1: Choice(selected=False)})) == {}


@pytest.mark.parametrize(
    "bad",
    [
        a_line("100001", DHL, place=2, sku="JUG"),
        a_line("100001", DHL, place=2, sku="CUP", quantity=5),
        a_line("100001", DHL, place=2, sku="CUP", problem="quantity_unreadable"),
    ],
    ids=lambda line: line.problem or line.sku,
)
def test_a_parcel_waits_for_a_line_of_it_that_cannot_be_used(bad):
    lines = a_line("100001", DHL, sku="MUG", quantity=1), bad, a_line("100001", UPS, place=3, sku="MUG", quantity=1)
    matches = look(*lines)
    assert (matches[0].standing, matches[0].code, matches[0].args) == (BLOCKED, "tracking_parcel_waits", {"line": 2})
    assert (matches[1].standing, matches[2].standing) == (BLOCKED, READY)
    assert group_shipments(matches) == {1: [Parcel({11: 1}, "UPS", "UPS", UPS)]}


def test_a_day_of_shipping_lies_between_the_order_and_now():
    for day, instant in [
        ("", None),
        ("2026-03-01", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("2026-02-01", datetime(2026, 2, 28, 8, 1, tzinfo=UTC)),
        ("2026-03-02", NOW),
        ("2027-01-01", NOW),
    ]:
        ordered = datetime(2026, 2, 28, 8, tzinfo=UTC)
        assert resolve_ship_time(day, ZoneInfo("Europe/Berlin"), ordered, NOW) == instant, (day, instant)


lines = st.builds(
    TrackingLine,
    place=st.integers(1, 99),
    order=st.sampled_from(["100001", "100002", "100003"]),
    tracking_number=st.sampled_from([DHL, UPS, UNSURE, NOBODYS]),
    carrier=st.sampled_from(["", "DHL", "Bring"]),
    sku=st.sampled_from(["", "MUG", "CUP", "JUG"]),
    quantity=st.none() | st.integers(1, 4),
)


@given(st.lists(lines, max_size=12), st.lists(st.booleans(), min_size=12, max_size=12))
def test_whatever_a_sheet_says_nothing_is_shipped_twice(some, ticks):
    """No tracking number and no unit is in two parcels, and each parcel has a carrier."""
    matches = match(
        [(line, Choice(selected)) for line, selected in zip(some, ticks, strict=False)],
        {order.number: order for order in (ONE, TWO)},
        {},
        NOW,
    )
    packed = group_shipments(matches)
    numbers = Counter(parcel.tracking_number for several in packed.values() for parcel in several)
    assert set(numbers.values()) <= {1}
    left = {item.id: item.unshipped for order in (ONE, TWO) for item in order.items}
    for several in packed.values():
        assert len(several) == 1 or all(parcel.quantities for parcel in several)
        assert all(parcel.carrier and parcel.title for parcel in several)
        pieces = Counter()
        for parcel in several:
            pieces.update(parcel.quantities or {})
        assert all(0 < many <= left[line_id] for line_id, many in pieces.items())
    assert len(matches) == len(some)


def test_what_is_no_number_cannot_go_whatever_anybody_says():
    for number in ["NULL", "NA", "OHNETRACKING", "PENDING", "3E+17", f"{DHL}00340434161094042564"]:
        (one,) = look(a_line("100001", number, carrier="DHL"), choices={0: Choice(confirmed=True)})
        assert (one.standing, bool(one.code)) == (BLOCKED, True), number


def test_a_doubtful_number_waits_until_somebody_says_that_it_is_right():
    for number, carrier, code in [
        ("340434161094042000", "DHL", "tracking_lost_digits"),
        ("00340434161094042558", "DHL", "tracking_check_digit"),
        (UPS, "DHL", "tracking_of_another"),
        ("12345", "DHL", "tracking_format"),
        ("340434161094042000", "Bring Cargo", "tracking_lost_digits"),
    ]:
        (one,) = look(a_line("100001", number, carrier=carrier))
        assert (one.standing, one.code, group_shipments([one])) == (CONFIRM, code, {}), (number, carrier, code)

        (one,) = look(a_line("100001", number, carrier=carrier), choices={0: Choice(confirmed=True)})
        assert (one.standing, one.code) == (READY, ""), (number, carrier, code)
        (parcel,) = group_shipments([one])[1]
        assert (parcel.tracking_number, parcel.confirmed) == (number, True), (number, carrier, code)


def test_a_doubtful_number_without_a_carrier_asks_for_the_carrier_first():
    line = a_line("100001", "00340434161094042558")
    (one,) = look(line)
    assert (one.standing, one.code) == (CHOOSE, "tracking_check_digit")
    (one,) = look(line, choices={0: Choice(carrier="dhl")})
    assert (one.standing, one.code) == (CONFIRM, "tracking_check_digit")


def test_a_guess_that_is_unlikely_where_the_order_ships_from_is_a_question():
    assert said(a_line("100001", "986578788855")) == [(CHOOSE, "tracking_carrier_unlikely")]
    american = Order(1, "100001", "processing", "US", (Item(11, "MUG", 2),))
    assert said(a_line("100001", "986578788855"), orders=(american,)) == [(READY, "")]


def test_the_number_within_a_link_or_a_text_is_offered_and_kept_with_where_it_was_found():
    for written, cleaned, code in [
        (f"https://track.example/?piececode={DHL}", f"HTTPS:TRACKEXAMPLE?PIECECODE={DHL}", "tracking_link"),
        (f"{DHL}.00", f"{DHL}00", "tracking_decimal"),
        (f"Paket: {DHL}", f"PAKET:{DHL}", "tracking_in_text"),
    ]:
        line = find_number(a_line("100001", cleaned, written=written, carrier="DHL"))
        assert (line.tracking_number, line.question) == (DHL, code), (written, cleaned, code)
        (one,) = look(line)
        assert (one.standing, one.code, one.args["number"]) == (CONFIRM, code, DHL), (written, cleaned, code)

        (one,) = look(line, choices={0: Choice(confirmed=True)})
        assert group_shipments([one]) == {1: [Parcel(None, "DHL", "DHL", written, confirmed=True)]}, written


def test_a_long_link_is_a_link_and_not_a_number_that_is_too_long():
    written = f"https://track.example/{'x' * 120}?piececode={DHL}"
    line = find_number(a_line("100001", "HTTPS:TRACK", written=written, problem="tracking_malformed"))
    assert (line.tracking_number, line.question, line.problem) == (DHL, "tracking_link", "")


def test_a_code_for_another_carrier_names_none():
    assert said(a_line("100001", NOBODYS, carrier="Other")) == [(CHOOSE, "tracking_carrier_unknown")]
