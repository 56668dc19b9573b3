"""Pages of existing parcels: confirmation, conflict, edited tracking number, removal, cancellation instead."""

import re

import pytest

from tests.support.pages import plain
from webapp.domain.shipping.parcels import Parcel
from webapp.models.submissions import Submission
from webapp.services.submissions import shipment_confirmations

pytestmark = pytest.mark.usefixtures("job_queue")


@pytest.fixture
def number(harness):
    number = harness.world.place("DE", lines=((1, 2), (2, 1)))
    harness.sync()
    return number


@pytest.fixture
def ship(harness, number):
    """Ship all of it; answers (id of the submission, id of the parcel), with the database let go."""

    def ship(tracking_number="JJD01460000T1", undo_seconds=0):
        carrier = "DHL" if tracking_number else ""
        (one,) = harness.ship(number, Parcel(None, carrier, "", tracking_number), undo_seconds=undo_seconds)
        ids = one.id, shipment_confirmations.find_parcel(harness.session, one).id
        harness.session.commit()
        return ids

    return ship


@pytest.fixture
def in_conflict(harness, number, ship):
    ids = ship()
    harness.at_amazon(number, "request-cancel", reason="Changed my mind")
    harness.advance()
    harness.session.commit()
    return ids


def state(harness, submission_id):
    harness.session.rollback()
    found = harness.session.get(Submission, submission_id, populate_existing=True).state
    harness.session.rollback()
    return found


def test_the_shipments_page_shows_the_current_state_of_each_submission(owner_client, harness, ship):
    submission_id, _ = ship(undo_seconds=30)
    page = owner_client.get("/shipments/100001")
    assert "Queued Sending" in plain(page)
    assert f'action="/submissions/{submission_id}/undo"' in page.text

    harness.later(31)
    harness.advance()
    harness.session.commit()
    page = owner_client.get("/shipments/100001")
    assert "Accepted by Amazon" in plain(page)
    assert "/shipments/100001/parcels/1/" not in page.text

    harness.later(10)
    harness.advance()
    harness.session.commit()
    page = owner_client.get("/shipments/100001")
    assert "Verified" in plain(page)
    assert "/shipments/100001/parcels/1/corrections/new" in page.text
    assert "/shipments/100001/parcels/1/take-backs" not in page.text


def test_the_conflict_shows_what_changed_and_going_on_tells_amazon(owner_client, harness, number, in_conflict):
    submission_id, _ = in_conflict
    page = owner_client.get(f"/submissions/{submission_id}")
    content = plain(page)

    assert "The order has changed: nothing was sent to Amazon" in content
    assert "Buyer requested cancellation No Yes: Changed my mind" in content
    assert "Amazon status Unshipped Unshipped" in content
    assert "Units shipped 0 of 3 0 of 3" in content
    assert "hx-trigger" not in page.text.partition('id="submission"')[2].partition(">")[0]
    assert "Review" in owner_client.get("/submissions").text
    shipment = owner_client.get("/shipments/100001").text
    assert re.search(rf'href="/submissions/{submission_id}"[^>]*>(<svg.*?</svg>)?Review', shipment)
    assert "1 request waits for a decision" in owner_client.get("/stores").text

    answer = owner_client.post(f"/submissions/{submission_id}/force")
    assert answer.location == f"/submissions/{submission_id}"
    assert state(harness, submission_id) == "queued"
    harness.advance()
    assert len(harness.world.effects("shipment", number)) == 1
    harness.session.commit()
    again = owner_client.post(f"/submissions/{submission_id}/force")
    assert (again.status_code, "There is nothing to decide" in again.text) == (409, True)


def test_the_conflict_shows_the_buyers_reason_only_to_those_who_may_read_it(viewer_client, in_conflict):
    submission_id, _ = in_conflict

    page = plain(viewer_client.get(f"/submissions/{submission_id}"))

    assert "Buyer requested cancellation No Yes Total" in page
    assert "Changed my mind" not in page


def test_of_a_cancelled_order_a_parcel_can_only_be_taken_back(owner_client, harness, number, ship):
    submission_id, _ = ship()
    harness.at_amazon(number, "cancel")
    harness.advance()
    harness.session.commit()

    page = owner_client.get(f"/submissions/{submission_id}").text

    assert state(harness, submission_id) == "conflict"
    assert "Send anyway" not in page
    assert "Remove package" in page


def test_from_the_conflict_the_order_is_cancelled_instead(owner_client, harness, number, in_conflict):
    submission_id, _ = in_conflict
    assert "Cancel the order at Amazon instead" in owner_client.get(f"/submissions/{submission_id}").text

    answer = owner_client.post("/shipments/100001/parcels/1/cancellations")

    assert (answer.status_code, answer.location) == (303, f"/submissions/{submission_id + 1}")
    assert (state(harness, submission_id), state(harness, submission_id + 1)) == ("undone", "queued")
    assert [line.shipped for line in harness.commerce_order(number).items] == [0, 0]
    harness.session.rollback()
    assert "The buyer asked to cancel" in owner_client.get(answer.location).text
    assert owner_client.post("/shipments/100001/parcels/1/cancellations").status_code == 404


