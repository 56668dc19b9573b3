"""Sign in with a password, with locks against guessing.

Each attempt is stored as failed before the password is checked, so that simultaneous attempts are counted. Hashing
takes tens of milliseconds and happens outside of transactions, since it would block all writers.
"""

import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.db.encryption import field_cipher
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.users.credentials import LONGEST_PASSWORD, normalize_email
from webapp.models.users import SignInAttempt, User
from webapp.queries.users import hash_account
from webapp.services.users.users import update_hash

FAILURES_PER_ACCOUNT = 10
# Failures older than this do not count; the lock lasts LOCK_TIME after the last failure.
FAILURE_WINDOW = timedelta(hours=1)
LOCK_TIME = timedelta(minutes=30)
FAILURES_PER_ADDRESS = 30
ADDRESS_WINDOW = timedelta(minutes=15)

# (password, stored hash or None) -> (whether it is right, a new hash to store or None)
Verify = Callable[[str, str | None], tuple[bool, str | None]]


def sign_in(session: Session, email: str, password: str, address: str, verify: Verify, now: datetime) -> User:
    """Return the user with this e-mail and password. Commits.

    Raises the same InvalidError for unknown and disabled users and wrong passwords, and RefusedError while the account
    or the network `address` is locked.
    """
    email = normalize_email(email)
    attempt_id, user_id, stored = _record_attempt(session, email, address, now)
    is_right, new_hash = verify(password[: LONGEST_PASSWORD + 1], stored)
    if not is_right or user_id is None:
        raise InvalidError("sign_in_wrong")
    if new_hash is not None:
        update_hash(session, user_id, new_hash)
    session.get_one(SignInAttempt, attempt_id).outcome = "signed_in"
    user = session.get_one(User, user_id)
    session.commit()
    return user


def record_link_sign_in(session: Session, email: str, address: str, now: datetime) -> None:
    """Record a sign-in by link, which also ends a lock. Commits."""
    session.add(SignInAttempt(at=now, account=hash_account(email), address=_get_network(address), outcome="by_link"))
    session.commit()


def _record_attempt(session: Session, email: str, address: str, now: datetime) -> tuple[int, int | None, str | None]:
    """Store an attempt; return (attempt id, user id, stored hash). Commits. Raises RefusedError if locked."""
    # On PostgreSQL two transactions could count at the same time; the lock on the user's row makes one wait.
    user = session.execute(
        select(User.id, User.password).where(User.email == email, User.active).with_for_update()
    ).one_or_none()
    account, network = hash_account(email), _get_network(address)
    until = _get_locked_until(session, account, network, now)
    if until is not None:
        session.rollback()
        raise RefusedError("sign_in_locked", minutes=-(-(until - now) // timedelta(minutes=1)))
    attempt = SignInAttempt(at=now, account=account, address=network, outcome="failed")
    session.add(attempt)
    session.flush()
    number = attempt.id
    session.commit()
    return (number, user.id, user.password) if user else (number, None, None)


def _get_locked_until(session: Session, account: bytes, network: bytes, now: datetime) -> datetime | None:
    """Return the end of the account's or the network's lock, None if neither is locked."""
    failed = SignInAttempt.outcome == "failed"
    last_sign_in = session.scalar(
        select(func.max(SignInAttempt.at)).where(SignInAttempt.account == account, ~failed)
    ) or datetime.fromtimestamp(0, now.tzinfo)
    # A lock may have begun up to LOCK_TIME ago, and counts the failures of the hour before its beginning.
    start = max(last_sign_in, now - FAILURE_WINDOW - LOCK_TIME)
    recent = select(SignInAttempt.at).where(failed).order_by(SignInAttempt.at.desc())
    failures = session.scalars(
        recent.where(SignInAttempt.account == account, SignInAttempt.at > start).limit(FAILURES_PER_ACCOUNT)
    ).all()
    is_within_window = len(failures) == FAILURES_PER_ACCOUNT and failures[0] - failures[-1] < FAILURE_WINDOW
    if is_within_window and failures[0] + LOCK_TIME > now:
        return failures[0] + LOCK_TIME
    failures = session.scalars(
        recent.where(SignInAttempt.address == network, SignInAttempt.at > now - ADDRESS_WINDOW).limit(
            FAILURES_PER_ADDRESS
        )
    ).all()
    return failures[-1] + ADDRESS_WINDOW if len(failures) == FAILURES_PER_ADDRESS else None


def _get_network(address: str) -> bytes:
    """Return the hash of the visitor's network: the address, or for IPv6 its /64, which one visitor owns."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # A Unix socket has no address; all its visitors count as one.
        return field_cipher.hash(f"sign-in address {address}")
    if parsed.version == 6:
        return field_cipher.hash(f"sign-in address {ipaddress.ip_network((parsed, 64), strict=False)}")
    return field_cipher.hash(f"sign-in address {parsed}")
