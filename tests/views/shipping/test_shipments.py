"""Writing a shipment on its page."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.support.factories import an_item, an_order
from tests.support.order_processing import (
    AUDIT_ARGS,
    create_orders,
    create_processing_order,
    dump_tables,
    line_quantities,
)
from tests.support.pages import HTMX, fields, plain
from webapp.domain.shipping.parcels import Parcel
from webapp.models.shipments import Parcel as ParcelRow
from webapp.models.shipments import Shipment
from webapp.models.submissions import Submission
from webapp.services.shipping import shipments
from webapp.services.submissions import cancellations, shipment_confirmations

pytestmark = pytest.mark.usefixtures("job_queue")

NEW, URL = "/orders/100001/shipments/new", "/orders/100001/shipments"
DHL = "00340434161094015902"
UNDO = timedelta(seconds=30)


@pytest.fixture
def order(session):
    order = create_processing_order(session)
    session.commit()
    return order


@pytest.fixture
def sent(owner_client, order, lines):
    return fields(owner_client.get(NEW)) | {"parcels-0-carrier": ""}


def test_one_parcel_is_filled_with_all_that_is_left(owner_client, session, order, lines):
    shipments.create(session, order.id, [Parcel({lines[0]: 1}, "DHL", "", "JJD01460000A1")], **AUDIT_ARGS)
    session.rollback()

    page = owner_client.get(NEW)

    values = fields(page)
    assert [values[f"parcels-0-quantity-{id_}"] for id_ in lines] == ["1", "1"]
    assert "2 units in 1 package" in plain(page)
    assert "Street 1" in plain(page)
    choices = page.text.partition('name="parcels-0-carrier"')[2].partition("</select>")[0]
    assert choices.index('value=""') < choices.index('value="dhl"') < choices.index('value="usps"')


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["without", "htmx"])
def test_the_carrier_is_recognised_by_the_number(owner_client, session, order, sent, headers):
    previewed = owner_client.post(f"{URL}/previews", data=sent | {"parcels-0-tracking_number": DHL}, headers=headers)
    assert previewed.status_code == 200
    assert "Looks like DHL" in plain(previewed)

    answer = owner_client.post(URL, data=sent | {"parcels-0-tracking_number": DHL}, headers=headers)

    assert (answer.location or answer.headers["HX-Redirect"]) == "/shipments/100001"
    shipment = session.scalars(select(Shipment)).one()
    assert [(parcel.carrier, parcel.title, parcel.tracking_number) for parcel in shipment.parcels] == [
        ("DHL", "DHL", DHL)
    ]
    session.refresh(order)
    assert [row[1] for row in line_quantities(order)] == [2, 1]
    asked = session.scalars(select(Submission)).one()
    assert (asked.kind, asked.state, asked.undo_until - asked.requested_at) == ("shipment", "queued", UNDO)


def test_parcels_are_added_and_taken_away_without_javascript(owner_client, sent, lines):
    added = owner_client.post(f"{URL}/previews", data=sent | {"add": "1", "parcels-0-tracking_number": "JJD01460000A1"})

    assert added.status_code == 200
    assert "Package 2" in plain(added)
    assert "Enter a quantity of at least 1" not in plain(added)
    values = fields(added)
    assert values["parcels-0-tracking_number"] == "JJD01460000A1"
    assert values[f"parcels-1-quantity-{lines[0]}"] == ""

    response = owner_client.post(
        f"{URL}/previews", data=values | {"remove": "0", "parcels-1-tracking_number": "BC77310042X9"}
    )

    left = fields(response)
    assert [name for name in left if name.endswith("tracking_number")] == ["parcels-1-tracking_number"]
    assert left["parcels-1-tracking_number"] == "BC77310042X9"


def test_two_parcels_leave_with_what_was_put_in_each(owner_client, session, order, sent, lines):
    first, second = lines
    sent |= {
        f"parcels-0-quantity-{first}": "1",
        f"parcels-0-quantity-{second}": "0",
        "parcels-0-tracking_number": DHL,
        f"parcels-2-quantity-{first}": "1",
        f"parcels-2-quantity-{second}": "1",
        "parcels-2-carrier": "other",
        "parcels-2-title": "Bike courier",
        "parcels-2-tracking_number": "bc 7731 0042 x9",
    }

    assert owner_client.post(URL, data=sent).status_code == 303

    packed = [
        (
            parcel.carrier,
            parcel.title,
            parcel.tracking_number,
            {item.order_item_id: item.quantity for item in parcel.items},
        )
        for parcel in session.scalars(select(Shipment)).one().parcels
    ]
    assert packed == [
        ("DHL", "DHL", DHL, {first: 1}),
        ("Other", "Bike courier", "BC77310042X9", {first: 1, second: 1}),
    ]


def two(lines, **more):
    return {
        f"parcels-0-quantity-{lines[0]}": "1",
        f"parcels-0-quantity-{lines[1]}": "0",
        f"parcels-1-quantity-{lines[0]}": "1",
        f"parcels-1-quantity-{lines[1]}": "1",
    } | more


def test_what_cannot_be_shipped_is_said_at_its_field_and_stays(owner_client, session, order, sent, lines):
    other = create_orders(session, an_order(2, items=(an_item(3),)))[1]
    shipments.create(session, other.id, [Parcel(None, "DHL", "", "JJD01460000A9")], **AUDIT_ARGS)
    session.rollback()
    for typed, field, message in [
        ({"parcels-1-quantity-LINE": "2"}, "parcels-1-quantity-LINE", "SKU-1: 2 is too many, 1 left."),
        ({"parcels-1-quantity-LINE": "-1"}, "parcels-1-quantity-LINE", "SKU-1: the quantity cannot be negative."),
        ({"parcels-0-quantity-LINE": "x"}, "parcels-0-quantity-LINE", "SKU-1: x is not a quantity."),
        ({"parcels-0-quantity-LINE": "0"}, "parcels-0-quantity-LINE", "Enter a quantity of at least 1."),
        ({"parcels-1-tracking_number": "12"}, "parcels-1-carrier", "Carrier not recognized. Choose one."),
        (
            {"parcels-1-carrier": "other", "parcels-1-tracking_number": "12"},
            "parcels-1-title",
            "Enter the name of the carrier.",
        ),
        (
            {"parcels-0-tracking_number": DHL, "parcels-1-tracking_number": DHL},
            "parcels-1-tracking_number",
            f"Tracking number {DHL} is on two packages.",
        ),
        (
            {"parcels-1-carrier": "dhl", "parcels-1-tracking_number": "jjd 0146 0000 a9"},
            "parcels-1-tracking_number",
            "Tracking number JJD01460000A9 is already used for order 100002, whose recipient may be different.",
        ),
    ]:
        typed = {name.replace("LINE", str(lines[0])): text for name, text in typed.items()}
        before = dump_tables()

        for headers in ({}, HTMX):
            answer = owner_client.post(URL, data=sent | two(lines, **typed), headers=headers)

            assert answer.status_code == 422, (typed, field, message)
            below = answer.text.partition(f'id="{field.replace("LINE", str(lines[0]))}-below"')[2][:600]
            assert message in below, (typed, field, message)
            assert {name: fields(answer).get(name, text) for name, text in typed.items()} == typed, typed
        after = dump_tables()
        assert all(after[name] == before[name] for name in ("shipments", "parcels", "order_items", "orders", "events"))


def test_a_number_used_before_is_said_while_it_is_typed(owner_client, session, order, sent):
    other = create_orders(session, an_order(2, items=(an_item(3),)))[1]
    shipments.create(session, other.id, [Parcel(None, "DHL", "", DHL)], **AUDIT_ARGS)
    session.rollback()

    answer = owner_client.post(f"{URL}/previews", data=sent | {"parcels-0-tracking_number": DHL}, headers=HTMX)

    assert f"Tracking number {DHL} is already used for order 100002" in plain(answer)


def test_a_number_of_another_order_is_taken_once_both_are_said_to_be_in_one_parcel(owner_client, session, order, sent):
    other = create_orders(session, an_order(2, items=(an_item(3),)))[1]
    shipments.create(session, other.id, [Parcel(None, "DHL", "", DHL)], **AUDIT_ARGS)
    session.rollback()
    box = f'name="parcels-0-shared" value="{DHL}"'
    assert box not in owner_client.post(f"{URL}/previews", data=sent, headers=HTMX).text
    sent = sent | {"parcels-0-tracking_number": DHL}
    assert f"{box}>" in owner_client.post(f"{URL}/previews", data=sent, headers=HTMX).text
    assert owner_client.post(URL, data=sent).status_code == 422
    # What was confirmed is one number: another one is asked about again.
    assert owner_client.post(URL, data=sent | {"parcels-0-shared": "00340434161094042557"}).status_code == 422
    confirmed = sent | {"parcels-0-shared": DHL}
    assert f"{box} checked" in owner_client.post(f"{URL}/previews", data=confirmed, headers=HTMX).text

    answer = owner_client.post(URL, data=confirmed)

    assert answer.status_code == 303
    assert session.scalars(select(ParcelRow.tracking_number)).all() == [DHL, DHL]


def test_a_number_in_the_making_is_no_mistake(owner_client, sent):
    answer = plain(
        owner_client.post(f"{URL}/previews", data=sent | {"parcels-0-tracking_number": "0034"}, headers=HTMX)
    )

    assert "Carrier not recognized. Choose one." in answer
    assert "Choose the carrier" not in answer


def test_sent_twice_it_leaves_once(owner_client, session, sent):
    first, second = owner_client.post(URL, data=sent), owner_client.post(URL, data=sent)

    assert (first.location, second.location) == ("/shipments/100001", "/shipments/100001")
    assert session.scalar(select(func.count()).select_from(Shipment)) == 1


def test_two_tabs_ship_once(owner_client, session, sent, lines):
    other = fields(owner_client.get(NEW)) | {"parcels-0-carrier": ""}
    part = {f"parcels-0-quantity-{lines[0]}": "1", f"parcels-0-quantity-{lines[1]}": "0"}
    assert owner_client.post(URL, data=sent | part).status_code == 303

    late = owner_client.post(URL, data=other | part)

    assert late.status_code == 422
    assert "This order has changed since you opened the page, so nothing was saved." in plain(late)
    assert session.scalar(select(func.count()).select_from(Shipment)) == 1


def test_an_order_that_is_being_cancelled_says_so_instead_of_a_form(owner_client, session, order, sent):
    cancellations.request(session, order.amazon_order_id, "NoInventory", undo_seconds=30, **AUDIT_ARGS)
    session.rollback()

    for page in (owner_client.get(NEW), owner_client.post(URL, data=sent)):
        assert "A cancellation of this order was requested at Amazon, so it cannot be shipped." in plain(page)
        assert 'name="idempotency_key"' not in page.text


def test_an_order_that_is_shipped_says_so(owner_client, sent):
    owner_client.post(URL, data=sent)

    page = owner_client.get(NEW)

    assert "This order has nothing left to ship." in plain(page)
    assert "/orders/100001" in page.text


class TestTheBuyerAsksToCancel:
    """It is decided before Ship works: cancel at Amazon, or ship anyway."""

    @pytest.fixture
    def asked(self, session, order):
        lines = [an_item(1, quantity=2, cancel_requested="Ordered by mistake"), an_item(2, quantity=1)]
        create_orders(session, an_order(updated=5, items=tuple(lines)))
        session.commit()

    def test_the_page_asks_and_offers_to_cancel(self, owner_client, asked):
        page = owner_client.get(NEW)
        assert "The buyer has requested to cancel this order" in plain(page)
        assert 'name="ship_anyway"' in page.text
        assert "/cancellations/new" in page.text

    def test_without_a_decision_nothing_is_shipped(self, owner_client, session, asked, sent):
        answer = owner_client.post(URL, data=fields(owner_client.get(NEW)) | {"parcels-0-carrier": ""})
        assert answer.status_code == 422
        assert "confirm that you want to ship it anyway" in plain(answer)
        assert session.scalar(select(func.count(Shipment.id))) == 0

    def test_with_it_the_package_goes_and_amazon_is_not_asked_about_twice(self, owner_client, session, asked):
        data = fields(owner_client.get(NEW)) | {
            "parcels-0-carrier": "",
            "parcels-0-tracking_number": DHL,
            "ship_anyway": "y",
        }
        assert owner_client.post(URL, data=data).status_code == 303
        submission = session.scalars(select(Submission)).one()
        assert submission.details["ship_anyway"] is True
        assert shipment_confirmations.ShipmentConfirmationHandler().check_preflight(session, submission) is None

    def test_nobody_is_asked_where_the_buyer_did_not(self, owner_client, order):
        assert 'name="ship_anyway"' not in owner_client.get(NEW).text


def test_the_request_that_came_while_the_page_was_open_is_asked_about(owner_client, session, order, sent):
    items = (an_item(1, quantity=2, cancel_requested=""), an_item(2, quantity=1))
    create_orders(session, an_order(updated=5, items=items))
    session.commit()
    answer = owner_client.post(URL, data=sent)
    assert answer.status_code == 422
    assert 'name="ship_anyway"' in answer.text


def test_a_doubtful_number_is_asked_about_and_taken_once_it_is_confirmed(owner_client, session, sent):
    wrong = "00340434161094015903"
    typed = sent | {"parcels-0-tracking_number": wrong, "parcels-0-carrier": "dhl"}
    box = f'name="parcels-0-confirmed" value="{wrong}"'

    previewed = owner_client.post(f"{URL}/previews", data=typed, headers=HTMX)
    refused = owner_client.post(URL, data=typed)
    other_number = owner_client.post(URL, data=typed | {"parcels-0-confirmed": DHL})

    assert "The check digit is wrong for a number of DHL." in plain(previewed)
    assert box in previewed.text
    for answer in (refused, other_number):
        assert (answer.status_code, box in answer.text) == (422, True)
        assert "The check digit is wrong for a number of DHL." in plain(answer)
    assert session.scalar(select(func.count(Shipment.id))) == 0
    session.rollback()

    owner_client.post(URL, data=typed | {"parcels-0-confirmed": wrong})

    (parcel,) = session.scalars(select(Shipment)).one().parcels
    assert (parcel.tracking_number, parcel.tracking_warning) == (wrong, "tracking_check_digit")
    session.rollback()
    assert "Number confirmed manually: wrong check digit" in plain(owner_client.get("/shipments/100001"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ohne Tracking", "“ohne Tracking” is not a tracking number."),
        ("3,40434E+17", "The spreadsheet has rounded this number"),
        (f"{DHL} / 00340434161094042557", "These are 2 tracking numbers"),
        ("", ""),
    ],
)
def test_what_is_no_tracking_number_is_refused_with_the_reason(owner_client, session, sent, text, message):
    answer = owner_client.post(URL, data=sent | {"parcels-0-tracking_number": text, "parcels-0-carrier": "dhl"})

    assert answer.status_code == (422 if text else 303)
    assert message in plain(answer)
    assert session.scalar(select(func.count(Shipment.id))) == (0 if text else 1)


def test_a_number_that_several_carriers_have_is_not_shipped_by_the_first_of_them(owner_client, session, sent):
    answer = owner_client.post(URL, data=sent | {"parcels-0-tracking_number": "RR123456785DE"})

    assert answer.status_code == 422
    assert (
        "Several carriers use this number format: choose one"
        in answer.text.partition('id="parcels-0-carrier-below"')[2][:300]
    )
    assert session.scalar(select(func.count(Shipment.id))) == 0


def test_the_number_of_a_link_is_offered(owner_client, session, sent):
    typed = sent | {"parcels-0-tracking_number": f"https://carrier.example/?id={DHL}", "parcels-0-carrier": "dhl"}

    assert f'name="parcels-0-confirmed" value="{DHL}"' in owner_client.post(URL, data=typed).text
    owner_client.post(URL, data=typed | {"parcels-0-confirmed": DHL})

    (parcel,) = session.scalars(select(Shipment)).one().parcels
    assert (parcel.tracking_number, parcel.tracking_warning) == (DHL, "tracking_link")


def test_another_carriers_name_is_sent_by_amazons_code_where_there_is_one(owner_client, session, sent):
    typed = {"parcels-0-tracking_number": "RH1234567890", "parcels-0-carrier": "other", "parcels-0-title": "rhenus"}
    owner_client.post(URL, data=sent | typed)

    (parcel,) = session.scalars(select(Shipment)).one().parcels
    assert (parcel.carrier, parcel.title) == ("Rhenus", "Rhenus")
