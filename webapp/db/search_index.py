"""The index by which orders are found: one document an Amazon order, of hashed words.

A word is kept as a chain of keyed hashes: one of its first three letters, then one for each letter more. A word that
begins so has a chain that begins so, which is how beginnings are found, and no letter is kept in clear. SQLite keeps
the documents in FTS5, which stores no text of them; PostgreSQL in a `tsvector` with a GIN index. The row's number holds
the time of purchase before the order's id, so that the newest are found without sorting all.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DDL, BigInteger, Connection, Text, column, event, table

from webapp.db.base import Base
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

NAME_OF_TABLE = "search_documents"
DOCUMENTS = table(NAME_OF_TABLE, column("rowid", BigInteger), column("words", Text))

_BEGINNING = datetime(1995, 1, 1, tzinfo=UTC)
# Seconds until 2200 and a thousand million orders fit into one whole number.
ID_BITS = 30
ID_MASK = (1 << ID_BITS) - 1

_LETTERS = {NAME: "b", WORD: "h", PHONE: "p", GOODS: "g", NUMBER: "n", REVERSED: "r"}
_PLAIN = frozenset({NUMBER, REVERSED})
_FIRST = 3
_FIRST_DIGITS, _DIGITS = 10, 5
# Where a chain has a link: each letter up to the twelfth, then each fourth.
_PREFIX_LENGTHS = (*range(_FIRST, 13), 16, 20, 24, 28, 32)
# By a word's length; one of one or two letters is a link by itself.
_PREFIX_LENGTHS_OF = [
    tuple(link for link in _PREFIX_LENGTHS if link <= length) or (length,) for length in range(_PREFIX_LENGTHS[-1] + 1)
]
# AES knows no other.
_BLOCK = 16
_FILLED = [bytes(_BLOCK - length) for length in range(_BLOCK + 1)]
# Marks the end of a whole word, to distinguish it from a prefix. It is no hexadecimal digit.
_END = "z"
_HEX = "0123456789abcdef"

# Contentless, because the orders are in tables of their own; the prefix index covers the first three letters.
_SQLITE = (
    f"CREATE VIRTUAL TABLE {NAME_OF_TABLE} USING fts5(words, {{content}}detail=none, tokenize='ascii', "
    f"prefix='{1 + _FIRST_DIGITS}')"
)
_POSTGRESQL = (
    f"CREATE TABLE {NAME_OF_TABLE} (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
    f"CREATE INDEX ix_{NAME_OF_TABLE}_words ON {NAME_OF_TABLE} USING gin (words)",
)
# From this version on FTS5 can delete from a table that keeps no text.
_CONTENTLESS = (3, 43)


def is_index_table(name: str | None) -> bool:
    """Return whether this table belongs to the index: no model speaks of it, and SQLite gives it tables of its own."""
    return bool(name) and str(name).startswith(NAME_OF_TABLE)


def create(connection: Connection) -> None:
    """Make the empty index."""
    if connection.dialect.name == "postgresql":
        for statement in _POSTGRESQL:
            connection.execute(DDL(statement))
        return
    version = connection.dialect.server_version_info or (0,)
    content = "content='', contentless_delete=1, " if version >= _CONTENTLESS else ""
    connection.execute(DDL(_SQLITE.format(content=content)))


@event.listens_for(Base.metadata, "after_create")
def _create_with_metadata(_metadata: Any, connection: Connection, **_options: Any) -> None:
    create(connection)


def get_document_id(purchased_at: datetime, amazon_order_id: int) -> int:
    """Return the number of the order's document."""
    return int((purchased_at - _BEGINNING).total_seconds()) << ID_BITS | amazon_order_id


# A seller sells the same goods in every page, and nothing in their words is personal: (key, text) → words as kept.
_GOODS: dict[tuple[bytes, str], set[str]] = {}
_MOST_GOODS = 4096


