"""The full-text index of orders: one document of hashed words per Amazon order (`search_term_hasher`).

SQLite stores the documents in FTS5 without their text, PostgreSQL in a `tsvector` with a GIN index. The row number
contains the purchase time before the order id, so that the newest orders are found without sorting all.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DDL, BigInteger, Connection, Text, column, event, table

from webapp.db.base import Base
from webapp.db.search_term_hasher import FIRST_DIGITS

NAME_OF_TABLE = "search_documents"
DOCUMENTS = table(NAME_OF_TABLE, column("rowid", BigInteger), column("words", Text))

_BEGINNING = datetime(1995, 1, 1, tzinfo=UTC)
# Seconds until 2200 and a thousand million order ids fit into 64 bits.
ID_BITS = 30
ID_MASK = (1 << ID_BITS) - 1

# Contentless, since the orders are in other tables. The prefix index covers the first three letters.
_SQLITE = (
    f"CREATE VIRTUAL TABLE {NAME_OF_TABLE} USING fts5(words, {{content}}detail=none, tokenize='ascii', "
    f"prefix='{1 + FIRST_DIGITS}')"
)
_POSTGRESQL = (
    f"CREATE TABLE {NAME_OF_TABLE} (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
    f"CREATE INDEX ix_{NAME_OF_TABLE}_words ON {NAME_OF_TABLE} USING gin (words)",
)
# FTS5 can delete from contentless tables from this version on.
_CONTENTLESS = (3, 43)


def is_index_table(name: str | None) -> bool:
    """Return whether a table belongs to the index, which no model maps and to which FTS5 adds tables."""
    return bool(name) and str(name).startswith(NAME_OF_TABLE)


def create(connection: Connection) -> None:
    """Create the empty index."""
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
    """Return the row number of the document of an order."""
    return int((purchased_at - _BEGINNING).total_seconds()) << ID_BITS | amazon_order_id
