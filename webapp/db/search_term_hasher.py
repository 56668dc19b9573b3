"""The blind index of words: hash search terms with a key, for documents of the full-text index and queries of it.

A word is stored as a hash of its first three letters, followed by a hash of each longer prefix (`_PREFIX_LENGTHS`). So
the token of a word begins with the tokens of its prefixes, which makes prefix searches possible, and no letter is
stored in clear.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from webapp.db.encryption import field_cipher
from webapp.domain.search_tokenizer import (
    GOODS,
    NAME,
    NUMBER,
    PHONE,
    REVERSED,
    WORD,
    IndexableOrder,
    SearchQuery,
    Term,
    expand_spellings,
    is_character_pair,
    list_indexed_texts,
    list_whole_terms,
)

_LETTERS = {NAME: "b", WORD: "h", PHONE: "p", GOODS: "g", NUMBER: "n", REVERSED: "r"}
_PLAIN = frozenset({NUMBER, REVERSED})
_FIRST = 3
FIRST_DIGITS, _DIGITS = 10, 5
# The lengths of the hashed prefixes of a word: each up to 12 letters, then every fourth.
_PREFIX_LENGTHS = (*range(_FIRST, 13), 16, 20, 24, 28, 32)
# By the length of the word. A word of one or two letters has one hash.
_PREFIX_LENGTHS_OF = [
    tuple(prefix for prefix in _PREFIX_LENGTHS if prefix <= length) or (length,)
    for length in range(_PREFIX_LENGTHS[-1] + 1)
]
# The block size of AES, in bytes.
_BLOCK = 16
_PADDING = [bytes(_BLOCK - length) for length in range(_BLOCK + 1)]
# Marks the end of a whole word, to distinguish it from a prefix. It is no hexadecimal digit.
_END = "z"
_HEX = "0123456789abcdef"

# Tokens of product texts by (key, text). They contain no personal data and are the same on every page of an import.
_GOODS_CACHE: dict[tuple[bytes, str], set[str]] = {}
_MAX_CACHED_GOODS = 4096


class SearchTermHasher:
    """Hash search terms, and build documents of them. It caches every hash: create one per page of orders."""

    def __init__(self) -> None:
        self._hash_blocks = field_cipher.block_hasher()
        # Identifies the key: no word is an empty block.
        self._key = self._hash_blocks(bytes(_BLOCK))
        self._term_hashes: dict[str, str] = {}
        self._tokens: dict[tuple[str, str], set[str]] = {}

    def build_document(self, order: IndexableOrder) -> str:
        """Return the hashed tokens of an order, separated by spaces."""
        tokens: set[str] = set()
        for kind_and_text in list_indexed_texts(order):
            tokens |= self._tokens.get(kind_and_text) or self._split(*kind_and_text)
        for good in order.goods:
            if good:
                tokens |= _GOODS_CACHE.get((self._key, good)) or self._split_good(good)
        for kind, text in list_whole_terms(order):
            letter = _LETTERS[kind]
            tokens.add(letter + text if kind in _PLAIN else f"{letter}{self.hash_term(text)}{_END}")
        return " ".join(tokens)

    def _split_good(self, text: str) -> set[str]:
        if len(_GOODS_CACHE) >= _MAX_CACHED_GOODS:
            _GOODS_CACHE.clear()
        tokens = _GOODS_CACHE[self._key, text] = self._split(GOODS, text)
        return tokens

    def _split(self, kind: str, text: str) -> set[str]:
        """Return the tokens of the words of a text, which are cached: many texts repeat within a page of orders."""
        letter, hash_term = _LETTERS[kind], self.hash_term
        tokens = self._tokens[kind, text] = {f"{letter}{hash_term(word)}{_END}" for word in expand_spellings(text)}
        return tokens

    def hash_term(self, word: str) -> str:
        """Hash a word: the hash of its first letters, followed by five digits for each longer prefix."""
        term_hash = self._term_hashes.get(word)
        if term_hash is None:
            term_hash = self._term_hashes[word] = self._hash_prefixes(word)
        return term_hash

    def _hash_prefixes(self, word: str) -> str:
        length = len(word)
        if word.isascii() and length <= _BLOCK:
            plain = word.encode()
            prefixes = [plain[:size] + _PADDING[size] for size in _PREFIX_LENGTHS_OF[length]]
        else:
            sizes = (1, 2)[:length] if is_character_pair(word) else _PREFIX_LENGTHS_OF[min(length, _PREFIX_LENGTHS[-1])]
            prefixes = [_fit_block(word[:size].encode()).ljust(_BLOCK, b"\0") for size in sizes]
        digits = self._hash_blocks(b"".join(prefixes)).hex()
        first = digits[:FIRST_DIGITS]
        if len(prefixes) == 1:
            return first
        return first + "".join([digits[at : at + _DIGITS] for at in range(2 * _BLOCK, len(digits), 2 * _BLOCK)])


def _fit_block(text: bytes) -> bytes:
    return text if len(text) <= _BLOCK else hashlib.blake2b(text, digest_size=_BLOCK).digest()


def build_fts5_query(query: SearchQuery) -> str:
    """Build the MATCH expression of FTS5 for a query.

    FTS5 reads all tokens of a prefix, but finds a whole token at once. Most people type whole words, so the whole
    word is a term of its own besides the prefixes.
    """
    hasher = SearchTermHasher()

    def expression(term: Term) -> str:
        if term.kind in _PLAIN:
            return f"{_LETTERS[term.kind]}{term.text}*"
        token = _LETTERS[term.kind] + hasher.hash_term(term.text)
        if _is_whole(term):
            return token + _END
        if len(token) == 1 + FIRST_DIGITS or len(term.text) not in _PREFIX_LENGTHS:
            return f"{token}*"
        return " OR ".join([token + _END, *(f"{token}{digit}*" for digit in _HEX)])

    return _join_conditions(query, expression, " OR ", " AND ")


def build_tsquery(query: SearchQuery) -> str:
    """Build the `tsquery` of PostgreSQL for a query."""
    hasher = SearchTermHasher()

    def expression(term: Term) -> str:
        if term.kind in _PLAIN:
            return f"{_LETTERS[term.kind]}{term.text}:*"
        token = _LETTERS[term.kind] + hasher.hash_term(term.text)
        return token + _END if _is_whole(term) else f"{token}:*"

    return _join_conditions(query, expression, " | ", " & ")


def _is_whole(term: Term) -> bool:
    """Return whether only whole words match. As a prefix, one or two letters would match too many words."""
    return term.whole or (len(term.text) < _FIRST and not is_character_pair(term.text))


def _join_conditions(query: SearchQuery, expression: Any, or_: str, and_: str) -> str:
    def join_group(group: Iterable[Term]) -> str:
        return f"({or_.join(expression(term) for term in group)})"

    groups = [f"({and_.join(map(join_group, query.groups))})"] if query.groups else []
    return or_.join([*groups, *map(expression, query.alternatives)])
