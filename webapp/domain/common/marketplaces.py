"""Amazon's marketplaces: a table of facts. The response of getMarketplaceParticipations takes precedence."""

import json
from dataclasses import dataclass
from functools import lru_cache

ENDPOINTS = {
    "NA": "https://sellingpartnerapi-na.amazon.com",
    "EU": "https://sellingpartnerapi-eu.amazon.com",
    "FE": "https://sellingpartnerapi-fe.amazon.com",
}
TOKEN_URL = "https://api.amazon.com/auth/o2/token"  # noqa: S105 - an address, not a secret
REGIONS = {"NA": "North America", "EU": "Europe", "FE": "Far East"}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """`country_code` is ISO 3166; `time_zone` is the one whose days Seller Central counts in."""

    id: str
    country_code: str
    name: str
    currency: str
    region: str
    seller_central: str
    domain: str
    time_zone: str

    @property
    def flag(self) -> str:
        """Return the country's flag as two regional indicator letters."""
        return "".join(chr(ord(letter) + 0x1F1A5) for letter in self.country_code)


MARKETPLACES = (
    Marketplace("A2EUQ1WTGCTBG2", "CA", "Canada", "CAD", "NA", "sellercentral.amazon.ca", "amazon.ca", "America/Los_Angeles"),
    Marketplace("ATVPDKIKX0DER", "US", "United States", "USD", "NA", "sellercentral.amazon.com", "amazon.com", "America/Los_Angeles"),
    Marketplace("A1AM78C64UM0Y8", "MX", "Mexico", "MXN", "NA", "sellercentral.amazon.com.mx", "amazon.com.mx", "America/Los_Angeles"),
    Marketplace("A2Q3Y263D00KWC", "BR", "Brazil", "BRL", "NA", "sellercentral.amazon.com.br", "amazon.com.br", "America/Sao_Paulo"),
    Marketplace("A28R8C7NBKEWEA", "IE", "Ireland", "EUR", "EU", "sellercentral.amazon.ie", "amazon.ie", "Europe/Dublin"),
    Marketplace("A1RKKUPIHCS9HS", "ES", "Spain", "EUR", "EU", "sellercentral-europe.amazon.com", "amazon.es", "Europe/Madrid"),
    Marketplace("A1F83G8C2ARO7P", "GB", "United Kingdom", "GBP", "EU", "sellercentral-europe.amazon.com", "amazon.co.uk", "Europe/London"),
    Marketplace("A13V1IB3VIYZZH", "FR", "France", "EUR", "EU", "sellercentral-europe.amazon.com", "amazon.fr", "Europe/Paris"),
    Marketplace("AMEN7PMS3EDWL", "BE", "Belgium", "EUR", "EU", "sellercentral.amazon.com.be", "amazon.com.be", "Europe/Brussels"),
    Marketplace("A1805IZSGTT6HS", "NL", "Netherlands", "EUR", "EU", "sellercentral.amazon.nl", "amazon.nl", "Europe/Amsterdam"),
    Marketplace("A1PA6795UKMFR9", "DE", "Germany", "EUR", "EU", "sellercentral-europe.amazon.com", "amazon.de", "Europe/Berlin"),
    Marketplace("APJ6JRA9NG5V4", "IT", "Italy", "EUR", "EU", "sellercentral-europe.amazon.com", "amazon.it", "Europe/Rome"),
    Marketplace("A2NODRKZP88ZB9", "SE", "Sweden", "SEK", "EU", "sellercentral.amazon.se", "amazon.se", "Europe/Stockholm"),
    Marketplace("AE08WJ6YKNBMC", "ZA", "South Africa", "ZAR", "EU", "sellercentral.amazon.co.za", "amazon.co.za", "Africa/Johannesburg"),
    Marketplace("A1C3SOZRARQ6R3", "PL", "Poland", "PLN", "EU", "sellercentral.amazon.pl", "amazon.pl", "Europe/Warsaw"),
    Marketplace("ARBP9OOSHTCHU", "EG", "Egypt", "EGP", "EU", "sellercentral.amazon.eg", "amazon.eg", "Africa/Cairo"),
    Marketplace("A33AVAJ2PDY3EV", "TR", "Turkey", "TRY", "EU", "sellercentral.amazon.com.tr", "amazon.com.tr", "Europe/Istanbul"),
    Marketplace("A17E79C6D8DWNP", "SA", "Saudi Arabia", "SAR", "EU", "sellercentral.amazon.sa", "amazon.sa", "Asia/Riyadh"),
    Marketplace("A2VIGQ35RCS4UG", "AE", "United Arab Emirates", "AED", "EU", "sellercentral.amazon.ae", "amazon.ae", "Asia/Dubai"),
    Marketplace("A21TJRUUN4KGV", "IN", "India", "INR", "EU", "sellercentral.amazon.in", "amazon.in", "Asia/Kolkata"),
    Marketplace("A19VAU5U5O7RUS", "SG", "Singapore", "SGD", "FE", "sellercentral.amazon.sg", "amazon.sg", "Asia/Singapore"),
    Marketplace("A39IBJ37TRP1C6", "AU", "Australia", "AUD", "FE", "sellercentral.amazon.com.au", "amazon.com.au", "Australia/Sydney"),
    Marketplace("A1VC38T7YXB528", "JP", "Japan", "JPY", "FE", "sellercentral.amazon.co.jp", "amazon.co.jp", "Asia/Tokyo"),
)  # fmt: skip

