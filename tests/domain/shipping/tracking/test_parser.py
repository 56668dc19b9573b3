"""Tracking numbers out of whatever text holds them."""
# ruff: noqa: E501 - sheets read better a sheet a line

import csv
import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import InvalidError
from webapp.domain.shipping.carrier_names import find_by_name
from webapp.domain.shipping.carriers import CARRIERS
from webapp.domain.shipping.tracking.cells import looks_tracked, parse_date
from webapp.domain.shipping.tracking.headers import find_header_field
from webapp.domain.shipping.tracking.parser import TrackingLine, read
from webapp.domain.shipping.tracking.text import decode_file

DHL, UPS, DPD = "00340434161094042557", "1Z999AA10123456784", "01234567890123"
ONE, TWO, THREE = "303-1234567-1234567", "303-1234567-1234568", "028-7654321-0000001"
OURS = {"100001", "100002", "100003"}


def ours(words):
    return {word for word in words if word in OURS}


def triples(text, known=ours):
    return [(line.order, line.tracking_number, line.carrier) for line in read(text, known).lines]


def test_columns_are_recognized():
    for case, text in [
        ("from a spreadsheet", f"Order ID\tTracking\tCarrier\n{ONE}\t{DHL}\tDHL\n{TWO}\t{UPS}\tUPS\n"),
        ("semicolons", f"Bestellnummer;Sendungsnummer;Versender\n{ONE};{DHL};DHL\n{TWO};{UPS};UPS"),
        (
            "commas and quotes",
            f'"order-id","tracking-number","carrier-name"\n"{ONE}","{DHL}","DHL"\n"{TWO}","{UPS}","UPS"',
        ),
        ("other order of columns", f"Vervoerder|Barcode|Bestelnummer\nDHL|{DHL}|{ONE}\nUPS|{UPS}|{TWO}"),
        ("no heads", f"{DHL}\tDHL\t{ONE}\n{UPS}\tUPS\t{TWO}"),
        (
            "a title and empty lines",
            f"Sendungen vom Montag;;\n\nAuftrag;Paketnummer;Dienstleister\n{ONE};{DHL};DHL\n;;\n{TWO};{UPS};UPS",
        ),
        (
            "more columns than needed",
            f"Date,Name,Order,Weight,Tracking,Carrier,EAN\n2026-11-20,A B,{ONE},1.5,{DHL},DHL,4006381333931\n2026-11-20,C D,{TWO},2,{UPS},UPS,4006381333931",
        ),
        ("what Excel says of its separator", f"sep=;\nOrder;Tracking;Carrier\n{ONE};{DHL};DHL\n{TWO};{UPS};UPS"),
        ("numbers kept as text", f'Order;Tracking;Carrier\n{ONE};="{DHL}";DHL\n{TWO};\'{UPS};UPS'),
        ("Japanese heads", f"注文番号,お問い合わせ番号,配送業者\n{ONE},{DHL},DHL\n{TWO},{UPS},UPS"),
        ("Chinese heads", f"订单号\t快递单号\t快递公司\n{ONE}\t{DHL}\tDHL\n{TWO}\t{UPS}\tUPS"),
        ("a mark at the beginning", f"\ufeffOrder;Tracking;Carrier\n{ONE};{DHL};DHL\n{TWO};{UPS};UPS"),
        (
            "words around the number",
            f"Order;Tracking;Carrier\nAmazon {ONE} (Prime);0034 0434 1610 9404 2557;DHL\n#{TWO};1Z 999 AA1 01 2345 6784;UPS",
        ),
        ("plain words", f"Hello, {ONE} left with DHL {DHL}\nand {TWO}: UPS ({UPS})"),
        (
            "sentences with commas",
            f"Hello, {ONE} left with DHL, the number is {DHL}. Regards\nHello, {TWO} left with UPS, the number is {UPS}. Regards",
        ),
        ("carriers before the numbers", f"Order;Tracking\n{ONE};dhl {DHL}\n{TWO};UPS: 1Z 999 AA1 01 2345 6784"),
        (
            "Chinese sentences",
            f"你好，订单{ONE}已发货，DHL快递单号{DHL}，谢谢。\n订单：{TWO}，单号（{UPS}）由UPS承运。",
        ),
        ("groups", f"{ONE}, 0034 0434 1610 9404 2557, DHL\n{TWO}, 1z 999 aa1 01 2345 6784, UPS"),
        ("a quotation mark nobody closed", f'Order;Tracking;Carrier\n{ONE};{DHL};DHL\n{TWO};{UPS};"UPS'),
    ]:
        triples_found = triples(text)
        assert [(order, number) for order, number, _ in triples_found] == [(ONE, DHL), (TWO, UPS)], (case, text)
        assert [find_by_name(carrier).key for _, _, carrier in triples_found] == ["dhl", "ups"], (case, text)


