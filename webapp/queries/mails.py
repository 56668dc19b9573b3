"""Reading mails: the grid over all of them, an order's, and what is due. Whether a buyer can be written to at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from webapp.domain.errors import NotFoundError
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
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid

Document = Invoice | Shipment | CreditMemo
# Documents by the kind of mail they go with.
MODELS: Mapping[str, type[Any]] = {
    mail_states.INVOICE: Invoice,
    mail_states.SHIPMENT: Shipment,
    mail_states.CREDIT_MEMO: CreditMemo,
}

# A row: columns instead of mails, so that nothing is decrypted that no row shows.
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
    """One with its order and store. Raises NotFoundError."""
    parts = (joinedload(Mail.order).joinedload(Order.store), joinedload(Mail.order).joinedload(Order.amazon_order))
    found = session.get(Mail, mail_id, options=parts)
    if found is None:
        raise NotFoundError("mail_not_there", name=mail_id)
    return found


def list_for_order(session: Session, order_id: int) -> Sequence[Mail]:
    """What was written to an order's buyer, newest first."""
    return session.scalars(select(Mail).where(Mail.order_id == order_id).order_by(Mail.id.desc())).all()


def count_in_state(session: Session, state: str) -> int:
    """How many mails are in this state."""
    return session.scalar(select(func.count()).select_from(Mail).where(Mail.state == state)) or 0


def list_events(session: Session, mail: Mail) -> Sequence[Event]:
    """What happened to it, newest first."""
    mine = select(Event).where(Event.order_id == mail.order_id, Event.kind.like("mail%")).order_by(Event.id.desc())
    return [event for event in session.scalars(mine) if event.args.get("mail") == mail.id]


def find_document(session: Session, mail: Mail) -> Document | None:
    """The document a mail is about, None where it has none."""
    if mail.document_id is None or mail.kind not in MODELS:
        return None
    found: Document | None = session.get(MODELS[mail.kind], mail.document_id)
    return found


def list_latest(session: Session, filters: Mapping[str, Any], limit: int) -> Sequence[Any]:
    """The latest rows of the grid, for the command line. `filters` by the names of the grid."""
    wanted = GRID.select.where(*(GRID.filters[name](value) for name, value in filters.items()))
    return session.execute(wanted.order_by(Mail.id.desc()).limit(limit)).all()


def get_document(session: Session, kind: str, number: str) -> Document:
    """The document of a kind of mail, by its number. Raises NotFoundError."""
    model = MODELS[kind]
    found: Document | None = session.scalar(select(model).where(model.number == number))
    if found is None:
        raise NotFoundError(f"{kind}_unknown", number=number)
    return found


def list_documents(session: Session, order_id: int) -> list[tuple[str, int, str]]:
    """(kind of mail, id, number) of every document of an order, oldest first."""
    return [
        (kind, row.id, row.number)
        for kind, model in MODELS.items()
        for row in session.execute(select(model.id, model.number).where(model.order_id == order_id).order_by(model.id))
    ]


def cannot_mail_reason(session: Session, order: Order) -> str | None:
    """Why the order's buyer cannot be written to (a code of `sentences`), None when they can."""
    return mail_states.why_not(order.email, configured=find_server_row(session) is not None)


def find_server_row(session: Session) -> MailServer | None:
    return session.get(MailServer, 1)


def find_server(session: Session) -> Server | None:
    """How mails leave, None while nobody has said so."""
    row = find_server_row(session)
    if row is None:
        return None
    return Server(row.host, row.port, row.security, row.username, row.password or "", row.plain_sign_in)


def get_sender(session: Session, store_id: int | None = None) -> Sender:
    """Who a store's mails are from: its own sender, or the common one. Raises NotFoundError without a server."""
    own = session.get(MailSender, store_id) if store_id is not None else None
    row = own or find_server_row(session)
    if row is None:
        raise NotFoundError("mail_not_configured")
    return Sender(row.address, row.name, row.reply_to)


def get_sender_name(session: Session, store: Store) -> str:
    """What a store signs its mails with."""
    own, common = session.get(MailSender, store.id), find_server_row(session)
    return (own.name if own else "") or (common.name if common else "") or store.name


def list_senders(session: Session) -> dict[int, MailSender]:
    """Store id → its own sender."""
    return {row.store_id: row for row in session.scalars(select(MailSender))}


def list_changed_templates(session: Session) -> set[tuple[str, str]]:
    """(kind, language) of every template a person has changed."""
    return {(kind, language) for kind, language in session.execute(select(MailTemplate.kind, MailTemplate.language))}


def list_due_ids(session: Session, now: datetime, limit: int) -> list[int]:
    """Ids of the mails to be looked at now, the longest waiting first."""
    waiting = select(Mail.id).where(Mail.due_at <= now, Mail.via == mail_states.EMAIL)
    return list(session.scalars(waiting.order_by(Mail.due_at, Mail.id).limit(limit)))


def has_due(session: Session, now: datetime) -> bool:
    waiting = select(Mail.id).where(Mail.due_at <= now, Mail.via == mail_states.EMAIL)
    return session.scalar(waiting.limit(1)) is not None


def list_accounts_with_messages(session: Session, now: datetime) -> list[int]:
    """Ids of the accounts with a message to send through Amazon, or asked which Amazon allows and not answered."""
    sending = (
        select(Store.account_id)
        .join(Mail, Mail.store_id == Store.id)
        .where(Mail.due_at <= now, Mail.via == mail_states.AMAZON)
    )
    asked = (
        select(AmazonOrder.account_id)
        .join(MessageOffer, MessageOffer.amazon_order_id == AmazonOrder.id)
        .where(MessageOffer.answered_at.is_(None))
    )
    return sorted(set(session.scalars(sending)) | set(session.scalars(asked)))


def find_offer(session: Session, amazon_order_id: int) -> MessageOffer | None:
    """What Amazon last said it allows for an order."""
    return session.get(MessageOffer, amazon_order_id)
