"""Split the texts of orders, and search queries, into comparable words, numbers and phone numbers. Pure.

Words are compared without case and diacritics. Scripts without spaces between words (Chinese, Japanese, Korean) are
compared by pairs of adjacent characters. Letters with a common transliteration (ü as ue) are found by both spellings.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

# NAME: a word of a name, company or e-mail address of the buyer or recipient. WORD: a word of their other data. PHONE:
# the digits of a phone number, reversed. GOODS: a word of an item. NUMBER: the number of an order or parcel, or a block
# of it. REVERSED: a number, reversed.
NAME, WORD, PHONE, GOODS, NUMBER, REVERSED = "name", "word", "phone", "goods", "number", "reversed"
# The kinds that can be searched without the permission to read personal data.
NOT_PERSONAL = frozenset({GOODS, NUMBER})
KINDS = (NAME, WORD, PHONE, GOODS, NUMBER)
# The least length of the end of a number that is searched for.
_MIN_NUMBER_END = 4
_LEAST_PHONE, _MOST_PHONE = 5, 15
_LEAST_JOINED = 8

_ASCII_WORDS = re.compile(r"[a-z0-9]+")
_ANY_WORDS = re.compile(r"[^\W_]+")
# Diacritics of all scripts.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]+"
)
_CHARACTER = "[\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003134f]"
_FIRST_CHARACTER = "\u3005"
_CHARACTER_RUN = re.compile(f"{_CHARACTER}+")
# Names are written with a space and without one.
_SPACE_WITHIN = re.compile(rf"(?<={_CHARACTER})[^\S\n]+(?={_CHARACTER})")
# Letters that Unicode does not decompose, and their plain spelling.
_PLAIN = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe", "ø": "o"}
)
_HAS_PLAIN = re.compile(f"[{''.join(map(chr, _PLAIN))}]")
_TRANSLITERATIONS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_HAS_TRANSLITERATION = re.compile("[äöüåø]")
_NUMBER = re.compile(r"(?=[a-z0-9]*[0-9])[a-z0-9]{2,}")
_AMAZON_NUMBER = re.compile(r"\d{3}-\d{7}-\d{7}", re.ASCII)
_PHONE = re.compile(r"[\d\s+()./-]+", re.ASCII)
_EXTENSION = re.compile(r"(ext|x).*", re.IGNORECASE | re.DOTALL)
_DIGITS = re.compile(r"\d+")
# The domain of all addresses that Amazon gives buyers. Its words are not indexed.
_RELAY = "marketplace.amazon."


class Term(NamedTuple):
    """A search term. `whole`: prefixes do not match."""

    kind: str
    text: str
    whole: bool = False


@dataclass(slots=True)
class IndexableOrder:
    """The searchable texts of an order. `names` and `phones` are personal data, as some of `texts` may be."""

    number: str
    names: list[str | None] = field(default_factory=list)
    emails: list[str | None] = field(default_factory=list)
    phones: list[str | None] = field(default_factory=list)
    texts: list[str | None] = field(default_factory=list)
    # Titles and SKUs of items: texts that many orders share, without personal data.
    goods: list[str | None] = field(default_factory=list)
    # The number of our order, and those of the parcels.
    numbers: list[str | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A parsed query: one term of every group has to match, or one term of `alternatives`.

    An empty query matches nothing.
    """

    groups: tuple[tuple[Term, ...], ...]
    alternatives: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.alternatives)


def split_words(text: str) -> list[str]:
    """Return the comparable words of a text: character pairs, and the last character, in scripts without spaces."""
    tokens: list[str] = []
    for word in _split_plain_words(text):
        tokens += (word,) if word.isascii() else _split_character_pairs(word)
    return tokens


def _split_plain_words(text: str) -> list[str]:
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
    for run in _CHARACTER_RUN.finditer(word):
        parts += [word[end : run.start()]] if run.start() > end else []
        characters, end = run[0], run.end()
        parts += [characters[place : place + 2] for place in range(len(characters))]
    return parts + ([word[end:]] if end < len(word) else [])


def is_character_pair(word: str) -> bool:
    """Return whether this is a pair or a single character of a script without spaces."""
    return not word.isascii() and _CHARACTER_RUN.match(word) is not None


def transliterate_umlauts(text: str) -> str | None:
    """Return the text with umlauts and similar letters transliterated (Mueller for Müller), or None without any."""
    if text.isascii():
        return None
    folded = unicodedata.normalize("NFC", text).casefold()
    return folded.translate(_TRANSLITERATIONS) if _HAS_TRANSLITERATION.search(folded) else None


def list_indexed_texts(order: IndexableOrder) -> list[tuple[str, str]]:
    """List (kind, text) of the texts whose words are indexed, except for items, whose kind is GOODS."""
    kinds_and_texts = [(NAME, name) for name in order.names if name]
    kinds_and_texts += [(NAME, _strip_relay_domain(email)) for email in order.emails if email]
    kinds_and_texts += [(WORD, text) for text in order.texts if text]
    return kinds_and_texts


