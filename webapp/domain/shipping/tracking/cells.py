"""Values of single cells of a tracking file: orders, several numbers in one cell, dates, quantities, voided labels."""
# ruff: noqa: E501 - the table of words reads better a kind of words a block

import re
from collections.abc import Collection, Iterable
from datetime import date

from webapp.domain.shipping.carrier_names import find_by_name, is_other, normalize_name
from webapp.domain.shipping.carriers import LONGEST, clean, guess
from webapp.domain.shipping.tracking import numbers as tracking_numbers
from webapp.domain.shipping.tracking.numbers import is_rounded

# Longer cells are texts. What is searched for in them is found in time that grows with the square of their length.
LONGEST_CELL = 500
_AMAZON = re.compile(r"(?<![\d-])(\d{3}-\d{7}-\d{7})(?![\d-])")
# A word among groups of characters: numbers are written in groups, sentences in words.
_SENTENCE = re.compile(r"(?<!\S)(?=\S*[a-z])[^\W\d_]{3,}(?!\S)")
# Chinese and Japanese need no space between a word and a number.
WORD = re.compile(r"[^\s,;:()\[\]<>|\"\u3000-\u9fff！（），：；]+|[\u3040-\u9fff]+")
_SHORTEST = 8
_LEAST_DIGITS = 5
_LONGEST_CARRIER = 60

_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?)(?=$|[\sT,])")
_DAY_OR_MONTH_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?=$|[\sT,])")
_DIGITS = re.compile(r"(20\d\d)(\d\d)(\d\d)")
_LONGEST_DATE = 40

# Words of cells, as `carrier_names.normalize_name` makes them.
_WORDS = {
    "no": "n no non nein nee nej nie nao false falsch faux falso 0 none null na hayir いいえ 否 不 未取消 正常 有効 "
    "active aktiv actif attivo activo valid gultig valide ok open offen printed",
    "not": "not no nicht non ne niet ikke inte nie",
    "deleted": "cancel cancellation delete deleted refund refunded erefund refundrequested refundpending geloscht entfernt "
    "verwijderd supprime supprimee efface eliminato eliminata cancellato borrado eliminado eliminada borttagen raderad slettet "
    "usuniety usunieta usunieto skasowano skasowany silindi silinmis 删除 已删除 削除 削除済 退款 已退款",
    "return": "return returns returned returnlabel returnshipment returnparcel retoure retouren retourenlabel retourenschein "
    "retoureonline rucksendung retour retourlabel retourzending etiquetteretour reso devolucion devoluzione zwrot iade iadekargo "
    "returer retursedel 返品 返送 退货 退貨 退件",
    "voided": "void voided storno storniert stornierung cancelled canceled annulliert annullato annullata annule "
    "annulee anulado anulada anulowano anulowana anulowany geannuleerd makulerad annullerad annulleret iptal "
    "iptaledildi 取消 已取消 作废 已作废 キャンセル キャンセル済 無効 取消済",
}
_NO, _NOT, _DELETED, _RETURNED, _VOIDED = (frozenset(words.split()) for words in _WORDS.values())
_QUANTITY = re.compile(
    r"\+?(?:x\s?)?(\d{1,6})(?:[.,]0+)?(?:\s?(?:x|pcs?|pieces?|ea|units?|stk|stück|st|szt|adet|個|件|个)\.?)?",
    re.IGNORECASE,
)


def find_amazon_number(text: str) -> str:
    """Return Amazon's order number in a text, empty where there is none."""
    match = _AMAZON.search(text)
    return match[1] if match else ""


def find_order_numbers(cell: str) -> list[str]:
    """Return the order numbers in a cell: all of Amazon's, else the cell itself without its `#`."""
    numbers = list(dict.fromkeys(_AMAZON.findall(cell)))
    return numbers or [cell.lstrip("#").strip()]


def looks_tracked(text: str) -> bool:
    """Return whether a text may be a tracking number; order numbers and dates may not."""
    return score_tracking_number(text) > 0


def score_tracking_number(text: str) -> float:
    """Score a text as a tracking number, with or without a carrier's name: 0 for none, 1 for a carrier's format."""
    return _score_number(split_carrier(text)[1])


def split_carrier(cell: str) -> tuple[str, str]:
    """Split a cell such as `DHL 0034…` into (carrier, number); the carrier may be empty."""
    first, _, rest = cell.strip().partition(" ")
    if not rest or len(first) > _LONGEST_CARRIER:
        return "", cell
    return (first.rstrip(":"), rest.strip()) if _score_number(rest) and find_by_name(first) else ("", cell)