def test_the_parcel_is_taken_back(owner_client, harness, number, in_conflict):
    submission_id, _ = in_conflict

    answer = owner_client.post("/shipments/100001/parcels/1/take-backs")

    assert answer.location == "/shipments/100001"
    page = owner_client.get("/shipments/100001").text
    assert "All packages of this shipment were removed" in page
    assert state(harness, submission_id) == "undone"
    assert owner_client.get(f"/submissions/{submission_id}").status_code == 200


def test_a_stale_page_touches_no_parcel_of_another_order(owner_client, harness, number, in_conflict):
    submission_id, gone = in_conflict
    page = owner_client.get(f"/submissions/{submission_id}").text
    forms = re.findall(r'action="([^"]*/(?:take-backs|cancellations))"', page)
    assert len(forms) == 2
    owner_client.post(forms[1])
    other = harness.world.place("DE", lines=((1, 1),))
    harness.sync()
    (one,) = harness.ship(other, Parcel(None, "DHL", "", "JJD01460000T2"), undo_seconds=0)
    assert shipment_confirmations.find_parcel(harness.session, one).id > gone
    harness.session.commit()

    answers = [owner_client.post(form) for form in forms]
    answers.append(owner_client.post(re.sub("take-backs", "corrections", forms[1]), data={"carrier": "evri"}))
    answers.append(owner_client.get(re.sub("take-backs", "corrections/new", forms[1])))

    assert [answer.status_code for answer in answers] == [404] * 4
    assert [line.shipped for line in harness.commerce_order(other).items] == [1]
    harness.session.rollback()


def test_a_parcel_without_a_number_is_corrected_and_sent(owner_client, harness, number, ship):
    ship("")
    assert "Amazon requires a tracking number" in owner_client.get("/shipments/100001").text
    assert "Amazon rejected 1 request" in owner_client.get("/stores").text
    form = "/shipments/100001/parcels/1/corrections"
    page = owner_client.get(f"{form}/new").text
    assert "Edit tracking of shipment 100001" in page
    assert re.findall(r'<option[^>]* value="(\w*)">', page)[:3] == ["", "dhl", "hermes"], "Germany's come first"

    wrong = owner_client.post(form, data={"carrier": "", "tracking_number": "JD 1"})
    assert (wrong.status_code, "Choose the carrier of this tracking number." in wrong.text) == (422, True)
    nameless = owner_client.post(form, data={"carrier": "other", "tracking_number": "JD 1"})
    assert (nameless.status_code, "Enter the name of the carrier." in nameless.text) == (422, True)

    answer = owner_client.post(form, data={"carrier": "evri", "tracking_number": "h01x ya00 1234 5671"})
    assert (answer.status_code, answer.location) == (303, "/shipments/100001")
    assert "Amazon refused" not in owner_client.get("/stores").text
    harness.later(31)
    for _ in range(2):
        harness.advance()
        harness.later(5)
    (package,) = harness.world.orders[number].body["packages"]
    assert (package["carrier"], package["trackingNumber"]) == ("Evri", "H01XYA0012345671")
    harness.session.commit()
    assert re.search(r'<option selected value="evri">', owner_client.get(f"{form}/new").text)


def test_an_undone_confirmation_needs_attention_until_it_is_requested_again(owner_client, harness, number, ship):
    submission_id, _ = ship(undo_seconds=30)
    owner_client.post(f"/submissions/{submission_id}/undo")
    assert "1 package was not confirmed to Amazon" in owner_client.get("/stores").text
    assert "Retry" in owner_client.get("/shipments/100001").text

    answer = owner_client.post(f"/submissions/{submission_id}/again")

    assert answer.location == f"/submissions/{submission_id + 1}"
    assert "not confirmed to Amazon" not in owner_client.get("/stores").text
    assert owner_client.post(f"/submissions/{submission_id}/again").status_code == 409
    assert "Package 1: DHL JJD01460000T1" in plain(owner_client.get("/submissions?kind=shipment"))
    assert "Package 1" not in plain(owner_client.get("/submissions?kind=cancellation"))


def test_who_only_looks_gets_no_buttons(viewer_client, harness, in_conflict):
    submission_id, _ = in_conflict
    for page in (f"/submissions/{submission_id}", "/shipments/100001"):
        text = viewer_client.get(page).text
        assert "Send anyway" not in text
        assert "Remove package" not in text
        assert "Review<" not in text
        assert "Cancel the order at Amazon instead" not in text
    assert viewer_client.post("/shipments/100001/parcels/1/take-backs").status_code == 403


