"""Download what a buyer chose for a customized item: a ZIP file at Amazon, which is not stored here."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.order_details import load_items
from webapp.domain.errors import NotFoundError, RefusedError
from webapp.models.amazon_orders import AmazonOrder
from webapp.services import audit_log
from webapp.services.accounts import accounts


def download(
    session: Session,
    order: AmazonOrder,
    order_item_id: str,
    open_gateway: Callable[[Credentials], AbstractContextManager[AmazonGateway]],
    *,
    now: datetime,
    actor: str,
) -> bytes:
    """Return the ZIP file, and record who downloaded it. Commits before Amazon is called.

    Raises NotFoundError for an item without customization, RefusedError for an address that is not Amazon's, and
    AmazonError.
    """
    details = load_items(order.details).get(order_item_id)
    if details is None or details.customized_url is None:
        raise NotFoundError("customization_unknown", name=order_item_id)
    credentials = accounts.get_credentials(order.store.account)
    audit_log.record_on_amazon_order(
        session, "customization_downloaded", order, now=now, actor=actor, item=order_item_id
    )
    session.commit()
    with open_gateway(credentials) as gateway:
        archive = gateway.customization(details.customized_url)
    if not archive.startswith(b"PK"):
        raise RefusedError("customization_not_zip")
    return archive
