"""Who may do what: the permissions, one sentence each, and the roles that bundle them.

A view names the one permission it needs; nothing is open because somebody forgot to close it.
"""

PERMISSIONS = {
    "orders.read": "See Amazon orders and Orders, without the buyer's data.",
    "orders.write": "Invoice, ship, refund, hold and comment; correct addresses; make an Order of an Amazon order.",
    "documents.print": "Print invoices, packing slips and credit memos, which name the buyer.",
    "orders.cancel": "Ask Amazon to cancel an order.",
    "bulk.write": "Do one thing to many orders at once, as far as one may do it to each.",
    "products.read": "See the products, their stock and how it moved.",
    "products.write": "Enter products, count their stock and import files of them.",
    "stores.read": "See the stores and their dashboards.",
    "stores.write": "Change order settings; activate, deactivate and delete stores.",
    "accounts.write": "Connect seller accounts and change their credentials.",
    "schedule.read": "See the recurring jobs and when they run.",
    "schedule.write": "Change how often a job runs, and run it now.",
    "logs.read": "See sync runs and errors.",
    "submissions.read": "See what Amazon was told and what it answered.",
    "submissions.write": "Undo or retry what Amazon is told.",
    "mails.read": "See which mails were written to buyers and what became of them, without their texts.",
    "mails.write": "Write to buyers, and send again or drop a mail that failed.",
    "mails.settings": "Set up the mail server, the senders and the templates.",
    "pii.read": "See names, addresses and messages of buyers and recipients.",
    "users.write": "Create users and decide what they may do.",
}

OWNER = "owner"
VIEWER = "viewer"

ROLES = {
    OWNER: frozenset(PERMISSIONS),
    VIEWER: frozenset(
        {"orders.read", "products.read", "stores.read", "schedule.read", "logs.read", "submissions.read", "mails.read"}
    ),
}


def allows(role: str, permission: str) -> bool:
    """Whether the role holds the permission. An unknown role holds none; an unknown permission is a mistake."""
    if permission not in PERMISSIONS:
        raise ValueError(f"There is no permission {permission!r}.")
    return permission in ROLES.get(role, frozenset())
