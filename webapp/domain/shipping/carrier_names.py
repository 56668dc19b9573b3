"""Find carriers by name: in any spelling, in the languages of the marketplaces."""

import re
import unicodedata
from collections.abc import Iterable

from webapp.domain.shipping.carriers import (
    ALIASES,
    BY_CODE,
    CARRIERS,
    OTHER,
    WELL_KNOWN,
    Carrier,
)

# Carrier names that are also ordinary words.
_COMMON_WORDS = frozenset({"spring", "landmark", "toll", "professional", "professionalcouriers"})
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "æ": "ae", "œ": "oe"})
_SIGNS = re.compile(r"[\W_]+")


# Entries that mean "another carrier", and Amazon's code for it in several languages.
_OTHERS = frozenset(
    {
        "other",
        "others",
        "othercarrier",
        "otro",
        "otros",
        "otra",
        "andere",
        "anderer",
        "sonstige",
        "sonstiger",
        "sonstiges",
    }
    | {"autre", "autres", "altro", "altri", "overig", "overige", "anders", "annan", "annat", "ovrig", "ovriga"}
    | {"inny", "inna", "inne", "outro", "outros", "diger", "その他", "其他", "其它"}
)

# Programs that sell labels of several carriers, which their exports give as the carrier.
_LABEL_PROGRAMS = frozenset(("stampscom", "endicia", "pirateship", "shipstation", "shippo", "easypost", "shipengine"))


def is_other(text: str) -> bool:
    """Return whether a carrier name stands for no known carrier: "other", or software that sells labels."""
    return normalize_name(text) in _OTHERS | _LABEL_PROGRAMS


def normalize_name(text: str) -> str:
    """Normalize a name for comparison: lowercase letters and digits only, without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    bare = "".join(sign for sign in parts if not "\u0300" <= sign <= "\u036f")
    return _SIGNS.sub("", unicodedata.normalize("NFKC", bare))


def _build_table(carriers: Iterable[Carrier]) -> dict[str, Carrier]:
    table: dict[str, Carrier] = {}
    for carrier in carriers:
        own = [carrier.key, carrier.name, *ALIASES.get(carrier.key, ())]
        for name in [*own, *([carrier.code] if carrier.code != OTHER else [])]:
            table.setdefault(normalize_name(name), carrier)
    return table


_TABLE = _build_table((*CARRIERS, *BY_CODE.values()))
# Names that identify the carrier as a word within a text; the others only match as a whole.
_WORDS = {name: carrier for name, carrier in _build_table(WELL_KNOWN).items() if name not in _COMMON_WORDS}
# Long enough not to occur within other words.
_INSIDE = tuple((name, _WORDS[name]) for name in sorted(_WORDS, key=len, reverse=True) if len(name) >= 6)


def find_by_exact_name(text: str) -> Carrier | None:
    """Return the carrier of exactly this name, in any spelling; None where we know none.

    A code of Amazon's is kept as it is, also where the carrier has several. A word for another carrier names none.
    """
    code = text.strip()
    return BY_CODE[code] if code in BY_CODE else None if is_other(text) else _TABLE.get(normalize_name(text))


def find_by_name(text: str) -> Carrier | None:
    """Return the carrier of this name; None where we know none. `DHL Paket (Inland)` is DHL."""
    normalized = normalize_name(text)
    if not normalized or is_other(text):
        return None
    exact = find_by_exact_name(text)
    if exact is not None:
        return exact
    words = [normalize_name(word) for word in re.split(r"[\s\-_/(),.]+", text) if word]
    carriers = [_WORDS[word] for word in words if word in _WORDS]
    if carriers:
        return carriers[0]
    return next((carrier for name, carrier in _INSIDE if name in normalized), None)
