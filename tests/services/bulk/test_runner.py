"""One thing done to many: each row once, with its result, whatever happens to the worker."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.support.factories import NOW
from tests.support.order_processing import AUDIT_ARGS, create_seven_orders, expect_refusal, run_concurrently
from webapp.core.extensions import db
from webapp.domain import bulk_states
from webapp.domain.errors import RefusedError
from webapp.models.audit_log import Event
from webapp.models.bulk_actions import BulkRow
from webapp.models.comments import Comment
from webapp.models.documents import Invoice
from webapp.models.orders import Order
from webapp.services.bulk import registry as bulk_registry
from webapp.services.bulk import runner as bulk_runner
from webapp.services.bulk.handlers import BulkHandler, Outcome
from webapp.services.orders import holds
from webapp.services.submissions import cancellations

pytestmark = pytest.mark.both_databases


@pytest.fixture
def orders(session):
    return create_seven_orders(session)


@pytest.fixture
def run(session):
    def run(action, *, turn=timedelta(minutes=5)):
        more = bulk_runner.process_rows(session, action.id, lambda: NOW, time_slice=turn)
        session.expire_all()
        return more

    return run


@pytest.fixture
def a_kind(monkeypatch):
    """Registers a kind of the test's own."""

    def register(do, **more):
        kind = BulkHandler("probe", "orders.write", do, **more)
        monkeypatch.setitem(bulk_registry.HANDLERS, "probe", kind)
        return kind

    return register


def outcomes(session, action):
    session.expire_all()
    rows = session.scalars(select(BulkRow).where(BulkRow.action_id == action.id).order_by(BulkRow.id))
    return [(row.state, row.outcome) for row in rows]


def counts(action):
    return action.total, action.done, action.failed, action.skipped


def test_each_row_is_done_by_its_verb_and_tells_how_it_went(session, orders, run):
    holds.hold(session, orders[1].id, "stays", **AUDIT_ARGS)
    action = bulk_runner.start(session, "hold", [order.id for order in orders[:3]], {"reason": "stock"}, **AUDIT_ARGS)

    assert not run(action)

    assert outcomes(session, action) == [
        ("done", "order_held_past_ship_by"),
        ("failed", "cannot_hold"),
        ("done", "order_held_past_ship_by"),
    ]
    assert (action.state, counts(action), action.waiting) == (bulk_states.ENDED, (3, 2, 1, 0), 0)
    assert [order.state for order in orders] == ["holded"] * 3 + ["new"] * 3 + ["processing"]
    assert session.scalar(select(func.count(Comment.id)).where(Comment.text == "stock")) is not None


def test_a_row_knows_the_number_of_what_was_written(session, orders, run):
    action = bulk_runner.start(session, "invoice", [orders[0].id, orders[0].id], **AUDIT_ARGS)

    run(action)

    first, second = session.scalars(select(BulkRow).order_by(BulkRow.id)).all()
    number = session.scalars(select(Invoice.number)).one()
    assert (first.outcome, first.outcome_args) == ("bulk_invoiced", {"number": number})
    assert (second.state, second.outcome) == ("failed", "nothing_to_invoice")


def test_what_is_frozen_stays_frozen(session, orders, run):
    """What comes to match the filter later is not in it."""
    action = bulk_runner.create_draft(session, "invoice", [orders[0].id], **AUDIT_ARGS)

    assert (action.state, run(action)) == (bulk_states.DRAFT, False)
    bulk_runner.begin(session, action.id, {}, **AUDIT_ARGS)
    run(action)

    assert session.scalars(select(Invoice.order_id)).all() == [orders[0].id]
    assert expect_refusal(lambda: bulk_runner.begin(session, action.id, {}, **AUDIT_ARGS))[0] == "bulk_begun"


def test_a_turn_ends_and_the_next_goes_on(session, orders, a_kind):
    done = []
    a_kind(lambda _session, task: done.append(task.subject_id) or Outcome("order_held"))
    ids = [order.id for order in orders]
    action = bulk_runner.start(session, "probe", ids, **AUDIT_ARGS)
    clock = iter(NOW + timedelta(seconds=n) for n in range(100))

    more = bulk_runner.process_rows(session, action.id, lambda: next(clock), time_slice=timedelta(seconds=5))

    assert (more, done) == (True, ids[:2])
    assert not bulk_runner.process_rows(session, action.id, lambda: NOW)
    assert done == ids


