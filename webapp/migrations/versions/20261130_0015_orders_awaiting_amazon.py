"""orders that wait for Amazon to show their shipments

Orders used to become complete when their last piece was shipped here. Those whose shipments Amazon does not show are
moved to the state that `webapp/domain/order_states.py` derives for them now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_LATEST = """COALESCE((
    SELECT submissions.state FROM submissions
    WHERE submissions.amazon_order_id = orders.amazon_order_id AND submissions.kind = 'shipment'
    AND submissions.subject = CAST(parcels.reference AS VARCHAR(40))
    ORDER BY submissions.id DESC LIMIT 1), '')"""
_MOVE = """UPDATE orders SET state = '{state}', status = {status}
    WHERE orders.state = 'complete'
    AND EXISTS (SELECT 1 FROM parcels WHERE parcels.order_id = orders.id AND {latest} {condition})
    AND (SELECT amazon_orders.status FROM amazon_orders WHERE amazon_orders.id = orders.amazon_order_id) <> 'SHIPPED'"""
_OWN_STATUS = """COALESCE((
    SELECT stores.processing_status FROM stores
    WHERE stores.id = orders.store_id AND stores.order_status = 'custom'), '')"""


def upgrade() -> None:
    failed = "NOT IN ('queued', 'sending', 'sent', 'accepted', 'verified')"
    for state, status, condition in (("processing", _OWN_STATUS, failed), ("awaiting_amazon", "''", "<> 'verified'")):
        op.execute(sa.text(_MOVE.format(state=state, status=status, latest=_LATEST, condition=condition)))


def downgrade() -> None:
    op.execute(sa.text("UPDATE orders SET state = 'complete' WHERE state = 'awaiting_amazon'"))