def test_our_own_numbers_are_known_by_asking():
    assert triples(f"100001;{DHL}\n100002;{UPS}") == [("100001", DHL, ""), ("100002", UPS, "")]
    assert triples(f"100001 {DHL}\n#100002 {UPS}") == [("100001", DHL, ""), ("100002", UPS, "")]


def test_a_head_tells_what_the_database_does_not():
    """An order that is not here is still an order, so that its line can say so."""
    assert triples(f"Order number;Tracking\n999;{DHL}") == [("999", DHL, "")]


def test_nothing_is_asked_where_amazon_s_numbers_stand():
    def never(_words):
        raise AssertionError

    assert triples(f"{ONE};{DHL}\n{TWO};{UPS}", never) == [(ONE, DHL, ""), (TWO, UPS, "")]


def test_contents_days_and_quantities_are_read():
    text = (
        "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\ttracking-number\tsku\n"
        f"{ONE}\t12345678901234\t2\t2026-11-20\tDHL\t{DHL}\tMUG-1\n"
        f"{ONE}\t12345678901235\t1,0\t20.11.2026\tDHL\t{UPS}\tMUG-2\n"
        f"{TWO}\t12345678901236\tmany\t\tDPD\t{DPD}\t\n"
    )
    assert read(text).lines == (
        TrackingLine(2, ONE, DHL, "DHL", "MUG-1", 2, "2026-11-20", "", "12345678901234", DHL),
        TrackingLine(3, ONE, UPS, "DHL", "MUG-2", 1, "2026-11-20", "", "12345678901235", UPS),
        TrackingLine(4, TWO, DPD, "DPD", problem="quantity_unreadable", item="12345678901236", written=DPD),
    )


def test_a_cell_with_several_numbers_is_several_lines():
    assert triples(f"Order;Tracking\n{ONE};{DHL}, {DPD}\n{TWO};{UPS}") == [
        (ONE, DHL, ""),
        (ONE, DPD, ""),
        (TWO, UPS, ""),
    ]


def test_a_number_that_a_spreadsheet_has_rounded_is_not_guessed_at():
    lines = read(f"Order;Tracking\n{ONE};3,40434E+17\n{TWO};{UPS}").lines
    assert [(line.tracking_number, line.problem) for line in lines] == [("", "tracking_rounded"), (UPS, "")]


def test_lines_that_lack_something_are_kept_with_what_they_lack():
    lines = read(f"Order;Tracking\n{ONE};\n;{DHL}\n{TWO};{UPS}").lines
    assert [line.problem for line in lines] == ["line_without_tracking", "line_without_order", ""]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "sheet_empty"),
        (" \n\t\n", "sheet_empty"),
        ("just some words\nand more of them", "sheet_no_orders"),
        ("a;b;c\nd;e;f", "sheet_no_orders"),
        (f"Order;Name\n{ONE};Somebody\n{TWO};Somebody", "sheet_no_tracking"),
        ("\n".join(f"303-1234567-{n:07};{DHL}" for n in range(10_001)), "sheet_too_long"),
    ],
)
def test_what_cannot_be_read_says_why(text, code):
    with pytest.raises(InvalidError) as refused:
        read(text)
    assert refused.value.code == code


def test_files_are_read_in_whatever_they_are_written():
    for encoding in ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]:
        text = f"Größe;Bestellung;Sendungsnummer\nÜ;{ONE};{DHL}\n"
        assert decode_file("file.csv", text.encode(encoding)) == text, encoding


def test_a_file_that_is_a_text_is_taken_however_it_is_written():
    for encoding in ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]:
        text = f"Größe;Bestellung;Sendungsnummer\r\n\tÜ\xa0;{ONE};{DHL}\r\n"
        assert decode_file("sheet.csv", text.encode(encoding)).lstrip("\ufeff") == text, encoding


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 8


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (PNG, "sheet_no_text"),
        (bytes(range(256)), "sheet_no_text"),
        (b"%PDF-1.7\nText all through", "sheet_no_text"),
        (b"PK\x03\x04rest", "sheet_not_text"),
    ],
)
def test_a_file_that_is_no_text_is_called_by_its_name(raw, code):
    with pytest.raises(InvalidError) as refused:
        decode_file("mine.bin", raw)
    assert (refused.value.code, refused.value.field, refused.value.arguments) == (code, "files", {"name": "mine.bin"})


