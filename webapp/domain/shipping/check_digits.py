"""Check digits of tracking numbers, as published by carriers and postal unions. Each takes a cleaned number."""

from collections.abc import Sequence

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_FEDEX_WEIGHTS = (3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def ups(number: str) -> bool:
    """Check `1Z` and 16 more characters: letters count as digits, every second one doubled, modulo 10."""
    digits = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in number[2:]]
    total = sum(digit * (2 if place % 2 else 1) for place, digit in enumerate(digits[:-1]))
    return -total % 10 == digits[-1]


def s10(number: str) -> bool:
    """Check the Universal Postal Union's S10, `RR123456785DE`: eight digits weighted, modulo 11."""
    remainder = 11 - _sum_weighted(number[2:10], _S10_WEIGHTS) % 11
    return {10: 0, 11: 5}.get(remainder, remainder) == int(number[10])


def gs1(number: str) -> bool:
    """Check weights 3 and 1 from the right, modulo 10: GS1's SSCC, USPS, FedEx Ground, Canada Post."""
    total = sum(int(sign) * (1 if place % 2 else 3) for place, sign in enumerate(reversed(number[:-1])))
    return -total % 10 == int(number[-1])


def gls(number: str) -> bool:
    """Check as for GS1, with one added to the sum."""
    total = sum(int(sign) * (1 if place % 2 else 3) for place, sign in enumerate(reversed(number[:-1]))) + 1
    return -total % 10 == int(number[-1])


def fedex(number: str) -> bool:
    """Check twelve digits of FedEx Express: weights 3, 1, 7, modulo 11, then modulo 10."""
    return _sum_weighted(number[:11], _FEDEX_WEIGHTS) % 11 % 10 == int(number[11])


def identcode(number: str) -> bool:
    """Check the Identcode of Deutsche Post DHL, 12 digits: weights 4 and 9, modulo 10."""
    total = sum(int(digit) * (9 if place % 2 else 4) for place, digit in enumerate(number[:-1]))
    return -total % 10 == int(number[-1])


def seven(number: str) -> bool:
    """Check that the last digit is the others modulo 7: DHL Express and Japan's carriers."""
    return int(number[:-1]) % 7 == int(number[-1])


def dpd(number: str) -> bool:
    """Check fourteen digits and a check character of ISO 7064 Mod 37,36."""
    rest = 36
    for sign in number[:-1]:
        rest += _ALPHABET.index(sign)
        rest = (rest - 36 if rest > 36 else rest) * 2
        rest = rest - 37 if rest > 36 else rest
    return _ALPHABET[(37 - rest) % 36] == number[-1]


def _sum_weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(sign) * weight for sign, weight in zip(digits, weights, strict=True))
