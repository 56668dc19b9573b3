"""Tracking files of shipping programs and of Amazon's template: every line and every column is accounted for."""

import csv
import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import InvalidError
from webapp.domain.shipping.tracking.cells import (
    is_month_first,
    is_void_mark,
    parse_date,
    says_voided,
    split_tracking_numbers,
)
from webapp.domain.shipping.tracking.headers import find_header_field
from webapp.domain.shipping.tracking.parser import read
from webapp.domain.shipping.tracking.text import MAX_COLUMNS, decode_file

DHL, DHL_2, DHL_3 = "00340434161094042557", "00340434161094042564", "00340434161094042571"
RETURN, RETURN_2 = "00340434161099492555", "00340434161099492562"
UPS, UPS_2 = "1Z999AA10123456784", "1Z999AA10123456793"
ONE, TWO, THREE = "303-1234567-1234567", "303-1234567-1234568", "028-7654321-0000001"
TEMPLATE = "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\ttracking-number\tship-method\n"


def parse_lines(text, **more):
    """(order, number, problem) of each entry."""
    return [(line.order, line.tracking_number, line.problem) for line in read(text, **more).lines]


def test_the_rows_of_amazon_s_template_name_the_lines_of_an_order():
    sheet = read(f"{TEMPLATE}{ONE}\t05835637773450\t1\t\tDHL\t\t{DHL}\t\n{ONE}\t05835637773451\t2\t\tDHL\t\t{DHL}\t\n")
    assert [(line.item, line.quantity, line.tracking_number) for line in sheet.lines] == [
        ("05835637773450", 1, DHL),
        ("05835637773451", 2, DHL),
    ]
    assert sheet.columns["order_item_id"] == "order-item-id"


def test_a_template_with_heads_in_two_languages_has_two_headings():
    text = (
        "注文番号\t注文商品番号\t出荷数\t出荷日\t配送業者コード\t配送業者名\tお問い合わせ伝票番号\n"
        "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\ttracking-number\n"
        f"{ONE}\t\t\t2026/11/20\tOther\tヤマト運輸\t401234567812\n"
    )
    sheet = read(text)
    (line,) = sheet.lines
    assert (sheet.read, sheet.headings, line.carrier, line.shipped_on) == (3, 2, "ヤマト運輸", "2026-11-20")


def test_the_name_of_a_carrier_goes_before_the_code_other():
    for code, name, carrier in [
        ("Other", "Rhenus Home", "Rhenus Home"),
        ("Sonstige", "GLS", "GLS"),
        ("その他", "佐川急便", "佐川急便"),
        ("其他", "顺丰速运", "顺丰速运"),
        ("DHL", "", "DHL"),
        ("", "UPS", "UPS"),
        ("Other", "", ""),
        ("DHL", "Something of ours", "DHL"),
    ]:
        (line,) = read(f"{TEMPLATE}{ONE}\t\t\t\t{code}\t{name}\tRH1234567890\t\n").lines
        assert line.carrier == carrier, (code, name, carrier)


JAPANESE = f"注文番号\t配送業者\tお問い合わせ番号\n{ONE}\tヤマト運輸\t401234567812\n"
CHINESE = f"订单号,物流公司,运单号\n{ONE},中国邮政,LX123456785CN\n"


def test_a_file_is_decoded_by_what_its_bytes_make_most_sense_in():
    for encoding, text in [
        ("cp932", JAPANESE),
        ("shift_jis", f"{TEMPLATE}{ONE}\t\t\t\tOther\t佐川急便\t401234567823\t飛脚宅配便\n"),
        ("cp932", f"注文番号,お届け先名,追跡番号\n{ONE},ﾔﾏﾀﾞ 太郎 様,401234567812\n"),
        ("cp932", f"{ONE},日通,401234567812\n"),
        ("gb18030", CHINESE),
        ("gbk", f"{ONE}\t圆通\t{DHL}\n"),
        ("gb2312", f"订单编号;收件人;快递单号;快递公司\n{ONE};上海市浦东新区;{DHL};顺丰速运\n"),
        ("cp1252", f"Bestellung;Empfänger;Sendungsnr\n{ONE};Groß & Söhne – “Café”;{DHL}\n"),
        ("cp1252", f"Numéro de commande;Société;N° de suivi\n{ONE};Crème brûlée;{DHL}\n"),
        ("latin-1", f"Beställningsnummer;Spårningsnummer\n{ONE};{DHL}\n"),
        ("utf-8", f"Bestellung;Empfa\u0308nger;Sendungsnr\n{ONE};Mu\u0308ller;{DHL}\n"),
        ("utf-8", JAPANESE),
        ("utf-16", CHINESE),
    ]:
        assert decode_file("file.csv", text.encode(encoding)) == text, (encoding, text)


