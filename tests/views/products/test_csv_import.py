"""Products in files: looked at before they are taken, and given out as they come in."""

import io
import re

import pytest
from sqlalchemy import select

from tests.support.stock import load_ledger, load_product, stock_counters
from webapp.models.products import ProductImport

CSV = "sku,title,quantity,colour\nMUG-1,Mug one,55,red\nMUG-7,Mug seven,,\nMUG-4,,,\nMUG-5,,lots,\n"


def test_a_file_is_looked_at_first_and_taken_with_one_click(owner_client, session, shop):
    before = stock_counters(session, "MUG-1")
    session.rollback()
    answer = owner_client.post(
        "/products/imports", data={"account": "1", "file": (io.BytesIO(CSV.encode()), "stock.csv")}
    )
    assert (answer.status_code, answer.location) == (303, "/products/imports/1")

    page = owner_client.get(answer.location).text
    assert re.findall(r'figure-value">(\d+)<', page) == ["1", "1", "1", "1"]
    assert "lots must be a whole number." in page
    assert "colour" in page
    assert "Import 2 rows" in page
    assert stock_counters(session, "MUG-1") == before
    session.rollback()

    owner_client.post("/products/imports/1/confirmations")

    assert stock_counters(session, "MUG-1") == (55, 0, 55)
    assert load_ledger(session, "MUG-1")[-1] == ("imported", 15, 0)
    seven = load_product(session, "MUG-7")
    assert (seven.title, seven.manage_stock) == ("Mug seven", False)
    assert session.scalars(select(ProductImport.counts)).one() == {"created": 1, "changed": 1, "same": 1, "wrong": 1}
    session.rollback()
    page = owner_client.get("/products/imports/1").text
    assert "1 row was left out" in page
    owner_client.post("/products/imports/1/confirmations")
    assert "This file was already imported." in owner_client.get("/products/imports/1").text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file, or paste the rows."),
        ({"rows": "title\nMug"}, "The first row must name the columns"),
        (
            {"file": (io.BytesIO(b"PK\x03\x04\0"), "x.xlsx")},
            "This is not a text file. Save the table as CSV, then upload that file.",
        ),
    ],
)
def test_what_is_no_file_of_products_is_said(owner_client, session, account, data, words):
    session.rollback()
    answer = owner_client.post("/products/imports", data={"account": "1"} | data)

    assert answer.status_code == 422
    assert words in answer.text
    assert session.scalars(select(ProductImport)).all() == []


def test_the_file_out_is_the_file_in(owner_client, session, shop):
    text = owner_client.get("/products/export.csv?stock=oversold").text
    assert text.splitlines() == [
        "sku,title,asin,enabled,manage_stock,quantity,reserved,available,flag,account",
        "MUG-2,Article MUG-2,,yes,yes,1,2,-1,,Desk",
    ]
    everything = owner_client.get("/products/export.csv").text
    owner_client.post("/products/imports", data={"account": "1", "rows": everything})

    assert "This file would change nothing" in owner_client.get("/products/imports/1").text
