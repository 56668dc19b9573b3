"""Printing the documents of many Orders: one encrypted file, deleted after a day."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.printing.orders import pages
from tests.support.factories import NOW, an_account, an_item, an_order
from tests.support.order_processing import AUDIT_ARGS, create_orders
from webapp.domain import bulk_states
from webapp.domain.shipping.parcels import Parcel
from webapp.models.bulk_actions import BulkRow
from webapp.models.documents import Invoice
from webapp.models.printed_files import PrintedFile, PrintedPart
from webapp.queries.invoicing import printing as queries
from webapp.services.bulk import printed_files
from webapp.services.bulk import runner as bulk_runner
from webapp.services.orders import holds
from webapp.services.shipping import shipments

pytestmark = pytest.mark.both_databases


@pytest.fixture
def orders(session):
    an_account(session)
    return create_orders(session, *(an_order(n) for n in range(1, 6)))


def run(session, kind, ids):
    action = bulk_runner.start(session, kind, ids, **AUDIT_ARGS)
    assert not bulk_runner.process_rows(session, action.id, lambda: NOW)
    session.expire_all()
    assert action.state == bulk_states.ENDED
    return action


def the_file(session, action):
    file = queries.find_file(session, action.id)
    content = b"".join(queries.iterate_parts(session, file.id))
    assert len(content) == file.size
    return file, content


def test_the_documents_of_many_orders_are_one_file_in_the_order_they_were_chosen(session, orders):
    shipments.create(session, orders[3].id, **AUDIT_ARGS)
    chosen = [orders[3].id, orders[0].id]

    action = run(session, "print_all", chosen)

    file, content = the_file(session, action)
    numbers = [page.split()[2:4] for page in pages(content)]
    invoices = dict(session.execute(select(Invoice.order_id, Invoice.number)).all())
    assert file.documents == 3
    assert [words[0] for words in numbers] == ["Rechnung", "Lieferschein", "Rechnung"]
    assert [numbers[0][1], numbers[2][1]] == [invoices[orders[3].id], invoices[orders[0].id]]


def results(session):
    rows = session.execute(select(BulkRow.state, BulkRow.outcome, BulkRow.outcome_args).order_by(BulkRow.id))
    return [tuple(row) for row in rows]


PRINTED, NOTHING = ("done", "bulk_printed", {"count": 1}), ("skipped", "bulk_nothing_to_print", {})


def test_an_order_without_such_a_document_is_skipped(session, orders):
    action = run(session, "print_credit_memos", [orders[0].id])

    assert results(session) == [NOTHING]
    assert queries.find_file(session, action.id) is None


def test_packing_slips_are_printed_before_and_after_shipping(session, orders):
    shipments.create(session, orders[1].id, **AUDIT_ARGS)
    holds.hold(session, orders[2].id, "Wait", **AUDIT_ARGS)

    action = run(session, "print_packing_slips", [order.id for order in orders[:3]])

    assert results(session) == [PRINTED, PRINTED, NOTHING]
    first, second = pages(the_file(session, action)[1])
    assert "Lieferschein" in first
    assert orders[0].number in first
    assert "Paket" not in first
    assert "Paket" in second


def test_of_an_order_shipped_in_part_the_slip_of_the_rest_follows_that_of_its_shipment(session, orders):
    (line,) = orders[0].items
    shipments.create(session, orders[0].id, [Parcel({line.id: 1}, "DHL", "", "JJD01460000T1")], **AUDIT_ARGS)

    action = run(session, "print_packing_slips", [orders[0].id])

    assert results(session) == [("done", "bulk_printed", {"count": 2})]
    assert [page.split()[2] for page in pages(the_file(session, action)[1])] == ["Lieferschein", "Lieferschein"]


def test_a_pick_list_sums_what_is_left_to_ship_of_many_orders_by_sku(session, orders):
    items = (an_item(1, 3), an_item(7, 1))
    (*_, more) = create_orders(session, an_order(9, items=items))
    shipments.create(session, orders[1].id, **AUDIT_ARGS)
    (line,) = orders[0].items
    shipments.create(session, orders[0].id, [Parcel({line.id: 1}, "DHL", "", "JJD01460000T1")], **AUDIT_ARGS)

    action = run(session, "print_pick_list", [orders[0].id, orders[1].id, more.id])

    assert results(session) == [PRINTED, NOTHING, PRINTED]
    (page,) = pages(the_file(session, action)[1])
    assert "Pickliste" in page
    # One piece of the first order and three of the last.
    assert re.search(r"4 SKU-1 .+ 2 1 SKU-7 .+ 1", page), page


def test_where_nothing_is_to_be_printed_there_is_no_file(session, orders):
    action = run(session, "print_credit_memos", [orders[0].id])
    assert queries.find_file(session, action.id) is None


def test_invoices_can_be_chosen_themselves(session, orders):
    ids = session.scalars(select(Invoice.id).order_by(Invoice.id)).all()
    action = run(session, "print_these_invoices", [ids[2], ids[1]])
    assert the_file(session, action)[0].documents == 2


def test_a_large_file_lies_in_parts_that_nobody_can_read(session, orders, monkeypatch):
    monkeypatch.setattr(printed_files, "PART_SIZE", 10_000)

    action = run(session, "print_invoices", [order.id for order in orders])

    _, content = the_file(session, action)
    raw = [bytes(part) for part in session.scalars(text("SELECT content FROM printed_parts"))]
    assert len(raw) == -(-len(content) // 10_000) > 1
    assert content.startswith(b"%PDF")
    assert not any(part[:4] == b"%PDF" or b"Recipient" in part for part in raw)


def test_a_second_end_puts_the_file_in_the_place_of_the_first(session, orders):
    action = run(session, "print_invoices", [orders[0].id])
    first = the_file(session, action)[1]
    session.rollback()

    bulk_runner.bulk_registry.get_handler("print_invoices").finish(session, action.id, NOW)

    assert session.scalar(select(func.count(PrintedFile.id))) == 1
    assert the_file(session, action)[1] == first


def test_a_file_goes_after_a_day(session, orders):
    action = run(session, "print_invoices", [orders[0].id])

    printed_files.delete_old(session, now=NOW + timedelta(hours=23))
    assert queries.find_file(session, action.id) is not None
    printed_files.delete_old(session, now=NOW + timedelta(hours=25))

    assert queries.find_file(session, action.id) is None
    assert session.scalar(select(func.count(PrintedPart.id))) == 0
