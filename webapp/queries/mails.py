"""Mails: the list of all, those of an order, and those due; senders, the mail server and templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from webapp.domain.errors import require
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.mail.mime import Sender, Server
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.audit_log import Event
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.mail_settings import MailSender, MailServer, MailTemplate
from webapp.models.mails import Mail, MessageOffer
from webapp.models.orders import Order
from webapp.models.shipments import Shipment
from webapp.models.stores import Store
from webapp.queries import fences
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid

Document = Invoice | Shipment | CreditMemo
# Document model by the kind of mail that sends it.
MODELS: Mapping[str, type[Any]] = {
    mail_states.INVOICE: Invoice,
    mail_states.SHIPMENT: Shipment,
    mail_states.CREDIT_MEMO: CreditMemo,
}

# Columns instead of entities, so that nothing is decrypted that no row shows.
GRID = Grid(
    select=select(
        Mail.id,
        Mail.via,
        Mail.kind,
        Mail.state,
        Mail.cause,
        Mail.tries,
        Mail.due_at,
        Mail.created_at,
        Mail.sent_at,
        Mail.actor,
        Order.number.label("number"),
        Store.name.label("store"),
        Store.marketplace_id.label("marketplace_id"),
    )
    .join(Order, Order.id == Mail.order_id)
    .join(Store, Store.id == Mail.store_id),
    id=Mail.id,
    columns=(
        Column("created", Mail.created_at, descending=True),
        *map(Column, ("kind", "number", "store", "state", "said")),
    ),
    filters={
        "number": lambda text: search.number_contains(Order.number, text),
        "state": Mail.state.in_,
        "ids": Mail.id.in_,
        "kind": lambda kind: Mail.kind == kind,
        "store": lambda slug: Store.slug == slug,
    },
    sort="-created",
)


def find(session: Session, mail_id: int) -> Mail:
    """Get a mail with its order and store. Raises NotFoundError."""
    parts = (joinedload(Mail.order).joinedload(Order.store), joinedload(Mail.order).joinedload(Order.amazon_order))
    return require(session.get(Mail, mail_id, options=parts), "mail_not_there", name=mail_id)


def list_for_order(session: Session, order_id: int) -> Sequence[Mail]:
    """List the mails to an order's buyer, newest first."""
    return session.scalars(select(Mail).where(Mail.order_id == order_id).order_by(Mail.id.desc())).all()


def count_in_state(session: Session, state: str) -> int:
    """Count the mails in this state."""
    return session.scalar(select(func.count()).select_from(Mail).where(Mail.state == state)) or 0


def list_events(session: Session, mail: Mail) -> Sequence[Event]:
    """List the history of a mail, newest first."""
    events = select(Event).where(Event.order_id == mail.order_id, Event.kind.like("mail%")).order_by(Event.id.desc())
    return [event for event in session.scalars(events) if event.args.get("mail") == mail.id]


def find_document(session: Session, mail: Mail) -> Document | None:
    """Find the document a mail is about, if any."""
    if mail.document_id is None or mail.kind not in MODELS:
        return None
    document: Document | None = session.get(MODELS[mail.kind], mail.document_id)
    return document


def list_latest(session: Session, filters: Mapping[str, Any], limit: int) -> Sequence[Any]:
    """List the latest rows for the command line. `filters`: values by the names of the list's filters."""
    rows = grid_fetch.select_filtered(session, GRID, filters)
    return session.execute(rows.order_by(Mail.id.desc()).limit(limit)).all()


def get_document(session: Session, kind: str, number: str) -> Document:
    """Get the document for a kind of mail by its number. Raises NotFoundError."""
    model = MODELS[kind]
    return require(session.scalar(select(model).where(model.number == number)), f"{kind}_unknown", number=number)


def list_documents(session: Session, order_id: int) -> list[tuple[str, int, str]]:
    """List (kind of mail, id, number) of every document of an order, oldest first."""
    return [
        (kind, row.id, row.number)
        for kind, model in MODELS.items()
        for row in session.execute(select(model.id, model.number).where(model.order_id == order_id).order_by(model.id))
    ]


def find_mail_refusal_reason(session: Session, order: Order) -> str | None:
    """Return the reason the order's buyer cannot get mail (a code of `messages`), or None."""
    return mail_states.find_block_reason(order.email, configured=find_server_row(session) is not None)


def find_server_row(session: Session) -> MailServer | None:
    return session.get(MailServer, 1)


def find_server(session: Session) -> Server | None:
    """Find the mail server, None if it is not configured."""
    row = find_server_row(session)
    if row is None:
        return None
    return Server(row.host, row.port, row.security, row.username, row.password or "", row.plain_sign_in)


def get_sender(session: Session, store_id: int | None = None) -> Sender:
    """Get the sender of a store's mails, or the common one. Raises NotFoundError without a server."""
    own = session.get(MailSender, store_id) if store_id is not None else None
    row = own or require(find_server_row(session), "mail_not_configured")
    return Sender(row.address, row.name, row.reply_to)


def get_sender_name(session: Session, store: Store) -> str:
    """Return the name a store signs its mails with."""
    own, common = session.get(MailSender, store.id), find_server_row(session)
    return (own.name if own else "") or (common.name if common else "") or store.name


def list_senders(session: Session) -> dict[int, MailSender]:
    """List the senders of stores that have their own, by store id."""
    return {row.store_id: row for row in session.scalars(select(MailSender))}


def list_changed_templates(session: Session) -> set[tuple[str, str]]:
    """List (kind, language) of every template that was changed."""
    return {(kind, language) for kind, language in session.execute(select(MailTemplate.kind, MailTemplate.language))}


def list_due_ids(session: Session, now: datetime, limit: int) -> list[int]:
    """List the ids of mails that are due, the longest waiting first."""
    waiting = select(Mail.id).where(Mail.due_at <= now, Mail.via == mail_states.EMAIL, fences.may_send(Mail))
    return list(session.scalars(waiting.order_by(Mail.due_at, Mail.id).limit(limit)))


def has_due(session: Session, now: datetime) -> bool:
    waiting = select(Mail.id).where(Mail.due_at <= now, Mail.via == mail_states.EMAIL, fences.may_send(Mail))
    return session.scalar(waiting.limit(1)) is not None


def list_accounts_with_messages(session: Session, now: datetime) -> list[int]:
    """List the ids of accounts with a message to send through Amazon, or an unanswered request for allowed ones."""
    sending = (
        select(Store.account_id)
        .join(Mail, Mail.store_id == Store.id)
        .where(Mail.due_at <= now, Mail.via == mail_states.AMAZON, fences.may_send(Mail))
    )
    requesting = (
        select(AmazonOrder.account_id)
        .join(MessageOffer, MessageOffer.amazon_order_id == AmazonOrder.id)
        .where(MessageOffer.answered_at.is_(None))
    )
    return sorted(set(session.scalars(sending)) | set(session.scalars(requesting)))


def find_offer(session: Session, amazon_order_id: int) -> MessageOffer | None:
    """Find the messages Amazon last allowed for an order."""
    return session.get(MessageOffer, amazon_order_id)