def test_one_broken_byte_does_not_change_how_the_others_are_decoded():
    raw = f"Bestellung;Empfänger;Größe\n{ONE};Müller;ß".encode()
    assert decode_file("file.csv", raw[:-1] + b"\n") == f"Bestellung;Empfänger;Größe\n{ONE};Müller;\ufffd\n"


def test_a_voided_label_is_left_out_and_said():
    for case, heads, cells in [
        ("UPS WorldShip", "PackageReference1,PackageTrackingNumber,PackageVoidIndicator", f"{ONE},{UPS},Y"),
        ("a storno column", "Auftrag,Sendungsnummer,Storno", f"{ONE},{DHL},ja"),
        ("when it was voided", "Order,Tracking,Storniert am", f"{ONE},{DHL},20.11.2026"),
        ("a status", "Order,Tracking,Label status", f"{ONE},{DHL},Voided"),
        ("a status in German", "Bestellung,Sendung,Zustand", f"{ONE},{DHL},Sendung storniert"),
        ("Chinese", "订单号,运单号,是否作废", f"{ONE},{DHL},是"),
        ("Japanese", "注文番号,伝票番号,キャンセル", f"{ONE},{DHL},1"),
    ]:
        good = cells.replace(ONE, TWO).rpartition(",")[0].replace(DHL, DHL_2).replace(UPS, UPS_2)
        assert [problem for _, _, problem in parse_lines(f"{heads}\n{cells}\n{good},\n")] == ["line_voided", ""], case


def test_a_label_that_is_not_voided_stays():
    for cell in ["N", "no", "0", "", "nein", "false", "-", "いいえ", "否", "not voided", "Aktiv", "0.00"]:
        assert not is_void_mark(cell), cell


def test_words_that_do_not_say_voided_leave_nothing_out():
    for cell in ["Not cancelled", "Voidable until Monday", "shipped", "", "avoid delivery before noon"]:
        assert not says_voided(cell), cell


def test_the_number_of_a_return_label_is_never_the_parcel_s():
    for heads in [
        "Referenz;Retourensendungsnummer;Sendungsnummer",
        "order number;return tracking number;tracking number",
        "订单号;退货运单号;运单号",
        "注文番号;返品追跡番号;追跡番号",
        "Numéro de commande;Numéro de suivi retour;Numéro de suivi",
        "Ordine;Tracking reso;Tracking",
        "Pedido;Seguimiento de la devolución;Seguimiento",
        "Order;Retouretiket barcode;Barcode",
    ]:
        sheet = read(f"{heads}\n{ONE};{RETURN};{DHL}\n{TWO};{RETURN_2};\n")
        assert [(line.order, line.tracking_number) for line in sheet.lines] == [(ONE, DHL), (TWO, "")], heads
        assert [why for _, why in sheet.unused] == ["return"], heads


def test_a_file_of_return_labels_alone_has_no_parcels():
    with pytest.raises(InvalidError) as refused:
        read(f"Order;Return tracking number\n{ONE};{RETURN}\n{TWO};{RETURN_2}\n")
    assert refused.value.code in {"sheet_no_tracking", "sheet_no_orders"}


def test_a_second_tracking_column_is_a_second_parcel():
    for heads in [
        "order;tracking number 1;tracking number 2",
        "order;Sendungsnummer;weitere Sendungsnummer",
        "order;AWB;AWB 2",
        "order;运单号1;运单号2",
    ]:
        text = f"{heads}\n{ONE};{DHL};{DHL_2}\n{TWO};{DHL_3};\n"
        assert parse_lines(text) == [(ONE, DHL, ""), (ONE, DHL_2, ""), (TWO, DHL_3, "")], heads


def test_the_same_number_in_two_columns_is_one_parcel():
    assert parse_lines(f"order;tracking;barcode\n{ONE};{DHL};{DHL}\n") == [(ONE, DHL, "")]


