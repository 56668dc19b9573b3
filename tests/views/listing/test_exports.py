"""A list as a file: its rows and columns, and nothing a spreadsheet would run."""

import csv
import io

import openpyxl
from sqlalchemy import event, select, text

from tests.support.factories import an_account, an_item, an_order
from tests.support.order_processing import create_orders
from tests.support.user_accounts import VIEWER_USER
from tests.views.listing.test_tools import stored
from webapp.core.extensions import db
from webapp.domain.amazon.types import Address
from webapp.models.audit_log import Event


def table(response):
    return list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"))))


def test_the_file_has_the_rows_and_columns_of_the_list(owner_client, session, orders):
    sent = {"format": "csv", "query": "state=processing&sort=purchased&columns=id,store,purchased,total,bill_to"}

    answer = owner_client.post("/grids/orders/exports", data=sent)

    assert answer.headers["Content-Disposition"].startswith('attachment; filename="orders-20')
    assert table(answer) == [
        ["ID", "Store", "Purchase date", "Currency", "Grand total", "Bill-to name"],
        ["100003", "Desk DE", "2026-03-02T07:00:00+01:00", "EUR", "26.00", "Buyer Number3"],
        ["100002", "Desk DE", "2026-03-02T08:00:00+01:00", "EUR", "26.00", "Buyer Number2"],
        ["100001", "Desk DE", "2026-03-02T09:00:00+01:00", "EUR", "26.00", "Buyer Number1"],
    ]
    event = session.scalars(select(Event).where(Event.kind.startswith("grid_exported"))).one()
    assert (event.kind, event.args) == (
        "grid_exported_personal",
        {"name": "orders", "count": 3, "format": "CSV"},
    )


def test_who_may_not_see_buyers_gets_a_file_without_them(app, session, viewer_client, orders):
    answer = viewer_client.post("/grids/orders/exports", data={"query": "columns=id,bill_to,email,address,total"})

    assert table(answer)[:2] == [["ID", "Currency", "Grand total"], ["100001", "EUR", "26.00"]]
    assert stored(session, select(Event.kind).where(Event.kind.startswith("grid_"))) == ["grid_exported"]
    assert VIEWER_USER.role == "viewer"


def test_a_file_without_any_column_is_not_written(viewer_client, session, orders):
    answer = viewer_client.post("/grids/orders/exports", data={"query": "columns=bill_to,email"})

    assert answer.status_code == 422
    assert "All of these columns hold personal data" in answer.text
    assert stored(session, select(Event.kind).where(Event.kind.startswith("grid_"))) == []


def test_a_workbook_holds_numbers_as_numbers(owner_client, orders):
    answer = owner_client.post(
        "/grids/orders/exports", data={"format": "xlsx", "query": "sort=id&columns=id,total,purchased"}
    )

    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[:2] == [
        ["ID", "Currency", "Grand total", "Purchase date"],
        ["100001", "EUR", 26, "2026-03-02T09:00:00+01:00"],
    ]
    assert sheet["C2"].number_format == "0.00"
    assert len("2026-03-02T09:00:00+01:00") <= sheet.column_dimensions["D"].width <= 40


def test_what_a_spreadsheet_would_run_is_text(owner_client, session):
    an_account(session)
    named = Address(name='=HYPERLINK("http://evil.example")', line1="+1", city="@x", country_code="DE")
    create_orders(session, an_order(1, recipient=named))
    session.commit()

    answer = owner_client.post("/grids/orders/exports", data={"query": "columns=ship_to,address,discount"})

    row = dict(zip(*table(answer), strict=True))
    assert row["Ship-to name"] == '\'=HYPERLINK("http://evil.example")'
    assert (row["Address line 1"], row["City"]) == ("'+1", "'@x")
    book = owner_client.post("/grids/orders/exports", data={"format": "xlsx", "query": "columns=ship_to"})
    assert openpyxl.load_workbook(io.BytesIO(book.data)).active["A2"].data_type == "s"


def test_a_file_of_filters_that_make_no_sense_is_refused(owner_client, orders):
    assert owner_client.post("/grids/orders/exports", data={"query": "total_min=x"}).status_code == 422
    assert owner_client.post("/grids/orders/exports", data={"format": "doc"}).status_code == 400


def test_a_long_list_is_read_in_parts_and_none_is_lost(owner_client, session, orders):
    create_orders(session, *(an_order(n) for n in range(5, 1205)))
    session.commit()
    reads = []
    listen = (db.engine, "before_cursor_execute", lambda *args: reads.append(args[2]))
    event.listen(*listen)
    try:
        answer = owner_client.post("/grids/orders/exports", data={"query": "sort=id&columns=id"})
        rows = table(answer)
    finally:
        event.remove(*listen)

    assert len({row[0] for row in rows}) == len(rows) == 1205
    assert len([one for one in reads if "FROM orders JOIN" in one]) == 2


def test_an_export_that_fails_says_so_on_a_page_of_the_desk(app, session, owner_client, orders):
    app.config.update(PROPAGATE_EXCEPTIONS=False)
    session.execute(text("ALTER TABLE parcels RENAME TO parcels_gone"))
    session.commit()

    for format_ in ("csv", "xlsx"):
        answer = owner_client.post("/grids/shipments/exports", data={"format": format_})

        assert answer.status_code == 503
        assert answer.mimetype == "text/html"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Disposition" not in answer.headers


def test_a_file_can_have_a_row_for_each_item(owner_client, session):
    an_account(session)
    create_orders(session, an_order(1, items=(an_item(1, 2, sku="MUG"), an_item(2, 1, sku="CUP"))), an_order(2))
    session.commit()

    rows = table(
        owner_client.post("/grids/orders/exports", data={"rows": "items", "query": "sort=id&columns=id,items"})
    )

    assert rows == [
        ["ID", "Currency", "SKU", "ASIN", "Title", "Quantity", "Quantity shipped", "Item total"],
        ["100001", "EUR", "MUG", "B000000001", "Article 1", "2", "0", "26.00"],
        ["100001", "EUR", "CUP", "B000000002", "Article 2", "1", "0", "16.00"],
        ["100002", "EUR", "SKU-2", "B000000002", "Article 2", "2", "0", "26.00"],
    ]
    by_order = table(owner_client.post("/grids/orders/exports", data={"query": "sort=id&columns=id,items"}))
    assert by_order[1] == ["100001", "MUG × 2, CUP × 1"]
