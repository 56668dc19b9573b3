"""Job that calls Amazon for shipping labels."""

from datetime import UTC, datetime

from jobs.gateways import open_gateway
from webapp.core.extensions import db
from webapp.services.shipping import label_processor


def process_labels(account_id: int) -> None:
    session = db.session()
    with open_gateway(session, account_id, priority="submission") as gateway:
        label_processor.process_due(session, gateway, account_id, clock=lambda: datetime.now(UTC))
