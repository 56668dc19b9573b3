"""Shipping by paste, on its pages."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from tests.support.factories import NOW, an_account, an_order
from tests.support.order_processing import create_orders
from tests.support.pages import HTMX, plain
from webapp.models.bulk_actions import BulkAction
from webapp.models.orders import Order
from webapp.models.shipments import Parcel
from webapp.models.tracking_imports import TrackingImport, TrackingRow
from webapp.services.bulk import runner as bulk_runner

DHL, UPS, UNSURE = "00340434161094042557", "1Z999AA10123456784", "12345678900001"


@pytest.fixture
def orders(session):
    an_account(session)
    order_ids = [order.number for order in create_orders(session, *(an_order(n) for n in range(1, 4)))]
    session.commit()
    return order_ids


def pasted(owner_client, text):
    answer = owner_client.post("/tracking", data={"text": text})
    assert answer.status_code == 303
    return answer.location


def row_ids(session):
    ids = session.scalars(select(TrackingRow.id).order_by(TrackingRow.position)).all()
    session.commit()
    return ids


def run(session):
    id_ = session.scalars(select(BulkAction.id)).one()
    bulk_runner.process_rows(session, id_, lambda: datetime.now(UTC))
    session.commit()


def numbers(session):
    numbers = session.scalars(select(Parcel.tracking_number).order_by(Parcel.id)).all()
    session.commit()
    return numbers


def test_what_is_pasted_is_looked_at_and_shipped_with_one_button(owner_client, session, orders, redis_url):
    here = pasted(owner_client, f"Order;Tracking\n{orders[0]};{DHL}\n{orders[1]};{UPS}\n999;{UNSURE}")
    page = plain(owner_client.get(here))
    assert "Ship 2 orders" in page
    assert "Ready 2" in page
    assert "Error 1" in page
    assert "Order: Order , Tracking number: Tracking" in page
    assert numbers(session) == []

    ids = row_ids(session)
    answer = owner_client.post(f"{here}/choices", data={"row": ids[:2], "tick": ids[:2], "then": "ship"})

    assert answer.status_code == 303
    assert re.fullmatch(r"/bulk/\d+", answer.location)
    run(session)
    assert numbers(session) == [DHL, UPS]
    assert "These lines were confirmed" in plain(owner_client.get(here))
    assert f'href="{here}"' in owner_client.get(answer.location).text
    again = owner_client.post(f"{here}/choices", data={"row": ids[:2], "then": "ship"})
    assert again.location == answer.location
    run(session)
    assert len(numbers(session)) == 2


def test_files_in_any_encoding_are_one_import(owner_client, session, orders):
    files = [
        (io.BytesIO(f"Bestellung;Sendung\n{orders[0]};{DHL}".encode("utf-16")), "größe.csv"),
        (io.BytesIO(f"{orders[1]}\t{UPS}\n".encode()), "b.tsv"),
    ]
    sent = {"text": f"{orders[2]},RR123456785DE", "files": files}
    answer = owner_client.post("/tracking", data=sent, content_type="multipart/form-data")
    page = plain(owner_client.get(answer.location + "?show=ready"))
    assert "größe.csv 2 lines read, 2 explained (1 heading) — Order: Bestellung , Tracking number: Sendung" in page
    assert "b.tsv 1 line read, 1 explained" in page
    assert "Pasted data 1 line read, 1 explained" in page
    # The lines of the title are those of the account, with the heading.
    assert session.scalars(select(TrackingImport.total)).one() == 4


def test_what_cannot_be_read_is_said_at_the_field(owner_client, session, orders):
    for sent, words in [
        ({"text": ""}, "There is no data. Paste order numbers with their tracking numbers, or drop a file."),
        ({"text": "nothing of use"}, "No order numbers were found."),
        ({"files": [(io.BytesIO(b"PK\x03\x04rest"), "book.xlsx")]}, "book.xlsx is a workbook, not a text file."),
        ({"text": "x" * (5 * 1024 * 1024 + 1)}, "What was sent is too large: at most 5 MB fit."),
        ({"text": "\n".join(f"303-1234567-{n:07};{10**19 + n}" for n in range(10_001))}, "the limit is 10000. Split"),
    ]:
        # The test client leaves a large multipart body open, which the other encoding has none of.
        kind = "multipart/form-data" if "files" in sent else "application/x-www-form-urlencoded"
        answer = owner_client.post("/tracking", data=sent, content_type=kind, headers=HTMX)
        assert answer.status_code == 422, (sent, words)
        assert answer.text.strip().startswith('<section class="panel" id="tracking-paste">'), (sent, words)
        assert words in plain(answer), (sent, words)
        assert session.scalar(select(func.count(TrackingImport.id))) == 0, (sent, words)
        session.rollback()


def test_a_carrier_that_is_unsure_is_chosen(owner_client, session, orders):
    here = pasted(owner_client, f"{orders[0]};{UNSURE}")
    page = owner_client.get(here)
    assert "Several carriers use this number format: choose one" in plain(page)
    assert 'value="ship"' not in page.text
    assert "Save choices" in page.text
    (id_,) = row_ids(session)

    owner_client.post(f"{here}/choices", data={"row": id_, "tick": id_, f"carrier-{id_}": "dpd", "then": "ship"})

    run(session)
    assert session.scalars(select(Parcel.carrier)).all() == ["DPD"]


def test_one_carrier_can_be_chosen_for_a_whole_page(owner_client, session, orders):
    here = pasted(owner_client, f"{orders[0]};{UNSURE}\n{orders[1]};12345678900002")
    ids = row_ids(session)
    owner_client.post(f"{here}/choices", data={"row": ids, "tick": ids, "carrier_all": "hermes", "then": "ship"})
    run(session)
    assert session.scalars(select(Parcel.title)).all() == ["Hermes", "Hermes"]


def test_two_orders_with_one_number_are_confirmed_as_one_parcel(owner_client, session, orders):
    here = pasted(owner_client, f"{orders[0]};{DHL}\n{orders[1]};{DHL}")
    page = owner_client.get(here)
    assert f"has this number for order {orders[1]}: confirm that both are in one package" in plain(page)
    ids = row_ids(session)
    assert re.findall(r'name="shared" value="(\d+)"( checked)?', page.text) == [(str(id_), "") for id_ in ids]

    owner_client.post(f"{here}/choices", data={"row": ids, "tick": ids, "shared": ids, "then": "keep"})
    page = owner_client.get(here)
    assert "Ship 2 orders" in plain(page)
    assert re.findall(r'name="shared" value="(\d+)"( checked)?', page.text) == [(str(id_), " checked") for id_ in ids]
    owner_client.post(f"{here}/choices", data={"row": ids, "tick": ids, "shared": ids, "then": "ship"})
    run(session)
    assert numbers(session) == [DHL, DHL]


def test_nothing_ready_says_so_and_changes_nothing(owner_client, session, orders):
    here = pasted(owner_client, f"{orders[0]};{DHL}")
    (id_,) = row_ids(session)
    answer = owner_client.post(f"{here}/choices?show=ready", data={"row": id_, "then": "ship"})
    assert answer.location == f"{here}?show=ready"
    assert "None of the selected lines is ready. Nothing was changed." in owner_client.get(answer.location).text
    assert session.scalar(select(func.count(BulkAction.id))) == 0


def test_what_is_kept_without_shipping_is_there_again(owner_client, session, orders):
    here = pasted(owner_client, f"{orders[0]};{DHL}\n{orders[1]};{UPS}")
    ids = row_ids(session)
    owner_client.post(f"{here}/choices", data={"row": ids, "tick": ids[:1], "then": "keep"})
    page = owner_client.get(here)
    assert "Ship 1 order" in plain(page)
    assert re.findall(r'name="tick" value="(\d+)"[^>]* checked', page.text) == [str(ids[0])]


def test_what_did_not_go_can_be_put_right_and_pasted_again(owner_client, session, orders):
    here = pasted(owner_client, f"Order;Tracking;Carrier\n{orders[0]};{DHL};\n{orders[1]};3,4E+19;DHL\n=1+1;{UPS};UPS")
    rows = list(csv.reader(io.StringIO(owner_client.get(f"{here}/rest.csv").text)))
    assert rows[0] == [
        "order-number",
        "tracking-number",
        "carrier",
        "sku",
        "order-item-id",
        "quantity",
        "ship-method",
        "why",
    ]
    assert [row[:3] for row in rows[1:]] == [[orders[1], "3,4E+19", "DHL"], ["'=1+1", UPS, "UPS"]]
    assert rows[1][7].startswith("The spreadsheet has rounded this number")
    again = owner_client.get(f"{here}/rest.csv").data.replace(b',"3,4E+19",DHL', b",00340434161094042999,DHL")
    assert "Error" in plain(owner_client.get(pasted(owner_client, again.decode()) + "?show=blocked"))


def test_every_line_and_column_is_accounted_for_before_and_after(owner_client, session, orders, redis_url):
    text = (
        "Order;Tracking;Void;Return number;Lot\n"
        f"{orders[0]};{DHL};N;00340434161099492555;1\n{orders[1]};{UPS};Y;;2\n{orders[2]};;;;3\n;;;;sum\n"
    )
    here = pasted(owner_client, text)
    for page in (plain(owner_client.get(here)), plain(owner_client.get(f"{here}?show=left_out"))):
        assert "5 lines read, 5 explained (1 heading)" in page
        assert "Columns not used: Return number (return labels) , Lot" in page
        assert "Left out 2" in page
    assert "The label was voided" in page
    ids = row_ids(session)
    owner_client.post(f"{here}/choices", data={"row": ids, "tick": ids, "then": "ship"})
    run(session)
    assert numbers(session) == [DHL]
    assert "5 lines read, 5 explained (1 heading)" in plain(owner_client.get(here))
    rest = owner_client.get(f"{here}/rest.csv").text
    assert orders[2] in rest
    assert UPS not in rest


def test_an_import_of_before_lines_were_counted_is_shown(owner_client, session, orders):
    here = pasted(owner_client, f"{orders[0]};{DHL}")
    tracking_import = session.scalars(select(TrackingImport)).one()
    tracking_import.sources = [source[:3] for source in tracking_import.sources]
    session.commit()
    assert "Pasted data 1 line — Order: 1" in plain(owner_client.get(here))


def test_many_lines_come_a_hundred_at_a_time(owner_client, session, orders):
    text = "Order;Tracking;Carrier\n" + "\n".join(f"88{n:04};{10**19 + n};DHL" for n in range(250))
    here = pasted(owner_client, text)
    last = owner_client.get(f"{here}?show=blocked&after=200")
    assert "201–250 of 250" in plain(last)
    assert "There is no order 880249" in plain(last)
    assert f"{here}?show=blocked&amp;after=100" in last.text
    assert "1–100 of 250" in plain(owner_client.get(here))


def test_late_rows_are_marked(owner_client, session, orders):
    here = pasted(owner_client, f"{orders[0]};{DHL}")
    # The factories' orders are long past their ship-by time.
    assert datetime.now(UTC) > NOW
    assert "1 of them is past its ship-by time" in plain(owner_client.get(here))


def test_who_may_not_ship_sees_nothing_of_it(viewer_client, owner_client, session, orders):
    here = pasted(owner_client, f"{orders[0]};{DHL}")
    for address in ("/tracking", here, f"{here}/rest.csv"):
        assert viewer_client.get(address).status_code == 403
    assert viewer_client.post("/tracking", data={"text": "x"}).status_code == 403
    assert viewer_client.post(f"{here}/choices").status_code == 403
    assert "/tracking" not in viewer_client.get("/orders").text
    assert 'href="/tracking"' in owner_client.get("/orders").text


def test_what_is_not_there_is_not_found(owner_client, session):
    answer = owner_client.get("/tracking/9")
    assert answer.status_code == 404
    assert "Paste them again." in answer.text


def test_a_doubtful_number_is_shipped_once_somebody_said_that_it_is_right(owner_client, session, orders):
    wrong = "00340434161094042558"
    here = pasted(owner_client, f"Order;Tracking;Carrier\n{orders[0]};{wrong};DHL\n{orders[1]};NULL;DHL")
    first, _second = row_ids(session)
    page = owner_client.get(here)
    assert "Check number" in plain(page)
    assert "The check digit is wrong for a number of DHL." in plain(page)
    assert f'name="confirm" value="{first}"' in page.text

    owner_client.post(f"{here}/choices", data={"row": str(first), "tick": str(first), "then": "ship"})
    assert numbers(session) == []
    owner_client.post(f"{here}/choices", data={"row": str(first), "tick": str(first), "confirm": str(first)})
    ready = owner_client.get(f"{here}?show=ready")
    assert wrong in ready.text
    assert f'type="hidden" name="confirm" value="{first}"' in ready.text

    owner_client.post(
        f"{here}/choices", data={"row": str(first), "tick": str(first), "confirm": str(first), "then": "ship"}
    )
    run(session)
    assert numbers(session) == [wrong]
    assert session.scalars(select(Parcel.tracking_warning)).one() == "tracking_check_digit"


def test_a_ship_date_that_cannot_be_read_is_pointed_out(owner_client, session, orders):
    here = pasted(
        owner_client, f"Order;Tracking;Ship date\n{orders[0]};{DHL};31.02.2026\n{orders[1]};{UPS};20.11.2026\n"
    )
    page = plain(owner_client.get(here))
    assert page.count("The ship date cannot be read: the time of the confirmation is used") == 1
    assert "Ship 2 orders" in page


def test_selected_orders_lead_to_a_line_for_each_or_to_the_page_of_one(owner_client, session, orders):
    ids = {row.number: row.id for row in session.execute(select(Order.number, Order.id))}
    session.rollback()
    one = owner_client.post("/tracking/selections", data={"id": [ids["100002"]], "query": ""})
    two = owner_client.post("/tracking/selections", data={"id": [ids["100003"], ids["100001"]], "query": ""})
    none = owner_client.post("/tracking/selections", data={"query": "sort=id"})

    assert one.location == "/orders/100002/shipments/new"
    assert two.location == "/tracking?orders=100003,100001"
    assert "100003\t\n100001\t\n</textarea>" in owner_client.get(two.location).text
    assert none.location == "/orders?sort=id"