def test_a_barcode_of_the_product_is_no_parcel():
    sheet = read(f"Order;Tracking number;Barcode\n{ONE};{DHL};4006381333931\n{TWO};{DHL_2};4006381333931\n")
    assert [line.tracking_number for line in sheet.lines] == [DHL, DHL_2]
    assert sheet.unused == (("Barcode", ""),)


def test_a_column_of_numbers_goes_before_one_of_links():
    link = "https://carrier.example/track?id="
    sheet = read(f"Order;Tracking link;Tracking number\n{ONE};{link}{DHL};{DHL}\n{TWO};{link}{DHL_2};{DHL_2}\n")
    assert [line.tracking_number for line in sheet.lines] == [DHL, DHL_2]
    assert sheet.unused == (("Tracking link", ""),)


def test_numbers_under_another_head_are_not_taken_for_parcels_but_pointed_out():
    """The tracking column holds words; the order-item-ids look more like tracking numbers than those."""
    text = (
        f"order-id;order-item-id;Lot;tracking-number\n{ONE};58356377734501;{UPS};NULL\n{TWO};58356377734502;{UPS_2};-\n"
    )
    sheet = read(text)
    assert [line.written for line in sheet.lines] == ["NULL", "-"]
    assert sheet.unused == (("Lot", "suspicious"),)


def test_several_numbers_in_a_cell_are_several_parcels():
    for cell in [
        f"{DHL} / {DHL_2}",
        f"{DHL}/{DHL_2}",
        f"{DHL} {DHL_2}",
        f"{DHL}+{DHL_2}",
        f"{DHL};{DHL_2}",
        f"{DHL}\n{DHL_2}",
        f"{DHL}-{DHL_2}",
        f"{DHL} und {DHL_2}",
        f"{DHL}、{DHL_2}",
        f"{DHL}{DHL_2}",
        "0034 0434 1610 9404 2557 0034 0434 1610 9404 2564",
    ]:
        assert [number.replace(" ", "") for number in split_tracking_numbers(cell)] == [DHL, DHL_2], cell


def test_one_number_in_a_cell_is_one_parcel():
    for cell in [
        DHL,
        "0034 0434 1610 9404 2557",
        "1Z 999 AA1 01 2345 6784",
        "XX 1234 5678 5GB",
        "1234 5678 9012 3456",
        "NULL",
        "RH-1234567890",
        "420123459400111899560123456789",
    ]:
        assert split_tracking_numbers(cell) == [cell], cell


def test_numbers_among_words_are_asked_about():
    text = f'Order;Tracking\n{ONE};"{DHL} (return: {RETURN})"\n{TWO};{DHL_2}\n'
    assert parse_lines(text) == [(ONE, "", "tracking_cell_unclear"), (TWO, DHL_2, "")]
    assert read(text).lines[0].written == f"{DHL} (return: {RETURN})"


def test_several_orders_in_a_line_each_have_its_parcel():
    assert parse_lines(f"Order;Tracking\n{ONE}, {TWO};{DHL}\n{THREE};{UPS}\n") == [
        (ONE, DHL, ""),
        (TWO, DHL, ""),
        (THREE, UPS, ""),
    ]
    assert {problem for _, _, problem in parse_lines(f"Order;Tracking\n{ONE} {TWO};{DHL}, {UPS}\n{THREE};{UPS_2}")} == {
        "line_ambiguous",
        "",
    }


def test_words_of_voided_and_return_labels_hold_a_line_back():
    for line, problem in [
        (f"{ONE} {DHL} voided", "line_voided"),
        (f"{ONE}: {DHL} (storniert)", "line_voided"),
        (f"{ONE} {DHL}, return label {RETURN}", "line_of_return"),
        (f"Retoure zu {ONE} ist {RETURN}", "line_of_return"),
    ]:
        assert {said for order, _, said in parse_lines(f"{line}\n{TWO} {UPS}") if order == ONE} == {problem}, line


def test_several_orders_and_numbers_in_a_sentence_are_not_dropped():
    assert parse_lines(f"{ONE} and {TWO} left together as {DHL}") == [(ONE, DHL, ""), (TWO, DHL, "")]
    assert parse_lines(f"for {ONE} there are two parcels {DHL} and {DHL_2}") == [(ONE, DHL, ""), (ONE, DHL_2, "")]


