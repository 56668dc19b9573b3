"""The backfill on the page of an account."""

import pytest
from sqlalchemy import select

from webapp.models.backfills import Backfill

HTMX = {"HX-Request": "true"}


def state(session):
    states = session.scalars(select(Backfill.state)).all()
    session.rollback()
    return states


@pytest.fixture
def address(account, session):
    address = f"/accounts/{account.id}"
    session.rollback()
    return address


def test_a_backfill_is_started_paused_and_resumed_without_javascript(owner_client, session, address):
    assert "No past orders have been requested" in owner_client.get(address).text

    started = owner_client.post(f"{address}/backfill", data={"days": "90", "method": "report"})
    assert (started.status_code, started.location) == (303, address)
    page = owner_client.get(address).text
    assert f'hx-get="{address}/backfill"' in page
    assert "0 % of the time has been read" in page

    assert owner_client.post(f"{address}/backfill/pause").status_code == 303
    assert state(session) == ["paused"]
    page = owner_client.get(address).text
    assert "hx-trigger" not in page.partition('id="backfill"')[2].partition("</div>")[0]
    assert owner_client.post(f"{address}/backfill/resume").status_code == 303
    assert state(session) == ["running"]


@pytest.mark.parametrize("days", ["0", "731", "many", ""])
def test_days_that_are_none_are_refused_at_their_field(owner_client, session, address, days):
    answer = owner_client.post(f"{address}/backfill", data={"days": days, "method": "report"}, headers=HTMX)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert state(session) == []


def test_a_viewer_sees_the_progress_and_no_buttons(owner_client, viewer_client, address):
    owner_client.post(f"{address}/backfill", data={"days": "90", "method": "report"})

    page = viewer_client.get(f"{address}/backfill", headers=HTMX).text

    assert "0 % of the time has been read" in page
    assert "<form" not in page
    assert viewer_client.post(f"{address}/backfill/pause").status_code == 403


def test_a_second_start_is_refused_with_the_reason(owner_client, session, address):
    owner_client.post(f"{address}/backfill", data={"days": "90", "method": "report"})

    answer = owner_client.post(f"{address}/backfill", data={"days": "90", "method": "report"})

    assert answer.status_code == 409
    assert "has not ended" in answer.text
    assert len(state(session)) == 1
