"""Texts, dates and amounts of documents in the store's language and time zone."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from webapp.core.i18n import catalogues
from webapp.domain.amazon.types import Address
from webapp.domain.common import addresses
from webapp.domain.common.marketplaces import Marketplace
from webapp.domain.common.money import Money, minor_digits
from webapp.models.stores import Store

DOMAIN = "printing"


@dataclass(frozen=True, slots=True)
class DocumentLocale:
    language: str
    locale: Locale
    country: str
    zone: ZoneInfo
    currency: str

    def __call__(self, text: str, **arguments: object) -> str:
        translation = catalogues.load_catalogue(self.language, DOMAIN).gettext(text)
        return translation % arguments if arguments else translation

    def day(self, instant: datetime) -> str:
        """Format the date in the store's time zone: `21 November 2026`."""
        return str(dates.format_date(instant.astimezone(self.zone), "long", locale=self.locale))

    def moment(self, instant: datetime) -> str:
        """Format the date and time in the store's time zone."""
        return str(dates.format_datetime(instant.astimezone(self.zone), "short", locale=self.locale))

    def money(self, minor: int) -> str:
        """Format an amount with its currency: `€1,234.50`."""
        return catalogues.amount(Money(minor, self.currency), self.locale)

    def amount(self, minor: int) -> str:
        """Format an amount without its currency, for columns: `1,234.50`."""
        digits = minor_digits(self.currency)
        places = f".{'0' * digits}" if digits else ""
        return str(numbers.format_decimal(Money(minor, self.currency).decimal, f"#,##0{places}", locale=self.locale))

    def number(self, value: int) -> str:
        return str(numbers.format_decimal(value, locale=self.locale))

    def percent(self, tenths: int) -> str:
        """Format tenths of a percent: `19%`, `5.5%`."""
        return str(numbers.format_percent(Decimal(tenths) / 1000, locale=self.locale, decimal_quantization=False))

    def address(self, stored: dict[str, str] | None) -> tuple[str, ...]:
        """Return the lines of an address; the country only if it is not the store's own."""
        if not stored:
            return ()
        address = Address(**stored)
        country = (address.country_code or "").upper()
        named = self.locale.territories.get(country, country) if country != self.country else ""
        return (*addresses.format_lines(address), *([named] if named else ()))


def build_store_locale(store: Store, currency: str) -> DocumentLocale:
    marketplace: Marketplace = store.marketplace
    locale = catalogues.get_locale(store.language, marketplace.country_code)
    return DocumentLocale(store.language, locale, marketplace.country_code, ZoneInfo(marketplace.time_zone), currency)