def test_a_worker_that_dies_within_a_row_leaves_nothing_of_it(session, orders, run, monkeypatch):
    """The invoice was committed by its verb, yet it is gone with the transaction of the row."""

    class Killed(BaseException):
        pass

    def die(_point):
        raise Killed

    action = bulk_runner.start(session, "invoice", [orders[0].id, orders[1].id], **AUDIT_ARGS)
    with monkeypatch.context() as patch:
        patch.setattr(bulk_runner, "crash", die)
        with pytest.raises(Killed):
            run(action)

    assert session.scalars(select(Invoice.id)).all() == []
    assert outcomes(session, action) == [("waiting", None)] * 2
    run(action)
    assert outcomes(session, action) == [("done", "bulk_invoiced")] * 2
    assert session.scalars(select(Invoice.number)).all() == ["100001", "100002"]


def test_two_workers_share_the_rows(app, session, orders, a_kind):
    """Each row is done once, whoever does it."""
    action = bulk_runner.start(session, "invoice", [order.id for order in orders[:6]], **AUDIT_ARGS)
    id_ = action.id
    session.commit()

    assert run_concurrently(app, *[lambda s: bulk_runner.process_rows(s, id_, lambda: NOW)] * 3) == ["done"] * 3

    bulk_runner.process_rows(session, id_, lambda: NOW)
    session.expire_all()
    assert (action.state, counts(action)) == (bulk_states.ENDED, (6, 6, 0, 0))
    assert session.scalar(select(func.count(Invoice.id))) == 6


def test_a_verb_that_breaks_fails_its_row_alone_and_leaves_nothing_of_it(session, orders, run, a_kind, caplog):
    second = orders[1].id

    def break_on_the_second(inner, task):
        inner.get_one(Order, task.subject_id).status = "touched"
        inner.commit()
        if task.subject_id == second:
            raise ZeroDivisionError
        return Outcome("order_held")

    a_kind(break_on_the_second)
    action = bulk_runner.start(session, "probe", [order.id for order in orders[:3]], **AUDIT_ARGS)

    run(action)

    assert [state for state, _ in outcomes(session, action)] == ["done", "failed", "done"]
    assert outcomes(session, action)[1] == ("failed", "bulk_row_broke")
    assert "ZeroDivisionError" in caplog.text
    assert [order.status for order in orders[:3]] == ["touched", "", "touched"]
    assert counts(action) == (3, 2, 1, 0)


def test_the_submission_of_a_row_is_logged_when_the_row_is_committed(session, orders, run, a_kind, caplog):
    ids, numbers = zip(*((order.id, order.amazon_order.number) for order in orders[:2]), strict=True)

    def request_and_break_on_the_second(inner, task):
        order = inner.get_one(Order, task.subject_id)
        cancellations.request(inner, order.amazon_order_id, "NoInventory", undo_seconds=60, now=NOW, actor="user:1")
        assert not [line for line in caplog.messages if order.amazon_order.number in line]
        if task.subject_id == ids[1]:
            raise ZeroDivisionError
        return Outcome("order_held")

    a_kind(request_and_break_on_the_second)
    action = bulk_runner.start(session, "probe", ids, **AUDIT_ARGS)
    with caplog.at_level(logging.INFO, "webapp"):
        run(action)
    assert [number for number in numbers if any(number in line for line in caplog.messages)] == [numbers[0]]


def test_failed_rows_alone_are_tried_again(session, orders, run):
    holds.hold(session, orders[1].id, "stays", **AUDIT_ARGS)
    action = bulk_runner.start(session, "hold", [order.id for order in orders[:2]], {"reason": "stock"}, **AUDIT_ARGS)
    run(action)
    holds.unhold(session, orders[1].id, **AUDIT_ARGS)

    bulk_runner.retry_failed(session, action.id, **AUDIT_ARGS)
    assert (action.state, action.waiting) == (bulk_states.RUNNING, 1)
    retried = session.scalars(select(Event).where(Event.kind == "bulk_retried")).one()
    assert (retried.actor, retried.args) == ("user:1", {"bulk": action.id, "count": 1})
    run(action)

    assert counts(action) == (2, 2, 0, 0)
    tries = session.scalars(select(BulkRow.tries).order_by(BulkRow.id)).all()
    assert tries == [1, 2]
    assert (
        expect_refusal(lambda: bulk_runner.retry_failed(session, action.id, **AUDIT_ARGS))[0] == "bulk_nothing_failed"
    )


