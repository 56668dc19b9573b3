"""Amounts and numbers, formatted by Babel."""

from decimal import Decimal

from babel import numbers

from webapp.core.i18n import catalogues
from webapp.core.i18n.locale import current
from webapp.domain.common.money import Money


def money(value: Money) -> str:
    """Format an amount as `€1,234.50`, with exactly the currency's digits."""
    return catalogues.amount(value, current())


def money_of(minor: int | None, currency: str | None) -> Money | None:
    """Return the Money of two columns, or None when Amazon has not reported it."""
    return None if minor is None or currency is None else Money(minor, currency)


def money_short(value: Money) -> str:
    """Format an amount for a chart's axis: `€1.5K`."""
    digits = 1 if value.minor else 0
    text = numbers.format_compact_currency(value.decimal, value.currency, locale=current(), fraction_digits=digits)
    return catalogues.add_space(text)


def number(value: int | Decimal) -> str:
    return numbers.format_decimal(value, locale=current())


def share(value: float) -> str:
    """Format a share with at most one digit: 0.0251 is `2.5%`."""
    return numbers.format_percent(value, format="#,##0.#%", locale=current())


def percent(share: float) -> str:
    """Format a share as a signed change: 0.123 is `+12%`."""
    return numbers.format_percent(share, format="+#,##0%;-#,##0%", locale=current())
