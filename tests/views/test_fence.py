"""The page of the fence: what waits, and its release by an owner."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.support.order_processing import create_processing_order
from tests.views.test_health import start_processes
from webapp.health import checks
from webapp.models.fences import Fence
from webapp.models.mails import Mail
from webapp.models.recurring_jobs import RecurringJob
from webapp.models.submissions import Submission
from webapp.services import fences
from webapp.services.mail import outbox as mail_outbox
from webapp.services.submissions import cancellations

NOW = datetime.now(UTC)


@pytest.fixture
def order(session):
    return create_processing_order(session)


@pytest.fixture
def cancellation(session, order):
    return cancellations.request(session, order.amazon_order_id, "NoInventory", undo_seconds=0, now=NOW, actor="cli")


@pytest.fixture
def fence(session, order, cancellation):
    fence = fences.start(session, fences.RESTORED, now=NOW)
    for account in fences.queries.list_not_compared(session):
        account.feeds_compared_at = NOW
    session.commit()
    return fence


def state(session, submission):
    session.expire_all()
    return session.get_one(Submission, submission.id).state


def test_every_page_says_that_sending_is_paused_and_leads_owners_to_the_list(owner_client, viewer_client, fence):
    for client in (owner_client, viewer_client):
        page = client.get("/orders").text
        assert "Sending is paused" in page
        assert ('href="/fence"' in page) is (client is owner_client)
    assert viewer_client.get("/fence").status_code == 403


def test_without_a_fence_no_page_speaks_of_it(owner_client):
    assert "Sending is paused" not in owner_client.get("/orders").text
    assert "Sending is not paused" in owner_client.get("/fence").text


def test_the_page_lists_what_waits_beside_what_amazon_has(owner_client, session, order, cancellation, fence):
    page = owner_client.get("/fence").text
    assert "A backup was restored." in page
    assert order.amazon_order.number in page
    assert f"/fence/submissions/{cancellation.id}/release" in page
    assert "Unshipped" in page


def test_a_submission_is_released_or_discarded(owner_client, session, cancellation, fence):
    path = f"/fence/submissions/{cancellation.id}"
    session.rollback()
    owner_client.post(f"{path}/release")
    assert session.get_one(Submission, cancellation.id).released_at is not None
    session.rollback()
    assert f"{path}/release" not in owner_client.get("/fence").text
    owner_client.post(f"{path}/discard")
    assert state(session, cancellation) == "undone"


def test_resuming_ends_the_fence_and_says_which_mails_are_unconfirmed(owner_client, session, order, fence):
    session.add(
        Mail(
            order_id=order.id,
            store_id=order.store_id,
            kind="free",
            state="queued",
            due_at=NOW,
            actor="schedule",
            created_at=NOW,
            queued_at=NOW,
            changed_at=NOW,
        )
    )
    session.commit()
    page = owner_client.post("/fence/release", follow_redirects=True).text
    assert "1 message may have arrived before and was not sent" in page
    session.expire_all()
    assert session.scalars(select(Fence.ended_by)).one().startswith("user:")
    assert "Sending is paused" not in owner_client.get("/orders").text


def test_everything_is_discarded_at_once(owner_client, session, order, cancellation, fence):
    page = owner_client.post("/fence/discard", follow_redirects=True).text
    assert "1 was discarded." in page
    assert state(session, cancellation) == "undone"
    assert mail_outbox.queries.count_in_state(session, "queued") == 0


def test_a_viewer_releases_nothing(viewer_client, session, cancellation, fence):
    for path in ("release", "discard", f"submissions/{cancellation.id}/release"):
        assert viewer_client.post(f"/fence/{path}").status_code == 403
    assert state(session, cancellation) == "queued"


def problems(app, now):
    return {
        check.key: check.level for check in checks.run_all(app, now) if check.name in {"fence", "submissions", "backup"}
    }


def test_health_warns_of_the_fence_and_does_not_count_what_waits_for_it_as_overdue(app, job_queue, session, fence):
    later = NOW + timedelta(hours=1)
    start_processes(job_queue)
    assert problems(app, later) == {"fence": "warn", "submissions": "ok", "backup": "ok"}
    fences.release_all(session, now=later, actor="user:1")
    start_processes(job_queue)
    assert problems(app, NOW)["fence"] == "ok"


def test_health_warns_of_a_failed_backup(app, job_queue, session):
    row = {"key": "make_backup", "name": "make_backup", "ids": [], "interval_seconds": 86400}
    session.add(RecurringJob(**row, last_outcome="failed", last_cause="backup_failed"))
    session.commit()
    assert problems(app, NOW)["backup"] == "warn"