def test_a_parcel_is_corrected_to_the_number_of_another_order_once_both_are_said_to_be_in_it(
    owner_client, harness, ship
):
    other = harness.world.place("DE")
    harness.sync()
    harness.ship(other, Parcel(None, "DHL", "", "00340434161094042557"))
    harness.session.commit()
    ship("")
    form = "/shipments/100002/parcels/1/corrections"
    wanted = {"carrier": "dhl", "tracking_number": "00340434161094042557"}

    asked = owner_client.post(form, data=wanted)
    assert (asked.status_code, "Confirm that both orders are in one package" in plain(asked)) == (422, True)
    assert 'name="shared" value="00340434161094042557">' in asked.text
    assert owner_client.post(form, data=wanted | {"shared": "00340434161094042557"}).status_code == 303


class TestOnTheOrdersPage:
    """A shipment that Amazon did not confirm can be retried, corrected and removed from the order itself."""

    @pytest.fixture
    def page(self, harness, number, ship, owner_client):
        submission_id, _ = ship(undo_seconds=30)
        owner_client.post(f"/submissions/{submission_id}/undo")
        return f"/orders/{harness.commerce_order(number).number}"

    def test_the_order_is_back_in_the_work_with_all_three_buttons(self, owner_client, harness, page):
        harness.session.commit()
        text = owner_client.get(page).text
        assert "Processing" in plain(owner_client.get(page))
        assert [name in text for name in ("Retry", "Edit tracking", "Remove package")] == [True] * 3
        assert page.removeprefix("/orders/") in plain(owner_client.get("/orders?state=processing"))

    def test_a_retry_goes_back_to_the_order_which_awaits_amazon(self, owner_client, harness, page):
        harness.session.commit()
        text = owner_client.get(page).text
        (form,) = re.findall(r'action="(/submissions/\d+/again)"', text)

        answer = owner_client.post(form, data={"next": page})

        assert (answer.status_code, answer.location) == (303, page)
        assert "Shipped, awaiting Amazon" in plain(owner_client.get(page))
        assert "Retry" not in owner_client.get(page).text
        number = page.removeprefix("/orders/")
        assert number in plain(owner_client.get("/orders?state=awaiting_amazon"))
        assert number not in plain(owner_client.get("/orders?state=complete"))
        assert (
            "Shipped, awaiting Amazon"
            in owner_client.post("/grids/orders/exports", data={"query": "columns=id,status"}).text
        )

    def test_the_tracking_is_edited_and_it_goes_back_to_the_order(self, owner_client, harness, page):
        harness.session.commit()
        link = r'href="(/shipments/100001/parcels/1/corrections/new\?next=[^"]*)"'
        (url,) = re.findall(link, owner_client.get(page).text)
        assert f'name="next" value="{page}"' in owner_client.get(url).text

        entered = {"carrier": "dhl", "tracking_number": "00340434161094042557", "next": page}
        answer = owner_client.post("/shipments/100001/parcels/1/corrections", data=entered)

        assert (answer.status_code, answer.location) == (303, page)
        assert "Shipped, awaiting Amazon" in plain(owner_client.get(page))

    def test_a_removed_package_leaves_nothing_on_the_page_and_all_is_to_be_shipped(
        self, owner_client, harness, number, page
    ):
        harness.session.commit()
        answer = owner_client.post("/shipments/100001/parcels/1/take-backs", data={"next": page})

        assert (answer.status_code, answer.location) == (303, page)
        assert [line.shipped for line in harness.commerce_order(number).items] == [0, 0]
        harness.session.commit()
        assert "Retry" not in owner_client.get(page).text
        assert "Remove package" not in owner_client.get(page).text

    def test_nobody_is_sent_to_another_site(self, owner_client, harness, page):
        harness.session.commit()
        answer = owner_client.post("/shipments/100001/parcels/1/take-backs", data={"next": "https://example.com/"})
        assert answer.location == "/"

    def test_who_only_looks_sees_why_and_gets_no_buttons(self, viewer_client, harness, page):
        harness.session.commit()
        text = viewer_client.get(page).text
        assert "Undone" in text
        assert [name in text for name in ("Retry", "Edit tracking", "Remove package")] == [False] * 3


def test_a_corrected_number_that_is_doubtful_is_asked_about(owner_client, harness, ship):
    ship("JJD01460000T1")
    form, wrong = "/shipments/100001/parcels/1/corrections", "00340434161094042558"
    typed = {"carrier": "dhl", "title": "", "tracking_number": wrong}
    harness.later(31)
    for _ in range(2):
        harness.advance()
        harness.later(5)
    harness.session.commit()

    refused = owner_client.post(form, data=typed)
    assert (refused.status_code, "The check digit is wrong for a number of DHL." in plain(refused)) == (422, True)
    assert f'name="confirmed" value="{wrong}"' in refused.text
    nothing = owner_client.post(form, data=typed | {"tracking_number": "n/a", "confirmed": "n/a"})
    assert (nothing.status_code, "“n/a” is not a tracking number." in plain(nothing)) == (422, True)

    assert owner_client.post(form, data=typed | {"confirmed": wrong}).status_code == 303
    assert "Number confirmed manually: wrong check digit" in plain(owner_client.get("/shipments/100001"))
    assert f'value="{wrong}" checked' in owner_client.get(f"{form}/new").text
