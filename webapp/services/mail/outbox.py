"""Writing to buyers: a row in the outbox, in the transaction of what it tells of; sending is `sending_mails`."""

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

# What was bought earlier was confirmed by Amazon long ago.
NEWS = timedelta(days=2)


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
    """Queue the mail that tells the buyer of a document or a comment. Does not commit.

    Raises InvalidError where the buyer cannot be written to: what it tells of is then not written either.
    """
    check(session, order)
    session.flush()
    mail = _row(order, kind, now, actor, document_id=document_id, comment_id=comment.id if comment else None)
    return _add(session, mail)


def check(session: Session, order: Order) -> None:
    """Raises InvalidError where the buyer cannot be written to."""
    refusal = queries.cannot_mail_reason(session, order)
    if refusal:
        raise InvalidError(refusal, field="notify")


def write(
    session: Session,
    order: Order,
    kind: str,
    document_id: int | None = None,
    text: tuple[str, str] | None = None,
    *,
    anyway: bool = False,
    once: str | None = None,
    attach: bool = True,
    now: datetime,
    actor: str,
) -> Mail:
    """Queue a mail somebody asked for. Commits. `text`: subject and body as written; None lets the template write it.

    `anyway`: also where the text leads away from Amazon. `once`: the number of the form it came from; the second of two
    sendings answers the first one's mail. Raises RefusedError where the buyer cannot be written to or the same mail is
    on its way, InvalidError for what cannot be sent.
    """
    sent_before = session.scalar(select(Mail).where(Mail.idempotency_key == once)) if once else None
    if sent_before is not None:
        return sent_before
    refusal = queries.cannot_mail_reason(session, order)
    if refusal:
        raise RefusedError(refusal)
    if text is None:
        _check_open(session, order, kind, document_id)
    else:
        text = mail_states.clean_text(*text)
        away = external_links.leading_away("\n".join(text))
        if away and not anyway:
            raise InvalidError("mail_leads_away", field="anyway", places=", ".join(away))
    mail = _row(order, kind, now, actor, document_id=document_id, idempotency_key=once)
    mail.attach = attach and document_id is not None
    if text is not None:
        mail.subject, mail.body = text
    return _commit(session, mail)


def write_message(
    session: Session, order: Order, kind: str, text: str, *, once: str | None = None, now: datetime, actor: str
) -> Mail:
    """Queue a message through Amazon's Messaging. Commits. Raises InvalidError for what Amazon would not take."""
    sent_before = session.scalar(select(Mail).where(Mail.idempotency_key == once)) if once else None
    if sent_before is not None:
        return sent_before
    body = mail_states.clean_message(kind, text)
    offer = queries.offer(session, order.amazon_order_id)
    if offer is None or kind not in offer.kinds.split(","):
        raise RefusedError("message_not_allowed")
    mail = _row(order, kind, now, actor, idempotency_key=once)
    mail.via, mail.recipient, mail.body = mail_states.AMAZON, None, body
    return _commit(session, mail)


def retry(session: Session, mail_id: int, *, now: datetime, actor: str) -> Mail:
    """Put it in line again, as a person decided. Commits. Raises RefusedError where it has not failed."""
    mail = _locked(session, mail_id, "retry")
    move(mail, "retry", now)
    mail.tries, mail.due_at, mail.queued_at = 0, now, now
    mail.cause = mail.error_message = None
    log_event(session, "mail_retried", mail, now=now, actor=actor)
    session.commit()
    return mail


def drop(session: Session, mail_id: int, *, now: datetime, actor: str) -> Mail:
    """Send it never. Commits. Raises RefusedError for one that is being sent, or was."""
    mail = _locked(session, mail_id, "drop")
    move(mail, "drop", now)
    log_event(session, "mail_dropped", mail, now=now, actor=actor)
    session.commit()
    return mail


def retry_all(session: Session, *, now: datetime, actor: str) -> int:
    """Put every mail that failed in line again, but none that may have arrived; answers how many. Commits each."""
    failed = list(session.scalars(select(Mail.id).where(Mail.state == mail_states.FAILED).order_by(Mail.id)))
    session.rollback()
    done = 0
    for mail_id in failed:
        try:
            retry(session, mail_id, now=now, actor=actor)
        except RefusedError:
            # Somebody was quicker.
            continue
        done += 1
    return done


