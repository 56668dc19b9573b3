"""Files of products as people and spreadsheets write them: read whole, or said by line why not."""

import pytest

from webapp.domain.common.csv_cells import escape_formula, unescape_formula
from webapp.domain.errors import InvalidError
from webapp.domain.products import csv_import as product_csv
from webapp.domain.products.csv_import import Entry, Known

ROW = {"title": "", "asin": "", "enabled": True, "manage_stock": True, "quantity": 1, "reserved": 0, "available": 1}


def entries(text):
    return [row.entry for row in product_csv.read(text).rows]


def refused(text):
    with pytest.raises(InvalidError) as error:
        product_csv.read(text)
    return error.value.code


def test_a_file_is_read_with_each_delimiter_and_in_any_order():
    for mark in [",", ";", "\t"]:
        text = f"Quantity{mark}SKU{mark}Title\n5{mark}A-1{mark}Mug\n{mark}A-2{mark}\n"

        assert entries(text) == [Entry("A-1", "Mug", None, None, None, 5), Entry("A-2")], mark


def test_an_empty_cell_says_nothing_and_a_short_row_neither():
    assert entries("sku,title,enabled,manage_stock,quantity\nA-1\nA-2,,no,yes,\n") == [
        Entry("A-1"),
        Entry("A-2", None, None, False, True),
    ]


def test_each_row_that_cannot_be_taken_says_its_line_and_why():
    text = 'sku,title,quantity,enabled\nA-1,"two\nlines",1,\n,x,,\nA-2,,many,\nA-3,,,perhaps\nA-4,,1,\nA-4,,2,\n'

    rows = [(row.line, row.sku, row.wrong.code if row.wrong else None) for row in product_csv.read(text).rows]

    assert rows == [
        (2, "A-1", "product_cell_torn"),
        (4, "", "product_sku_required"),
        (5, "A-2", "product_quantity_malformed"),
        (6, "A-3", "product_switch_malformed"),
        (7, "A-4", None),
        (8, "A-4", "product_sku_twice"),
    ]


def test_a_quotation_mark_left_open_takes_no_other_row_with_it_unsaid():
    (row,) = product_csv.read('sku,quantity\n"A-1,1\nA-2,2\nA-3,3\n').rows

    assert (row.line, row.entry, row.wrong) == (2, None, product_csv.RowError("product_cell_torn", {"name": "sku"}))


def test_a_whole_number_that_is_too_large_is_called_so():
    for quantity in ["1000000001", "99999999999999", "9" * 5000]:
        (row,) = product_csv.read(f"sku,quantity\nA-1,{quantity}\n").rows

        assert row.wrong == product_csv.RowError("product_quantity_range", {"most": product_csv.MOST_PIECES}), quantity


def test_what_is_no_such_file_is_refused_whole():
    for text, code in [
        ("", "product_file_no_sku"),
        ("title,quantity\nMug,1\n", "product_file_no_sku"),
        ("sku,qty\n", "product_file_empty"),
        ("sku,qty,quantity\nA,1,2\n", "product_file_column_twice"),
        ("sku\n" + "A\n" * (product_csv.MOST_ROWS + 1), "product_file_long"),
        ("sku\n" + "x" * product_csv.LARGEST_FILE, "product_file_large"),
        ('sku\n"' + "x" * 200_000, "product_file_broken"),
    ]:
        assert refused(text) == code, (text, code)


def test_columns_nobody_knows_are_named():
    assert product_csv.read("sku,colour,reserved\nA,red,3\n").ignored == ("colour",)


def test_a_spreadsheets_encodings_are_read():
    for encoding in ["utf-8", "utf-8-sig", "utf-16", "cp1252"]:
        assert product_csv.decode("sku,title\nA,Käthe".encode(encoding)) == "sku,title\nA,Käthe", encoding


def test_what_is_no_text_is_refused():
    with pytest.raises(InvalidError) as error:
        product_csv.decode(b"PK\x03\x04\0\0")
    assert error.value.code == "product_file_no_text"


def test_what_is_written_is_read_as_the_same_and_no_cell_is_a_formula():
    rows = [
        ROW | {"sku": sku, "title": title, "flag": "", "account": "Desk", "quantity": quantity}
        for sku, title, quantity in [("A-1", "=1+1", 3), ("-B", 'Mug "big", 1 l', -2), ("'C", "ein; zwei", 0)]
    ]

    text = "".join(product_csv.write(iter(rows)))

    assert [(one.sku, one.title, one.quantity) for one in entries(text)] == [
        ("A-1", "=1+1", 3),
        ("-B", 'Mug "big", 1 l', -2),
        ("'C", "ein; zwei", 0),
    ]
    assert "'=1+1" in text
    assert ",-2," in text


def test_texts_that_look_like_formulas_are_escaped_and_read_unchanged():
    for title in ["=1", " =1", "'=1", "''=1", "＝1", "'＠x", "+1", "\u3000-1", "'x", "'", "''", "1=1"]:
        escaped = escape_formula(title)

        assert unescape_formula(escaped) == title, title
        assert not escaped.lstrip(" \u3000").startswith(("=", "+", "-", "@", "＝", "＠")), title


def test_a_quantity_turns_stock_tracking_on_unless_the_row_turns_it_off():
    assert Entry("A", quantity=3).manages is True
    assert Entry("A", quantity=3, manage_stock=False).manages is False
    assert Entry("A", title="x").manages is None


def test_changes_are_what_differs():
    known = Known("Mug", "B01", True, False, 0)

    assert product_csv.compare(Entry("A", "Mug", None, True), known) == {}
    assert product_csv.compare(Entry("A", quantity=0), known) == {"manage_stock": (False, True)}
    assert product_csv.compare(Entry("A", "Cup", quantity=4), known) == {
        "title": ("Mug", "Cup"),
        "manage_stock": (False, True),
        "quantity": (0, 4),
    }
