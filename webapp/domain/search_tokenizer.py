"""What can be looked for in an order: words as they are compared, numbers, telephones. Pure.

Words are compared without case and without marks. Scripts that do not part their words are compared by pairs of
neighbouring characters. Where a letter has a common spelling in two (ü is ue), both are found.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

# NAME: a word of a buyer's or recipient's name, company or e-mail. WORD: any other word of theirs. PHONE: a telephone's
# digits from the last to the first. GOODS: a word of what was sold. NUMBER: an order's or parcel's number, whole or a
# block of it; REVERSED: from its end.
NAME, WORD, PHONE, GOODS, NUMBER, REVERSED = "name", "word", "phone", "goods", "number", "reversed"
# Where one may look without the permission to read personal data.
NOT_PERSONAL = frozenset({GOODS, NUMBER})
KINDS = (NAME, WORD, PHONE, GOODS, NUMBER)
# From this many digits on, the end of a number tells it from others.
_TELLING_END = 4
_LEAST_PHONE, _MOST_PHONE = 5, 15
_LEAST_JOINED = 8

_ASCII_WORDS = re.compile(r"[a-z0-9]+")
_ANY_WORDS = re.compile(r"[^\W_]+")
# What stands above and below letters, of every script that has such.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]+"
)
_CHARACTER = "[\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003134f]"
_FIRST_CHARACTER = "\u3005"
_UNPARTED = re.compile(f"{_CHARACTER}+")
# Names are written with a space and without one.
_SPACE_WITHIN = re.compile(rf"(?<={_CHARACTER})[^\S\n]+(?={_CHARACTER})")
# Letters that are written without their stroke where the keyboard has none, and have no mark to take off.
_PLAIN = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe", "ø": "o"}
)
_HAS_PLAIN = re.compile(f"[{''.join(map(chr, _PLAIN))}]")
_IN_TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_HAS_TWO = re.compile("[äöüåø]")
_NUMBER = re.compile(r"(?=[a-z0-9]*[0-9])[a-z0-9]{2,}")
_AMAZONS = re.compile(r"\d{3}-\d{7}-\d{7}", re.ASCII)
_PHONE = re.compile(r"[\d\s+()./-]+", re.ASCII)
_EXTENSION = re.compile(r"(ext|x).*", re.IGNORECASE | re.DOTALL)
_DIGITS = re.compile(r"\d+")
# Every buyer has an address there, so its words tell nobody from another.
_RELAY = "marketplace.amazon."


class Term(NamedTuple):
    """`whole`: not its beginning only."""

    kind: str
    text: str
    whole: bool = False


@dataclass(slots=True)
class IndexableOrder:
    """What of an order can be looked for. `names` and `phones` are personal, and so may be some of `texts`."""

    number: str
    names: list[str | None] = field(default_factory=list)
    emails: list[str | None] = field(default_factory=list)
    phones: list[str | None] = field(default_factory=list)
    texts: list[str | None] = field(default_factory=list)
    # What was sold: texts that many orders share, and nothing personal.
    goods: list[str | None] = field(default_factory=list)
    # Our number, and those of the parcels.
    numbers: list[str | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What somebody typed: every group must be met by one of its terms, or else one term of `instead`.

    Without groups only `instead` is left; without either nothing is found.
    """

    groups: tuple[tuple[Term, ...], ...]
    instead: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.instead)


def split_words(text: str) -> list[str]:
    """Return the words of a text as they are compared; an unparted script's are pairs, and its last character alone."""
    tokens: list[str] = []
    for word in _plain_words(text):
        tokens += (word,) if word.isascii() else _split_character_pairs(word)
    return tokens


def _plain_words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORDS.findall(text.lower())
    plain = unicodedata.normalize("NFC", text).casefold()
    if _HAS_PLAIN.search(plain):
        plain = plain.translate(_PLAIN)
    unmarked = _MARKS.sub("", unicodedata.normalize("NFKD", plain))
    return _ANY_WORDS.findall(unmarked if unmarked.isascii() else unicodedata.normalize("NFC", unmarked))


def _split_character_pairs(word: str) -> list[str]:
    if word.isascii():
        return [word]
    parts: list[str] = []
    end = 0
    for run in _UNPARTED.finditer(word):
        parts += [word[end : run.start()]] if run.start() > end else []
        characters, end = run[0], run.end()
        parts += [characters[place : place + 2] for place in range(len(characters))]
    return parts + ([word[end:]] if end < len(word) else [])


def is_character_pair(word: str) -> bool:
    """Return whether this is a pair or a character of a script that does not part its words."""
    return not word.isascii() and _UNPARTED.match(word) is not None


def transliterate_umlauts(text: str) -> str | None:
    """Return the text with its letters spelt in two (Müller, Mueller); None where it has none of them."""
    if text.isascii():
        return None
    folded = unicodedata.normalize("NFC", text).casefold()
    return folded.translate(_IN_TWO) if _HAS_TWO.search(folded) else None


