"""Messages to buyers through Amazon's Messaging API: load the allowed kinds, and send each message at most once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import leases, outgoing_calls
from webapp.domain.amazon.errors import AmazonError, BadCredentials, OutcomeUnknown
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.common import clocks
from webapp.domain.errors import require
from webapp.domain.mail import state_machine as domain
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.mails import Mail, MessageOffer
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.queries import fences
from webapp.services.accounts import accounts, locking
from webapp.services.mail import outbox as mail_outbox

Clock = Callable[[], datetime]

# What Amazon allows changes with the order; an answer is used for this long.
MAX_AGE = timedelta(minutes=10)
# Amazon's error messages are stored up to this length.
_MAX_LENGTH = 1000


def request_allowed(session: Session, order: Order, *, now: datetime) -> MessageOffer:
    """Request the message kinds Amazon allows for this order, unless they are fresh. Commits. A job calls Amazon."""
    offer = session.get(MessageOffer, order.amazon_order_id, with_for_update=True)
    if offer is None:
        offer = MessageOffer(amazon_order_id=order.amazon_order_id, requested_at=now, kinds="")
        session.add(offer)
    elif offer.answered_at is not None and (offer.cause or not is_fresh(offer, now)):
        offer.requested_at, offer.answered_at = now, None
        offer.cause = offer.error_message = None
    session.commit()
    return offer


def is_fresh(offer: MessageOffer, now: datetime) -> bool:
    """Return whether Amazon's answer is recent enough to be used."""
    return clocks.is_within(offer.answered_at, MAX_AGE, now)


def process_due(session: Session, gateway: AmazonGateway, account_id: int, *, clock: Clock) -> None:
    """Load requested kinds and send due messages. Calls Amazon, commits. Raises BusyError if already running."""
    owner = leases.acquire(session, leases.build_lease_name("messages", account_id), clock(), "messages_running")
    try:
        for amazon_order_id in _list_requested_order_ids(session, account_id):
            _load_allowed(session, gateway, amazon_order_id, clock)
            leases.renew(session, leases.build_lease_name("messages", account_id), owner, clock())
            session.commit()
        for mail_id in _list_due_mail_ids(session, account_id, clock()):
            _send(session, gateway, account_id, mail_id, owner, clock)
    finally:
        session.rollback()
        leases.release(session, leases.build_lease_name("messages", account_id), owner)


def _list_requested_order_ids(session: Session, account_id: int) -> list[int]:
    requested = (
        select(MessageOffer.amazon_order_id)
        .join(AmazonOrder, AmazonOrder.id == MessageOffer.amazon_order_id)
        .where(AmazonOrder.account_id == account_id, MessageOffer.answered_at.is_(None))
    )
    ids = list(session.scalars(requested.order_by(MessageOffer.requested_at)))
    session.rollback()
    return ids


def _list_due_mail_ids(session: Session, account_id: int, now: datetime) -> list[int]:
    due = select(Mail.id).join(Store, Store.id == Mail.store_id).where(Store.account_id == account_id)
    due = due.where(Mail.via == domain.AMAZON, Mail.due_at <= now, fences.may_send(Mail))
    ids = list(session.scalars(due.order_by(Mail.id)))
    session.rollback()
    return ids


def _load_allowed(session: Session, gateway: AmazonGateway, amazon_order_id: int, clock: Clock) -> None:
    order = session.get_one(AmazonOrder, amazon_order_id)
    number, marketplace_id = order.number, order.store.marketplace_id
    session.rollback()
    kinds, cause, message = "", None, None
    try:
        kinds = ",".join(gateway.allowed_messages(number, marketplace_id))
    except AmazonError as error:
        cause, message = error.cause, error.message[:_MAX_LENGTH]
    offer = session.get(MessageOffer, amazon_order_id, with_for_update=True)
    if offer is not None:
        offer.answered_at, offer.kinds, offer.cause, offer.error_message = clock(), kinds[:_MAX_LENGTH], cause, message
    session.commit()


def _send(session: Session, gateway: AmazonGateway, account_id: int, mail_id: int, owner: str, clock: Clock) -> None:
    mail = _load_locked(session, mail_id)
    if mail.state == domain.SENDING:
        # Left by a process that died: Amazon offers no way to check whether the buyer received it.
        mail.cause = "mail_interrupted"
        mail_outbox.apply_transition(mail, "lose", clock())
        mail_outbox.record_event(session, "mail_unknown", mail, now=clock(), actor="schedule")
        session.commit()
        return
    if mail.state != domain.QUEUED:
        session.rollback()
        return
    amazon_order = mail.order.amazon_order
    number, marketplace_id, kind, text = (
        amazon_order.number,
        amazon_order.store.marketplace_id,
        mail.kind,
        mail.body or "",
    )
    mail_outbox.apply_transition(mail, "send", clock())
    mail.tries += 1
    mail.due_at = clock() + domain.SILENT
    leases.renew(session, leases.build_lease_name("messages", account_id), owner, clock())
    outgoing_calls.count(session)
    session.commit()
    fault_points.crash("message.before_send")
    try:
        gateway.send_message(number, marketplace_id, kind, text)
        fault_points.crash("message.after_send")
    except AmazonError as error:
        _handle_error(session, account_id, mail_id, error, clock())
    else:
        mail = _load_locked(session, mail_id)
        mail.cause = mail.error_message = None
        mail.sent_at = clock()
        mail_outbox.apply_transition(mail, "sent", clock())
        mail_outbox.record_event(session, "mail_sent", mail, now=clock(), actor=mail.actor)
        session.commit()


def _handle_error(session: Session, account_id: int, mail_id: int, error: AmazonError, now: datetime) -> None:
    """Reschedule after a transient error. After a lost response it may have arrived and is not repeated."""
    session.rollback()
    locking.lock_orders(session, account_id)
    mail = _load_locked(session, mail_id)
    mail.cause, mail.error_message = error.cause, error.message[:_MAX_LENGTH]
    can_retry = (error.is_temporary or isinstance(error, BadCredentials)) and now - mail.queued_at < domain.LONGEST_WAIT
    if isinstance(error, OutcomeUnknown):
        mail.cause = "message_lost"
        mail_outbox.apply_transition(mail, "lose", now)
        mail_outbox.record_event(session, "mail_unknown", mail, now=now, actor="schedule")
    elif can_retry:
        mail_outbox.apply_transition(mail, "wait", now)
        mail.due_at = now + max(domain.retry_delay(mail.tries), timedelta(seconds=getattr(error, "wait", None) or 0))
    else:
        mail_outbox.apply_transition(mail, "fail", now)
        mail_outbox.record_event(session, "mail_failed", mail, now=now, actor="schedule")
    if isinstance(error, BadCredentials):
        accounts.record_failure(session.get_one(Account, account_id), error, now)
    session.commit()


def _load_locked(session: Session, mail_id: int) -> Mail:
    return require(
        session.get(Mail, mail_id, with_for_update=True, populate_existing=True), "mail_not_there", name=mail_id
    )
