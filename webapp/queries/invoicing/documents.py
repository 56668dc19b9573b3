"""Documents of an order: one invoice, shipment or credit memo by its number, and their comments."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from webapp.domain.errors import require
from webapp.models.comments import Comment
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.shipments import Parcel, Shipment


def get_invoice(session: Session, number: str) -> Invoice:
    """Get an invoice with its lines. Raises NotFoundError."""
    return require(
        session.scalar(select(Invoice).where(Invoice.number == number).options(selectinload(Invoice.items))),
        "invoice_unknown",
        number=number,
    )


def get_shipment(session: Session, number: str) -> Shipment:
    """Get a shipment with its parcels and their contents. Raises NotFoundError."""
    contents = selectinload(Shipment.parcels).selectinload(Parcel.items)
    return require(
        session.scalar(select(Shipment).where(Shipment.number == number).options(contents)),
        "shipment_unknown",
        number=number,
    )


def get_credit_memo(session: Session, number: str) -> CreditMemo:
    """Get a credit memo with its lines. Raises NotFoundError."""
    memos = select(CreditMemo).where(CreditMemo.number == number)
    return require(session.scalar(memos.options(selectinload(CreditMemo.items))), "credit_memo_unknown", number=number)


def list_comments(
    session: Session,
    *,
    order_id: int | None = None,
    invoice_id: int | None = None,
    shipment_id: int | None = None,
    credit_memo_id: int | None = None,
) -> Sequence[Comment]:
    """List the comments on an order and all its documents, or on one of them; newest first."""
    ids = {"order_id": order_id, "invoice_id": invoice_id, "shipment_id": shipment_id}
    ids["credit_memo_id"] = credit_memo_id
    conditions = [getattr(Comment, name) == id_ for name, id_ in ids.items() if id_ is not None]
    return session.scalars(select(Comment).where(*conditions).order_by(Comment.at.desc(), Comment.id.desc())).all()
