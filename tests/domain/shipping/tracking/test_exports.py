"""Exports of shipping programs as they come: which lines are ready, and which are held back."""

from datetime import UTC, datetime

import pytest

from webapp.domain.common.plain_text import to_plain
from webapp.domain.errors import InvalidError
from webapp.domain.shipping.tracking.cells import says_return, says_voided
from webapp.domain.shipping.tracking.matching import BLOCKED, CONFIRM, READY, Choice, Item, Order, find_number, match
from webapp.domain.shipping.tracking.numbers import classify
from webapp.domain.shipping.tracking.parser import read
from webapp.domain.shipping.tracking.text import decode_file

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ONE, TWO = "303-1234567-1234567", "303-1234567-1234568"
DHL, DHL_2 = "00340434161094042557", "00340434161094042564"
UPS, UPS_2 = "1Z999AA10123456784", "1Z999AA10123456793"
USPS = "9400111206250000000010"
HEADS = "Order;Tracking;Carrier"
ITEMS = (Item(11, "MUG", 1, "05835637773450"),)


def look(text, country="DE"):
    """The matches of a text with two orders."""
    sheet = read(text)
    assert sheet.explained == sheet.read
    orders = {number: Order(id_, number, "processing", country, ITEMS) for id_, number in enumerate((ONE, TWO), 1)}
    return match([(find_number(line), Choice()) for line in sheet.lines], orders, {}, NOW)


def standings(text, **more):
    return [(one.standing, one.code) for one in look(text, **more)]


def test_a_label_that_was_deleted_or_refunded_is_left_out():
    for cell in [
        "Refunded",
        "Refund requested",
        "E-refund",
        "Deleted",
        "cancel",
        "gelöscht",
        "Verwijderd",
        "Supprimé",
        "Eliminado",
        "削除",
        "已删除",
        "usunięto",
        "silindi",
        "VOIDED 11/20",
        "Storno 20.11.2026",
    ]:
        text = f"{HEADS};Status\n{ONE};{DHL};DHL;{cell}\n{TWO};{DHL_2};DHL;OK\n"
        assert standings(text) == [("left_out", "line_voided"), (READY, "")], cell


def test_a_column_of_deleted_or_refunded_labels_is_one_of_voided_labels():
    for head in ["Refund Type", "Refunded", "Deleted", "Delete Flag", "Löschkennzeichen", "Gelöscht"]:
        text = f"{HEADS};{head}\n{ONE};{DHL};DHL;Yes\n{TWO};{DHL_2};DHL;No\n"
        assert standings(text) == [("left_out", "line_voided"), (READY, "")], head


def test_a_line_of_a_return_label_is_held_back():
    for head, cell in [
        ("Product", "DHL Retoure"),
        ("Status", "Return label"),
        ("Type", "Rücksendung"),
        ("类型", "退货"),
        ("種類", "返品"),
        ("Is Return", "Yes"),
        ("Return flag", "1"),
    ]:
        text = f"{HEADS};{head}\n{ONE};{DHL};DHL;{cell}\n{TWO};{DHL_2};DHL;\n"
        assert standings(text) == [(BLOCKED, "line_of_return"), (READY, "")], (head, cell)


def test_words_among_others_say_nothing_of_the_label():
    for cell in ["Return to sender possible", "No returns", "In transit", "Deleted Scenes DVD", "Refund of 5.00 given"]:
        assert not says_return(cell), cell
        assert not says_voided(cell), cell


def test_dates_and_order_numbers_are_no_numbers_whoever_carries_the_parcel():
    for written, code in [
        ("2026-11-20", "tracking_is_date"),
        ("20.11.", "tracking_is_date"),
        ("Mo 20.11.26", "tracking_is_date"),
        (TWO, "tracking_is_order_number"),
    ]:
        for carrier in ["Hansens Fuhren", "DHL", ""]:
            text = f"{HEADS}\n{ONE};{written};{carrier}\n{TWO};{DHL_2};DHL\n"
            assert standings(text) == [(BLOCKED, code), (READY, "")], (written, code, carrier)


def test_doubtful_numbers_of_a_carrier_without_known_formats_are_questions():
    for written, code in [
        ("20261120", "tracking_format"),
        ("12345 Berlin", "tracking_format"),
        ("1Z999AA10123456785", "tracking_of_another"),
        ("00340434161094042558", "tracking_of_another"),
    ]:
        assert standings(f"{HEADS}\n{ONE};{written};Hansens Fuhren\n") == [(CONFIRM, code)], (written, code)


