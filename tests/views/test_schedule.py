"""The Schedule page: what runs by itself, and what a person changes of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.factories import NOW, an_account
from tests.support.pages import HTMX
from webapp.models.recurring_jobs import RecurringJob
from webapp.services import schedule

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def job(session: Session) -> RecurringJob:
    account = an_account(session)
    schedule.ensure(session, "maintenance", "maintenance", (), 5, NOW)
    session.commit()
    return session.scalars(select(RecurringJob).where(RecurringJob.key == f"sync_account-{account.id}")).one()


def test_each_job_says_how_often_when_and_how_it_went(session, owner_client, job):
    schedule.record_run(
        session, job.key, "failed", "throttled", NOW - timedelta(seconds=42), NOW - timedelta(seconds=40)
    )
    job.next_run_at = NOW + timedelta(seconds=138)
    session.commit()
    page = owner_client.get("/schedule").text
    for text in ("Sync Desk", "every 3 minutes", "Failed", "rate limit was reached", "42 seconds ago", "2.0 s"):
        assert text in page, text
    assert "in 2 minutes" in page
    assert "every 5 seconds" in page
    assert "179 seconds" in page


def test_the_list_keeps_itself_new(owner_client, job):
    fragment = owner_client.get("/schedule", headers=HTMX).text
    assert fragment.lstrip().startswith('<div id="schedule" hx-get="/schedule" hx-trigger="every 3s"')
    assert "<html" not in fragment


def test_run_now_pause_and_resume(session, owner_client, job, post):
    job.next_run_at = NOW + timedelta(minutes=3)
    session.commit()

    def press(what: str) -> RecurringJob:
        answer = post(owner_client, f"/schedule/{job.key}/{what}")
        assert (answer.status_code, answer.location) == (303, "/schedule")
        session.refresh(job)
        return job

    assert press("runs").next_run_at == NOW
    assert press("pause").enabled is False
    assert "Paused" in owner_client.get("/schedule").text
    assert "Resume" in owner_client.get("/schedule").text
    assert press("resume").enabled is True


def test_the_maintenance_cannot_be_paused(session, owner_client, job, post):
    answer = post(owner_client, "/schedule/maintenance/pause")
    assert answer.status_code == 409
    assert "it cannot be paused" in answer.text
    assert "/schedule/maintenance/pause" not in owner_client.get("/schedule").text


def test_an_interval_is_changed_in_the_unit_one_likes(session, owner_client, job, post):
    form = owner_client.get(f"/schedule/{job.key}/interval", headers=HTMX).text
    assert 'value="3"' in form
    assert "From 30 seconds to 24 hours" in form
    answer = post(owner_client, f"/schedule/{job.key}/interval", data={"interval": "10", "unit": "minutes"})
    assert (answer.status_code, answer.location) == (303, "/schedule")
    session.refresh(job)
    assert job.interval_seconds == 600
    session.commit()
    assert "Sync Desk now runs every 10 minutes." in owner_client.get("/schedule").text


def test_an_interval_that_makes_no_sense_is_said_at_its_field(session, owner_client, job, post):
    for data, complaint in [
        ({"interval": "29", "unit": "seconds"}, "between 30 and 86400 seconds"),
        ({"interval": "25", "unit": "hours"}, "between 30 and 86400 seconds"),
        ({"interval": "", "unit": "minutes"}, "Enter a whole number."),
        ({"interval": "soon", "unit": "minutes"}, "Not a valid integer value."),
        ({"interval": "5", "unit": "weeks"}, "Not a valid choice."),
        ({}, "Enter a whole number."),
    ]:
        answer = post(owner_client, f"/schedule/{job.key}/interval", data=data, headers=HTMX)
        assert answer.status_code == 422, (data, complaint)
        assert complaint in answer.text, (data, complaint)
        assert answer.text.lstrip().startswith('<div id="interval-form">'), (data, complaint)
        session.refresh(job)
        assert job.interval_seconds == 180, (data, complaint)


def test_an_unknown_job_is_a_clear_404(owner_client, job, post):
    assert owner_client.get("/schedule/nothing/interval").status_code == 404
    assert post(owner_client, "/schedule/nothing/runs").status_code == 404


def test_who_only_looks_gets_no_buttons(viewer_client, job, post):
    page = viewer_client.get("/schedule").text
    assert "every 3 minutes" in page
    assert "Run now" not in page
    assert post(viewer_client, f"/schedule/{job.key}/runs").status_code == 403
