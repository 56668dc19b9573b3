"""The gateway of a job to an account at Amazon."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from webapp.amazon.gateway import Amazon
from webapp.core import queue
from webapp.services.accounts import accounts


@contextmanager
def open_gateway(session: Session, account_id: int, *, priority: str, max_wait: float = 30.0) -> Iterator[Amazon]:
    """Read the account's credentials, commit, and open a gateway with them.

    `max_wait`: seconds a call waits for the rate limit.
    """
    credentials = accounts.get_credentials(accounts.find_by_id(session, account_id))
    # Amazon is never called inside a transaction.
    session.commit()
    with Amazon(credentials, queue.redis(), priority=priority, max_wait=max_wait) as gateway:
        yield gateway