BY_ID = {marketplace.id: marketplace for marketplace in MARKETPLACES}
BY_COUNTRY = {marketplace.country_code: marketplace for marketplace in MARKETPLACES}


_SELLER_CENTRAL = {
    "NA": "sellercentral.amazon.com",
    "EU": "sellercentral-europe.amazon.com",
    "FE": "sellercentral.amazon.co.jp",
}


def is_amazons(domain: str) -> bool:
    """Return whether a marketplace with this domain is a site of Amazon's.

    Sellers also take part in marketplaces that list the orders of other sites: `sim1.stores.amazon.com`. Amazon answers
    searches in them with 403.
    """
    return ".stores.amazon." not in f".{domain.lower()}"


@lru_cache(maxsize=256)
def get(id_: str, facts: str | None = None) -> Marketplace:
    """Return the marketplace with this id; one that opened after this release from what Amazon says of it.

    `facts`: the result of `build_facts`, stored with the store. Without it a new marketplace is nameless.
    """
    marketplace = BY_ID.get(id_)
    if marketplace is not None:
        return marketplace
    values: dict[str, str] = json.loads(facts) if facts else {}
    region = values.get("region", "EU")
    return Marketplace(
        id=id_,
        country_code=values.get("country_code", ""),
        name=values.get("name", "") or id_,
        currency=values.get("currency", "EUR"),
        region=region,
        seller_central=_SELLER_CENTRAL[region],
        domain=values.get("domain", "").removeprefix("www."),
        time_zone="UTC",
    )


def build_facts(country_code: str, name: str, currency: str, domain: str, region: str) -> str:
    """Return what has to be stored of a marketplace that this release does not know, as JSON."""
    facts = {"country_code": country_code[:2].upper(), "name": name[:60], "currency": currency[:3].upper()}
    return json.dumps(facts | {"domain": domain[:100], "region": region})


def get_time_zone(id_: str) -> str:
    """Return the time zone of a marketplace; UTC for one that this release does not know."""
    return BY_ID[id_].time_zone if id_ in BY_ID else "UTC"


def find(text: str) -> Marketplace | None:
    """Return the marketplace a person means by a country code (`DE`, also `UK`) or by Amazon's id."""
    code = text.strip().upper()
    return BY_ID.get(code) or BY_COUNTRY.get({"UK": "GB"}.get(code, code))


def find_by_name(name: str) -> Marketplace | None:
    """Return the marketplace Amazon names by its site, in any case: `Amazon.de`, `www.amazon.co.uk`."""
    domain = name.strip().lower().removeprefix("https://").removeprefix("www.").rstrip("/")
    return next((marketplace for marketplace in MARKETPLACES if marketplace.domain == domain), None)