def confirm_many(
    session: Session,
    due: Sequence[tuple[int, AmazonOrder, Store]],
    ids: Sequence[int],
    *,
    now: datetime,
    actor: str,
) -> None:
    """Queue the confirmation of new Orders whose stores want one. Does not commit. `due` as `orders.create_many`.

    Only for what was bought just now and is shipped by the merchant: after a backfill nobody waits for a confirmation.
    """
    wanted = [
        (id_, mirror_id, order, store)
        for (mirror_id, order, store), id_ in zip(due, ids, strict=True)
        if store.order_mails
        and order.fulfilled_by == statuses.MERCHANT
        and order.purchased_at > now - NEWS
        and mail_states.is_deliverable(order.buyer.email if order.buyer else None)
    ]
    if not wanted or queries.server_row(session) is None:
        return
    rows: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for mail_id, (id_, mirror_id, order, store) in zip(allocate_ids(session, Mail, len(wanted)), wanted, strict=True):
        about = {"order_id": id_, "store_id": store.id}
        row = about | {"id": mail_id, "via": mail_states.EMAIL, "kind": mail_states.ORDER, "language": store.language}
        row |= {
            "recipient": order.buyer.email if order.buyer else None,
            "attach": False,
            "state": mail_states.QUEUED,
            "tries": 0,
        }
        rows.append(row | {"actor": actor} | dict.fromkeys(("due_at", "created_at", "queued_at", "changed_at"), now))
        args = {"mail": mail_id, "mail_kind": mail_states.ORDER}
        told.append(
            about | {"at": now, "actor": actor, "kind": "mail_queued", "args": args, "amazon_order_id": mirror_id}
        )
    insert_many(session, Mail, rows)
    insert_many(session, Event, told)


def move(mail: Mail, name: str, now: datetime) -> None:
    """Apply a transition; an ended mail is no longer due. Raises InvalidTransition."""
    mail.state = mail_states.check(name, mail.state).to_state
    mail.changed_at = now
    if mail.state not in {mail_states.QUEUED, mail_states.SENDING}:
        mail.due_at = None


def log_event(session: Session, event: str, mail: Mail, *, now: datetime, actor: str) -> None:
    """The event of what became of a mail, on its order. Does not commit."""
    args: dict[str, Any] = {"mail": mail.id, "mail_kind": mail.kind}
    if mail.cause:
        args["cause"] = mail.cause
    audit_log.record_on_order(session, event, mail.order, now=now, actor=actor, **args)


def _row(order: Order, kind: str, now: datetime, actor: str, **more: Any) -> Mail:
    return Mail(
        order=order,
        store_id=order.store_id,
        via=mail_states.EMAIL,
        kind=kind,
        language=order.store.language,
        recipient=order.email,
        attach=more.get("document_id") is not None,
        state=mail_states.QUEUED,
        due_at=now,
        tries=0,
        actor=actor,
        created_at=now,
        queued_at=now,
        changed_at=now,
        **more,
    )


def _add(session: Session, mail: Mail) -> Mail:
    session.add(mail)
    session.flush()
    log_event(session, "mail_queued", mail, now=mail.created_at, actor=mail.actor)
    return mail


def _commit(session: Session, mail: Mail) -> Mail:
    once = mail.idempotency_key
    try:
        _add(session, mail)
        session.commit()
    except IntegrityError:
        # The same form over two connections at the same moment: the other one wrote it.
        session.rollback()
        return session.scalars(select(Mail).where(Mail.idempotency_key == once)).one()
    return mail


def _check_open(session: Session, order: Order, kind: str, document_id: int | None) -> None:
    # SQLAlchemy says IS NULL for None.
    same = select(Mail.id).where(Mail.order_id == order.id, Mail.kind == kind, Mail.document_id == document_id)
    if session.scalar(same.where(Mail.state.in_((mail_states.QUEUED, mail_states.SENDING))).limit(1)) is not None:
        raise RefusedError("mail_on_its_way")


def _locked(session: Session, mail_id: int, name: str) -> Mail:
    mail = session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None:
        session.rollback()
        raise NotFoundError("mail_not_there", name=mail_id)
    if not mail_states.is_allowed(name, mail.state):
        session.rollback()
        raise RefusedError(f"mail_cannot_{name}")
    return mail
