"""Drafts of bulk actions: which rows can be selected, their preview, and when unused drafts are deleted."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from tests.support.factories import NOW
from tests.support.order_processing import AUDIT_ARGS, create_seven_orders, expect_refusal
from webapp.core.extensions import db
from webapp.domain import bulk_states
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.services.bulk import registry as bulk_registry
from webapp.services.bulk import runner as bulk_runner
from webapp.services.orders import holds

pytestmark = pytest.mark.both_databases


@pytest.fixture
def orders(session):
    return create_seven_orders(session)


def test_none_and_too_many_are_refused(session, orders):
    assert expect_refusal(lambda: bulk_runner.start(session, "hold", [], **AUDIT_ARGS))[0] == "bulk_none"
    most = [orders[0].id] * (bulk_states.MOST_ROWS + 1)
    assert expect_refusal(lambda: bulk_runner.start(session, "hold", most, **AUDIT_ARGS))[0] == "bulk_too_many"
    assert expect_refusal(lambda: bulk_runner.start(session, "juggle", [1], **AUDIT_ARGS))[0] == "bulk_kind_unknown"


def test_what_nobody_confirmed_is_forgotten_after_a_day(session, orders):
    old = bulk_runner.create_draft(session, "hold", [orders[0].id], now=NOW - timedelta(days=2), actor="user:1").id
    young = bulk_runner.create_draft(session, "hold", [orders[0].id], **AUDIT_ARGS).id
    begun = bulk_runner.start(session, "hold", [orders[0].id], {"reason": "x"}, now=NOW - timedelta(9), actor="a").id

    bulk_runner.delete_drafts(session, now=NOW)

    assert session.scalars(select(BulkAction.id).order_by(BulkAction.id)).all() == [young, begun]
    assert old not in session.scalars(select(BulkRow.action_id)).all()


def test_a_stale_question_never_begins_a_later_action(session, orders):
    old = bulk_runner.create_draft(session, "hold", [orders[0].id], now=NOW - timedelta(days=2), actor="user:1").id
    bulk_runner.delete_drafts(session, now=NOW)
    new = bulk_runner.create_draft(session, "hold", [orders[1].id], **AUDIT_ARGS).id

    assert new != old
    bulk_runner.delete_drafts(session, now=NOW)
    assert session.scalars(select(BulkAction.id)).all() == [new]


def test_rows_that_cannot_be_done_are_listed_in_advance_with_their_reasons(session, orders):
    ids = [order.id for order in orders]
    holds.hold(session, ids[0], "x", **AUDIT_ARGS)

    def causes(kind):
        reasons = bulk_registry.get_handler(kind).find_skip_reasons(session, ids)
        return {(cause.code, cause.args.get("state")): cause.count for cause in reasons}

    assert causes("hold") == {("cannot_hold", "holded"): 1}
    assert causes("unhold") == {("cannot_unhold", "new"): 5, ("cannot_unhold", "processing"): 1}
    assert causes("invoice") == {("cannot_invoice", "holded"): 1}
    assert causes("cancel") == {("cancel_shipped", None): 1}


def test_asking_what_is_impossible_costs_the_same_for_many(session, orders):
    statements = []
    listen = (db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    event.listen(*listen)
    try:
        for kind in ("hold", "unhold", "cancel", "invoice"):
            bulk_registry.get_handler(kind).find_skip_reasons(session, [order.id for order in orders])
    finally:
        event.remove(*listen)
    assert len([one for one in statements if one.startswith("SELECT")]) == 5
