"""Comments on orders: alone, with a change of the custom status, or with a document."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.errors import InvalidError
from webapp.domain.orders import state_machine as order_states
from webapp.models.comments import Comment
from webapp.models.orders import Order
from webapp.services import audit_log
from webapp.services.mail import outbox as mail_outbox
from webapp.services.orders import editing as order_editing

MAX_LENGTH = 5000


def create(
    session: Session,
    order_id: int,
    text: str,
    *,
    notify: bool = False,
    status: str | None = None,
    now: datetime,
    actor: str,
    **document: int,
) -> Comment:
    """Add a comment. Commits. `status`: the store's custom status within the state, "" for none, None for no change.

    `document`: as for `add_comment`. Raises InvalidError if the text is empty or too long, or for a status that the
    store does not have for this state.
    """
    with order_editing.edit_order(session, order_id) as order:
        if status is not None:
            _set_status(session, order, status, now=now, actor=actor)
        comment = add_comment(session, order, text, notify=notify, now=now, actor=actor, **document)
        if comment is None:
            raise InvalidError("comment_required", field="comment")
        session.flush()
        kind = "order_commented_notify" if notify else "order_commented"
        audit_log.record_on_order(session, kind, order, now=now, actor=actor, comment=comment.id)
        if notify:
            mail_outbox.queue_document(session, "comment", order, None, comment=comment, now=now, actor=actor)
    return comment


def add_comment(
    session: Session, order: Order, text: str, *, notify: bool = False, now: datetime, actor: str, **document: int
) -> Comment | None:
    """Add a comment as part of another change; return None if the text is empty. Does not commit.

    `document`: the document it belongs to (`invoice_id`, `shipment_id` or `credit_memo_id`). Raises InvalidError.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise InvalidError("text_too_long", field="comment", most=MAX_LENGTH)
    if not text:
        return None
    comment = Comment(order_id=order.id, text=text, notify=notify, at=now, actor=actor, **document)
    session.add(comment)
    return comment


def _set_status(session: Session, order: Order, status: str, *, now: datetime, actor: str) -> None:
    allowed = {"", order.store.processing_status} if order.state == order_states.PROCESSING else {""}
    if status not in allowed:
        raise InvalidError("status_unknown", field="status", word=status, state=order.state)
    if status == order.status:
        return
    order.status = status
    order.version += 1
    kind = "order_status_chosen" if status else "order_status_cleared"
    audit_log.record_on_order(session, kind, order, now=now, actor=actor, word=status, state=order.state)