def test_look_alikes_of_plain_characters_are_read_as_plain_ones():
    for written in [
        "\u200e1Z999AA10123456784\u200e",
        "\u202b1Z999AA10123456784\u202c",
        "1Z\u00ad999AA10123456784",
        "\u20601Z 999 AA1 01 2345 6784",
        "1Z\u2011999\u2011AA1\u201301\u20132345\u20146784",
        "１Ｚ９９９ＡＡ１０１２３４５６７８４",
        "1Z\u00a0999\u2007AA1\u202f01\u30002345 6784",
        "1Z999AA1٠١٢٣٤٥٦٧٨٤",
        "`1Z999AA10123456784`",
        "“1Z999AA10123456784”",
    ]:
        order = ONE.replace("-", "\u2011") + "\u200e"
        (one,) = look(f"Order\tTracking\n{order}\t{written}\n")
        assert (one.standing, one.line.order, one.line.tracking_number) == (READY, ONE, UPS), written
        assert classify(written.strip("`“”")).number == UPS, written


def test_letters_with_accents_stay_as_they_are():
    assert to_plain("Größe –\u00a0ｶﾀｶﾅ 注文\u200b") == "Größe - ｶﾀｶﾅ 注文"


def test_a_carrier_s_name_is_read_in_every_encoding_that_is_known():
    for encoding, carrier, heads in [
        ("big5", "順豐速運", "訂單編號;追蹤號碼;物流公司"),
        ("big5", "黑貓宅急便", "訂單編號;運單號碼;快遞公司"),
        ("euc_jp", "ヤマト運輸", "注文番号;お問い合わせ番号;配送会社"),
        ("euc_jp", "佐川急便", "注文番号;伝票番号;運送会社"),
        ("cp1250", "Poczta Polska żółć", "Numer zamówienia;Numer przesyłki;Przewoźnik"),
        ("cp1250", "Česká pošta", "Order;Tracking;Carrier"),
        ("cp1251", "Почта России", "Order;Tracking;Carrier"),
        ("cp1251", "Деловые Линии", "Order;Tracking;Carrier"),
        ("cp1254", "Kuş Işık Dağıtım", "Sipariş no;Takip no;Kargo firması"),
        ("utf-16-le", "ヤマト運輸", "注文番号;お問い合わせ番号;配送会社"),
        ("utf-16-be", "顺丰速运", "订单号;运单号;快递公司"),
        ("cp1252", "Österreichische Post", "Bestellnummer;Sendungsnummer;Versanddienstleister"),
        ("cp1252", "Colis Privé", "Numéro de commande;Numéro de suivi;Transporteur"),
    ]:
        raw = f"{heads}\n{ONE};401234567812;{carrier}\n{TWO};{UPS};UPS\n".encode(encoding)
        assert [line.carrier for line in read(decode_file("export.csv", raw)).lines] == [carrier, "UPS"], (
            encoding,
            carrier,
            heads,
        )


@pytest.mark.parametrize(
    ("encoding", "name"), [("mac_roman", "Krämer"), ("cp437", "Jäger Überlingen"), ("cp850", "Krämer")]
)
def test_a_file_whose_letters_make_no_sense_is_refused(encoding, name):
    raw = f"Order;Tracking;Carrier\n{ONE};{DHL};{name}\n".encode(encoding)
    with pytest.raises(InvalidError) as caught:
        decode_file("export.csv", raw)
    assert caught.value.code == "sheet_encoding_unknown"


def test_a_name_that_could_not_be_decoded_is_no_carrier():
    (line,) = read(f"{HEADS}\n{ONE};{DHL};Colis Priv\ufffd\n").lines
    assert line.carrier == ""


def test_a_program_that_sells_labels_is_no_carrier():
    (one,) = look(f"Order #,Tracking #,Carrier\n{ONE},{USPS},Stamps.com\n", country="US")
    assert (one.standing, one.title) == (READY, "USPS")


def test_order_item_ids_are_found_by_their_value_too():
    for head in ["Bestellartikelnummer", "numéro-article-commande", "orderrad-id", "Line reference;SKU"]:
        places = ";" * head.count(";")
        (one,) = look(f"Order;Tracking;{head}\n{ONE};{UPS};{places}05835637773450\n")
        assert (one.standing, one.quantities) == (READY, {11: 1}), head


def test_a_quantity_with_its_unit_is_a_quantity():
    for cell in ["x1", "1 pc", "1 Stück", "1 szt.", "1個"]:
        (line,) = read(f"Order;Tracking;SKU;Qty\n{ONE};{UPS};MUG;{cell}\n").lines
        assert (line.quantity, line.problem) == (1, ""), cell


def test_a_ship_date_that_cannot_be_read_is_a_remark_on_its_line():
    for cell in ["31.02.2026", "46346", "as soon as possible", "2026-13-45"]:
        first, second = read(f"Order;Tracking;Ship date\n{ONE};{UPS};{cell}\n{TWO};{UPS_2};20.11.2026\n").lines
        assert (first.shipped_on, first.remark, first.problem) == ("", "shipped_on_unreadable", ""), cell
        assert (second.shipped_on, second.remark) == ("2026-11-20", ""), cell
