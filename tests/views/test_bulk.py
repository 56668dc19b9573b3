"""The pages of a bulk action: the question, the progress, the results."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from sqlalchemy import event, select

from tests.support.factories import NOW, a_store, an_account, an_order, shipped_fields
from tests.support.order_processing import AUDIT_ARGS, create_orders
from tests.support.pages import HTMX, plain
from webapp.core.extensions import db
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.services.bulk import runner as bulk_runner
from webapp.services.orders import holds


@pytest.fixture
def orders(session):
    account = an_account(session)
    a_store(account).auto_invoice = False
    session.commit()
    return create_orders(session, *(an_order(n) for n in range(1, 4)), an_order(4, **shipped_fields(an_order(4))))


@pytest.fixture
def ids(orders, session):
    order_ids = [order.id for order in orders]
    session.commit()
    return order_ids


def drafted(session, kind, ids):
    id_ = bulk_runner.create_draft(session, kind, ids, **AUDIT_ARGS).id
    session.commit()
    return id_


def started(session, kind, ids, args):
    id_ = bulk_runner.start(session, kind, ids, args, **AUDIT_ARGS).id
    session.commit()
    return id_


def step(session, action_id):
    bulk_runner.process_rows(session, action_id, lambda: datetime.now(UTC))
    session.commit()


def stored(session, statement):
    rows = session.scalars(statement).all()
    session.commit()
    return rows


def test_the_question_tells_how_many_and_what_cannot_be_done(owner_client, session, ids):
    holds.hold(session, ids[0], "x", **AUDIT_ARGS)
    action_id = drafted(session, "hold", ids)

    page = plain(owner_client.get(f"/bulk/{action_id}"))

    assert "4 rows selected" in page
    assert "1 of them cannot be processed now" in page
    assert "1 An order with the status On hold cannot be put on hold." in page
    assert "Put on hold: 3" in page


def test_where_none_can_be_done_nothing_is_offered(owner_client, session, ids):
    action_id = drafted(session, "unhold", ids)

    page = owner_client.get(f"/bulk/{action_id}")

    assert "No rows can be processed" in plain(page)
    assert "Applies to 0 rows" not in plain(page)
    assert "bulk-start" not in re.findall(r'form="([a-z-]+)"', page.text)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_missing_is_said_where_it_was_asked(owner_client, session, ids, headers):
    action_id = drafted(session, "hold", ids[:1])

    for sent, text in (
        ({"reason": " "}, "Enter a reason for the hold."),
        ({"reason": "x", "until": "2020-01-01T10:00"}, "This time is in the past."),
        ({"reason": "x", "until": "soon"}, "Enter a time as 2026-12-24 18:00."),
        ({"reason": "x", "until": "0001-01-01T00:00"}, "This time is in the past."),
        ({"reason": "x", "until": "9999-12-31T23:59"}, "Choose a time before the end of 2100, or leave this empty."),
    ):
        answer = owner_client.post(f"/bulk/{action_id}/starts", data=sent, headers=headers)
        assert answer.status_code == 422
        assert text in plain(answer)
    assert stored(session, select(BulkAction.state)) == ["draft"]


def test_from_the_question_to_a_result_for_each(owner_client, session, ids):
    action_id = drafted(session, "hold", ids)
    until = "2099-12-24T18:00"

    begun = owner_client.post(f"/bulk/{action_id}/starts", data={"reason": "stock", "until": until})
    assert (begun.status_code, begun.location) == (303, f"/bulk/{action_id}")
    running = owner_client.get(f"/bulk/{action_id}", headers=HTMX)
    assert (running.status_code, 'hx-trigger="every 2s"' in running.text) == (200, True)
    step(session, action_id)
    ended = owner_client.get(f"/bulk/{action_id}", headers=HTMX)

    assert (ended.status_code, "hx-trigger" in ended.text) == (286, False)
    assert "100001 Done Put on hold" in plain(ended)
    # Midnight and the rest on the clock of the marketplace, which is Berlin here.
    held = stored(session, select(Order.hold_until).where(Order.hold_until.is_not(None)))
    assert {moment.isoformat() for moment in held} == {"2099-12-24T17:00:00+00:00"}
    assert owner_client.get(f"/bulk/{action_id}").status_code == 200


def test_cancelling_many_asks_amazon_for_each(owner_client, session, ids):
    action_id = drafted(session, "cancel", ids)
    page = owner_client.get(f"/bulk/{action_id}")
    assert "Amazon notifies the buyers" in plain(page)
    assert owner_client.post(f"/bulk/{action_id}/starts").status_code == 422

    owner_client.post(f"/bulk/{action_id}/starts", data={"reason": "NoInventory"})
    step(session, action_id)

    asked = session.scalars(select(Submission)).all()
    assert [(one.details["reason"], (one.undo_until - one.requested_at).seconds > 0) for one in asked] == [
        ("NoInventory", True)
    ] * 3
    assert stored(session, select(BulkRow.outcome).where(BulkRow.state == "failed")) == ["cancel_shipped"]


def test_failed_rows_are_listed_tried_again_and_exported(owner_client, session, ids):
    holds.hold(session, ids[1], "x", **AUDIT_ARGS)
    action_id = started(session, "hold", ids[:2], {"reason": "x"})
    step(session, action_id)

    only = plain(owner_client.get(f"/bulk/{action_id}?state=failed"))
    assert "100002 Not done An order with the status On hold cannot be put on hold." in only
    assert "100001" not in only
    assert "Partly done" in only
    assert "Partly done" in plain(owner_client.get("/bulk"))
    table = owner_client.get(f"/bulk/{action_id}/failed.csv")
    assert table.text.splitlines() == [
        "Number,Order,Code,Why,Attempts",
        "100002,100002,cannot_hold,An order with the status On hold cannot be put on hold.,1",
    ]
    holds.unhold(session, ids[1], **AUDIT_ARGS)
    assert owner_client.post(f"/bulk/{action_id}/retries").status_code == 303
    step(session, action_id)
    assert stored(session, select(BulkAction.done)) == [2]
    assert owner_client.post(f"/bulk/{action_id}/retries").status_code == 409


def test_a_long_list_of_results_is_paged(owner_client, session, ids):
    action_id = started(session, "hold", ids * 40, {"reason": "x"})
    step(session, action_id)

    first = owner_client.get(f"/bulk/{action_id}")
    following = re.search(r'href="(/bulk/\d+\?after=\d+)"', unescape(first.text))[1]

    assert first.text.count("<tr>") == 101
    assert owner_client.get(following).text.count("<tr>") == 61


def test_a_draft_that_is_left_goes_back_to_the_list(owner_client, session, ids):
    action_id = drafted(session, "hold", ids)

    assert owner_client.post(f"/bulk/{action_id}/stops").location == "/orders"
    assert owner_client.post(f"/bulk/{action_id}/starts", data={"reason": "x"}).status_code == 409


def test_a_colleague_looks_and_changes_nothing(viewer_client, session, ids):
    draft = drafted(session, "hold", ids)
    action = started(session, "hold", ids, {"reason": "the buyer is ill"})

    assert "Put on hold: " not in plain(viewer_client.get(f"/bulk/{draft}"))
    shown = plain(viewer_client.get(f"/bulk/{action}"))
    assert "0 of 4" in shown
    assert "Stop" not in shown
    assert "ill" not in shown
    assert viewer_client.post(f"/bulk/{action}/stops").status_code == 403


def test_the_list_of_them_leaves_drafts_out(owner_client, session, ids):
    assert "No bulk actions yet" in plain(owner_client.get("/bulk"))
    drafted(session, "unhold", ids)
    bulk_runner.start(session, "hold", ids, {"reason": "x"}, now=NOW, actor="cli")
    session.commit()

    page = plain(owner_client.get("/bulk"))

    assert "Put on hold Running 4 0 0 0 Command line" in page
    assert "Unhold" not in page
    assert "1 bulk action" in page


def test_the_page_costs_as_many_statements_for_many_rows_as_for_one(owner_client, session, ids):
    def cost(action_id):
        seen = []
        listen = (db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        event.listen(*listen)
        try:
            owner_client.get(f"/bulk/{action_id}")
        finally:
            event.remove(*listen)
        return len([one for one in seen if not one.startswith(("BEGIN", "PRAGMA"))])

    few = cost(started(session, "hold", ids[:1], {"reason": "x"}))
    # Whose session it is, the bulk action, its rows, their numbers, who asked for it.
    assert few == 5
    assert cost(started(session, "hold", ids * 30, {"reason": "x"})) == few


def test_a_reason_of_many_speaks_of_no_single_buyer(owner_client, session, ids):
    page = plain(owner_client.get(f"/bulk/{drafted(session, 'cancel', ids)}"))

    assert "unless the buyer asked through Amazon" in page
    assert "this buyer" not in page
