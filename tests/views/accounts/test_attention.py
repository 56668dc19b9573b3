"""The attention list: causes with their orders, retry, snooze, done, and who did it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.support.factories import NOW, an_order
from tests.support.pages import plain
from tests.views.accounts.test_stores import submission
from webapp.domain.submissions import cancellation
from webapp.models.attention import AttentionMark
from webapp.models.audit_log import Event
from webapp.models.bulk_actions import BulkAction
from webapp.models.submissions import Submission
from webapp.services.bulk import runner as bulk_runner

pytestmark = pytest.mark.usefixtures("monday")

PAGE = "/attention"


@pytest.fixture
def rejected(session, import_orders):
    """Two cancellations that Amazon rejected for one reason, one for another, and an order that is blocked."""
    import_orders(*(an_order(n) for n in range(1, 4)), an_order(4, total=None, missing=frozenset({"PROCEEDS"})))
    for n, message in ((1, "Order 303-1 is too old."), (2, "Order 303-22 is too old."), (3, "Wrong reason.")):
        reject(session, n, message)
    session.commit()


def reject(session, n, message):
    """Store a cancellation that Amazon rejected with these words."""
    submission(session, an_order(n).number, "rejected")
    session.flush()
    words = {"message": message, "kind": cancellation.KIND, "details": {"reason": "NoInventory"}}
    session.execute(update(Submission).where(Submission.message.is_(None)).values(words))


def causes(response):
    """The titles of the open causes with their keys."""
    listed = response.text.partition('class="attention-marked"')[0]
    return {
        (re.sub(r"<[^>]+>", "", title).strip(), re.search(r'attention-reason"><bdi>(.*?)<', row)[1])
        if "attention-reason" in row
        else (re.sub(r"<[^>]+>", "", title).strip(), ""): re.search(r'name="key" value="([^"]+)"', row)[1]
        for row in re.findall(r'<li class="panel attention.*?</li>', listed, re.DOTALL)
        for title in re.findall(r"<h2>(.*?)</h2>", row, re.DOTALL)
    }


TOO_OLD = ("Cancellation: Amazon rejected 2 requests", "Order 303-22 is too old.")


def test_rejections_are_grouped_by_what_amazon_said(owner_client, rejected):
    page = owner_client.get(PAGE)

    titles = list(causes(page))
    assert titles[0] == TOO_OLD
    assert titles[1] == ("Cancellation: Amazon rejected 1 request", "Wrong reason.")
    assert ("1 order could not be imported", "") in titles
    text = plain(page)
    assert "303-0000000-0000002 303-0000000-0000001" in text
    assert "303-0000000-0000004" in text
    assert owner_client.get("/attention/count").text == str(len(titles))


def test_all_of_a_cause_are_retried_as_a_bulk_action(owner_client, session, rejected):
    key = causes(owner_client.get(PAGE))[TOO_OLD]

    started = owner_client.post(f"{PAGE}/retries", data={"key": key})
    action = session.scalars(select(BulkAction)).one()
    assert (action.kind, action.total) == ("retry_submissions", 2)
    session.commit()
    bulk_runner.process_rows(session, action.id, lambda: NOW)
    session.commit()

    assert started.location == f"/bulk/{action.id}"
    assert "303-0000000-0000002" in plain(owner_client.get(started.location))
    assert TOO_OLD not in causes(owner_client.get(PAGE))
    session.expire_all()
    states = session.scalars(select(Submission.state).order_by(Submission.id)).all()
    assert states == ["rejected"] * 3 + ["queued"] * 2


def test_a_snoozed_cause_comes_back_when_its_time_is_over(owner_client, session, rejected):
    key = causes(owner_client.get(PAGE))[TOO_OLD]

    owner_client.post(f"{PAGE}/snoozes", data={"key": key, "until": "tomorrow"})

    snoozed = owner_client.get(PAGE)
    assert TOO_OLD not in causes(snoozed)
    assert "Snoozed by owner@" in plain(snoozed)
    mark = session.scalars(select(AttentionMark)).one()
    assert mark.until == NOW + timedelta(days=1)
    mark.until = NOW
    session.commit()
    assert TOO_OLD in causes(owner_client.get(PAGE))


def test_a_cause_that_is_done_comes_back_with_another_order_only(owner_client, session, rejected, import_orders):
    key = causes(owner_client.get(PAGE))[TOO_OLD]

    owner_client.post(f"{PAGE}/done", data={"key": key})

    page = owner_client.get(PAGE)
    assert TOO_OLD not in causes(page)
    assert "Done by owner@" in plain(page)
    assert session.scalars(select(Event.kind).where(Event.kind.startswith("attention"))).all() == ["attention_done"]
    session.commit()

    import_orders(an_order(5))
    reject(session, 5, "Order 303-5 is too old.")
    session.commit()
    assert ("Cancellation: Amazon rejected 3 requests", "Order 303-5 is too old.") in causes(owner_client.get(PAGE))


def test_a_marked_cause_is_shown_again_on_request(owner_client, rejected):
    key = causes(owner_client.get(PAGE))[TOO_OLD]
    owner_client.post(f"{PAGE}/snoozes", data={"key": key, "until": "week"})

    owner_client.post(f"{PAGE}/reopenings", data={"key": key})

    assert TOO_OLD in causes(owner_client.get(PAGE))


def test_what_lasts_until_it_is_corrected_is_never_done(owner_client, session, account):
    account.error_code = "bad_credentials"
    session.commit()
    key = causes(owner_client.get(PAGE))["Desk: Orders are not being fetched", ""]

    assert owner_client.post(f"{PAGE}/done", data={"key": key}).status_code == 400
    assert owner_client.post(f"{PAGE}/retries", data={"key": key}).status_code == 400
    assert owner_client.post(f"{PAGE}/snoozes", data={"key": key, "until": "never"}).status_code == 400
    assert owner_client.post(f"{PAGE}/snoozes", data={"key": "x", "until": "week"}).status_code == 404


def test_old_rejections_stay_until_they_are_dealt_with(owner_client, session, rejected):
    session.execute(update(Submission).values(requested_at=NOW - timedelta(days=200)))
    session.commit()

    assert TOO_OLD in causes(owner_client.get(PAGE))


def test_a_viewer_sees_causes_and_decides_nothing(viewer_client, rejected):
    page = viewer_client.get(PAGE).text

    assert "Amazon rejected 2 requests" in page
    assert "Snooze" not in page
    assert viewer_client.post(f"{PAGE}/done", data={"key": "x"}).status_code == 403


def test_nothing_to_do_is_said(owner_client, account):
    assert "Nothing needs attention" in plain(owner_client.get(PAGE))
    assert owner_client.get("/attention/count").text == ""
