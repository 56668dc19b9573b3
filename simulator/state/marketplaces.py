"""Amazon's marketplaces with their currencies, taxes and order number prefixes, and conversion of money."""
# ruff: noqa: E501 - the tables of this file read better a row a line

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marketplace:
    """`vat` in percent; `rate` is the price of one euro; order numbers begin with one of `prefixes`."""

    id: str
    country: str
    name: str
    currency: str
    language: str
    domain: str
    region: str
    vat: int
    rate: float
    prefixes: tuple[str, ...]


MARKETPLACES = (
    Marketplace("ATVPDKIKX0DER", "US", "Amazon.com", "USD", "en_US", "www.amazon.com", "NA", 8, 1.1, ("111", "112", "113", "114")),
    Marketplace("A2EUQ1WTGCTBG2", "CA", "Amazon.ca", "CAD", "en_CA", "www.amazon.ca", "NA", 13, 1.5, ("701", "702")),
    Marketplace("A1AM78C64UM0Y8", "MX", "Amazon.com.mx", "MXN", "es_MX", "www.amazon.com.mx", "NA", 16, 20.0, ("701",)),
    Marketplace("A2Q3Y263D00KWC", "BR", "Amazon.com.br", "BRL", "pt_BR", "www.amazon.com.br", "NA", 17, 6.2, ("701", "702")),
    Marketplace("A1PA6795UKMFR9", "DE", "Amazon.de", "EUR", "de_DE", "www.amazon.de", "EU", 19, 1.0, ("302", "303", "304", "305", "306")),
    Marketplace("A1F83G8C2ARO7P", "GB", "Amazon.co.uk", "GBP", "en_GB", "www.amazon.co.uk", "EU", 20, 0.86, ("202", "203", "204", "205", "206")),
    Marketplace("A13V1IB3VIYZZH", "FR", "Amazon.fr", "EUR", "fr_FR", "www.amazon.fr", "EU", 20, 1.0, ("402", "403", "404", "405", "406")),
    Marketplace("APJ6JRA9NG5V4", "IT", "Amazon.it", "EUR", "it_IT", "www.amazon.it", "EU", 22, 1.0, ("402", "403", "404", "405", "406")),
    Marketplace("A1RKKUPIHCS9HS", "ES", "Amazon.es", "EUR", "es_ES", "www.amazon.es", "EU", 21, 1.0, ("402", "403", "404", "405", "406")),
    Marketplace("A1805IZSGTT6HS", "NL", "Amazon.nl", "EUR", "nl_NL", "www.amazon.nl", "EU", 21, 1.0, ("402", "403", "404", "405", "406")),
    Marketplace("AMEN7PMS3EDWL", "BE", "Amazon.com.be", "EUR", "fr_BE", "www.amazon.com.be", "EU", 21, 1.0, ("402", "403", "404", "405")),
    Marketplace("A28R8C7NBKEWEA", "IE", "Amazon.ie", "EUR", "en_IE", "www.amazon.ie", "EU", 23, 1.0, ("202", "203", "204")),
    Marketplace("A2NODRKZP88ZB9", "SE", "Amazon.se", "SEK", "sv_SE", "www.amazon.se", "EU", 25, 11.5, ("402", "403", "404", "405", "406")),
    Marketplace("A1C3SOZRARQ6R3", "PL", "Amazon.pl", "PLN", "pl_PL", "www.amazon.pl", "EU", 23, 4.3, ("402", "403", "404", "405", "406")),
    Marketplace("A33AVAJ2PDY3EV", "TR", "Amazon.com.tr", "TRY", "tr_TR", "www.amazon.com.tr", "EU", 20, 48.0, ("402", "403", "404", "405")),
    Marketplace("A21TJRUUN4KGV", "IN", "Amazon.in", "INR", "en_IN", "www.amazon.in", "EU", 18, 95.0, ("402", "403", "404", "405")),
    Marketplace("A1VC38T7YXB528", "JP", "Amazon.co.jp", "JPY", "ja_JP", "www.amazon.co.jp", "FE", 10, 162.0, ("249", "250", "503")),
    Marketplace("A39IBJ37TRP1C6", "AU", "Amazon.com.au", "AUD", "en_AU", "www.amazon.com.au", "FE", 10, 1.7, ("249", "250", "503")),
    Marketplace("A19VAU5U5O7RUS", "SG", "Amazon.sg", "SGD", "en_SG", "www.amazon.sg", "FE", 9, 1.45, ("249", "250", "503")),
    # Stands for a marketplace that Amazon opens after a release of its clients: it has none in Switzerland.
    Marketplace("A3NEWMARKETPLACE", "CH", "Amazon.ch", "CHF", "de_CH", "www.amazon.ch", "EU", 8, 0.95, ("402", "403")),
)  # fmt: skip
# Sellers take part in these too; searchOrders refuses them with 403. Orders from other sites are listed under them.
NON_AMAZON = (
    Marketplace("A2ZV50J4W1RKNI", "US", "Non-Amazon", "USD", "en_US", "sim1.stores.amazon.com", "NA", 8, 1.1, ()),
    Marketplace("A1MQXOICRS2Z7M", "CA", "SI CA Prod Marketplace", "CAD", "en_CA", "siprod.stores.amazon.ca", "NA", 13, 1.5, ()),
)  # fmt: skip

BY_ID = {marketplace.id: marketplace for marketplace in MARKETPLACES}
BY_COUNTRY = {marketplace.country: marketplace for marketplace in MARKETPLACES}

# Decimal digits of a currency; all others here have two.
DIGITS = {"JPY": 0}


def money(minor: int, currency: str) -> dict[str, str]:
    """Return Amazon's Money object for an amount in minor units."""
    digits = DIGITS.get(currency, 2)
    if not digits:
        return {"amount": str(minor), "currencyCode": currency}
    sign, minor = ("-" if minor < 0 else ""), abs(minor)
    return {"amount": f"{sign}{minor // 100}.{minor % 100:02d}", "currencyCode": currency}


def minor_units(amount: dict[str, str]) -> int:
    """Return the minor units of a Money object: {"amount": "12.30", "currencyCode": "EUR"} -> 1230."""
    digits = DIGITS.get(amount["currencyCode"], 2)
    whole, _, cents = amount["amount"].partition(".")
    units = abs(int(whole)) * 10**digits + int((cents + "00")[:digits] or 0)
    return -units if whole.startswith("-") else units
