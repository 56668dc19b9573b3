"""Classification of texts that are offered as tracking numbers."""

from webapp.domain.shipping.carriers import BY_KEY
from webapp.domain.shipping.tracking.numbers import (
    NOT_A_NUMBER,
    QUESTION,
    VALID,
    Classification,
    classify,
    split_numbers,
)
from webapp.messages import SENTENCES

DHL, DHL_2, DHL_3 = "00340434161094042557", "00340434161094042564", "00340434161094042588"
UPS = "1Z999AA10123456784"


def of(text: str, carrier: str = "dhl", country: str = "DE") -> Classification:
    return classify(text, BY_KEY[carrier] if carrier else None, country)


PLACEHOLDERS = (
    *("NULL", "n/a", "N.A.", "none", "nil", "nan", "undefined", "#N/A", "#NV", "#REF!", "#DIV/0!", "pending", "TBA"),
    *("-", "--", "?", "0", "000000000000", "xxx", "Not yet shipped", "ＮＵＬＬ"),
    *("ohne Tracking", "Ohne Sendungsnummer", "keine", "folgt", "wird nachgereicht", "Brief", "Selbstabholer"),
    *("sans suivi", "aucun", "indisponible", "sin seguimiento", "ninguno", "pendiente"),
    *("senza tracciamento", "nessuno", "in attesa", "da definire"),
    *("zonder track & trace", "geen", "niet beschikbaar", "volgt", "utan spårning", "ingen", "saknas", "ej spårbar"),
    *("brak", "bez numeru", "oczekuje", "yok", "takip no yok", "bekliyor"),
    *("未发货", "没有", "无单号", "暂无", "待发货", "なし", "追跡番号なし", "未定", "発送待ち"),
)


def test_words_for_no_number_are_not_a_number_in_any_language() -> None:
    for text in PLACEHOLDERS:
        for carrier in ["dhl", "", "city_link"]:
            result = of(text, carrier)

            assert (result.outcome, result.code, result.number) == (NOT_A_NUMBER, "tracking_placeholder", ""), text


def test_other_texts_are_not_a_number_either() -> None:
    for text, code in [
        ("Tracking folgt morgen", "tracking_no_digits"),
        ("Ships on 3 December", "tracking_words"),
        ("305-0000001-0000001", "tracking_is_order_number"),
        ("#305-0000001-0000001", "tracking_is_order_number"),
        ("2026-11-29", "tracking_is_date"),
        ("29.11.2026", "tracking_is_date"),
        ("11/29/2026 14:05", "tracking_is_date"),
        ("https://carrier.example/track", "tracking_no_digits"),
        ("https://carrier.example/track/v2", "tracking_link_without_number"),
        ("ÄÖÜ1234567Я", "tracking_malformed"),
        ("1" + "2" * 60, "tracking_malformed"),
        ("7" * 2 + "8" * 5000, "tracking_malformed"),
    ]:
        for carrier in ["dhl", ""]:
            result = of(text, carrier)

            assert (result.outcome, result.code) == (NOT_A_NUMBER, code), (text, code, carrier)


def test_scientific_notation_is_not_a_number() -> None:
    for text in [
        *("3,40434E+17", "3.40434E+17", "3.40434161094042E+17", "3,4E+17", "3.4e17", "3E+17", "340434E+17", "3,4 E+17"),
        *("3.40434×10^17", "3.4x10^17", "3.4*10^17"),
    ]:
        for carrier in ["dhl", "", "city_link"]:
            assert (of(text, carrier).outcome, of(text, carrier).code) == (NOT_A_NUMBER, "tracking_rounded"), text


def test_several_numbers_in_one_text_are_never_one_number() -> None:
    for text in [
        f"{DHL} / {DHL_2}",
        f"{DHL}/{DHL_2}",
        f"{DHL} {DHL_2}",
        f"{DHL}+{DHL_2}",
        f"{DHL}\n{DHL_2}",
        f"{DHL} und {DHL_2}",
        f"{DHL}、{DHL_2}",
        f"{DHL}-{DHL_2}",
        f"{DHL}{DHL_2}",
        f"Paket 1: {DHL} Paket 2: {DHL_2}",
    ]:
        for carrier in ["dhl", "", "city_link"]:
            result = of(text, carrier)

            assert (result.outcome, result.code, result.offered) == (NOT_A_NUMBER, "tracking_several", (DHL, DHL_2))


