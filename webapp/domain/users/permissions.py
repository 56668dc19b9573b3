"""Permissions, with a description of each, and the roles that grant them.

Each view requires exactly one permission; a view that names none is refused.
"""

PERMISSIONS = {
    "orders.read": "View orders, without buyers' data.",
    "orders.write": "Hold and comment; correct addresses; create orders from Amazon orders.",
    "invoices.write": "Create invoices, and upload them to Amazon.",
    "shipments.write": "Ship orders, correct tracking numbers, and import tracking numbers.",
    "refunds.write": "Create credit memos, refund through Amazon, and review the refund check.",
    "payments.read": "View Amazon's transactions of orders, with its fees.",
    "documents.print": "Print invoices, packing slips and credit memos, which contain buyers' names.",
    "orders.cancel": "Request the cancellation of an order at Amazon.",
    "labels.write": "Buy shipping labels from Amazon, which costs money, and request refunds of unused ones.",
    "bulk.write": "Run bulk actions, limited to what the user may do with a single order.",
    "products.read": "View products, stock and stock movements.",
    "products.write": "Create products, count stock and import product files.",
    "stores.read": "View stores and their dashboards.",
    "stores.write": "Change order settings; activate, deactivate and delete stores.",
    "accounts.write": "Connect seller accounts and change their credentials.",
    "schedule.read": "View the recurring jobs and their next runs.",
    "schedule.write": "Change the interval of recurring jobs, and run them immediately.",
    "logs.read": "View sync runs, errors and health checks.",
    "alarms.write": "Change where alarms are sent.",
    "submissions.read": "View submissions to Amazon and their results.",
    "submissions.write": "Undo and retry submissions to Amazon.",
    "mails.read": "View the delivery state of messages to buyers, without their text.",
    "mails.write": "Write to buyers; resend or drop failed messages.",
    "mails.settings": "Change the mail server, senders and templates.",
    "pii.read": "View names, addresses and messages of buyers and recipients.",
    "profile.read": "View the own profile and sessions.",
    "profile.write": "Change the own preferences and password; end own sessions.",
    "fence.write": "Release or discard what waits to be sent after a restore.",
    "users.write": "Invite users, change their roles, disable them and end their sessions.",
}

OWNER = "owner"
MANAGER = "manager"
PACKER = "packer"
SUPPORT = "support"
ACCOUNTANT = "accountant"
VIEWER = "viewer"

_VIEWER = frozenset(
    {
        "logs.read",
        "mails.read",
        "orders.read",
        "products.read",
        "profile.read",
        "profile.write",
        "schedule.read",
        "stores.read",
        "submissions.read",
    }
)
# Roles below the owner's, the least powerful last.
ROLES = {
    OWNER: frozenset(PERMISSIONS),
    # Runs the business, but holds neither the keys of the installation nor the list of users.
    MANAGER: frozenset(PERMISSIONS)
    - {"accounts.write", "alarms.write", "fence.write", "mails.settings", "users.write"},
    SUPPORT: _VIEWER
    | {
        "documents.print",
        "mails.write",
        "orders.cancel",
        "orders.write",
        "pii.read",
        "refunds.write",
        "submissions.write",
    },
    PACKER: _VIEWER
    | {"bulk.write", "documents.print", "labels.write", "pii.read", "shipments.write", "submissions.write"},
    ACCOUNTANT: _VIEWER | {"bulk.write", "documents.print", "invoices.write", "payments.read", "pii.read"},
    VIEWER: _VIEWER,
}


def allows(role: str, permission: str) -> bool:
    """Return whether the role grants the permission. An unknown role grants none. Raises ValueError."""
    if permission not in PERMISSIONS:
        raise ValueError(f"There is no permission {permission!r}.")
    return permission in ROLES.get(role, frozenset())
