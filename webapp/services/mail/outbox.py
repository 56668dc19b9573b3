"""The e-mail outbox: mails are queued in the transaction of the change they report. `sender` sends them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.db.bulk_write import allocate_ids, insert_many
from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import AmazonOrder
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.domain.mail import external_links
from webapp.domain.mail import state_machine as mail_states
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.queries import mails as queries
from webapp.services import audit_log

# Older orders get no confirmation: Amazon has confirmed them long ago.
MAX_ORDER_AGE = timedelta(days=2)


def queue_document(
    session: Session,
    kind: str,
    order: Order,
    document_id: int | None,
    *,
    comment: Comment | None = None,
    now: datetime,
    actor: str,
) -> Mail:
    """Queue the mail about a document or a comment. Does not commit.

    Raises InvalidError if the buyer cannot be contacted, so that the document is not created either.
    """
    check_recipient(session, order)
    session.flush()
    mail = _build_mail(order, kind, now, actor, document_id=document_id, comment_id=comment.id if comment else None)
    return _add(session, mail)


def check_recipient(session: Session, order: Order) -> None:
    """Raise InvalidError if the buyer cannot be contacted."""
    refusal = queries.find_mail_refusal_reason(session, order)
    if refusal:
        raise InvalidError(refusal, field="notify")


def queue_mail(
    session: Session,
    order: Order,
    kind: str,
    document_id: int | None = None,
    text: tuple[str, str] | None = None,
    *,
    force: bool = False,
    idempotency_key: str | None = None,
    attach: bool = True,
    now: datetime,
    actor: str,
) -> Mail:
    """Queue a mail requested by a user. Commits. `text`: subject and body; None uses the template.

    `force`: send it even if the text contains external links. `idempotency_key`: of the form; a second submit returns
    the mail of the first. Raises RefusedError if the buyer cannot be contacted or the same mail is already queued,
    InvalidError for an invalid text.
    """
    existing = session.scalar(select(Mail).where(Mail.idempotency_key == idempotency_key)) if idempotency_key else None
    if existing is not None:
        return existing
    refusal = queries.find_mail_refusal_reason(session, order)
    if refusal:
        raise RefusedError(refusal)
    if text is None:
        _check_not_queued(session, order, kind, document_id)
    else:
        text = mail_states.clean_text(*text)
        external = external_links.find_external_hosts("\n".join(text))
        if external and not force:
            raise InvalidError("mail_leads_away", field="force", places=", ".join(external))
    mail = _build_mail(order, kind, now, actor, document_id=document_id, idempotency_key=idempotency_key)
    mail.attach = attach and document_id is not None
    if text is not None:
        mail.subject, mail.body = text
    return _add_once(session, mail)


def queue_message(
    session: Session,
    order: Order,
    kind: str,
    text: str,
    *,
    idempotency_key: str | None = None,
    now: datetime,
    actor: str,
) -> Mail:
    """Queue a message through Amazon's Messaging. Commits. Raises InvalidError for a text Amazon would not accept."""
    existing = session.scalar(select(Mail).where(Mail.idempotency_key == idempotency_key)) if idempotency_key else None
    if existing is not None:
        return existing
    body = mail_states.clean_message(kind, text)
    offer = queries.find_offer(session, order.amazon_order_id)
    if offer is None or kind not in offer.kinds.split(","):
        raise RefusedError("message_not_allowed")
    mail = _build_mail(order, kind, now, actor, idempotency_key=idempotency_key)
    mail.via, mail.recipient, mail.body = mail_states.AMAZON, None, body
    return _add_once(session, mail)


def retry(session: Session, mail_id: int, *, now: datetime, actor: str) -> Mail:
    """Queue a mail again. Commits. Raises RefusedError if it has not failed."""
    mail = _load_locked(session, mail_id, "retry")
    apply_transition(mail, "retry", now)
    mail.tries, mail.due_at, mail.queued_at = 0, now, now
    mail.cause = mail.error_message = None
    record_event(session, "mail_retried", mail, now=now, actor=actor)
    session.commit()
    return mail


def discard(session: Session, mail_id: int, *, now: datetime, actor: str) -> Mail:
    """Discard a mail without sending it. Commits. Raises RefusedError if it is being sent or was sent."""
    mail = _load_locked(session, mail_id, "drop")
    apply_transition(mail, "drop", now)
    record_event(session, "mail_dropped", mail, now=now, actor=actor)
    session.commit()
    return mail


def retry_all(session: Session, *, now: datetime, actor: str) -> int:
    """Queue every failed mail again, but none that may have arrived; return how many. Commits each."""
    mail_ids = list(session.scalars(select(Mail.id).where(Mail.state == mail_states.FAILED).order_by(Mail.id)))
    session.rollback()
    retried = 0
    for mail_id in mail_ids:
        try:
            retry(session, mail_id, now=now, actor=actor)
        except RefusedError:
            # It was retried or discarded meanwhile.
            continue
        retried += 1
    return retried


