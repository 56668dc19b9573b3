"""the search index and the sums dashboards show

The words of the orders that are there are indexed, and their days summed, after the upgrade
(`jobs/upkeep.py`), while the desk runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# From this version on FTS5 can delete from a table that keeps no text.
_CONTENTLESS = (3, 43)


# (name, table, columns): one for each order a grid offers, and for what a dashboard counts.
_INDEXES = (
    ("ix_amazon_orders_status", "amazon_orders", ["status", "id"]),
    ("ix_amazon_orders_ship_by", "amazon_orders", ["ship_by", "id"]),
    ("ix_amazon_orders_total", "amazon_orders", ["total", "id"]),
    ("ix_amazon_orders_waiting", "amazon_orders", ["store_id", "status", "fulfilled_by", "ship_by"]),
    ("ix_orders_state", "orders", ["state", "id"]),
    ("ix_orders_total", "orders", ["total", "id"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)
    op.create_table(
        "daily_sales",
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=128), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("revenue", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_daily_sales_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("store_id", "day", "status", name=op.f("pk_daily_sales")),
    )
    op.drop_table("search_terms")
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE TABLE search_documents (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_search_documents_words ON search_documents USING gin (words)")
        return
    content = "content='', contentless_delete=1, " if _version() >= _CONTENTLESS else ""
    op.execute(
        f"CREATE VIRTUAL TABLE search_documents USING fts5(words, {content}detail=none, tokenize='ascii', prefix='11')"
    )


def downgrade() -> None:
    for name, table, _columns in _INDEXES:
        op.drop_index(name, table)
    op.execute("DROP TABLE search_documents")
    op.drop_table("daily_sales")
    op.create_table(
        "search_terms",
        sa.Column("term", sa.LargeBinary(length=16), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_search_terms_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("term", "amazon_order_id", name=op.f("pk_search_terms")),
        sqlite_with_rowid=False,
    )


def _version() -> tuple[int | str, ...]:
    return op.get_bind().dialect.server_version_info or (0,)
