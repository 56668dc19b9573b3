"""Writing about an Order: a comment by itself, with the store's word for it, or one that goes with a document."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.errors import InvalidError
from webapp.domain.orders import state_machine as order_states
from webapp.models.comments import Comment
from webapp.models.orders import Order
from webapp.services import audit_log
from webapp.services.mail import outbox as mail_outbox
from webapp.services.orders import editing as order_editing

LONGEST = 5000


def create(
    session: Session,
    order_id: int,
    text: str,
    *,
    notify: bool = False,
    status: str | None = None,
    now: datetime,
    actor: str,
    **about: int,
) -> Comment:
    """Write a comment. Commits. `status`: the store's own word within the state, "" for none, None to leave it.

    `about`: the document it stands on, as for `write`. Raises InvalidError: nothing written, too long, a word the store
    does not have for this state.
    """
    with order_editing.edit_order(session, order_id) as order:
        if status is not None:
            _set_status(session, order, status, now=now, actor=actor)
        comment = write(session, order, text, notify=notify, now=now, actor=actor, **about)
        if comment is None:
            raise InvalidError("comment_required", field="comment")
        session.flush()
        kind = "order_commented_notify" if notify else "order_commented"
        audit_log.record_on_order(session, kind, order, now=now, actor=actor, comment=comment.id)
        if notify:
            mail_outbox.queue_document(session, "comment", order, None, comment=comment, now=now, actor=actor)
    return comment


def write(
    session: Session, order: Order, text: str, *, notify: bool = False, now: datetime, actor: str, **about: int
) -> Comment | None:
    """The comment that goes with something else, None where nothing was written. Does not commit.

    `about`: the document it stands on (`invoice_id`, `shipment_id`, `credit_memo_id`). Raises InvalidError.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise InvalidError("text_too_long", field="comment", most=LONGEST)
    if not text:
        return None
    comment = Comment(order_id=order.id, text=text, notify=notify, at=now, actor=actor, **about)
    session.add(comment)
    return comment


def _set_status(session: Session, order: Order, status: str, *, now: datetime, actor: str) -> None:
    words = {"", order.store.processing_status} if order.state == order_states.PROCESSING else {""}
    if status not in words:
        raise InvalidError("status_unknown", field="status", word=status, state=order.state)
    if status == order.status:
        return
    order.status = status
    order.version += 1
    kind = "order_status_chosen" if status else "order_status_cleared"
    audit_log.record_on_order(session, kind, order, now=now, actor=actor, word=status, state=order.state)
