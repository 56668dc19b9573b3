"""Carriers with Amazon's codes, and the formats of their tracking numbers."""
# ruff: noqa: E501 - the tables of this file read better a row a line

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from webapp.domain.common.plain_text import to_plain
from webapp.domain.shipping import check_digits

OTHER = "Other"
# Longer ones are no tracking numbers; the longest in use have 34 signs.
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier. `key` is our own; `code` is Amazon's, `Other` where it has none: then the name is sent too.

    `tracking` is the address of a parcel's page with a gap for its number, None where none is well known.
    """

    key: str
    code: str
    name: str
    tracking: str | None = None

    def page(self, tracking_number: str) -> str | None:
        """Return the URL of the carrier's tracking page for a parcel."""
        return self.tracking and self.tracking.format(quote(clean(tracking_number), safe=""))


def _read_lists() -> dict[str, dict[str, Any]]:
    """Return the files of `carrier_lists` by the ISO 3166 code of their country, the common one first as ""."""
    folder = files(__package__).joinpath("carrier_lists")
    texts = {entry.name.removesuffix(".toml"): entry.read_text("utf-8") for entry in folder.iterdir()}
    common = tomllib.loads(texts.pop("common"))
    return {"": common} | {country.upper(): tomllib.loads(texts[country]) for country in sorted(texts)}


_LISTS = _read_lists()
_ROWS = {key: row for table in _LISTS.values() for key, row in table["carriers"].items()}
_NAMED = {key: Carrier(key, row.get("code", OTHER), row["name"], row.get("page")) for key, row in _ROWS.items()}
CARRIERS = (
    *_NAMED.values(),
    *(Carrier(re.sub(r"\W+", "_", code).lower(), code, code) for code in _LISTS[""]["listed"]["codes"]),
)
# Further names by key.
ALIASES = {key: tuple(row.get("aliases", ())) for key, row in _ROWS.items()}
_BY_OTHER_CODE = {
    code: replace(_NAMED[key], code=code, name=code)
    for table in _LISTS.values()
    for key, codes in table.get("other_codes", {}).items()
    for code in codes
}
BY_KEY = {carrier.key: carrier for carrier in CARRIERS}
BY_CODE = {carrier.code: carrier for carrier in CARRIERS if carrier.code != OTHER} | _BY_OTHER_CODE
# Carriers that are well known; the others are only in Amazon's lists.
WELL_KNOWN = tuple(carrier for carrier in CARRIERS if carrier.key in ALIASES)
# Every code of Amazon's that may be sent.
CODES = frozenset({*BY_CODE, OTHER})

# Countries whose marketplaces accept no carrier outside of Amazon's list.
WITHOUT_OTHER = frozenset(country for country, table in _LISTS.items() if not table.get("accepts_other", True))