def queue_order_confirmations(
    session: Session,
    orders: Sequence[tuple[int, AmazonOrder, Store]],
    order_ids: Sequence[int],
    *,
    now: datetime,
    actor: str,
) -> None:
    """Queue confirmations of new orders if their stores send them. Does not commit. `orders`: as for `create_many`.

    Only for recent orders shipped by the merchant: after a backfill nobody expects a confirmation.
    """
    selected = [
        (order_id, amazon_order_id, order, store)
        for (amazon_order_id, order, store), order_id in zip(orders, order_ids, strict=True)
        if store.order_mails
        and order.fulfilled_by == statuses.MERCHANT
        and order.purchased_at > now - MAX_ORDER_AGE
        and mail_states.is_deliverable(order.buyer.email if order.buyer else None)
    ]
    if not selected or queries.find_server_row(session) is None:
        return
    rows: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for mail_id, (order_id, amazon_order_id, order, store) in zip(
        allocate_ids(session, Mail, len(selected)), selected, strict=True
    ):
        columns = {"order_id": order_id, "store_id": store.id}
        row = columns | {"id": mail_id, "via": mail_states.EMAIL, "kind": mail_states.ORDER, "language": store.language}
        row |= {
            "recipient": order.buyer.email if order.buyer else None,
            "attach": False,
            "state": mail_states.QUEUED,
            "tries": 0,
        }
        rows.append(row | {"actor": actor} | dict.fromkeys(("due_at", "created_at", "queued_at", "changed_at"), now))
        args = {"mail": mail_id, "mail_kind": mail_states.ORDER}
        events.append(
            columns
            | {"at": now, "actor": actor, "kind": "mail_queued", "args": args, "amazon_order_id": amazon_order_id}
        )
    insert_many(session, Mail, rows)
    insert_many(session, Event, events)


def apply_transition(mail: Mail, name: str, now: datetime) -> None:
    """Apply a transition; an ended mail is no longer due. Raises InvalidTransition."""
    mail.state = mail_states.check(name, mail.state).to_state
    mail.changed_at = now
    if mail.state not in {mail_states.QUEUED, mail_states.SENDING}:
        mail.due_at = None


def record_event(session: Session, event: str, mail: Mail, *, now: datetime, actor: str) -> None:
    """Add a history entry about the mail to its order. Does not commit."""
    args: dict[str, Any] = {"mail": mail.id, "mail_kind": mail.kind}
    if mail.cause:
        args["cause"] = mail.cause
    audit_log.record_on_order(session, event, mail.order, now=now, actor=actor, **args)


def _build_mail(order: Order, kind: str, now: datetime, actor: str, **columns: Any) -> Mail:
    return Mail(
        order=order,
        store_id=order.store_id,
        via=mail_states.EMAIL,
        kind=kind,
        language=order.store.language,
        recipient=order.email,
        attach=columns.get("document_id") is not None,
        state=mail_states.QUEUED,
        due_at=now,
        tries=0,
        actor=actor,
        created_at=now,
        queued_at=now,
        changed_at=now,
        **columns,
    )


def _add(session: Session, mail: Mail) -> Mail:
    session.add(mail)
    session.flush()
    record_event(session, "mail_queued", mail, now=mail.created_at, actor=mail.actor)
    return mail


def _add_once(session: Session, mail: Mail) -> Mail:
    idempotency_key = mail.idempotency_key
    try:
        _add(session, mail)
        session.commit()
    except IntegrityError:
        # The same form was submitted twice at the same moment, and the other request has stored the mail.
        session.rollback()
        return session.scalars(select(Mail).where(Mail.idempotency_key == idempotency_key)).one()
    return mail


def _check_not_queued(session: Session, order: Order, kind: str, document_id: int | None) -> None:
    # SQLAlchemy compares with IS NULL if the value is None.
    same = select(Mail.id).where(Mail.order_id == order.id, Mail.kind == kind, Mail.document_id == document_id)
    if session.scalar(same.where(Mail.state.in_((mail_states.QUEUED, mail_states.SENDING))).limit(1)) is not None:
        raise RefusedError("mail_on_its_way")


def _load_locked(session: Session, mail_id: int, name: str) -> Mail:
    mail = session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None:
        session.rollback()
        raise NotFoundError("mail_not_there", name=mail_id)
    if not mail_states.is_allowed(name, mail.state):
        session.rollback()
        raise RefusedError(f"mail_cannot_{name}")
    return mail
