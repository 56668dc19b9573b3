"""Every page that is asked for with GET, of rows that exist, changes no row but when its person was last seen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from tests.printing.orders import a_memo, a_printed_order, two_parcels
from tests.security.test_permissions import method, routes
from tests.support.factories import NOW, an_order
from tests.support.labels import BOX, SENDER
from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import AUDIT_ARGS, create_orders
from tests.support.returns import a_return
from tests.support.stock import a_product
from tests.support.user_accounts import OWNER_USER
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.domain.amazon.types import UnparseableOrder
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderVersion, QuarantinedOrder
from webapp.models.customers import Customer
from webapp.models.documents import Invoice
from webapp.models.shipments import Parcel
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.models.sync_runs import SyncRun
from webapp.models.users import User, WebSession
from webapp.services import schedule
from webapp.services.bulk import runner as bulk_runner
from webapp.services.mail import outbox as mail_outbox
from webapp.services.products import csv_import as product_csv_import
from webapp.services.shipping import label_settings, labels, tracking_import
from webapp.services.submissions import cancellations
from webapp.services.sync import quarantine
from webapp.services.users import users

Values = dict[str, Any]
# Pages that say no to an order or a file as it stands here: the row is there, and the answer is in the table.
REFUSED: dict[str, int] = {"labels.document": 404, "labels.batch_pdf": 409}
# They say that no scheduler runs here, and refuse who has no token.
HEALTH = {"health.healthz", "health.show_metrics"}
# Pages that show another part of themselves by these parameters.
QUERIES = {
    "orders.show": ["tab=invoices", "tab=credit_memos", "tab=shipments", "tab=history"],
    "amazon_orders.show": ["tab=items", "tab=tracking", "tab=history"],
}


@pytest.fixture
def values(session: Session, settings: Settings, owner_client: FlaskClient) -> Callable[[str], Values]:
    """What to put into the address of each endpoint, so that it names something that exists."""
    order = a_printed_order(session)
    mirror = session.get_one(AmazonOrder, order.amazon_order_id)
    shipment = two_parcels(session, order)
    memo = a_memo(session, order)
    store = session.scalars(select(Store)).one()
    store.customer_creation = "account"
    session.commit()
    unshipped = create_orders(session, an_order(2))[-1]
    cancellation = cancellations.request(
        session, unshipped.amazon_order_id, "NoInventory", undo_seconds=30, now=NOW, actor="test"
    )
    other = session.get_one(AmazonOrder, unshipped.amazon_order_id)
    quarantine.add(
        session, mirror.account_id, [UnparseableOrder("purchaseDate is missing", {"orderId": "1"}, "303-1")], NOW
    )
    run = SyncRun(
        account_id=mirror.account_id, actor="test", state="done", started_at=NOW, ended_at=NOW, updated_after=NOW
    )
    session.add(run)
    schedule.ensure(session, "sync_account-1", "sync_account", [1], 180, NOW)
    session.commit()
    printed = bulk_runner.start(session, "print_all", [order.id], **AUDIT_ARGS)
    while bulk_runner.process_rows(session, printed.id, lambda: NOW):
        pass
    sheet = tracking_import.create(
        session,
        tracking_import.parse_sheets(session, [("", f"{unshipped.number}\tDHL\t00340434161094042557")]),
        **AUDIT_ARGS,
    )
    label_settings.change_sender(session, store, SENDER, **AUDIT_ARGS)
    ready = create_orders(session, an_order(3))[-1]
    label = labels.request_services(session, ready.id, BOX, **AUDIT_ARGS)
    product = a_product(session, "MUG-1")
    product_import = product_csv_import.create(session, mirror.account_id, "", "sku,quantity\nMUG-1,7", **AUDIT_ARGS)
    save_mail_server(session, 2525)
    mail = mail_outbox.queue_mail(session, order, "free", text=("Hello", "Text"), **AUDIT_ARGS)
    link = users.make_sign_in_link(session, settings, datetime.now(UTC), OWNER_USER.email)
    invoice = session.scalars(select(Invoice)).first()
    parcel = session.scalars(select(Parcel)).first()
    assert invoice is not None
    assert parcel is not None
    common: Values = {
        "customer_id": session.scalars(select(Customer.id)).first(),
        "user_id": session.scalars(select(User.id)).first(),
        "account_id": mirror.account_id,
        "slug": store.slug,
        "run_id": run.id,
        "version_id": session.scalars(
            select(AmazonOrderVersion.id).where(AmazonOrderVersion.amazon_order_id == mirror.id)
        ).first(),
        "quarantine_id": session.scalars(select(QuarantinedOrder.id)).one(),
        "key": "sync_account-1",
        "action_id": printed.id,
        "label_id": label.id,
        "mail_id": mail.id,
        "product_id": product.id,
        "token": link.rpartition("/")[2],
        "submission_id": session.scalars(select(Submission.id)).first(),
        "reference": parcel.reference,
        "return_id": a_return(session, mirror).id,
        "which": "billing",
        "kind": "invoice",
        "language": "de",
    }
    by_blueprint = {
        "invoices": invoice.number,
        "shipments": shipment.number,
        "credit_memos": memo.number,
        "amazon_orders": mirror.number,
        "cancellations": other.number,
        "preflight": other.number,
        "parcels": shipment.number,
    }
    by_endpoint = {
        "printing.invoice": {"number": invoice.number},
        "printing.shipment": {"number": shipment.number},
        "printing.credit_memo": {"number": memo.number},
        "printing.packing_slip": {"number": unshipped.number},
        "invoices.new": {"number": unshipped.number},
        "shipments.new": {"number": unshipped.number},
        "credit_memos.new": {"number": order.number},
        "holds.new": {"number": unshipped.number},
        "cancellations.follow": {"submission_id": cancellation.id},
        "tracking.show": {"import_id": sheet.id},
        "tracking.rest": {"import_id": sheet.id},
        "product_imports.show": {"import_id": product_import.id},
        "grid_tools.columns": {"name": "orders"},
        "grid_tools.views": {"name": "orders"},
    }
    session.commit()

    def of(endpoint: str) -> Values:
        number = by_blueprint.get(endpoint.partition(".")[0], order.number)
        return common | {"number": number} | by_endpoint.get(endpoint, {})

    return of


def list_addresses(app: Flask, values: Callable[[str], Values]) -> dict[str, tuple[str, str]]:
    """Return endpoint and address of each GET route, filled with what exists, by rule and query."""
    addresses = {}
    with app.test_request_context():
        for rule, _ in routes(app):
            if method(rule) == "GET":
                row_values = values(rule.endpoint)
                arguments = {name: row_values[name] for name in rule.arguments}
                address = app.url_map.bind("localhost").build(rule.endpoint, arguments)
                addresses[rule.rule] = (rule.endpoint, address)
                for query in QUERIES.get(rule.endpoint, []):
                    addresses[f"{rule.rule}?{query}"] = (rule.endpoint, f"{address}?{query}")
    return addresses


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for when a session was last seen."""
    db.session.rollback()
    with db.engine.connect() as connection:
        found = {}
        for name, table in db.metadata.tables.items():
            if name == "write_checks":
                # /healthz writes it to show that it can.
                continue
            columns = [f'"{column.name}"' for column in table.columns if (name, column.name) != ("sessions", "seen_at")]
            selected = connection.execute(text(f'SELECT {", ".join(columns)} FROM "{name}"'))
            found[name] = sorted(map(tuple, selected), key=repr)
        return found


def test_reading_changes_nothing(
    app: Flask, owner_client: FlaskClient, session: Session, job_queue: Redis, values: Callable[[str], Values]
) -> None:
    app.config.update(PROPAGATE_EXCEPTIONS=False)
    addresses = list_addresses(app, values)
    assert len(addresses) > 67
    began = datetime.now(UTC)
    session.execute(update(WebSession).values(seen_at=began - timedelta(minutes=5)))
    session.commit()
    before = rows()
    answers = {}
    for endpoint, address in addresses.values():
        for headers in ({}, {"HX-Request": "true"}):
            answer = owner_client.get(address, headers=headers)
            allowed = REFUSED.get(endpoint, 200)
            if answer.status_code not in {allowed, 204, 286, 303} and endpoint not in HEALTH:
                answers[address] = answer.status_code
            assert rows() == before, address
    assert answers == {}
    session.rollback()
    assert session.scalars(select(WebSession.seen_at)).one() >= began
