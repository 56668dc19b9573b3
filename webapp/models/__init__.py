"""Every table, so that whoever imports the room knows them all."""

from webapp.models import (
    accounts,
    amazon_orders,
    credit_memos,
    customers,
    events,
    invoices,
    leases,
    orders,
    search_terms,
    stores,
    submissions,
    syncs,
)

__all__ = [
    "accounts",
    "amazon_orders",
    "credit_memos",
    "customers",
    "events",
    "invoices",
    "leases",
    "orders",
    "search_terms",
    "stores",
    "submissions",
    "syncs",
]