def test_cells_of_several_lines_are_read_and_counted_as_a_spreadsheet_counts_them():
    text = f'order,address,tracking\n{ONE},"A\nB\nC\n12345 D",{DHL}\n\n{TWO},"A ""X""\r\nB",{UPS}\n'
    sheet = read(text)
    assert [(line.place, line.order, line.tracking_number) for line in sheet.lines] == [(2, ONE, DHL), (4, TWO, UPS)]
    assert (sheet.read, sheet.explained) == (3, 3)


def test_a_quotation_mark_that_quotes_nothing_costs_no_line():
    for broken in [f'{TWO};"12 inch pipe;{UPS}', f'{TWO};12" pipe;{UPS}', f'{TWO};"a" b;{UPS}', f'{TWO};"""x;{UPS}']:
        text = f'order;note;tracking\n{ONE};"two\nlines";{DHL}\n{broken}\n{THREE};"more\nlines";{UPS_2}\n'
        assert [(line.order, line.tracking_number) for line in read(text).lines] == [
            (ONE, DHL),
            (TWO, UPS),
            (THREE, UPS_2),
        ]


def test_the_order_of_day_and_month_is_decided_by_the_whole_column():
    for cells, days in [
        (["11/20/2026", "11/05/2026"], ["2026-11-20", "2026-11-05"]),
        (["20/11/2026", "05/11/2026"], ["2026-11-20", "2026-11-05"]),
        (["5-11-26", "20-11-26"], ["2026-11-05", "2026-11-20"]),
        (["1/5/2026 3:15 PM", "1/25/2026 9:00 AM"], ["2026-01-05", "2026-01-25"]),
        (["05.11.2026", "11/20/2026"], ["2026-11-05", "2026-11-20"]),
        (["2026年11月5日", "2026/11/20"], ["2026-11-05", "2026-11-20"]),
        (["20261105", "2026-11-20T10:00Z"], ["2026-11-05", "2026-11-20"]),
    ]:
        lines = [f"{order};{number};{cell}" for order, number, cell in zip((ONE, TWO), (DHL, UPS), cells, strict=True)]
        for text in ("\n".join(lines), "\n".join(reversed(lines))):
            sheet = read(f"order;tracking;ship date\n{text}\n")
            assert sorted((line.order, line.shipped_on) for line in sheet.lines) == sorted(
                zip((ONE, TWO), days, strict=True)
            )


def test_where_no_date_tells_the_stores_decide():
    text = f"order;tracking;ship date\n{ONE};{DHL};11/05/2026\n"
    assert read(text).lines[0].shipped_on == "2026-05-11"
    assert read(text, month_first=True).lines[0].shipped_on == "2026-11-05"
    assert is_month_first(["13/01/2026", "01/13/2026"], otherwise=True)


def test_a_date_of_the_order_is_no_day_of_shipping():
    (line,) = read(f"order;order date;tracking\n{ONE};2026-11-01;{DHL}\n").lines
    assert line.shipped_on == ""
    (line,) = read(f"order;date;despatch date;tracking\n{ONE};2026-11-01;2026-11-03;{DHL}\n").lines
    assert line.shipped_on == "2026-11-03"


def test_what_is_no_date_is_none():
    for text in ["", "12-34-5678-90", "31/31/2026", "1/1", "2026-13-01", "11/20/2026x", "9" * 400]:
        assert parse_date(text) is None, text
        assert parse_date(text, month_first=True) is None, text


def test_headings_are_recognized():
    for head, field in [
        ("注文商品番号", "order_item_id"),
        ("订单商品编号", "order_item_id"),
        ("订单编号", "order"),
        ("Tracking number 2", "tracking_number"),
        ("Tracking URL", "link"),
        ("Sendungsverfolgungslink", "link"),
        ("Rücksendenummer", "return"),
        ("PackageVoidIndicator", "void"),
        ("Tracking company", "carrier"),
        ("x" * 100_000, None),
    ]:
        assert find_header_field(head) == field, (head, field)


def test_heads_in_the_middle_of_a_file_are_headings():
    part = f"Order;Tracking\n{ONE};{DHL}\n"
    sheet = read(part + part.replace(ONE, TWO))
    assert (sheet.read, sheet.headings, [line.order for line in sheet.lines]) == (4, 2, [ONE, TWO])