def list_indexed_texts(order: IndexableOrder) -> list[tuple[str, str]]:
    """(kind, text) of everything by whose words the order is found, but for its goods, whose words are GOODS."""
    kinds_and_texts = [(NAME, name) for name in order.names if name]
    kinds_and_texts += [(NAME, _strip_relay_domain(email)) for email in order.emails if email]
    kinds_and_texts += [(WORD, text) for text in order.texts if text]
    return kinds_and_texts


def list_whole_terms(order: IndexableOrder) -> list[tuple[str, str]]:
    """(kind, text) of what is not parted into words: telephones and numbers."""
    terms = [(PHONE, digits) for phone in order.phones if phone and (digits := _reverse_phone_digits(phone))]
    for number in (order.number, *order.numbers):
        if number:
            terms += _build_number_terms(number)
    return terms


def expand_spellings(text: str) -> set[str]:
    """Return the words of a text, with every way they are looked for."""
    if text.isascii():
        return set(_ASCII_WORDS.findall(text.lower()))
    variants = set(split_words(text))
    if max(text) >= _FIRST_CHARACTER and (joined := _SPACE_WITHIN.sub("", text)) != text:
        variants.update(split_words(joined))
    if (transliterated := transliterate_umlauts(text)) is not None:
        variants.update(split_words(transliterated))
    return variants


def _strip_relay_domain(text: str) -> str:
    """Return the text without the domain of Amazon's relay, or the beginning of it somebody has typed."""
    before, at, domain = text.partition("@")
    domain = domain.strip().casefold()
    return before if at and (domain.startswith(_RELAY) or _RELAY.startswith(domain)) else text


def _reverse_phone_digits(text: str) -> str:
    """Its digits from the last to the first, without the zeros in front and without an extension."""
    if not _PHONE.fullmatch(text):
        text = _EXTENSION.sub("", text)
    # Some write a trunk zero between the country's code and the number: +49 (0)30.
    digits = "".join(_DIGITS.findall(text.replace("(0)", "") if "(0)" in text else text))
    return digits.lstrip("0")[::-1][:_MOST_PHONE]


def _build_number_terms(number: str) -> list[tuple[str, str]]:
    blocks = _ASCII_WORDS.findall(number.lower())
    joined = "".join(blocks)
    return [(NUMBER, joined), (REVERSED, joined[::-1]), *((NUMBER, block) for block in blocks[1:])]


def parse_query(text: str, *, kinds: Iterable[str] = KINDS) -> SearchQuery:
    """What to look for, given what somebody typed; `kinds` narrows where. Nothing can be met where no word was."""
    sought = frozenset(kinds)
    typed = _strip_relay_domain(text)
    if NUMBER in sought and _AMAZONS.fullmatch(typed.strip()):
        # The blocks by themselves are in very many numbers, and nothing else looks so.
        return SearchQuery(((Term(NUMBER, "".join(_ASCII_WORDS.findall(typed))),),))
    groups = tuple(group for word in _plain_words(typed) for group in _build_groups(word, typed, sought))
    # A word that nothing of these kinds can be called, as a name is no number, is never met.
    return SearchQuery(groups if all(groups) else (), tuple(_build_fallback_terms(typed, sought)) if groups else ())


def _build_groups(word: str, typed: str, sought: frozenset[str]) -> Iterable[tuple[Term, ...]]:
    parts = _split_character_pairs(word)
    for place, part in enumerate(parts):
        if len(part) == 1 and place and is_character_pair(part):
            continue  # The last character of a run is in the pair before it.
        spellings = {part: None} | dict.fromkeys(_find_transliterations(word, typed) if len(parts) == 1 else ())
        # A pair is sought as it is; one character alone begins pairs.
        whole = is_character_pair(part) and len(part) == 2
        group = [Term(kind, text, whole) for kind in (NAME, WORD, GOODS) if kind in sought for text in spellings]
        if NUMBER in sought and _NUMBER.fullmatch(part):
            group.append(Term(NUMBER, part))
            group += [Term(REVERSED, part[::-1])] if len(part) >= _TELLING_END else []
        yield tuple(group)


def _find_transliterations(word: str, typed: str) -> list[str]:
    """Return the word spelt in two, where it was typed with such a letter."""
    variants = []
    for token in _ANY_WORDS.findall(unicodedata.normalize("NFC", typed)):
        transliterated = transliterate_umlauts(token)
        if transliterated is not None and _plain_words(token) == [word]:
            variants += _plain_words(transliterated)
    return variants


def _build_fallback_terms(typed: str, sought: frozenset[str]) -> Iterable[Term]:
    joined = "".join(_ASCII_WORDS.findall(typed.lower()))
    if NUMBER in sought and typed.isascii() and len(joined) >= _LEAST_JOINED and _NUMBER.fullmatch(joined):
        yield Term(NUMBER, joined)
    if PHONE in sought and _PHONE.fullmatch(typed):
        digits = _reverse_phone_digits(typed)
        if len(digits) >= _LEAST_PHONE:
            yield Term(PHONE, digits)
