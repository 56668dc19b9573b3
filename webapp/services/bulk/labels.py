"""Bulk action that buys shipping labels for many orders with one package and a rule.

A row requests the label; the job of its account buys it. The page of the labels shows the result of each.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.common.batches import batched
from webapp.domain.errors import RefusedError, require
from webapp.domain.orders import state_machine as order_states
from webapp.models.orders import Order
from webapp.models.shipping_labels import PackagePreset
from webapp.services.bulk.handlers import BulkHandler, Outcome, SkipReason, Task
from webapp.services.shipping import labels

_BATCH_SIZE = 5_000


def _buy(session: Session, task: Task) -> Outcome:
    preset = require(session.get(PackagePreset, task.args["preset"]), "label_preset_unknown")
    store_id = session.scalar(select(Order.store_id).where(Order.id == task.subject_id))
    if store_id is not None and store_id != preset.store_id:
        raise RefusedError("label_preset_other_store")
    labels.request_services(
        session,
        task.subject_id,
        preset.size,
        label_format=task.args["label_format"],
        rule=task.args["rule"],
        batch_id=task.action_id,
        now=task.now,
        actor=task.actor,
    )
    return Outcome("bulk_label_requested")


def _find_skip_reasons(session: Session, ids: Sequence[int]) -> list[SkipReason]:
    """Count the orders that cannot be shipped now."""
    states: Counter[str] = Counter()
    for batch in batched(ids, _BATCH_SIZE):
        states.update(session.scalars(select(Order.state).where(Order.id.in_(batch))))
    return [
        SkipReason("cannot_ship", {"state": state}, count)
        for state, count in sorted(states.items())
        if not order_states.is_allowed("ship", state)
    ]


BUY_LABELS = BulkHandler("buy_labels", "labels.write", _buy, find_skip_reasons=_find_skip_reasons)
