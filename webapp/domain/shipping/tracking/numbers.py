"""Classify a text that may be a tracking number.

Every entry point (ship page, correction dialog, command line, tracking upload) decides with `classify`. Pure.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from webapp.domain.common.plain_text import to_plain
from webapp.domain.shipping import carriers as shipping_carriers
from webapp.domain.shipping.carrier_names import find_by_name
from webapp.domain.shipping.carriers import Carrier, clean
from webapp.domain.shipping.tracking.placeholders import is_placeholder

# Classes of texts. A user answers a question; a text that is not a number cannot be confirmed.
VALID, QUESTION, NOT_A_NUMBER = "valid", "question", "not_a_number"

# Questions that are answered by choosing a carrier instead of confirming the number.
CARRIER_UNSURE, CARRIER_UNLIKELY = "tracking_carrier_unsure", "tracking_carrier_unlikely"
CARRIER_UNKNOWN = "tracking_carrier_unknown"
CARRIER_QUESTIONS = frozenset({CARRIER_UNSURE, CARRIER_UNLIKELY, CARRIER_UNKNOWN})

# A guess below this likelihood is a question even when no other carrier fits, and so is one that another carrier
# comes closer to than the margin.
SURE = 70
MARGIN = 25

_LONGEST_TEXT = 2000
_SHORTEST, _FEWEST_DIGITS = 6, 4
# Spreadsheets keep so many digits of a number and write zeros for the others.
_SPREADSHEET_DIGITS = 15
# Shorter parts of a text that holds several numbers are groups of one number.
_SHORTEST_PART = 8
_LONGEST_GROUP = 10

_SCIENTIFIC = re.compile(
    r"[+-]?(?:\d(?:[.,]\d+)?\s*E\s*\+?\s*\d{1,3}|\d+(?:[.,]\d+)?\s*E\s*\+\s*\d{1,3}"
    r"|\d+(?:[.,]\d+)?\s*[X*\u00d7\u00b7]\s*10\s*\^?\s*\d{1,3})",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"(\d{8,})[.,]0{1,3}")
_LINK = re.compile(r"(?:(?:https?|ftp|mailto):|[a-z][a-z0-9+.-]*://|www\.|//)\S*", re.IGNORECASE)
_DOMAIN_WITH_PATH = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+", re.IGNORECASE)
_AMAZON_ORDER = re.compile(r"#?\d{3}-\d{7}-\d{7}")
_DATE = re.compile(
    r"(?:[^\W\d_]{2,10}[.,]*\s+)?(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})?)"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?"
)
# Eight digits that are a day of this century.
_COMPACT_DATE = re.compile(r"20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
# A word among the groups of a number: letters only, one of them small.
_WORD = re.compile(r"(?<!\S)(?=\S*[a-z])[^\W\d_]{3,}[.:,!]?(?!\S)")
_TOKEN = re.compile(r"[0-9A-Za-z]+")
_SEPARATOR = r"\s*[,;|&+\n\r\t/\\、，；]+\s*|\s+(?:und|and|en|och|e|et|y|i|ve|和|と)\s+"
_SEPARATORS = re.compile(_SEPARATOR, re.IGNORECASE)
# These also stand between the groups of one number.
_GROUP_SEPARATORS = (re.compile(_SEPARATOR + r"|\s+", re.IGNORECASE), re.compile(_SEPARATOR + r"|\s*[-_]+\s*"))
_DIGITS_IN_ORDER = "01234567890123456789"


@dataclass(frozen=True, slots=True)
class Classification:
    """The classification of a text as a tracking number.

    `number`: as it would be stored; of a link or a sentence the number found in it. Empty where there is none.
    `code` and `args`: the reason as a code of `messages`, empty for a valid number. `carriers`: whose format and check
    digit allow the number, or whose format it nearly has; the likeliest first. `carrier`: the one named, else the one
    that is sure. `offered`: the numbers found in a text that holds several.
    """

    outcome: str
    number: str = ""
    code: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    carriers: tuple[Carrier, ...] = ()
    carrier: Carrier | None = None
    offered: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        return self.outcome == VALID

    @property
    def can_be_confirmed(self) -> bool:
        """Return whether a user may confirm that the number is correct."""
        return self.outcome == QUESTION and self.code not in CARRIER_QUESTIONS


def classify(text: str, carrier: Carrier | None = None, country: str = "", *, other: str = "") -> Classification:
    """Classify a text: whether it can be used as the tracking number of a parcel.

    `carrier`: who carries the parcel, where that is known; `other`: the name of a carrier that is not in our table.
    `country`: ISO 3166 code of the country the seller ships from. An empty text is valid: the parcel is not tracked.
    """
    raw = _normalise(text)
    if not raw:
        return Classification(VALID)
    if len(raw) > _LONGEST_TEXT:
        return Classification(NOT_A_NUMBER, code="tracking_malformed")
    number = clean(raw)
    return (
        _refuse(raw)
        or (None if _DECIMAL.fullmatch(raw) else _accept(number, carrier, country, other=other))
        or _find_inside(raw, carrier, country)
        or _accept_of_unknown_format(raw, number, carrier, other=other)
        or _find_question(number, carrier, country, other=other)
    )


# Two shorter numbers written as one look like a longer one: ten digits are half of many a number of twenty.
_SHORTEST_JOINED = 12


def split_numbers(text: str) -> tuple[str, ...]:
    """Return the tracking numbers of a text with more than one; nothing for a single number."""
    raw = _normalise(text)
    if _is_strong(clean(raw)):
        return ()
    for separators in (_SEPARATORS, *_GROUP_SEPARATORS):
        parts = [number for part in separators.split(raw) if (number := clean(part))]
        is_number = _is_plausible_part if separators is _SEPARATORS else _is_strong_or_long
        if len(parts) > 1 and all(map(is_number, parts)):
            return tuple(dict.fromkeys(parts))
    number = clean(raw)
    half = len(number) // 2
    if half >= _SHORTEST_JOINED and len(number) == 2 * half and _is_strong(number[:half]) and _is_strong(number[half:]):
        return tuple(dict.fromkeys((number[:half], number[half:])))
    return ()


def _normalise(text: str) -> str:
    return unicodedata.normalize("NFKC", to_plain(text)).strip()


def is_rounded(text: str) -> bool:
    """Return whether a spreadsheet has written a number in scientific notation, as in `3.4E+17`."""
    raw = _normalise(text)
    return bool(_SCIENTIFIC.fullmatch(raw) or _SCIENTIFIC.fullmatch(clean(raw)))


def _accept(number: str, carrier: Carrier | None, country: str, *, other: str) -> Classification | None:
    """Accept a number that matches a known format and check digit; None for any other."""
    if not _is_written_plainly(number) or _is_dummy(number) or (_has_lost_digits(number) and not _is_strong(number)):
        return None
    guesses = shipping_carriers.rank_carriers(number, country)
    if carrier is None and not other:
        carrier = _find_certain_carrier(guesses)
    elif carrier is not None and not shipping_carriers.allows(carrier, number):
        carrier = None
    if carrier is None:
        return None
    return Classification(VALID, number, carriers=tuple(guess for guess, _ in guesses), carrier=carrier)


def _accept_of_unknown_format(raw: str, number: str, carrier: Carrier | None, *, other: str) -> Classification | None:
    """Accept a plausible number of a carrier with unknown formats; None for any other."""
    if (carrier is None and not other) or (carrier is not None and shipping_carriers.has_formats(carrier)):
        return None
    if not _is_written_plainly(number) or _is_dummy(number) or _has_lost_digits(number) or not _is_plausible(number):
        return None
    if _WORD.search(raw) or _COMPACT_DATE.fullmatch(number):
        return None
    certain = shipping_carriers.find_unmistakable(number, also_with_wrong_check_digit=True)
    if any(carrier is None or guess.key != carrier.key for guess in certain):
        return None
    return Classification(VALID, number, carriers=(carrier,) if carrier else (), carrier=carrier)


def _refuse(raw: str) -> Classification | None:
    """Return the reason a text is not a tracking number, or None where it may be one."""
    number = clean(raw)
    if is_placeholder(raw):
        return Classification(NOT_A_NUMBER, code="tracking_placeholder", args={"text": raw[:40]})
    if is_rounded(raw):
        return Classification(NOT_A_NUMBER, code="tracking_rounded")
    if _AMAZON_ORDER.fullmatch(raw):
        return Classification(NOT_A_NUMBER, code="tracking_is_order_number")
    if _DATE.fullmatch(raw):
        return Classification(NOT_A_NUMBER, code="tracking_is_date")
    if not any(sign.isdigit() for sign in number):
        return Classification(NOT_A_NUMBER, code="tracking_no_digits")
    contained = split_numbers(raw)
    if contained:
        return _find_several(contained)
    return None


def _find_inside(raw: str, carrier: Carrier | None, country: str) -> Classification | None:
    """Return the question about a number inside a link, a sentence or a decimal number."""
    decimal = _DECIMAL.fullmatch(raw)
    if decimal:
        return _accept_inside("tracking_decimal", decimal[1], carrier, country)
    is_link = bool(_LINK.fullmatch(raw) or _DOMAIN_WITH_PATH.fullmatch(raw))
    has_words = bool(_WORD.search(raw))
    if not is_link and not has_words and _is_written_plainly(clean(raw)) and find_by_name(raw.split()[0]) is None:
        return None
    tokens = dict.fromkeys(clean(token) for token in _TOKEN.findall(unquote(raw)))
    numbers = [token for token in tokens if _is_plausible_part(token)]
    recognised = [
        token for token in numbers if _is_strong(token) or (carrier and shipping_carriers.allows(carrier, token))
    ]
    numbers = recognised or numbers
    if len(numbers) == 1:
        return _accept_inside("tracking_link" if is_link else "tracking_in_text", numbers[0], carrier, country)
    if len(recognised) > 1:
        return _find_several(recognised)
    if is_link or (has_words and not (_is_written_plainly(clean(raw)) and _is_plausible(clean(raw)))):
        return Classification(NOT_A_NUMBER, code="tracking_link_without_number" if is_link else "tracking_words")
    return None


def _find_several(numbers: Sequence[str]) -> Classification:
    args = {"count": len(numbers), "numbers": ", ".join(numbers)}
    return Classification(NOT_A_NUMBER, code="tracking_several", args=args, offered=tuple(numbers))


def _accept_inside(code: str, number: str, carrier: Carrier | None, country: str) -> Classification:
    guesses = shipping_carriers.rank_carriers(number, country)
    return Classification(
        QUESTION,
        number,
        code,
        {"number": number},
        tuple(guess for guess, _ in guesses),
        carrier or _find_certain_carrier(guesses),
    )


def _find_question(number: str, carrier: Carrier | None, country: str, *, other: str) -> Classification:
    """Return the question a user must answer about a number that was not accepted unchanged."""
    if not number.isascii() or len(number) > shipping_carriers.LONGEST:
        return Classification(NOT_A_NUMBER, code="tracking_malformed")
    carriers = shipping_carriers.guess(number, country)
    about: dict[str, Any] = {"number": number, "carriers": carriers, "carrier": carrier}

    def ask(code: str, **args: Any) -> Classification:
        return Classification(QUESTION, code=code, args=args, **about)

    if not _is_written_plainly(number):
        return ask("tracking_signs")
    if _is_dummy(number):
        return ask("tracking_dummy")
    if _has_lost_digits(number):
        return ask("tracking_lost_digits")
    if carrier is None and not other:
        nearly = shipping_carriers.find_with_wrong_check_digit(number, country)
        if not carriers and nearly:
            about["carriers"] = nearly
            return ask("tracking_check_digit", carrier=nearly[0].name)
        if len(carriers) == 1:
            return ask(CARRIER_UNLIKELY, carrier=carriers[0].name)
        return ask(CARRIER_UNSURE if carriers else CARRIER_UNKNOWN)
    name = carrier.name if carrier else other
    if carrier is not None and carrier.key in {
        nearly.key for nearly in shipping_carriers.find_with_wrong_check_digit(number)
    }:
        return ask("tracking_check_digit", carrier=name)
    certain = shipping_carriers.find_unmistakable(number, also_with_wrong_check_digit=True)
    others = [guess for guess in carriers or certain if carrier is None or guess.key != carrier.key]
    if others and _is_plausible(number):
        return ask("tracking_of_another", carrier=name, other=others[0].name)
    return ask("tracking_format", carrier=name)


def _find_certain_carrier(guesses: Iterable[tuple[Carrier, int]]) -> Carrier | None:
    """Return the carrier that the number alone identifies with sufficient certainty."""
    rows = list(guesses)
    if not rows or rows[0][1] < SURE or (len(rows) > 1 and rows[0][1] - rows[1][1] < MARGIN):
        return None
    return rows[0][0]


def _is_strong(number: str) -> bool:
    """Return whether a check digit or a unique format proves that this is one number."""
    return not _is_dummy(number) and shipping_carriers.is_certain(number)


def _is_strong_or_long(number: str) -> bool:
    """Return whether a part between spaces is a whole number and not one digit group."""
    return _is_strong(number) or (len(number) >= _LONGEST_GROUP and _is_plausible_part(number))


def _is_plausible(number: str) -> bool:
    """Return whether the number is plausible for a carrier with unknown formats."""
    digits = sum(sign.isdigit() for sign in number)
    is_long_enough = _SHORTEST <= len(number) <= shipping_carriers.LONGEST
    return is_long_enough and digits >= _FEWEST_DIGITS and digits * 3 >= len(number)


def _is_plausible_part(number: str) -> bool:
    return _is_plausible(number) and len(number) >= _SHORTEST_PART and _is_written_plainly(number)


def _is_written_plainly(number: str) -> bool:
    return number.isascii() and number.isalnum()


def _is_dummy(number: str) -> bool:
    """Return whether the digits only repeat or count up, which passes many check digits."""
    digits = "".join(sign for sign in number if sign.isdigit())
    return len(set(number)) == 1 or (number == digits and len(number) >= _SHORTEST_PART and digits in _DIGITS_IN_ORDER)


def _has_lost_digits(number: str) -> bool:
    """Return whether a spreadsheet seems to have replaced the last digits with zeros."""
    rest = number[_SPREADSHEET_DIGITS:]
    return number.isdecimal() and len(rest) >= 2 and not rest.strip("0")
