"""Carriers by whatever name people and programs give them: in any spelling, in the languages of the marketplaces."""
# ruff: noqa: E501 - the table of this file reads better a row a line

import re
import unicodedata

from webapp.domain.shipping import CARRIERS, OTHER, Carrier

# The house's key → names beside Amazon's code and the carrier's own name. Without spaces, signs and accents.
_NAMES = {
    "ups": "unitedparcelservice upsstandard upsexpress upsground upsexpresssaver upssurepost",
    "usps": "unitedstatespostalservice uspostalservice uspriority uspsgroundadvantage uspspriority uspsfirstclass",
    "fedex": "federalexpress fedexground fedexexpress fedexhomedelivery fedexinternational",
    "dhl": "dhlpaket dhlexpress dhldeutschland dhlgermany dhlparcel dhlwarenpost dhlkleinpaket deutschepostdhl dhlparcelnl",
    "dhl_global_mail": "dhlecommerce globalmail",
    "deutsche_post": "dpag dpwarenpost briefpost deutschepostbrief warenpost",
    "dpd": "dpdgermany dpddeutschland dpduk dpdlocal dpdclassic dynamicparceldistribution brt bartolini",
    "gls": "glsgermany glsitaly glsitalia generallogisticssystems",
    "hermes": "hermesgermany myhermes hermesversand hermesde",
    "evri": "hermesuk evriuk myhermesuk",
    "royal_mail": "royalmail24 royalmail48 royalmailtracked24 royalmailtracked48 rm",
    "la_poste": "laposte colissimo laposteColissimo lettresuivie",
    "chronopost": "chrono",
    "postnord": "postnordsverige postnordab postenpaket posten",
    "inpost": "paczkomaty inpostpaczkomaty",
    "poczta_polska": "pocztapolska poczta pocztex",
    "postnl": "postnlpakket postnederland tntpost",
    "bpost": "bpostbe belgianpost",
    "an_post": "anpost",
    "correos": "correosexpress correosespana",
    "poste_italiane": "posteitaliane poste crono sda sdaexpress",
    "tnt": "tntexpress",
    "yamato": "yamato kuroneko kuronekoyamato ヤマト ヤマト運輸 クロネコヤマト 黑猫",
    "sagawa": "sagawa 佐川 佐川急便",
    "nippon_express": "nipponexpress 日本通運 日通",
    "japan_post": "japanpost jppost 日本郵便 ゆうパック ゆうパケット 郵便局",
    "canada_post": "canadapost postescanada",
    "australia_post": "australiapost auspost eparcel",
    "india_post": "indiapost speedpost",
}
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "æ": "ae", "œ": "oe"})
_SIGNS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """A name as it is compared: small letters and digits alone, without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    bare = "".join(sign for sign in parts if not "\u0300" <= sign <= "\u036f")
    return _SIGNS.sub("", unicodedata.normalize("NFKC", bare))


def _table() -> dict[str, Carrier]:
    table: dict[str, Carrier] = {}
    for carrier in CARRIERS:
        own = [carrier.key, carrier.name, *_NAMES.get(carrier.key, "").split()]
        for name in [*own, *([carrier.code] if carrier.code != OTHER else [])]:
            table.setdefault(plain(name), carrier)
    return table


_TABLE = _table()
# Long enough that no other word has them inside.
_INSIDE = tuple((name, _TABLE[name]) for name in sorted(_TABLE, key=len, reverse=True) if len(name) >= 3)


def named(text: str) -> Carrier | None:
    """The carrier of this name; None where we know none. `DHL Paket (Inland)` is DHL."""
    wanted = plain(text)
    if not wanted:
        return None
    if wanted in _TABLE:
        return _TABLE[wanted]
    words = [plain(word) for word in re.split(r"[\s\-_/(),.]+", text) if word]
    known = [_TABLE[word] for word in words if word in _TABLE]
    if known:
        return known[0]
    return next((carrier for name, carrier in _INSIDE if len(name) >= 6 and name in wanted), None)
