"""Transactions in Amazon's payments. Amazon documents neither all types nor the parts of their amounts."""

from dataclasses import dataclass
from datetime import datetime

from webapp.domain.common.money import Money

# Amazon's type of the payment for a shipment, the only one that it documents.
SHIPMENT = "Shipment"
# Types of transactions that return money to a buyer, as lower-case letters. The first is the one that Amazon uses, the
# others are those of the older version of the API.
_REFUNDS = frozenset({"refund", "chargeback", "guaranteeclaim"})


@dataclass(frozen=True, slots=True)
class OrderTransaction:
    """A transaction of an order. Amounts are the seller's: positive when paid to the seller.

    `kind`, `description` and `status` are Amazon's words. `charges`: what the buyer paid or got back, without `tax`;
    `fees`: Amazon's. The rest of `total`, such as tax that Amazon withholds, is `other`.
    """

    transaction_id: str
    number: str
    kind: str
    description: str
    status: str
    posted_at: datetime
    total: Money
    charges: Money
    tax: Money
    fees: Money
    shipment_id: str | None = None

    @property
    def other(self) -> Money:
        return self.total - self.charges - self.tax - self.fees

    @property
    def is_deferred(self) -> bool:
        return is_deferred(self.status)

    @property
    def is_refund(self) -> bool:
        """Return whether it returned money to the buyer."""
        return "".join(filter(str.isalpha, self.kind)).lower() in _REFUNDS

    @property
    def refunded(self) -> Money:
        """Return what the buyer got, with tax."""
        return -(self.charges + self.tax)


def is_deferred(status: str) -> bool:
    """Return whether Amazon holds the amount back. Its model has DEFERRED; other statuses were seen in mixed case."""
    return status.upper() == "DEFERRED"