def _score_number(text: str) -> float:
    text = text.strip()
    if len(text) > LONGEST_CELL:
        return 0.0
    if is_rounded(text):
        return 0.8
    number = clean(text)
    digits = sum(sign.isdigit() for sign in number)
    if not _SHORTEST <= len(number) <= LONGEST or not (number.isascii() and number.isalnum()):
        return 0.0
    if digits < _LEAST_DIGITS or digits * 5 < len(number) * 2:
        return 0.0
    if find_amazon_number(text) or is_date(text) or _SENTENCE.search(text):
        return 0.0
    return 1.0 if guess(number) else 0.6


def split_tracking_numbers(cell: str) -> list[str] | None:
    """Return the tracking numbers of a cell; None for several with other text that cannot be interpreted.

    A cell that cannot be split for certain is returned whole.
    """
    if len(cell) > LONGEST_CELL:
        return [cell]
    numbers = tracking_numbers.split_numbers(cell)
    if numbers:
        return list(numbers)
    candidates = {clean(word) for word in WORD.findall(cell) if not find_amazon_number(word) and guess(word)}
    return None if len(candidates) > 1 else [cell]


def is_date(text: str) -> bool:
    return parse_date(text) is not None or parse_date(text, month_first=True) is not None


def parse_date(text: str, *, month_first: bool = False) -> date | None:
    """Parse a date in a common format, with or without a time; None for anything else.

    `month_first` is for dates such as 11/20/2026. With dots the day always comes first.
    """
    text = text.strip()
    if not 6 <= len(text) <= _LONGEST_DATE:
        return None
    if match := _YEAR_FIRST.match(text):
        year, month, day_ = (int(part) for part in match.groups() if part is not None)
    elif match := _DAY_OR_MONTH_FIRST.match(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        year += 2000 if year < 100 else 0
        month, day_ = (first, second) if month_first and match[2] != "." else (second, first)
    elif match := _DIGITS.fullmatch(text):
        year, month, day_ = (int(part) for part in match.groups())
    else:
        return None
    try:
        return date(year, month, day_)
    except ValueError:
        return None


def is_month_first(cells: Iterable[str], *, otherwise: bool) -> bool:
    """Return whether the dates of a column begin with the month.

    One date that can only be read one way decides for all; `otherwise` where none does, or where they disagree.
    """
    day_first = month_first = False
    for cell in cells:
        match = _DAY_OR_MONTH_FIRST.match(cell.strip()[:_LONGEST_DATE])
        if match and match[2] != ".":
            day_first |= int(match[1]) > 12 >= int(match[3])
            month_first |= int(match[3]) > 12 >= int(match[1])
    return otherwise if day_first == month_first else month_first


def is_void_mark(cell: str) -> bool:
    """Return whether a cell of a "voided" column marks its line: anything except a "no"."""
    word = normalize_name(cell[:LONGEST_CELL])
    is_no = (
        word in _NO or not word.strip("0") or any(normalize_name(part) in _NOT for part in cell[:LONGEST_CELL].split())
    )
    return bool(word) and not is_no


def says_voided(cell: str) -> bool:
    """Return whether a cell of another column marks the label as voided: `Storniert`, `Label voided`."""
    words = _split_words(cell)
    if "".join(words) in _VOIDED | _DELETED:
        return True
    return len(words) <= 3 and not _VOIDED.isdisjoint(words) and _NOT.isdisjoint(words)


def says_return(cell: str) -> bool:
    """Return whether a cell marks a return label: `Return label`, `DHL Retoure`."""
    words = [word for word in _split_words(cell) if find_by_name(word) is None]
    return "".join(words) in _RETURNED


def _split_words(cell: str) -> list[str]:
    """Return the words of a short cell, as `carrier_names.normalize_name` makes them, without those with digits."""
    if not 2 <= len(cell) <= _LONGEST_CARRIER:
        return []
    words = [normalize_name(word) for word in cell.split() if not any(map(str.isdigit, word))]
    return [word for word in words if word]


def choose_carrier(cells: Collection[str]) -> str:
    """Return the carrier named in these cells of a row: a known one if there is one, else an unknown name.

    Amazon's code `Other` names no carrier; the name is in another column.
    """
    # A name with an undecodable character is not a carrier's name.
    names = [cell for cell in cells if cell and "\ufffd" not in cell and not is_other(cell[:_LONGEST_CARRIER])]
    known_names = (cell for cell in names if len(cell) <= _LONGEST_CARRIER and find_by_name(cell))
    return next(known_names, names[0] if names else "")


def parse_quantity(text: str) -> tuple[int | None, str]:
    """Return (units, problem as a code of `messages`); None for an empty cell."""
    if not text:
        return None, ""
    match = _QUANTITY.fullmatch(text[:LONGEST_CELL])
    if match is None or int(match[1]) == 0:
        return None, "quantity_unreadable"
    return int(match[1]), ""