class DocumentHasher:
    """Makes documents. It remembers the texts it has met: make one for a page of orders, and let it go."""

    def __init__(self) -> None:
        self._hash_blocks = field_cipher.word_hasher()
        # No word is an empty block: this tells the key, and nothing else.
        self._key = self._hash_blocks(bytes(_BLOCK))
        self._word_hashes: dict[str, str] = {}
        self._tokens: dict[tuple[str, str], set[str]] = {}

    def build_document(self, order: IndexableOrder) -> str:
        tokens: set[str] = set()
        for kind_and_text in list_indexed_texts(order):
            tokens |= self._tokens.get(kind_and_text) or self._split(*kind_and_text)
        for good in order.goods:
            if good:
                tokens |= _GOODS.get((self._key, good)) or self._split_good(good)
        for kind, text in list_whole_terms(order):
            letter = _LETTERS[kind]
            tokens.add(letter + text if kind in _PLAIN else f"{letter}{self.hash_word(text)}{_END}")
        return " ".join(tokens)

    def _split_good(self, text: str) -> set[str]:
        if len(_GOODS) >= _MOST_GOODS:
            _GOODS.clear()
        tokens = _GOODS[self._key, text] = self._split(GOODS, text)
        return tokens

    def _split(self, kind: str, text: str) -> set[str]:
        """Return the words of a text as they are kept; titles, towns and many a name come again on a page."""
        letter, hash_word = _LETTERS[kind], self.hash_word
        tokens = self._tokens[kind, text] = {f"{letter}{hash_word(word)}{_END}" for word in expand_spellings(text)}
        return tokens

    def hash_word(self, word: str) -> str:
        """Return the links of a word, up to its last one."""
        word_hash = self._word_hashes.get(word)
        if word_hash is None:
            word_hash = self._word_hashes[word] = self._hash_prefixes(word)
        return word_hash

    def _hash_prefixes(self, word: str) -> str:
        length = len(word)
        if word.isascii() and length <= _BLOCK:
            plain = word.encode()
            beginnings = [plain[:link] + _FILLED[link] for link in _PREFIX_LENGTHS_OF[length]]
        else:
            ends = (1, 2)[:length] if is_character_pair(word) else _PREFIX_LENGTHS_OF[min(length, _PREFIX_LENGTHS[-1])]
            beginnings = [_fit_block(word[:link].encode()).ljust(_BLOCK, b"\0") for link in ends]
        made = self._hash_blocks(b"".join(beginnings)).hex()
        first = made[:_FIRST_DIGITS]
        if len(beginnings) == 1:
            return first
        return first + "".join([made[at : at + _DIGITS] for at in range(2 * _BLOCK, len(made), 2 * _BLOCK)])


def _fit_block(text: bytes) -> bytes:
    return text if len(text) <= _BLOCK else hashlib.blake2b(text, digest_size=_BLOCK).digest()


def build_fts5_query(wanted: SearchQuery) -> str:
    """Return what FTS5 is asked. Beginnings cost it a walk over all that follows, but the whole word does not, and most
    people type whole words: so that is one term, and each way it can go on is another."""
    hasher = DocumentHasher()

    def expression(term: Term) -> str:
        if term.kind in _PLAIN:
            return f"{_LETTERS[term.kind]}{term.text}*"
        chain = _LETTERS[term.kind] + hasher.hash_word(term.text)
        if _is_whole(term):
            return chain + _END
        if len(chain) == 1 + _FIRST_DIGITS or len(term.text) not in _PREFIX_LENGTHS:
            return f"{chain}*"
        return " OR ".join([chain + _END, *(f"{chain}{digit}*" for digit in _HEX)])

    return _join_conditions(wanted, expression, " OR ", " AND ")


def build_tsquery(wanted: SearchQuery) -> str:
    """Return what `tsquery` is asked."""
    hasher = DocumentHasher()

    def expression(term: Term) -> str:
        if term.kind in _PLAIN:
            return f"{_LETTERS[term.kind]}{term.text}:*"
        chain = _LETTERS[term.kind] + hasher.hash_word(term.text)
        return chain + _END if _is_whole(term) else f"{chain}:*"

    return _join_conditions(wanted, expression, " | ", " & ")


def _is_whole(term: Term) -> bool:
    """Words of one or two letters are found as they are: half of all words would begin so."""
    return term.whole or (len(term.text) < _FIRST and not is_character_pair(term.text))


def _join_conditions(wanted: SearchQuery, expression: Any, either: str, both: str) -> str:
    def one_of(group: Iterable[Term]) -> str:
        return f"({either.join(expression(term) for term in group)})"

    together = [f"({both.join(map(one_of, wanted.groups))})"] if wanted.groups else []
    return either.join([*together, *map(expression, wanted.instead)])
