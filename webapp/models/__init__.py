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
    recurring_jobs,
    search_terms,
    stores,
    submissions,
    syncs,
    users,
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
    "recurring_jobs",
    "search_terms",
    "stores",
    "submissions",
    "syncs",
    "users",
]