def test_three_numbers_between_different_separators_are_all_offered() -> None:
    assert of(f"{DHL}, {DHL_2} und {DHL_3}").offered == (DHL, DHL_2, DHL_3)
    assert classify("RH1234567890 RH1234567891", other="Rhenus Home").offered == ("RH1234567890", "RH1234567891")


def test_the_groups_of_one_number_are_not_several_numbers() -> None:
    for text in [DHL, "0034 0434 1610 9404 2557", "1Z 999 AA1 01 2345 6784", "12345678 12345678", ""]:
        assert split_numbers(text) == (), text


def test_the_number_within_a_link_or_a_text_is_offered() -> None:
    for text, code in [
        (f"https://track.example/?piececode={DHL}", "tracking_link"),
        (f"https://www.dhl.de/de/privatkunden/verfolgen.html?piececode={DHL}&zip=12345", "tracking_link"),
        (f"www.carrier.example/parcel/{DHL}#status", "tracking_link"),
        (f"carrier.example/t/{DHL}", "tracking_link"),
        (f"DHL {DHL}", "tracking_in_text"),
        (f"Sendungsnummer: {DHL}", "tracking_in_text"),
        (f"{DHL} (Paket 1)", "tracking_in_text"),
        (f"pending since {DHL}", "tracking_in_text"),
        (f"{DHL}.00", "tracking_decimal"),
        (f"{DHL},0", "tracking_decimal"),
    ]:
        for carrier in ["dhl", "", "city_link"]:
            result = of(text, carrier)

            assert (result.outcome, result.code, result.number) == (QUESTION, code, DHL), (text, code, carrier)
            assert result.can_be_confirmed, (text, code, carrier)


def test_a_wrong_check_digit_is_a_question() -> None:
    for number, carrier, country in [
        ("00340434161094042558", "dhl", "DE"),
        ("300000050004", "dhl", "DE"),
        ("1Z999AA10123456785", "ups", "US"),
        ("9405511899223197428491", "usps", "US"),
        ("986578788856", "fedex", "US"),
        ("RR123456784DE", "deutsche_post", "DE"),
        ("XX123456786GB", "royal_mail", "GB"),
        ("RR473124828JP", "japan_post", "JP"),
        ("RA123456784IT", "poste_italiane", "IT"),
        ("CD123456784ES", "correos", "ES"),
        ("400012345671", "yamato", "JP"),
        ("400012345671", "sagawa", "JP"),
        ("052123456789061", "dpd", "DE"),
    ]:
        result = of(number, carrier, country)

        assert (result.outcome, result.code, result.number) == (QUESTION, "tracking_check_digit", number), (
            number,
            carrier,
            country,
        )
        assert result.can_be_confirmed, (number, carrier, country)
        assert result.args == {"carrier": BY_KEY[carrier].name}, (number, carrier, country)


def test_a_wrong_check_digit_is_a_question_also_where_no_carrier_is_named() -> None:
    result = of("00340434161094042558", "")

    assert (result.outcome, result.code, result.carrier) == (QUESTION, "tracking_check_digit", None)
    assert result.carriers[0] is BY_KEY["dhl"]


def test_a_number_that_a_spreadsheet_has_cut_to_15_digits_is_a_question() -> None:
    for number in ["340434161094042000", "00340434161094000000", "9405511899223190000000"]:
        for text in (of(number, ""), of(number, "dhl"), classify(number, other="Rhenus Home")):
            assert (text.outcome, text.code) == (QUESTION, "tracking_lost_digits"), number


def test_zeros_at_the_end_are_no_question_where_the_check_digit_is_right() -> None:
    assert of("00340434161094041000").is_valid
    assert of("00340434161094041000", "").is_valid


def test_digits_that_count_up_are_a_question() -> None:
    for number in ["1234567890", "123456789012", "12345678901234"]:
        for text in (of(number, "dhl"), of(number, ""), classify(number, other="Rhenus Home")):
            assert (text.outcome, text.code) == (QUESTION, "tracking_dummy"), number


def test_what_no_format_of_the_carrier_allows_is_a_question() -> None:
    for number, carrier, code in [
        (UPS, "dhl", "tracking_of_another"),
        (DHL, "ups", "tracking_of_another"),
        (UPS, "city_link", "tracking_of_another"),
        ("12345", "dhl", "tracking_format"),
        ("ABC1234567890XYZ", "ups", "tracking_format"),
        ("00340434161094042557%", "dhl", "tracking_in_text"),
        ("AB-12:3", "city_link", "tracking_signs"),
    ]:
        result = of(number, carrier)

        assert (result.outcome, result.code) == (QUESTION, code), (number, carrier, code)
        assert result.can_be_confirmed, (number, carrier, code)


