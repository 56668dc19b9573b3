"""Every table, so that whoever imports the room knows them all."""

from webapp.models import (
    accounts,
    amazon_orders,
    comments,
    credit_memos,
    customers,
    events,
    invoices,
    leases,
    orders,
    recurring_jobs,
    search_terms,
    shipments,
    stores,
    submissions,
    syncs,
    users,
)

__all__ = [
    "accounts",
    "amazon_orders",
    "comments",
    "credit_memos",
    "customers",
    "events",
    "invoices",
    "leases",
    "orders",
    "recurring_jobs",
    "search_terms",
    "shipments",
    "stores",
    "submissions",
    "syncs",
    "users",
]
