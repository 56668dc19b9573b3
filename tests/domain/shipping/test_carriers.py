"""Whose number a tracking number is."""

import tomllib
from pathlib import Path
from typing import Any

from webapp.domain.common.marketplaces import BY_COUNTRY
from webapp.domain.shipping import carriers as shipping_carriers
from webapp.domain.shipping.carrier_names import find_by_name
from webapp.domain.shipping.carriers import (
    BY_KEY,
    CARRIERS,
    CODES,
    FORMS,
    OTHER,
    POST_OFFICES,
    clean,
    find_carrier,
    guess,
    list_usual_carriers,
)
from webapp.domain.shipping.parcels import LONGEST_CODE


def keys(number: str, country: str = "") -> list[str]:
    return [carrier.key for carrier in guess(number, country)]


def test_a_number_is_known_by_its_form_and_the_likeliest_carrier_comes_first() -> None:
    for number, country, carriers in [
        ("1Z999AA10123456784", "US", ["ups"]),
        ("1Z5R89390357567127", "DE", ["ups"]),
        ("9205590164917312751089", "US", ["usps", "fedex_smartpost"]),
        ("9405511899223197428490", "US", ["usps"]),
        ("420221539405511899223197428490", "US", ["usps"]),
        ("70160910000108310009", "US", ["usps"]),
        ("986578788855", "US", ["fedex"]),
        ("568283610012000", "US", ["fedex"]),
        ("9611020987654312345672", "US", ["fedex"]),
        ("00340434161094015902", "DE", ["dhl"]),
        ("JJD000390007882823217", "DE", ["dhl"]),
        ("3318810025", "", ["dhl"]),
        ("GM60511234500000001", "US", ["dhl_global_mail"]),
        ("A0015A1E5800000001E2", "DE", ["deutsche_post"]),
        ("H1000730000123456789", "DE", ["hermes"]),
        ("01234567890123", "DE", ["dpd", "hermes"]),
        ("01234567890123", "FR", ["dpd"]),
        ("8012345678901231", "GB", ["evri"]),
        ("H01XYA0012345671", "GB", ["evri"]),
        ("AB1234567", "GB", ["parcelforce"]),
        ("6A12345678901", "FR", ["la_poste"]),
        ("620999999999999999999999", "PL", ["inpost"]),
        ("RR473124829GB", "", ["royal_mail", "parcelforce"]),
        ("RR123456785DE", "GB", ["deutsche_post", "dhl"]),
        ("CC473124829DE", "DE", ["dhl", "deutsche_post"]),
        ("RR473124829FR", "FR", ["la_poste", "chronopost"]),
        ("XX473124829FR", "FR", ["chronopost", "la_poste"]),
        ("RR473124829SE", "SE", ["postnord"]),
        ("RR473124829JP", "JP", ["japan_post"]),
        ("400012345670", "JP", ["yamato", "sagawa", "japan_post"]),
        ("C10999911320231", "US", ["ontrac"]),
    ]:
        assert keys(number, country) == carriers, (number, country, carriers)


def test_a_number_with_a_wrong_check_digit_is_not_that_carriers() -> None:
    for number, country in [
        ("1Z999AA10123456784", "US"),
        ("9405511899223197428490", "US"),
        ("986578788855", "US"),
        ("00340434161094015902", "DE"),
        ("RR473124829GB", "GB"),
        ("400012345670", "JP"),
        ("3318810025", "DE"),
    ]:
        right = keys(number, country)[0]
        place = next(place for place in range(len(number) - 1, 0, -1) if number[place].isdigit())
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]

        assert right not in keys(wrong, country), (number, country)


def test_what_looks_like_nobodys_number_is_nobodys() -> None:
    for number in [
        "",
        " ",
        "hello",
        "12345",
        "1Z",
        "RR473124829XX",
        "٣٣١٨٨١٠٠٢٥x",
        "9" * 41,
        "Z" * 34,
        "QQ123456789000",
    ]:
        assert guess(number, "DE") == (), number


def test_where_the_parcel_starts_decides_between_carriers_of_the_same_form() -> None:
    assert keys("01234567890123", "US") == []
    assert keys("400012345670", "DE") == []
    assert keys("986578788855", "DE") == ["fedex"]


def test_people_write_numbers_as_they_like() -> None:
    for written in [" 1z999aa1 0123-456784 ", "1Z.999.AA1.0123.456784", "１Ｚ９９９ＡＡ１０１２３４５６７８４"]:
        assert clean(written) == "1Z999AA10123456784", written
        assert keys(written, "US") == ["ups"], written


def test_a_dpd_number_with_its_check_sign_is_surely_dpds() -> None:
    numbers = [f"01234567890123{sign}" for sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]

    assert [number for number in numbers if "dpd" in keys(number, "DE")] == ["012345678901233"]


def test_amazons_codes_are_amazons_and_other_ones_go_by_their_name() -> None:
    assert {"UPS", "DHL", "YamatoTransport", "Hermes Logistik Gruppe", OTHER} <= CODES
    assert BY_KEY["an_post"].code == OTHER
    assert BY_KEY["an_post"].name == "An Post"