def list_whole_terms(order: IndexableOrder) -> list[tuple[str, str]]:
    """List (kind, text) of the terms that are not split into words: phone numbers and other numbers."""
    terms = [(PHONE, digits) for phone in order.phones if phone and (digits := _reverse_phone_digits(phone))]
    for number in (order.number, *order.numbers):
        if number:
            terms += _build_number_terms(number)
    return terms


def expand_spellings(text: str) -> set[str]:
    """Return the words of a text in all spellings they can be found by."""
    if text.isascii():
        return set(_ASCII_WORDS.findall(text.lower()))
    variants = set(split_words(text))
    if max(text) >= _FIRST_CHARACTER and (joined := _SPACE_WITHIN.sub("", text)) != text:
        variants.update(split_words(joined))
    if (transliterated := transliterate_umlauts(text)) is not None:
        variants.update(split_words(transliterated))
    return variants


def _strip_relay_domain(text: str) -> str:
    """Return an e-mail address without the domain of Amazon's relay, which may be typed incompletely."""
    before, at, domain = text.partition("@")
    domain = domain.strip().casefold()
    return before if at and (domain.startswith(_RELAY) or _RELAY.startswith(domain)) else text


def _reverse_phone_digits(text: str) -> str:
    """Return the digits of a phone number in reverse, without leading zeros and extension."""
    if not _PHONE.fullmatch(text):
        text = _EXTENSION.sub("", text)
    # A trunk zero may stand between the country code and the number: +49 (0)30.
    digits = "".join(_DIGITS.findall(text.replace("(0)", "") if "(0)" in text else text))
    return digits.lstrip("0")[::-1][:_MOST_PHONE]


def _build_number_terms(number: str) -> list[tuple[str, str]]:
    blocks = _ASCII_WORDS.findall(number.lower())
    joined = "".join(blocks)
    return [(NUMBER, joined), (REVERSED, joined[::-1]), *((NUMBER, block) for block in blocks[1:])]


def parse_query(text: str, *, kinds: Collection[str] = KINDS) -> SearchQuery:
    """Parse what a user typed. `kinds` limits what is searched."""
    typed = _strip_relay_domain(text)
    if NUMBER in kinds and _AMAZON_NUMBER.fullmatch(typed.strip()):
        # The single blocks are part of very many numbers.
        return SearchQuery(((Term(NUMBER, "".join(_ASCII_WORDS.findall(typed))),),))
    groups = tuple(group for word in _split_plain_words(typed) for group in _build_groups(word, typed, kinds))
    # A word that no kind can contain, such as a name among numbers, never matches.
    return SearchQuery(groups if all(groups) else (), tuple(_build_fallback_terms(typed, kinds)) if groups else ())


def _build_groups(word: str, typed: str, kinds: Collection[str]) -> Iterable[tuple[Term, ...]]:
    parts = _split_character_pairs(word)
    for place, part in enumerate(parts):
        if len(part) == 1 and place and is_character_pair(part):
            continue  # The last character of a run is in the pair before it.
        spellings = {part: None} | dict.fromkeys(_find_transliterations(word, typed) if len(parts) == 1 else ())
        # A pair has to match as a whole; a single character is a prefix of pairs.
        whole = is_character_pair(part) and len(part) == 2
        group = [Term(kind, text, whole) for kind in (NAME, WORD, GOODS) if kind in kinds for text in spellings]
        if NUMBER in kinds and _NUMBER.fullmatch(part):
            group.append(Term(NUMBER, part))
            group += [Term(REVERSED, part[::-1])] if len(part) >= _MIN_NUMBER_END else []
        yield tuple(group)


def _find_transliterations(word: str, typed: str) -> list[str]:
    """Return the transliterations of a word that was typed with an umlaut or a similar letter."""
    variants = []
    for token in _ANY_WORDS.findall(unicodedata.normalize("NFC", typed)):
        transliterated = transliterate_umlauts(token)
        if transliterated is not None and _split_plain_words(token) == [word]:
            variants += _split_plain_words(transliterated)
    return variants


def _build_fallback_terms(typed: str, kinds: Collection[str]) -> Iterable[Term]:
    joined = "".join(_ASCII_WORDS.findall(typed.lower()))
    if NUMBER in kinds and typed.isascii() and len(joined) >= _LEAST_JOINED and _NUMBER.fullmatch(joined):
        yield Term(NUMBER, joined)
    if PHONE in kinds and _PHONE.fullmatch(typed):
        digits = _reverse_phone_digits(typed)
        if len(digits) >= _LEAST_PHONE:
            yield Term(PHONE, digits)
