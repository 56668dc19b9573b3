from sqlalchemy import select, text

from tests.support.factories import a_store
from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import AUDIT_ARGS, create_processing_order, event_kinds, expect_refusal
from webapp.domain.shipping.parcels import Parcel
from webapp.messages import text_for
from webapp.models.accounts import Account
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.shipments import Shipment
from webapp.models.submissions import Submission
from webapp.services.accounts import stores
from webapp.services.orders import comments, holds
from webapp.services.shipping import shipments
from webapp.services.submissions import user_actions as submission_actions


def test_a_comment_is_kept_encrypted_and_stands_in_the_history(session):
    save_mail_server(session)
    order = create_processing_order(session)

    written = comments.create(session, order.id, " Called Buyer Number1 ", notify=True, **AUDIT_ARGS)

    assert (written.text, written.notify, written.actor) == ("Called Buyer Number1", True, "user:1")
    stored = session.execute(text("SELECT text FROM comments")).scalar_one()
    assert "Buyer" not in stored
    assert event_kinds(session, order) == ["order_commented_notify", "mail_queued"]
    entry = session.scalars(select(Event).where(Event.kind == "order_commented_notify")).one()
    assert entry.args == {"comment": written.id}


def test_a_comment_may_change_the_stores_own_word(session):
    order = create_processing_order(session)
    order.store.processing_status = "Pick today"
    session.commit()

    comments.create(session, order.id, "Go", status="Pick today", **AUDIT_ARGS)

    assert (order.state, order.status) == ("processing", "Pick today")
    assert expect_refusal(lambda: comments.create(session, order.id, "Go", status="Shipped", **AUDIT_ARGS)) == (
        "status_unknown",
        {"word": "Shipped", "state": "processing"},
    )
    comments.create(session, order.id, "Stop", status="", **AUDIT_ARGS)
    assert order.status == ""
    comments.create(session, order.id, "Still", status="", **AUDIT_ARGS)
    events = select(Event).where(Event.order_id == order.id, Event.kind.like("order_status_%")).order_by(Event.id)
    assert [text_for(one.kind, one.args) for one in session.scalars(events)] == [
        "Status set to Pick today",
        "Status set to Processing",
    ]
    holds.hold(session, order.id, "Wait", **AUDIT_ARGS)
    assert (
        expect_refusal(lambda: comments.create(session, order.id, "Go", status="Pick today", **AUDIT_ARGS))[0]
        == "status_unknown"
    )


def test_a_comment_says_something_and_not_too_much(session):
    order = create_processing_order(session)

    assert expect_refusal(lambda: comments.create(session, order.id, " \n ", **AUDIT_ARGS)) == ("comment_required", {})
    assert expect_refusal(lambda: comments.create(session, order.id, "x" * 5001, **AUDIT_ARGS)) == (
        "text_too_long",
        {"most": 5000},
    )
    assert expect_refusal(lambda: comments.create(session, 99, "Hello", **AUDIT_ARGS)) == (
        "order_unknown",
        {"number": 99},
    )


def test_a_deleted_store_takes_shipments_and_comments_along(session):
    order = create_processing_order(session)
    shipments.create(session, order.id, [Parcel(None, "DHL", "", "JJD01460000A1")], comment="Hello", **AUDIT_ARGS)
    store = a_store(session.scalars(select(Account)).one())
    submission_actions.undo(session, session.scalars(select(Submission.id)).one(), **AUDIT_ARGS)

    stores.delete_store(session, store, store.name, **AUDIT_ARGS)

    assert session.scalars(select(Shipment)).all() == []
    assert session.scalars(select(Comment)).all() == []