def test_what_has_not_begun_or_is_not_there_is_not_tried_again(session, orders):
    action = bulk_runner.create_draft(session, "hold", [orders[0].id], **AUDIT_ARGS)

    assert expect_refusal(lambda: bulk_runner.retry_failed(session, action.id, **AUDIT_ARGS)) == ("bulk_not_begun", {})
    for verb in (bulk_runner.retry_failed, bulk_runner.cancel):
        unknown = action.id + 1
        assert expect_refusal(lambda verb=verb, id_=unknown: verb(session, id_, **AUDIT_ARGS)) == (
            "bulk_unknown",
            {"name": unknown},
        )


def test_the_rest_can_be_stopped_and_what_is_done_stays(session, orders, a_kind):
    a_kind(lambda _session, _task: Outcome("order_held"))
    action = bulk_runner.start(session, "probe", [order.id for order in orders[:4]], **AUDIT_ARGS)
    clock = iter(NOW + timedelta(seconds=n) for n in range(100))
    bulk_runner.process_rows(session, action.id, lambda: next(clock), time_slice=timedelta(seconds=3))

    bulk_runner.cancel(session, action.id, **AUDIT_ARGS)

    assert (action.state, counts(action)) == (bulk_states.STOPPED, (4, 1, 0, 3))
    assert not bulk_runner.process_rows(session, action.id, lambda: NOW)
    assert outcomes(session, action)[1:] == [("skipped", "bulk_stopped")] * 3
    assert expect_refusal(lambda: bulk_runner.cancel(session, action.id, **AUDIT_ARGS))[0] == "bulk_ended"


@pytest.mark.parametrize(
    ("error", "code"),
    [(RefusedError("nothing_to_print", number="100001"), "nothing_to_print"), (ZeroDivisionError(), "bulk_row_broke")],
)
def test_what_cannot_be_finished_has_failed_and_can_be_tried_again(session, orders, run, a_kind, error, code):
    ends = [error, None]

    def finish(*_):
        if (wrong := ends.pop(0)) is not None:
            raise wrong

    a_kind(lambda _session, _task: Outcome("order_held"), finish=finish)
    action = bulk_runner.start(session, "probe", [order.id for order in orders[:2]], **AUDIT_ARGS)

    assert not run(action)

    assert (action.state, counts(action)) == (bulk_states.ENDED, (2, 0, 2, 0))
    assert outcomes(session, action) == [("failed", code)] * 2
    bulk_runner.retry_failed(session, action.id, **AUDIT_ARGS)
    assert not run(action)
    assert (action.state, counts(action), ends) == (bulk_states.ENDED, (2, 2, 0, 0), [])


def test_a_kind_may_finish_when_no_row_is_left(session, orders, a_kind):
    finished = []
    a_kind(lambda _session, _task: Outcome("order_held"), finish=lambda _s, id_, _now: finished.append(id_))
    action = bulk_runner.start(session, "probe", [order.id for order in orders[:2]], **AUDIT_ARGS)
    clock = iter(NOW + timedelta(seconds=n) for n in range(100))

    assert bulk_runner.process_rows(session, action.id, lambda: next(clock), time_slice=timedelta(seconds=3))
    assert finished == []
    bulk_runner.process_rows(session, action.id, lambda: NOW)
    assert finished == [action.id]


def test_rows_may_have_args_of_their_own(session, orders, run, a_kind):
    seen = []
    a_kind(lambda _session, task: seen.append(task.args) or Outcome("order_held"))
    rows = [(orders[0].id, {"number": "TRACK1"}), (orders[0].id, {"number": "TRACK2"})]

    run(bulk_runner.start(session, "probe", rows, {"carrier": "DHL"}, **AUDIT_ARGS))

    assert seen == [{"carrier": "DHL", "number": "TRACK1"}, {"carrier": "DHL", "number": "TRACK2"}]


def test_a_reason_is_a_persons_word_and_stays_encrypted(session, orders):
    bulk_runner.start(session, "hold", [orders[0].id], {"reason": "the buyer is away"}, **AUDIT_ARGS)

    with db.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT args FROM bulk_actions").one()
    assert b"buyer" not in bytes(row[0])


def test_it_stands_in_the_audit(session, orders, run):
    run(bulk_runner.start(session, "hold", [orders[0].id], {"reason": "x"}, **AUDIT_ARGS))

    events = session.execute(select(Event.kind, Event.args).where(Event.kind.startswith("bulk_")).order_by(Event.id))
    assert [(row.kind, row.args) for row in events] == [
        ("bulk_started", {"bulk": 1, "name": "hold", "count": 1}),
        ("bulk_finished", {"bulk": 1, "done": 1, "failed": 0, "skipped": 0}),
    ]