def test_a_number_that_the_carriers_format_allows_is_valid() -> None:
    for number, carrier in [
        (DHL, "dhl"),
        ("340434161094042557", "dhl"),
        ("300000050003", "dhl"),
        ("3318810025", "dhl"),
        ("JJD000390007882823217", "dhl"),
        ("RR123456785DE", "dhl"),
        (DHL, "deutsche_post"),
        ("A0015A1E5800000001E2", "deutsche_post"),
        (" 1z 999 aa1 01 2345 6784 ", "ups"),
        ("420221539405511899223197428490", "usps"),
        ("XX 1234 5678 5GB", "royal_mail"),
        ("05212345678906", "dpd"),
        ("05212345678906A", "dpd"),
        ("12345678900001", "hermes"),
        ("8012345678901231", "evri"),
        ("3SABCD1234567", "postnl"),
        ("6A12345678901", "la_poste"),
        ("XN123456785FR", "chronopost"),
        ("400012345670", "yamato"),
        ("620999999999999999999999", "inpost"),
        ("RH1234567890", "city_link"),
    ]:
        result = of(number, carrier, "ZZ")

        assert (result.outcome, result.code, result.carrier) == (VALID, "", BY_KEY[carrier]), (number, carrier)


def test_an_unknown_carrier_gets_any_number_that_is_plausible() -> None:
    assert classify("RH1234567890", other="Rhenus Home").is_valid
    assert classify("RH 1234 567 890", other="Rhenus Home").number == "RH1234567890"
    assert not classify("RHX", other="Rhenus Home").is_valid
    assert not classify("12", other="Rhenus Home").is_valid
    assert classify(UPS, other="Rhenus Home").code == "tracking_of_another"


def test_a_number_tells_its_carrier_where_that_is_certain() -> None:
    for number, country, carrier in [
        (DHL, "DE", "dhl"),
        (UPS, "FR", "ups"),
        ("986578788855", "US", "fedex"),
        # Twelve digits that are an Identcode and, by chance, also pass the test of FedEx.
        ("300000050003", "DE", "dhl"),
    ]:
        result = of(number, "", country)

        assert (result.outcome, result.carrier) == (VALID, BY_KEY[carrier]), (number, country, carrier)


def test_a_carrier_that_the_number_does_not_tell_for_certain_is_asked_for() -> None:
    for number, country, code in [
        ("986578788855", "DE", "tracking_carrier_unlikely"),
        ("3318810025", "DE", "tracking_carrier_unlikely"),
        ("RR123456785DE", "DE", "tracking_carrier_unsure"),
        ("400012345670", "JP", "tracking_carrier_unsure"),
        ("12345678900001", "DE", "tracking_carrier_unsure"),
        ("ABC1234567890XYZ", "DE", "tracking_carrier_unknown"),
    ]:
        result = of(number, "", country)

        assert (result.outcome, result.code, result.carrier) == (QUESTION, code, None), (number, country, code)
        assert not result.can_be_confirmed, (number, country, code)


def test_identcodes_of_dhl_are_never_taken_for_another_carriers_number_without_a_question() -> None:
    for number in range(200):
        body = f"3000{number:07d}"
        total = sum(int(digit) * (9 if place % 2 else 4) for place, digit in enumerate(body))
        result = of(f"{body}{-total % 10}", "")
        assert result.carrier in {BY_KEY["dhl"], None}, result


def test_no_text_is_a_parcel_without_tracking() -> None:
    assert classify("") == classify(" \u200b ") == Classification(VALID)


def test_every_reason_has_a_sentence() -> None:
    texts = [
        "NULL",
        "abc",
        "a 1 b tracking",
        "305-0000001-0000001",
        "2026-11-29",
        f"{DHL} {DHL_2}",
        "3E+17",
        "12",
        "9" * 60,
    ]
    texts += [f"www.a.de/{DHL}", f"{DHL}.0", "12345678", "340434161094042000", "00340434161094042558", UPS, "AB-12:3"]
    for text in texts:
        for carrier in ("dhl", ""):
            result = of(text, carrier)
            if not result.is_valid:
                assert str(SENTENCES[result.code]) % result.args
