"""Retention rules of each kind of data."""

from dataclasses import dataclass

FOREVER = 0
MAX_DAYS = 3650


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """`days`: the default, 0 to keep forever. `least`: the shortest time that may be set."""

    name: str
    days: int
    least: int


RULES = (
    # Amazon's policy asks for logs of twelve months.
    RetentionRule("events", 1095, 365),
    RetentionRule("sign_in_attempts", 400, 365),
    RetentionRule("versions", 365, 30),
    RetentionRule("quarantine", 30, 1),
    RetentionRule("sync_runs", 90, 7),
    # The completeness ledger compares the last 30 days with what was read since.
    RetentionRule("order_reads", 180, 60),
    RetentionRule("completeness_days", 730, 60),
    RetentionRule("backfills", 365, 60),
    RetentionRule("fences", 1095, 90),
    RetentionRule("submissions", 365, 60),
    # Amazon lists feeds for 90 days: until then, a feed there must be known here.
    RetentionRule("feeds", 365, 100),
    RetentionRule("mails", 365, 30),
    RetentionRule("bulk_actions", 180, 7),
    # Labels contain the buyer's address, which Amazon allows for 30 days after delivery.
    RetentionRule("label_documents", 30, 1),
    RetentionRule("refund_transactions", 730, 180),
    # Amazon's policy allows eighteen months for data without names.
    RetentionRule("order_transactions", 540, 180),
    RetentionRule("upgrade_copies", 60, 1),
)
BY_NAME = {rule.name: rule for rule in RULES}


def is_allowed(rule: RetentionRule, days: int) -> bool:
    """Return whether data may be kept for this many days."""
    return days == FOREVER or rule.least <= days <= MAX_DAYS
