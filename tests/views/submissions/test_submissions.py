"""The pages of submissions and their actions."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.queries.accounts.test_dashboard import counted
from tests.support.factories import NOW, an_account, an_order
from tests.support.pages import HTMX
from webapp.core import queue
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.submissions import Feed, Submission
from webapp.services.submissions import cancellations
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.sync.importing import import_page

pytestmark = pytest.mark.usefixtures("monday", "job_queue")


@pytest.fixture
def ask(session: Session):
    """Ask Amazon to cancel order `n`."""
    account = an_account(session)

    def ask(n: int = 1, reason: str = "NoInventory") -> Submission:
        import_page.import_page(session, account.id, [an_order(n)], now=NOW, actor="schedule")
        mirror = session.scalars(select(AmazonOrder).where(AmazonOrder.number == an_order(n).number)).one()
        return cancellations.request(session, mirror.id, reason, undo_seconds=30, now=NOW, actor="cli")

    return ask


def sent(session: Session, submission: Submission) -> Submission:
    feed = Feed(account_id=submission.account_id, feed_type="TYPE", state="sent", created_at=NOW, amazon_feed_id="F-7")
    submission_transitions.apply(submission, "send", NOW)
    submission_transitions.apply(submission, "sent", NOW)
    submission.feed, submission.request_id = feed, "REQUEST-7"
    submission.due_at = NOW + timedelta(seconds=90)
    session.commit()
    return submission


def rejected(session: Session, submission: Submission, words: str = "It was shipped. (18028)") -> Submission:
    submission_transitions.reject(session, submission, words, NOW, request_id="REQUEST-9")
    session.commit()
    return submission


def test_an_empty_desk_says_what_will_stand_here(owner_client):
    page = owner_client.get("/submissions").text
    assert "Nothing sent to Amazon yet" in page
    assert "every" not in page.partition('id="submissions"')[2].partition(">")[0]


def test_a_row_says_who_asked_for_what_and_what_came_of_it(session, owner_client, ask):
    rejected(session, ask(1))
    page = owner_client.get("/submissions").text
    for text in ("303-0000000-0000001", "Desk", "The item is out of stock", "Command line", "Rejected"):
        assert text in page
    assert "It was shipped. (18028)" in page
    assert "REQUEST-9" in page
    assert 'href="/amazon-orders/303-0000000-0000001"' in page


def test_while_something_is_open_the_list_asks_for_itself_and_then_stops(session, owner_client, ask):
    submission = ask(1)
    fragment = owner_client.get("/submissions?open=1", headers=HTMX).text
    assert fragment.lstrip().startswith('<div id="submissions" hx-get="/submissions?open=1" hx-trigger="every 2s"')
    assert "<html" not in fragment
    assert "Sending" in fragment
    rejected(session, submission)
    assert "hx-trigger" not in owner_client.get("/submissions", headers=HTMX).text


def test_filters_narrow_the_list(session, owner_client, ask):
    rejected(session, ask(1))
    ask(2)
    for query, numbers in [
        ("state=rejected", {1}),
        ("state=queued", {2}),
        ("open=1", {2}),
        ("kind=cancellation", {1, 2}),
        ("number=303-0000000-0000002", {2}),
        ("account=1", {1, 2}),
        # What makes no sense shows nothing, or is no filter; it never breaks the page.
        ("account=99", set()),
        ("state=nonsense", set()),
    ]:
        page = owner_client.get(f"/submissions?{query}").text
        assert {n for n in (1, 2) if f'href="/submissions/{n}"' in page} == numbers, (query, numbers)


def test_a_page_of_fifty_costs_as_many_queries_as_one_of_two(session, owner_client, ask):
    for n in (1, 2):
        ask(n)
    with counted() as few:
        owner_client.get("/submissions")
    for n in range(3, 53):
        ask(n)
    with counted() as many:
        assert owner_client.get("/submissions").status_code == 200
    assert len(many) == len(few)


def test_undo_takes_it_back_and_goes_where_one_came_from(session, owner_client, ask, post):
    submission = ask(1)
    assert "Undo</button>" in owner_client.get("/submissions").text
    answer = post(
        owner_client, f"/submissions/{submission.id}/undo", data={"next": "/amazon-orders/303-0000000-0000001"}
    )
    assert (answer.status_code, answer.location) == (303, "/amazon-orders/303-0000000-0000001")
    session.refresh(submission)
    assert (submission.state, submission.open) == ("undone", False)
    session.commit()
    assert "Nothing was sent to Amazon" in owner_client.get("/submissions").text


def test_undo_leads_nowhere_else(owner_client, ask, post):
    answer = post(owner_client, f"/submissions/{ask(1).id}/undo", data={"next": "https://evil.example/"})
    assert answer.location == "/"


def test_undo_with_htmx_loads_the_page_it_leads_to(owner_client, ask, post):
    submission = ask(1)
    answer = post(owner_client, f"/submissions/{submission.id}/undo", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/submissions/{submission.id}")


def test_undo_is_refused_once_the_submission_was_sent(session, owner_client, ask, post):
    submission = sent(session, ask(1))
    answer = post(owner_client, f"/submissions/{submission.id}/undo")
    assert answer.status_code == 409
    assert "too late" in answer.text
    assert "Undo</button>" not in owner_client.get("/submissions").text


def test_who_only_looks_gets_no_buttons(session, viewer_client, ask, post):
    ask(1)
    rejected(session, ask(2))
    for page in ("/submissions", "/submissions/1", "/submissions/2"):
        text = viewer_client.get(page).text
        assert "Undo</button>" not in text
        assert "Request again" not in text
    assert post(viewer_client, "/submissions/1/undo").status_code == 403


def test_its_page_tells_the_whole_story(session, owner_client, ask):
    submission = rejected(session, sent(session, ask(1)))
    page = owner_client.get(f"/submissions/{submission.id}").text
    for text in ("Cancellation refused", "Cancellation requested", "F-7", "TYPE", "REQUEST-9", "Amazon rejected it"):
        assert text in page
    assert 'hx-trigger="every' not in page.partition('id="submission"')[2].partition(">")[0]


def test_an_unknown_one_is_a_clear_404(owner_client):
    answer = owner_client.get("/submissions/99")
    assert answer.status_code == 404
    assert "There is no submission 99." in answer.text


def test_ask_again_is_a_new_submission_with_the_same_reason(session, owner_client, ask, post):
    old = rejected(session, ask(1, "PricingError"))
    answer = post(owner_client, f"/submissions/{old.id}/again")
    new = session.scalars(select(Submission).where(Submission.id != old.id)).one()
    assert answer.location == f"/submissions/{new.id}"
    assert (new.state, new.details, new.amazon_order_id) == ("queued", {"reason": "PricingError"}, old.amazon_order_id)
    assert new.requested_by.startswith("user:")
    again = post(owner_client, f"/submissions/{old.id}/again")
    assert again.status_code == 409


def test_where_it_cannot_be_asked_again_the_page_says_why(session, owner_client, ask):
    submission = rejected(session, ask(1))
    submission.amazon_order.status = "SHIPPED"
    session.commit()
    page = owner_client.get(f"/submissions/{submission.id}").text
    assert "This order has been shipped" in page
    assert "Request again" not in page


def test_look_now_makes_it_due_and_rings(session, owner_client, ask, redis, post):
    submission = sent(session, ask(1))
    assert "Check now" in owner_client.get(f"/submissions/{submission.id}").text
    answer = post(owner_client, f"/submissions/{submission.id}/looks")
    assert answer.location == f"/submissions/{submission.id}"
    session.refresh(submission)
    assert submission.due_at == NOW
    assert queue.queue(redis, "submissions").job_ids == [queue.key("advance_submissions", submission.account_id)]


def test_a_look_while_it_is_being_sent_is_refused_since_it_could_tell_amazon_twice(session, owner_client, ask, post):
    submission = ask(1)
    submission_transitions.apply(submission, "send", NOW)
    submission.due_at = NOW + timedelta(seconds=20)
    session.commit()
    assert "Check now" not in owner_client.get(f"/submissions/{submission.id}").text
    assert post(owner_client, f"/submissions/{submission.id}/looks").status_code == 409
    session.refresh(submission)
    assert submission.due_at == NOW + timedelta(seconds=20)


def test_a_look_within_the_undo_window_is_refused_and_after_it_allowed(session, owner_client, ask, monday, post):
    submission = ask(1)
    assert post(owner_client, f"/submissions/{submission.id}/looks").status_code == 409
    monday.shift(timedelta(seconds=31))
    submission.due_at = NOW + timedelta(minutes=2)
    session.commit()
    assert post(owner_client, f"/submissions/{submission.id}/looks").status_code == 303
    session.refresh(submission)
    assert submission.due_at == NOW + timedelta(seconds=31)
