"""Coming in with a password, and keeping those out who guess.

Each try is written down as failed before the password is looked at, so that guesses sent at the same moment count
each other. Hashing takes tens of milliseconds and stands outside every transaction: it would hold up all writers.
"""

import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.db.encryption import vault
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.users.credentials import LONGEST_PASSWORD, normal_email
from webapp.models.users import SignInAttempt, User
from webapp.queries.users import sign_in_account
from webapp.services.users.users import update_hash

FAILURES_PER_ACCOUNT = 10
# Failures older than this are forgotten; the lock itself holds for LOCK after the last one.
MEMORY = timedelta(hours=1)
LOCK = timedelta(minutes=30)
FAILURES_PER_ADDRESS = 30
ADDRESS_WINDOW = timedelta(minutes=15)

# (password, stored hash or None) -> (whether it is right, a better hash to store or None)
Verify = Callable[[str, str | None], tuple[bool, str | None]]


def sign_in(session: Session, email: str, password: str, address: str, verify: Verify, now: datetime) -> User:
    """The user with this address and password. Unknown, disabled and wrong all raise the same InvalidError.

    Raises RefusedError while the account or the visitor's address is locked, whatever the password.
    """
    email = normal_email(email)
    attempt, user_id, stored = _admit(session, email, address, now)
    right, better = verify(password[: LONGEST_PASSWORD + 1], stored)
    if not right or user_id is None:
        raise InvalidError("sign_in_wrong")
    if better is not None:
        update_hash(session, user_id, better)
    session.get_one(SignInAttempt, attempt).outcome = "signed_in"
    user = session.get_one(User, user_id)
    session.commit()
    return user


def note_link(session: Session, email: str, address: str, now: datetime) -> None:
    """Write down that somebody came in by a link. It also ends a lock: whoever makes links may."""
    session.add(SignInAttempt(at=now, account=sign_in_account(email), address=_network(address), outcome="by_link"))
    session.commit()


def _admit(session: Session, email: str, address: str, now: datetime) -> tuple[int, int | None, str | None]:
    """(attempt, user id, stored hash), after writing the attempt down. Raises RefusedError when locked."""
    # PostgreSQL lets two transactions count at once; the lock on the user's row makes the second one wait.
    user = session.execute(
        select(User.id, User.password).where(User.email == email, User.active).with_for_update()
    ).one_or_none()
    account, network = sign_in_account(email), _network(address)
    until = _locked_until(session, account, network, now)
    if until is not None:
        session.rollback()
        raise RefusedError("sign_in_locked", minutes=-(-(until - now) // timedelta(minutes=1)))
    attempt = SignInAttempt(at=now, account=account, address=network, outcome="failed")
    session.add(attempt)
    session.flush()
    number = attempt.id
    session.commit()
    return (number, user.id, user.password) if user else (number, None, None)


def _locked_until(session: Session, account: bytes, network: bytes, now: datetime) -> datetime | None:
    """When the account, or else the address, is free again; None when both are."""
    failed = SignInAttempt.outcome == "failed"
    came_in = session.scalar(
        select(func.max(SignInAttempt.at)).where(SignInAttempt.account == account, ~failed)
    ) or datetime.fromtimestamp(0, now.tzinfo)
    # A lock began up to LOCK ago, and counts the failures of the hour before it, not of the hour before now.
    since = max(came_in, now - MEMORY - LOCK)
    recent = select(SignInAttempt.at).where(failed).order_by(SignInAttempt.at.desc())
    tries = session.scalars(
        recent.where(SignInAttempt.account == account, SignInAttempt.at > since).limit(FAILURES_PER_ACCOUNT)
    ).all()
    within_memory = len(tries) == FAILURES_PER_ACCOUNT and tries[0] - tries[-1] < MEMORY
    if within_memory and tries[0] + LOCK > now:
        return tries[0] + LOCK
    tries = session.scalars(
        recent.where(SignInAttempt.address == network, SignInAttempt.at > now - ADDRESS_WINDOW).limit(
            FAILURES_PER_ADDRESS
        )
    ).all()
    return tries[-1] + ADDRESS_WINDOW if len(tries) == FAILURES_PER_ADDRESS else None


def _network(address: str) -> bytes:
    """One visitor of IPv6 owns a whole /64, so that is what counts as an address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # A Unix socket has no address; all its visitors count as one.
        return vault.hash(f"sign-in address {address}")
    if parsed.version == 6:
        return vault.hash(f"sign-in address {ipaddress.ip_network((parsed, 64), strict=False)}")
    return vault.hash(f"sign-in address {parsed}")