# Carriers by the country of an S10 number (its last two letters), the likeliest first.
POST_OFFICES = {
    "US": ("usps",), "GB": ("royal_mail", "parcelforce"), "DE": ("deutsche_post", "dhl"), "FR": ("la_poste", "chronopost"),
    "SE": ("postnord",), "DK": ("postnord",), "PL": ("poczta_polska",), "JP": ("japan_post",), "CA": ("canada_post",),
    "AU": ("australia_post",), "NL": ("postnl",), "BE": ("bpost",), "ES": ("correos",), "IT": ("poste_italiane",),
    "IE": ("an_post",), "IN": ("india_post",), "CN": ("china_post",), "AT": ("austrian_post",), "CH": ("swiss_post",),
    "SG": ("singapore_post",), "HK": ("hongkong_post",), "AE": ("emirates_post",), "BR": ("correios",), "TR": ("ptt",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel as it is submitted to Amazon.

    `reference` is our number of the parcel within its order, a positive number as text. Submitting it again edits the
    parcel instead of adding another, so a submission can be repeated. `carrier_name` is required with the carrier
    code `Other`. `items` are (order item id, quantity). `transparency_codes` by order item id: the code of each unit.
    `collects_cash`: the carrier collects the price, which Amazon asks for in Japan.
    """

    reference: str
    carrier_code: str
    tracking_number: str
    shipped_at: datetime
    items: tuple[tuple[str, int], ...]
    carrier_name: str | None = None
    shipping_method: str | None = None
    transparency_codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    collects_cash: bool = False


@dataclass(frozen=True, slots=True)
class TrackingNumberFormat:
    """The format of some carriers' numbers: `pattern`, and `check` where the check digit algorithm is public.

    `likelihood`: how sure the form alone makes it, up to 100. `home`: the countries where it is that likely; elsewhere
    it counts for less, or for nothing where it is `only` used there. A likelihood of 0: too common to guess by, but
    allowed for a carrier that is named.
    """

    carriers: tuple[str, ...]
    pattern: str
    likelihood: int
    check: Callable[[str], bool] | None = None
    home: frozenset[str] = frozenset()
    only: bool = False


_EUROPE = frozenset(("AT", "BE", "DE", "DK", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "SE"))
_NORTH = frozenset(("DK", "FI", "NO", "SE"))
_AMERICA = frozenset(("CA", "MX", "US"))
_US, _GB, _DE, _FR, _PL, _JP, _IN = (frozenset((code,)) for code in ("US", "GB", "DE", "FR", "PL", "JP", "IN"))

# Put before a pattern of letters and digits: at least five digits, and not of the form whose check digit is known.
_DIGITS_IN = r"(?=(?:\D*\d){5})"
_NOT_S10 = r"(?![A-Z]{2}\d{9}[A-Z]{2}$)"

FORMS = (
    TrackingNumberFormat(("ups",), r"1Z[0-9A-Z]{15}\d", 100, check_digits.ups),
    TrackingNumberFormat(("ups_mi",), r"MI\d{6}[0-9A-Z]{1,22}", 80, home=_US),
    TrackingNumberFormat(("usps", "fedex_smartpost"), r"92\d{20}", 95, check_digits.gs1, _US),
    TrackingNumberFormat(("usps",), r"9[1345]\d{20}", 97, check_digits.gs1, _US),
    TrackingNumberFormat(("usps",), r"420\d{5}(?:\d{4})?9[1-5]\d{20}", 97, lambda number: check_digits.gs1(number[-22:]), _US),
    TrackingNumberFormat(("usps",), r"(?:03|23|70|71)\d{18}", 80, check_digits.gs1, _US, only=True),
    TrackingNumberFormat(("fedex",), r"\d{12}", 70, check_digits.fedex, _AMERICA),
    TrackingNumberFormat(("fedex",), r"\d{15}", 75, check_digits.gs1, _AMERICA),
    TrackingNumberFormat(("fedex",), r"96\d{20}", 85, lambda number: check_digits.gs1(number[-15:]), _AMERICA),
    TrackingNumberFormat(("dhl",), r"(?:00)?340434\d{12}", 98, check_digits.gs1, _DE),
    TrackingNumberFormat(("dhl",), r"J(?:JD|VGL|D)\d{14,20}", 97),
    TrackingNumberFormat(("dhl",), r"\d{12}", 88, check_digits.identcode, _DE, only=True),
    TrackingNumberFormat(("dhl",), r"\d{10}", 60, check_digits.seven),
    TrackingNumberFormat(("dhl_global_mail",), r"GM\d{16,20}", 90),
    TrackingNumberFormat(("deutsche_post",), r"A[0-9A-F]{19}", 85, home=_DE),
    TrackingNumberFormat(("dpd",), r"\d{14}[0-9A-Z]", 90, check_digits.dpd, _EUROPE),
    TrackingNumberFormat(("dpd",), r"[01]\d{13}", 70, home=_EUROPE, only=True),
    TrackingNumberFormat(("hermes",), r"H10\d{17}", 95, home=_DE),
    TrackingNumberFormat(("hermes",), r"\d{14}", 50, home=_DE, only=True),
    TrackingNumberFormat(("gls",), r"\d{12}", 65, check_digits.gls, _EUROPE, only=True),
    TrackingNumberFormat(("gls",), r"\d{11}", 55, home=_EUROPE, only=True),
    TrackingNumberFormat(("gls",), r"Z[0-9A-Z]{7}", 60, home=_EUROPE, only=True),
    TrackingNumberFormat(("evri",), r"\d{16}", 70, home=_GB, only=True),
    TrackingNumberFormat(("evri",), r"H[0-9A-Z]{14}\d", 85, home=_GB, only=True),
    TrackingNumberFormat(("parcelforce",), r"[A-Z]{2}\d{7}", 70, home=_GB, only=True),
    TrackingNumberFormat(("la_poste",), r"\d[A-Z]\d{11}", 90, home=_FR),
    TrackingNumberFormat(("postnord",), r"(?:00)?\d(?:57|64|70|73)\d{15}", 75, check_digits.gs1, _NORTH, only=True),
    TrackingNumberFormat(("inpost",), r"[56]\d{23}", 90, home=_PL, only=True),
    TrackingNumberFormat(("poczta_polska",), r"(?:00)?[1-9]5900773\d{10}", 90, check_digits.gs1, _PL),
    TrackingNumberFormat(("yamato", "sagawa", "japan_post"), r"\d{12}", 85, check_digits.seven, _JP, only=True),
    TrackingNumberFormat(("canada_post",), r"\d{16}", 85, check_digits.gs1, frozenset(("CA",)), only=True),
    TrackingNumberFormat(("ontrac",), r"[CD]\d{14}", 90, home=_US, only=True),
    TrackingNumberFormat(("lasership",), r"1?L[A-Z]\d{8}", 80, home=_US, only=True),
    TrackingNumberFormat(("yun_express",), r"YT\d{16}", 97),
    TrackingNumberFormat(("4px",), r"4PX\d{12,16}(?:CN)?", 97),
    TrackingNumberFormat(("sf_express",), r"SF\d{12,13}", 95),
    TrackingNumberFormat(("amazon_shipping",), r"TB[ACM]\d{12}", 97),
    TrackingNumberFormat(("dtdc",), r"[A-Z]\d{8}", 80, home=_IN, only=True),
    TrackingNumberFormat(("bluedart",), r"\d{11}", 70, home=_IN, only=True),
    TrackingNumberFormat(("delhivery",), r"\d{13,14}", 70, home=_IN, only=True),
    # Formats that are too common to guess by, of carriers whose other formats are above.
    TrackingNumberFormat(("ups",), r"T\d{10}|\d{9}|\d{26}|(?:80|88|91)\d{10,22}", 0),
    TrackingNumberFormat(("ups_mi",), _DIGITS_IN + r"[0-9A-Z]{18,34}", 0),
    TrackingNumberFormat(("usps",), r"9[1-5]\d{24}", 0, check_digits.gs1),
    TrackingNumberFormat(("usps",), r"420\d{5}(?:\d{4})?9[1-5]\d{24}", 0, lambda number: check_digits.gs1(number[-26:])),
    TrackingNumberFormat(("usps",), r"\d{20}", 0, check_digits.gs1),
    TrackingNumberFormat(("fedex",), r"\d{14}|\d{20}|\d{34}|DT\d{12}", 0),
    TrackingNumberFormat(("fedex_smartpost",), r"\d{12}|\d{15}|\d{20}", 0),
    TrackingNumberFormat(("dhl", "deutsche_post"), r"(?:00)?340434\d{12}|00\d{18}", 0, check_digits.gs1),
    TrackingNumberFormat(("dhl",), r"J[A-Z]{1,3}[A-Z0-9]{10,30}|3S[A-Z0-9]{8,20}|GM\d{16,20}|[A-Z]{3,5}\d{6,12}", 0),
    TrackingNumberFormat(("dhl",), r"\d{11}|\d{14}|\d{16}", 0),
    TrackingNumberFormat(("dhl",), r"\d{12}", 0, check_digits.identcode),
    TrackingNumberFormat(("dhl_global_mail",), _DIGITS_IN + r"[A-Z0-9]{10,39}", 0),
    TrackingNumberFormat(("deutsche_post",), r"\d{12}|[0-9A-F]{20}", 0),
    TrackingNumberFormat(("dpd",), r"\d{10}|\d{13,14}|\d{27,28}|[A-Z0-9]{8,9}", 0),
    TrackingNumberFormat(("hermes",), r"\d{14}|\d{16}|\d{20}|[A-Z0-9]{2}\d{12,18}", 0),
    TrackingNumberFormat(("gls",), r"\d{11}|\d{14}|[A-Z0-9]{8}|[A-Z]{1,2}\d{8,10}|[A-Z]{2}\d{9}[A-Z]{2}", 0),
    TrackingNumberFormat(("evri",), r"\d{14}|\d{16}|[A-Z][0-9A-Z]{15}", 0),
    TrackingNumberFormat(("royal_mail",), r"(?=.*[A-F])[0-9A-F]{20,24}", 0),
    TrackingNumberFormat(("parcelforce",), r"[A-Z]{2}\d{7}|[A-Z]{4}\d{10}|\d{12,14}", 0),
    TrackingNumberFormat(("la_poste",), _NOT_S10 + r"(?:[0-9A-Z]{2}\d{11}(?:\d{2})?|[0-9A-Z]{13}|\d{20})", 0),
    TrackingNumberFormat(("chronopost",), r"[A-Z]{2}\d{9}[A-Z]{2}|(?=.*[A-Z])[0-9A-Z]{13,15}|\d{14}", 0),
    TrackingNumberFormat(("postnord",), r"\d{8,13}|\d{17}|(?:00)?\d{18}", 0),
    TrackingNumberFormat(("inpost",), _DIGITS_IN + _NOT_S10 + r"[0-9A-Z]{8,24}", 0),
    TrackingNumberFormat(("poczta_polska",), r"\d{13}", 0),
    TrackingNumberFormat(("postnl",), r"[3K][SG][0-9A-Z]{8,20}|\d{8,12}", 0),
    TrackingNumberFormat(("bpost",), r"\d{18}|\d{20}|\d{24}", 0),
    TrackingNumberFormat(("an_post",), _DIGITS_IN + _NOT_S10 + r"[0-9A-Z]{8,24}", 0),
    TrackingNumberFormat(("correos",), _DIGITS_IN + _NOT_S10 + r"(?:[0-9A-Z]{13}|[0-9A-Z]{16}|[0-9A-Z]{22,23})", 0),
    TrackingNumberFormat(("poste_italiane",), _DIGITS_IN + _NOT_S10 + r"[0-9A-Z]{12,13}", 0),
    TrackingNumberFormat(("yamato", "sagawa"), r"\d{10,11}", 0),
    TrackingNumberFormat(("japan_post",), r"\d{11}", 0),
    TrackingNumberFormat(("canada_post",), r"\d{12}|[A-Z]{2}\d{9}", 0),
    TrackingNumberFormat(("china_post", "austrian_post", "swiss_post", "emirates_post"), _DIGITS_IN + _NOT_S10 + r"[0-9A-Z]{9,24}", 0),
    TrackingNumberFormat(("singapore_post", "hongkong_post", "correios", "ptt"), _DIGITS_IN + _NOT_S10 + r"[0-9A-Z]{9,24}", 0),
    TrackingNumberFormat(("yun_express", "4px", "sf_express", "amazon_shipping"), _DIGITS_IN + r"[0-9A-Z]{9,30}", 0),
    TrackingNumberFormat(("australia_post",), _DIGITS_IN + _NOT_S10 + r"[0-9A-Z]{9,25}", 0),
    TrackingNumberFormat(("ontrac",), r"\d{13,22}|[A-Z0-9]{8}", 0),
    TrackingNumberFormat(("lasership",), _DIGITS_IN + r"[0-9A-Z]{10,20}", 0),
    TrackingNumberFormat(("dtdc",), r"[A-Z]{1,2}\d{8,10}|\d{8,12}", 0),
    TrackingNumberFormat(("bluedart",), r"\d{8,14}", 0),
    TrackingNumberFormat(("delhivery",), _DIGITS_IN + r"[0-9A-Z]{10,20}", 0),
)  # fmt: skip
_EVERYWHERE = ("ups", "fedex", "dhl")
_S10 = re.compile(r"[A-Z]{2}\d{9}([A-Z]{2})", re.ASCII)
_PATTERNS = tuple((form, re.compile(form.pattern, re.ASCII)) for form in FORMS)
_ABROAD = 30
_UNMISTAKABLE = 95
# Post offices, which also carry what another post office has numbered, and those that work with several of them.
_WITH_S10 = frozenset(
    (
        *(key for offices in POST_OFFICES.values() for key in offices),
        "yun_express",
        "4px",
        "sf_express",
        "dhl_global_mail",
    )
)
_WITH_FORMATS = frozenset(key for form in FORMS for key in form.carriers) | _WITH_S10
_IGNORED = re.compile(r"[\s.\-_/]+")


def find_carrier(code: str, name: str) -> Carrier | None:
    """Return the carrier of a parcel by Amazon's code, or by name for the code `Other`.

    A carrier whose code was added later may be stored by name with the code `Other`.
    """
    if code != OTHER:
        return BY_CODE.get(code)
    return next((carrier for carrier in CARRIERS if carrier.name.casefold() == name.casefold()), None)


def list_usual_carriers(country: str) -> tuple[Carrier, ...]:
    """List the carriers that deliver in a country, the likeliest first."""
    at_home = sorted((form for form in FORMS if country in form.home), key=lambda form: -form.likelihood)
    listed = _LISTS[country]["carriers"] if country and country in _LISTS else ()
    keys = [key for form in at_home for key in form.carriers]
    keys += [*POST_OFFICES.get(country, ()), *listed, *_EVERYWHERE]
    return tuple(BY_KEY[key] for key in dict.fromkeys(keys))


def clean(tracking_number: str) -> str:
    """Return the number as carriers count it: capitals, no spaces and dashes, wide digits made plain."""
    return _IGNORED.sub("", to_plain(unicodedata.normalize("NFKC", to_plain(tracking_number)))).upper()


def guess(tracking_number: str, country: str = "") -> tuple[Carrier, ...]:
    """Return the carriers whose format this number matches, the likeliest first.

    `country` is where the seller ships, ISO 3166. A number with a wrong public check digit matches no carrier.
    """
    return tuple(carrier for carrier, _ in rank_carriers(tracking_number, country))


def rank_carriers(tracking_number: str, country: str = "") -> tuple[tuple[Carrier, int], ...]:
    """Return the carriers of `guess`, each with its likelihood in percent."""
    number = clean(tracking_number)
    if not number or len(number) > LONGEST:
        return ()
    likelihoods: dict[str, int] = {}
    for likelihood, keys in (*_match_by_form(number, country.upper()), *_match_by_post_office(number)):
        for place, key in enumerate(keys):
            likelihoods[key] = max(likelihoods.get(key, 0), likelihood - place)
    return tuple((BY_KEY[key], likelihoods[key]) for key in sorted(likelihoods, key=lambda key: -likelihoods[key]))


def has_formats(carrier: Carrier) -> bool:
    """Return whether the formats of a carrier's numbers are known."""
    return carrier.key in _WITH_FORMATS


def allows(carrier: Carrier, number: str) -> bool:
    """Return whether a cleaned number has a known format of the carrier and a valid check digit."""
    if _S10.fullmatch(number) and carrier.key in _WITH_S10 and check_digits.s10(number):
        return True
    if (
        _S10.fullmatch(number)
        and carrier.key in _WITH_S10
        and number[-2:] in POST_OFFICES
        and carrier.key != "chronopost"
    ):
        return False
    return any(
        carrier.key in form.carriers and pattern.fullmatch(number) and (form.check is None or form.check(number))
        for form, pattern in _PATTERNS
    )


def find_with_wrong_check_digit(number: str, country: str = "") -> tuple[Carrier, ...]:
    """Return the carriers whose number this would be with another check digit, the likeliest first.

    `country` limits them to those that `guess` would consider there; without it all are.
    """
    keys: dict[str, int] = {}
    match = _S10.fullmatch(number)
    if match is not None and not check_digits.s10(number):
        keys.update(dict.fromkeys(POST_OFFICES.get(match[1], ()), 96))
    for form, pattern in _PATTERNS:
        is_used = not country or not form.only or country.upper() in form.home
        if form.check and is_used and pattern.fullmatch(number) and not form.check(number):
            keys.update({key: max(form.likelihood, keys.get(key, 0)) for key in form.carriers})
    carriers = (BY_KEY[key] for key in sorted(keys, key=lambda key: -keys[key]))
    return tuple(carrier for carrier in carriers if not allows(carrier, number))


def is_certain(number: str) -> bool:
    """Return whether a check digit or a unique format proves that this is a tracking number."""
    if _S10.fullmatch(number):
        return check_digits.s10(number)
    return any(
        pattern.fullmatch(number) and (form.check(number) if form.check else form.likelihood >= _UNMISTAKABLE)
        for form, pattern in _PATTERNS
    )


def find_unmistakable(number: str, *, also_with_wrong_check_digit: bool = False) -> tuple[Carrier, ...]:
    """Return the carriers that alone have numbers of this format."""
    return tuple(
        BY_KEY[form.carriers[0]]
        for form, pattern in _PATTERNS
        if form.likelihood >= _UNMISTAKABLE
        and pattern.fullmatch(number)
        and (also_with_wrong_check_digit or not form.check or form.check(number))
    )


def _match_by_form(number: str, country: str) -> list[tuple[int, tuple[str, ...]]]:
    matches = []
    for form, pattern in _PATTERNS:
        abroad = bool(form.home) and country not in form.home
        if not form.likelihood or (abroad and form.only) or not pattern.fullmatch(number):
            continue
        if form.check is None or form.check(number):
            matches.append((form.likelihood - (_ABROAD if abroad else 0), form.carriers))
    return matches


def _match_by_post_office(number: str) -> list[tuple[int, tuple[str, ...]]]:
    match = _S10.fullmatch(number)
    if match is None or not check_digits.s10(number):
        return []
    offices = POST_OFFICES.get(match[1], ())
    # A German C is a parcel, which DHL carries; a French X is Chronopost's.
    if (match[1], number[0]) in (("DE", "C"), ("FR", "X")):
        offices = offices[::-1]
    return [(96, offices)]