def test_every_carrier_is_known_by_its_own_name_in_any_spelling():
    for carrier in CARRIERS:
        for text in (carrier.name, carrier.name.upper(), f"  {carrier.name.lower()} ", carrier.name.replace(" ", "-")):
            assert (found := find_by_name(text)), text
            assert found.key == carrier.key, text


def test_carriers_are_known_by_what_people_call_them():
    for text, key in [
        ("DHL Paket (Inland)", "dhl"),
        ("佐川急便", "sagawa"),
        ("ヤマト運輸", "yamato"),
        ("Royal Mail Tracked 48®", "royal_mail"),
        ("La Poste", "la_poste"),
        ("Federal Express", "fedex"),
        ("poczta polska", "poczta_polska"),
        ("PostNord Sverige", "postnord"),
    ]:
        assert find_by_name(text).key == key, (text, key)


def test_a_carrier_nobody_knows_is_nobody():
    for text in ["", "Bring", "my cousin", "12345"]:
        assert find_by_name(text) is None, text


def test_heads_are_known_in_many_languages():
    for head, field in [
        ("Amazon order ID (required)", "order"),
        ("Beställningsnummer", "order"),
        ("Numéro de commande", "order"),
        ("Sendungs-Nr.", "tracking_number"),
        ("Spårningsnummer", "tracking_number"),
        ("Numer przesyłki", "tracking_number"),
        ("Frachtführer", "carrier"),
        ("Stück", "quantity"),
        ("Gönderim tarihi", "shipped_on"),
        ("Price", None),
    ]:
        assert find_header_field(head) == field, (head, field)


def test_days_are_read_as_people_write_them():
    assert {
        str(parse_date(text)) for text in ("2026-11-20", "20.11.2026", "20/11/2026", "20261120", "2026-11-20T10:00Z")
    } == {"2026-11-20"}
    assert parse_date(DHL) is None
    assert parse_date("31.02.2026") is None


def test_the_number_of_lines_does_not_decide_whether_columns_are_found():
    for count in range(1, 40):
        rows = ["000-0000000-0000000\t01234567890123\tUPS Mail Innovations"] * count
        assert {line.carrier for line in read("\n".join(rows)).lines} == {"UPS Mail Innovations"}, count


orders = st.from_regex(r"[0-9]{3}-[0-9]{7}-[0-9]{7}", fullmatch=True)
numbers = st.sampled_from([DHL, UPS, DPD, "RR123456785DE", "420123459400111899560123456789"]) | st.from_regex(
    r"[0-9]{12,20}", fullmatch=True
).filter(looks_tracked)
carriers = st.sampled_from([carrier.name for carrier in CARRIERS])
FIELDS = ("Order", "Tracking number", "Carrier", "Note")


@given(
    rows=st.lists(st.tuples(orders, numbers, carriers, st.text("abc äö", max_size=8)), min_size=1, max_size=12),
    places=st.permutations(range(4)),
    delimiter=st.sampled_from("\t;,|"),
    headed=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_any_order_of_columns_in_any_file_reads_the_same(rows, places, delimiter, headed, encoding):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    for row in [FIELDS, *rows] if headed else rows:
        writer.writerow([row[place] for place in places])

    lines = read(decode_file("file.csv", out.getvalue().encode(encoding))).lines

    assert [(line.order, line.tracking_number) for line in lines] == [(row[0], row[1]) for row in rows]
    assert [find_by_name(line.carrier) for line in lines] == [find_by_name(row[2]) for row in rows]


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_no_text_breaks_it(text):
    try:
        sheet = read(text if isinstance(text, str) else decode_file("file.csv", text), ours)
    except InvalidError:
        return
    assert all(line.problem or (line.order and line.tracking_number) for line in sheet.lines)


@given(st.permutations([f"{order};{number}" for order, number in itertools.product((ONE, TWO, THREE), (DHL, UPS))]))
def test_lines_keep_their_order(lines):
    assert [f"{line.order};{line.tracking_number}" for line in read("\n".join(lines)).lines] == lines
