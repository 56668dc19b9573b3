"""Money as an integer of minor units with its currency; amounts are never added as floats."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

# ISO 4217 minor units that are not two digits. Every other currency has two.
UNUSUAL_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF"), 0),
    **dict.fromkeys(("XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


class MoneyError(ValueError):
    """An amount that is not a number, has more decimals than its currency, or meets another currency."""


def minor_digits(currency: str) -> int:
    """Return the number of decimals of the currency: 2 for EUR, 0 for JPY."""
    return UNUSUAL_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`minor` units (cents, yen) of `currency` (ISO 4217)."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str, currency: str) -> Self:
        """Read a decimal string as Amazon writes it: `"12.34"`, `"5980"`. Raises MoneyError."""
        whole, _, fraction = amount.partition(".") if type(amount) is str else ("", "", "")
        digits = UNUSUAL_DIGITS.get(currency, 2)
        if whole.removeprefix("-").isdecimal() and len(fraction) == digits and (fraction.isdecimal() or not digits):
            # As Amazon writes nearly all of them; a decimal takes three times as long, and an order has a dozen.
            return cls(int(whole + fraction), currency)
        try:
            scaled = Decimal(amount).scaleb(minor_digits(currency))
            minor = int(scaled)
        except (InvalidOperation, TypeError, ValueError, OverflowError) as error:
            raise MoneyError(f"{amount!r} is not an amount of money") from error
        if minor != scaled:
            raise MoneyError(f"{amount} has more decimals than {currency} has")
        return cls(minor, currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-minor_digits(self.currency))

    @property
    def amount(self) -> str:
        """Return the decimal string with exactly the currency's digits: `"12.30"`, `"5980"`."""
        return f"{self.decimal:.{minor_digits(self.currency)}f}"

    def as_json(self) -> dict[str, str]:
        return {"amount": self.amount, "currency": self.currency}

    def _check_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MoneyError(f"{self.currency} and {other.currency} cannot be put together")

    def __add__(self, other: "Money") -> "Money":
        self._check_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._check_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.minor * quantity, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)
