"""What needs a person, over all stores: the alerts of `alerts.py`, each once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.models.stores import Store
from webapp.queries.accounts import alerts as accounts_alerts
from webapp.queries.accounts.alerts import Alert

# Alerts of an account, which are listed for each of its stores.
_OF_ACCOUNT = frozenset(
    {
        accounts_alerts.TROUBLE,
        accounts_alerts.QUARANTINED,
        accounts_alerts.OVERSOLD,
        accounts_alerts.FLAGGED,
    }
)
# Alerts whose texts and links name the account or the store.
_NAMED = frozenset({accounts_alerts.TROUBLE, accounts_alerts.SELLER_DATA, accounts_alerts.REFUNDS})


@dataclass(frozen=True, slots=True)
class Cause:
    """`alert` with the count over all its stores. `stores`: those that have it; of an account with the alert, one."""

    alert: Alert
    stores: tuple[Store, ...]

    @property
    def is_named(self) -> bool:
        """Return whether it is about one account or store, which a text has to name."""
        return self.alert.kind in _NAMED


def load_causes(session: Session, stores: Collection[Store], now: datetime) -> list[Cause]:
    """Load what needs a person in one query, the worst first. Stores with the same cause are one."""
    return merge_alerts(stores, accounts_alerts.load_alerts(session, stores, now))


def merge_alerts(stores: Collection[Store], alerts: Mapping[int, list[Alert]]) -> list[Cause]:
    """Merge the alerts of all stores. An alert of an account counts once, however many stores it has."""
    merged: dict[tuple[object, ...], Cause] = {}
    accounts: set[tuple[str, str, int]] = set()
    for store in stores:
        for alert in alerts.get(store.id, ()):
            of_account = (alert.kind, alert.cause, store.account_id)
            if alert.kind in _OF_ACCOUNT:
                if of_account in accounts:
                    continue
                accounts.add(of_account)
            scope: tuple[object, ...] = ()
            if alert.kind in _NAMED:
                scope = (store.account_id,) if alert.kind != accounts_alerts.SELLER_DATA else (store.id,)
            key = (alert.kind, alert.cause, *scope)
            before = merged.get(key)
            if before is None:
                merged[key] = Cause(alert, (store,))
            else:
                total = Alert(alert.kind, alert.cause, before.alert.count + alert.count)
                merged[key] = Cause(total, (*before.stores, store))
    return sorted(merged.values(), key=lambda cause: accounts_alerts.ORDER.index(cause.alert.kind))