def test_a_carrier_that_amazon_has_a_code_for_is_sent_by_it() -> None:
    for text, code in [
        ("Chronopost", "Chronopost"),
        ("chronopost france", "Chronopost"),
        ("Poste Italiane", "Poste Italiane"),
        ("Correos", "Correos"),
        ("Correos Express", "Correos Express"),
        ("SEUR", "Seur"),
        ("SDA", "SDA"),
        ("BRT", "BRT"),
        ("Bartolini", "Bartolini"),
        ("Australia Post", "Australia Post"),
        ("Yodel Direct", "Yodel"),
        ("4PX", "4PX"),
        ("yunexpress", "Yun Express"),
        ("云途物流", "Yun Express"),
        ("China Post", "China Post"),
        ("Amazon Shipping", "Amazon Shipping"),
        ("YAMATO", "YAMATO"),
        ("Yamato", "YamatoTransport"),
        ("ヤマト運輸", "YamatoTransport"),
        ("SAGAWA", "SAGAWA"),
        ("佐川急便", "SagawaExpress"),
        ("DHL Express", "DHL Express"),
        ("DHL Paket", "DHL"),
        ("Colissimo", "Colissimo"),
        ("Mondial Relay", "Mondial Relay"),
        ("InPost", "InPost"),
        ("Paczkomaty InPost", "InPost"),
        ("Poczta Polska", "Polish Post"),
        ("PostNord Sverige", "PostNord"),
        ("PostNL", "PostNL"),
        ("Post NL", "Post NL"),
        ("bpost", "BPOST"),
        ("Japan Post", "Japan Post"),
        ("日本郵便", "Japan Post"),
        ("Evri", "Evri"),
        ("Aras Kargo", "Aras Kargo"),
        ("Yurtiçi Kargo", "Yurtiçi Kargo"),
        ("Rhenus", "Rhenus"),
        ("GO!", "GO!"),
    ]:
        carrier = find_by_name(text)

        assert carrier is not None, (text, code)
        assert carrier.code == code, (text, code)
        assert find_carrier(carrier.code, carrier.name) == carrier, (text, code)


def test_a_name_that_only_contains_a_listed_one_is_no_carrier_we_know() -> None:
    for text in ["Rhenus Home", "Other", "Sonstige", "その他", "Bike courier", "Spring dresses", ""]:
        assert find_by_name(text) is None, text


def test_amazons_codes_are_written_once_and_fit_into_the_database() -> None:
    tables = read_lists()
    codes = [row["code"] for table in tables.values() for row in table["carriers"].values() if "code" in row]
    codes += [code for table in tables.values() for some in table.get("other_codes", {}).values() for code in some]
    codes += tables["common"]["listed"]["codes"]

    assert len(codes) == len(set(codes))
    assert {*codes, OTHER} == CODES
    assert max(map(len, codes)) <= LONGEST_CODE
    assert max(len(carrier.key) for carrier in CARRIERS) <= LONGEST_CODE
    for name, table in tables.items():
        assert table.get("other_codes", {}).keys() <= table["carriers"].keys(), name


def test_each_list_is_of_a_marketplace_and_each_carrier_is_in_one_list() -> None:
    tables = read_lists()
    keys = [key for table in tables.values() for key in table["carriers"]]

    assert {name.upper() for name in tables} - {"COMMON"} <= BY_COUNTRY.keys()
    assert len(keys) == len(set(keys))


def read_lists() -> dict[str, Any]:
    folder = Path(shipping_carriers.__file__).with_name("carrier_lists")
    return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in folder.iterdir()}


def test_a_parcel_of_before_its_carriers_code_was_known_still_names_the_carrier() -> None:
    assert find_carrier(OTHER, "Chronopost") is BY_KEY["chronopost"]


def test_a_parcel_has_a_page_where_one_is_well_known() -> None:
    assert BY_KEY["ups"].page("1Z 999 aa1") == "https://www.ups.com/track?tracknum=1Z999AA1"
    assert BY_KEY["dhl"].page("a&b=c") == "https://www.dhl.com/global-en/home/tracking.html?tracking-id=A%26B%3DC"
    assert BY_KEY["postnl"].page("3S") is None


def test_the_tables_hold_together() -> None:
    assert len(BY_KEY) == len(CARRIERS)
    assert {key for form in FORMS for key in form.carriers} <= set(BY_KEY)
    assert {key for offices in POST_OFFICES.values() for key in offices} <= set(BY_KEY)
    assert all(form.home for form in FORMS if form.only)
    assert all(carrier.tracking.count("{}") == 1 for carrier in CARRIERS if carrier.tracking)


def test_who_is_usual_in_a_country_comes_first_and_once() -> None:
    german = [carrier.key for carrier in list_usual_carriers("DE")]

    assert german[:3] == ["dhl", "hermes", "dpd"]
    assert len(german) == len(set(german))
    assert "usps" not in german
    assert german.index("trans_o_flex") < german.index("ups")
    assert {"xpressbees", "ecom_express"} <= {carrier.key for carrier in list_usual_carriers("IN")}
    assert [carrier.key for carrier in list_usual_carriers("")] == ["ups", "fedex", "dhl"]
    assert [carrier.key for carrier in list_usual_carriers("ZZ")] == ["ups", "fedex", "dhl"]


def test_a_parcels_carrier_is_found_by_its_code_or_by_the_name_given_with_other() -> None:
    for carrier in CARRIERS:
        match = find_carrier(carrier.code, carrier.name)
        assert match is not None
        assert match.code == carrier.code
    assert find_carrier(OTHER, "evri") is BY_KEY["evri"]
    assert find_carrier(OTHER, "Bike courier") is None
    assert find_carrier("", "") is None