NUMBERS = (DHL, DHL_2, UPS, f"{DHL} / {UPS}", f"{DHL} (return {RETURN})", "NULL", "3,4E+17", "https://x.example/1")
OTHERS = ("", "", "2", "many", "20.11.2026", "11/20/2026", "Voided", "Y", "N", "DHL", "Other", "two\nlines", 'a "b" c')
ORDERS = (ONE, TWO, THREE, "100001", "999", f"{ONE}, {TWO}")
HEADS = (
    "Order",
    "Tracking",
    "Tracking 2",
    "Return number",
    "Carrier",
    "Quantity",
    "Void",
    "Status",
    "Ship date",
    "Note",
)
cells = st.sampled_from(NUMBERS + OTHERS + ORDERS) | st.text("aä1;,|\t\"' \n", max_size=12)
heads = st.sampled_from(HEADS)


@given(
    named=st.none() | st.lists(heads, min_size=2, max_size=6),
    rows=st.lists(st.lists(cells, min_size=1, max_size=6), min_size=1, max_size=10),
    delimiter=st.sampled_from("\t;,|"),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_every_line_that_is_read_is_explained(named, rows, delimiter, ending):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending)
    writer.writerows([*([named] if named else []), *rows])
    try:
        sheet = read(out.getvalue(), lambda words: {"100001"} & set(words))
    except InvalidError:
        return
    assert sheet.explained == sheet.read
    assert sheet.read == sheet.headings + len({line.place for line in sheet.lines})
    assert all(line.problem or (line.order and line.tracking_number) for line in sheet.lines)


def work(text, known=lambda _words: ()):
    """How many calls of functions reading a text takes, and what came of it."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        sheet = read(text, known)
    except InvalidError as error:
        return calls, error.code
    finally:
        sys.setprofile(None)
    return calls, sheet


def rows_of(count):
    return "Order;Tracking;Carrier;Note\n" + "".join(
        f"303-1234567-{n:07};{10**19 + n};DHL;note {n}\n" for n in range(count)
    )


SIZES = {
    "lines": rows_of,
    "columns": lambda n: f"Order;Tracking;{';'.join(f'Column {k}' for k in range(n // 10))}\n{ONE};{DHL};x\n",
    "words": lambda n: f"{ONE} left as {DHL} " + "word " * n,
    "words with digits": lambda n: f"{ONE} left as {DHL} " + " ".join(f"w{k}x12345" for k in range(n)),
    "quotation marks": lambda n: rows_of(20) + 'b"c;"d;e;f\n' * n,
    "blanks in a cell": lambda n: f"Order;Tracking\n{ONE};{DHL}{' ' * n * 100}x\n{TWO};{UPS}\n",
    "signs in a cell": lambda n: f"Order;Tracking;Carrier\n{ONE};{'1' * n * 100};{'x-' * n * 50}\n{TWO};{UPS};UPS\n",
    "numbers in a cell": lambda n: f"Order;Tracking\n{ONE};{' '.join([DHL] * n)}\n{TWO};{UPS}\n",
}  # fmt: skip


def test_the_work_grows_no_faster_than_the_text():
    for kind in SIZES:
        small, large = (work(SIZES[kind](n))[0] for n in (1_000, 4_000))
        assert large < small * 4.4 + 2_000, kind


def test_a_line_of_very_many_columns_is_refused_with_its_number():
    text = f"Order;Tracking\n{ONE};{DHL}\n" + ";".join(["x"] * 5_000)
    with pytest.raises(InvalidError) as refused:
        read(text, name="wide.csv")
    assert (refused.value.code, refused.value.arguments) == (
        "sheet_too_wide",
        {"name": "wide.csv", "line": 3, "columns": 5_000, "most": MAX_COLUMNS},
    )
    single = work(";".join([ONE, DHL, *["123456789012"] * 5_000]))
    assert single[1] == "sheet_too_wide"
    assert single[0] < 50_000


def test_very_many_lines_are_refused_before_they_are_read():
    for text in [f"{ONE};{DHL}\n" * 100_001, "x\n" * 100_001, "\n" * 100_001]:
        calls, code = work(text)
        assert code in {"sheet_too_long", "sheet_empty"}
        assert calls < 250_000


def test_very_many_words_are_not_all_asked_for():
    asked = []
    text = f"{ONE} {DHL}\n" + " ".join(f"a{n}" for n in range(60_000))
    with pytest.raises(InvalidError) as refused:
        read(text, lambda words: asked.append(len(words)) or ())
    assert (refused.value.code, asked) == ("sheet_too_many_words", [])
