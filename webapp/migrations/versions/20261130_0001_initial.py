"""Create the initial schema.

Personal data is in encrypted columns, which are binary or text to the database. Tables whose ids must never be reused
say `sqlite_autoincrement`; PostgreSQL never reuses one. The full-text index is an FTS5 table in SQLite and a `tsvector`
column in PostgreSQL.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# From this version on, rows can be deleted from an FTS5 table that stores no content.
_CONTENTLESS_DELETE = (3, 43)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("seller_id", sa.String(length=40), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.String(length=300), nullable=False),
        sa.Column("token_url", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cursor", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sync_window", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("last_synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_message", sa.String(length=1000), nullable=True),
        sa.Column("error_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_offset", sa.Integer(), nullable=True),
        sa.Column("clock_measured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_datasets", sa.JSON(), nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("datasets_read_at", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "bulk_actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("args", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_actions")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("bulk_actions", schema=None) as batch_op:
        batch_op.create_index("ix_bulk_actions_created", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_bulk_actions_state", ["state"], unique=False)

    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "key_check",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_check")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "mail_server",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(length=10), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("plain_sign_in", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_server")),
    )
    op.create_table(
        "mail_templates",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("kind", "language", name=op.f("pk_mail_templates")),
    )
    op.create_table(
        "recurring_jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_duration_ms", sa.Integer(), nullable=True),
        sa.Column("last_outcome", sa.String(length=20), nullable=True),
        sa.Column("last_cause", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurring_jobs")),
        sa.UniqueConstraint("key", name=op.f("uq_recurring_jobs_key")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account", sa.LargeBinary(length=16), nullable=False),
        sa.Column("address", sa.LargeBinary(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    with op.batch_alter_table("sign_in_attempts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_attempts_account_sign_in_attempts_at"), ["account", "at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_sign_in_attempts_address_sign_in_attempts_at"), ["address", "at"], unique=False
        )

    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_users_fs_uniquifier")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "bulk_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("args", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("outcome_args", sa.JSON(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["action_id"], ["bulk_actions.id"], name=op.f("fk_bulk_rows_action_id_bulk_actions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_rows")),
    )
    with op.batch_alter_table("bulk_rows", schema=None) as batch_op:
        batch_op.create_index("ix_bulk_rows_action_state", ["action_id", "state", "id"], unique=False)

    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("feed_type", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("document_id", sa.String(length=128), nullable=True),
        sa.Column("records", sa.Integer(), nullable=True),
        sa.Column("marketplace_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("amazon_feed_id", sa.String(length=128), nullable=True),
        sa.Column("amazon_status", sa.String(length=128), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_feeds_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
    )
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.create_index("ix_feeds_account_state", ["account_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_feeds_amazon_feed_id"), ["amazon_feed_id"], unique=False)

    op.create_table(
        "grid_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("grid", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_grid_views_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_views")),
        sa.UniqueConstraint("user_id", "grid", "name", name=op.f("uq_grid_views_user_id_grid_name")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("grid_views", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grid_views_grid"), ["grid"], unique=False)

    op.create_table(
        "printed_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bulk_action_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulk_action_id"],
            ["bulk_actions.id"],
            name=op.f("fk_printed_files_bulk_action_id_bulk_actions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printed_files")),
        sa.UniqueConstraint("bulk_action_id", name=op.f("uq_printed_files_bulk_action_id")),
    )
    with op.batch_alter_table("printed_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_printed_files_created_at"), ["created_at"], unique=False)

    op.create_table(
        "product_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_product_imports_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_imports")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("asin", sa.String(length=128), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("manage_stock", sa.Boolean(), nullable=False),
        sa.Column("managed_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.BigInteger(), sa.Computed("quantity - reserved", persisted=True), nullable=False),
        sa.Column("flag", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_products_reserved")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_products_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("account_id", "sku", name=op.f("uq_products_account_id_sku")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(
            "ix_products_flagged",
            ["account_id"],
            unique=False,
            sqlite_where=sa.text("flag <> ''"),
            postgresql_where=sa.text("flag <> ''"),
        )
        batch_op.create_index(
            "ix_products_oversold",
            ["account_id"],
            unique=False,
            sqlite_where=sa.text("available < 0"),
            postgresql_where=sa.text("available < 0"),
        )
        batch_op.create_index("ix_products_sku", ["sku", "id"], unique=False)

    op.create_table(
        "quarantined_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=128), nullable=True),
        sa.Column("cause", sa.String(length=300), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times_seen", sa.Integer(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_quarantined_orders_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_orders")),
        sa.UniqueConstraint("account_id", "digest", name=op.f("uq_quarantined_orders_account_id_digest")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("quarantined_orders", schema=None) as batch_op:
        batch_op.create_index("ix_quarantined_number", ["account_id", "number"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sessions_seen_at"), ["seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sign_in_links_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_links")),
    )
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_links_user_id"), ["user_id"], unique=False)

    op.create_table(
        "stores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("marketplace_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("orders_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_orders", sa.Boolean(), nullable=False),
        sa.Column("customer_creation", sa.String(length=10), nullable=False),
        sa.Column("order_number_source", sa.String(length=10), nullable=False),
        sa.Column("pending_orders", sa.String(length=20), nullable=False),
        sa.Column("order_status", sa.String(length=10), nullable=False),
        sa.Column("processing_status", sa.String(length=40), nullable=False),
        sa.Column("auto_invoice", sa.Boolean(), nullable=False),
        sa.Column("order_mails", sa.Boolean(), nullable=False),
        sa.Column("unready_products", sa.String(length=10), nullable=False),
        sa.Column("upload_invoices", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("documents_sender", sa.Text(), nullable=False),
        sa.Column("documents_tax_number", sa.String(length=60), nullable=False),
        sa.Column("documents_footer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_stores_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stores")),
        sa.UniqueConstraint("account_id", "marketplace_id", name=op.f("uq_stores_account_id_marketplace_id")),
        sa.UniqueConstraint("name", name=op.f("uq_stores_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_stores_slug")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sync_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.Column("blocked", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("orders_created", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("message", sa.String(length=1000), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sync_runs_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("sync_runs", schema=None) as batch_op:
        batch_op.create_index("ix_sync_runs_account", ["account_id", "id"], unique=False)
        batch_op.create_index("ix_sync_runs_started", ["started_at", "id"], unique=False)

    op.create_table(
        "tracking_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("sources", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bulk_action_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulk_action_id"],
            ["bulk_actions.id"],
            name=op.f("fk_tracking_imports_bulk_action_id_bulk_actions"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_imports")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("tracking_imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tracking_imports_bulk_action_id"), ["bulk_action_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tracking_imports_created_at"), ["created_at"], unique=False)

    op.create_table(
        "amazon_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=128), nullable=False),
        sa.Column("fulfilled_by", sa.String(length=128), nullable=False),
        sa.Column("purchased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("earliest_ship_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deliver_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("service_level", sa.String(length=128), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("components", sa.JSON(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("quantity_shipped", sa.Integer(), nullable=False),
        sa.Column("programs", sa.JSON(), nullable=False),
        sa.Column("prime", sa.Boolean(), nullable=False),
        sa.Column("business", sa.Boolean(), nullable=False),
        sa.Column("payment_methods", sa.JSON(), nullable=False),
        sa.Column("replaces", sa.String(length=128), nullable=True),
        sa.Column("buyer_name", sa.Text(), nullable=True),
        sa.Column("buyer", sa.LargeBinary(), nullable=True),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.Column("recipient_override", sa.LargeBinary(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("cancelled_by", sa.String(length=128), nullable=True),
        sa.Column("reserved", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=40), nullable=True),
        sa.Column("note_args", sa.JSON(), nullable=False),
        sa.Column("invalid_fields", sa.JSON(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_amazon_orders_account_id_accounts")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_amazon_orders_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amazon_orders")),
        sa.UniqueConstraint("account_id", "number", name=op.f("uq_amazon_orders_account_id_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("amazon_orders", schema=None) as batch_op:
        batch_op.create_index(
            "ix_amazon_orders_blocked",
            ["purchased_at", "id"],
            unique=False,
            sqlite_where=sa.text("blocked IS NOT NULL"),
            postgresql_where=sa.text("blocked IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_amazon_orders_blocked_store",
            ["store_id", "blocked"],
            unique=False,
            sqlite_where=sa.text("blocked IS NOT NULL"),
            postgresql_where=sa.text("blocked IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_amazon_orders_business",
            ["purchased_at", "id"],
            unique=False,
            sqlite_where=sa.text("business IS 1"),
            postgresql_where=sa.text("business IS true"),
        )
        batch_op.create_index(
            "ix_amazon_orders_channel_purchased", ["fulfilled_by", "purchased_at", "id"], unique=False
        )
        batch_op.create_index("ix_amazon_orders_number", ["number"], unique=False)
        batch_op.create_index(
            "ix_amazon_orders_prime",
            ["purchased_at", "id"],
            unique=False,
            sqlite_where=sa.text("prime IS 1"),
            postgresql_where=sa.text("prime IS true"),
        )
        batch_op.create_index("ix_amazon_orders_purchased", ["purchased_at", "id"], unique=False)
        batch_op.create_index("ix_amazon_orders_ship_by", ["ship_by", "id"], unique=False)
        batch_op.create_index("ix_amazon_orders_status", ["status", "id"], unique=False)
        batch_op.create_index("ix_amazon_orders_status_purchased", ["status", "purchased_at", "id"], unique=False)
        batch_op.create_index("ix_amazon_orders_status_ship_by", ["status", "ship_by", "id"], unique=False)
        batch_op.create_index("ix_amazon_orders_store_purchased", ["store_id", "purchased_at", "id"], unique=False)
        batch_op.create_index("ix_amazon_orders_total", ["total", "id"], unique=False)
        batch_op.create_index(
            "ix_amazon_orders_waiting",
            ["store_id", "status", "fulfilled_by", "ship_by"],
            unique=False,
            sqlite_where=sa.text(
                "status = 'PENDING_AVAILABILITY' OR status = 'PENDING' OR status = 'UNSHIPPED' OR status = 'PARTIALLY_SHIPPED' OR status = 'INVOICE_UNCONFIRMED'"
            ),
            postgresql_where=sa.text(
                "status = 'PENDING_AVAILABILITY' OR status = 'PENDING' OR status = 'UNSHIPPED' OR status = 'PARTIALLY_SHIPPED' OR status = 'INVOICE_UNCONFIRMED'"
            ),
        )

    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("email_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_customers_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("store_id", "email_hash", name=op.f("uq_customers_store_id_email_hash")),
        sqlite_autoincrement=True,
    )
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
    op.create_table(
        "grid_layouts",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("grid", sa.String(length=40), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("view_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_grid_layouts_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["view_id"], ["grid_views.id"], name=op.f("fk_grid_layouts_view_id_grid_views"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("user_id", "grid", name=op.f("pk_grid_layouts")),
    )
    op.create_table(
        "mail_senders",
        sa.Column("store_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_mail_senders_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_mail_senders")),
    )
    op.create_table(
        "printed_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["printed_files.id"], name=op.f("fk_printed_parts_file_id_printed_files"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printed_parts")),
        sa.UniqueConstraint("file_id", "position", name=op.f("uq_printed_parts_file_id_position")),
    )
    op.create_table(
        "tracking_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("parsed", sa.LargeBinary(), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("selected", sa.Boolean(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["tracking_imports.id"],
            name=op.f("fk_tracking_rows_import_id_tracking_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_rows")),
    )
    with op.batch_alter_table("tracking_rows", schema=None) as batch_op:
        batch_op.create_index("ix_tracking_rows_import", ["import_id", "position"], unique=False)

    op.create_table(
        "amazon_order_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=False),
        sa.Column("order_item_id", sa.String(length=128), nullable=False),
        sa.Column("sku", sa.String(length=128), nullable=True),
        sa.Column("asin", sa.String(length=128), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("condition", sa.String(length=128), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("quantity_shipped", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("components", sa.JSON(), nullable=False),
        sa.Column("gift", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_amazon_order_items_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amazon_order_items")),
        sa.UniqueConstraint(
            "amazon_order_id", "order_item_id", name=op.f("uq_amazon_order_items_amazon_order_id_order_item_id")
        ),
    )
    op.create_table(
        "amazon_order_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=False),
        sa.Column("last_updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_amazon_order_versions_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amazon_order_versions")),
    )
    with op.batch_alter_table("amazon_order_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_amazon_order_versions_amazon_order_id"), ["amazon_order_id"], unique=False)

    op.create_table(
        "amazon_packages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=128), nullable=True),
        sa.Column("carrier", sa.String(length=128), nullable=True),
        sa.Column("shipping_service", sa.String(length=128), nullable=True),
        sa.Column("tracking_number", sa.String(length=128), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_amazon_packages_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amazon_packages")),
        sa.UniqueConstraint("amazon_order_id", "reference", name=op.f("uq_amazon_packages_amazon_order_id_reference")),
    )
    with op.batch_alter_table("amazon_packages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_amazon_packages_tracking_number"), ["tracking_number"], unique=False)

    op.create_table(
        "incomplete_orders",
        sa.Column("amazon_order_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_incomplete_orders_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_incomplete_orders_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("amazon_order_id", "dataset", name=op.f("pk_incomplete_orders")),
    )
    with op.batch_alter_table("incomplete_orders", schema=None) as batch_op:
        batch_op.create_index("ix_incomplete_orders_due", ["account_id", "dataset", "next_try_at"], unique=False)

    op.create_table(
        "message_offers",
        sa.Column("amazon_order_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kinds", sa.String(length=1000), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("error_message", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_message_offers_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("amazon_order_id", name=op.f("pk_message_offers")),
    )
    with op.batch_alter_table("message_offers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_offers_answered_at"), ["answered_at"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=128), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("state_before_hold", sa.String(length=20), nullable=True),
        sa.Column("status_before_hold", sa.String(length=40), nullable=False),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("total_invoiced", sa.BigInteger(), nullable=False),
        sa.Column("total_refunded", sa.BigInteger(), nullable=False),
        sa.Column("total_refunding", sa.BigInteger(), nullable=False),
        sa.Column("purchased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bill_to_name", sa.Text(), nullable=True),
        sa.Column("ship_to_name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("billing", sa.LargeBinary(), nullable=True),
        sa.Column("shipping_address", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"], ["amazon_orders.id"], name=op.f("fk_orders_amazon_order_id_amazon_orders")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_orders_customer_id_customers")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_orders_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("amazon_order_id", name=op.f("uq_orders_amazon_order_id")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orders_customer_purchased",
            ["customer_id", "purchased_at", "id"],
            unique=False,
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        )
        batch_op.create_index("ix_orders_purchased", ["purchased_at", "id"], unique=False)
        batch_op.create_index("ix_orders_ship_by", ["ship_by", "id"], unique=False)
        batch_op.create_index("ix_orders_state", ["state", "id"], unique=False)
        batch_op.create_index("ix_orders_state_purchased", ["state", "purchased_at", "id"], unique=False)
        batch_op.create_index("ix_orders_state_ship_by", ["state", "ship_by", "id"], unique=False)
        batch_op.create_index("ix_orders_store_purchased", ["store_id", "purchased_at", "id"], unique=False)
        batch_op.create_index("ix_orders_total", ["total", "id"], unique=False)

    op.create_table(
        "stock_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=False),
        sa.Column("order_item_id", sa.String(length=128), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("deducted", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_stock_holds_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_stock_holds_product_id_products")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_holds")),
        sa.UniqueConstraint(
            "amazon_order_id", "order_item_id", name=op.f("uq_stock_holds_amazon_order_id_order_item_id")
        ),
    )
    with op.batch_alter_table("stock_holds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_holds_reserved",
            ["product_id"],
            unique=False,
            sqlite_where=sa.text("reserved > 0"),
            postgresql_where=sa.text("reserved > 0"),
        )

    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("requested_by", sa.String(length=40), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_submissions_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"], ["amazon_orders.id"], name=op.f("fk_submissions_amazon_order_id_amazon_orders")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_submissions_feed_id_feeds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submissions_amazon_order_id"), ["amazon_order_id"], unique=False)
        batch_op.create_index("ix_submissions_due", ["open", "account_id", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_submissions_feed_id"), ["feed_id"], unique=False)
        batch_op.create_index("ix_submissions_requested", ["requested_at", "id"], unique=False)
        batch_op.create_index(
            "uq_submissions_open",
            ["amazon_order_id", "kind", "subject"],
            unique=True,
            sqlite_where=sa.text("open"),
            postgresql_where=sa.text("open"),
        )

    op.create_table(
        "credit_memos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("adjustment_refund", sa.BigInteger(), nullable=False),
        sa.Column("adjustment_fee", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amazon_lines", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_credit_memos_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_memos")),
        sa.UniqueConstraint("number", name=op.f("uq_credit_memos_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("credit_memos", schema=None) as batch_op:
        batch_op.create_index("ix_credit_memos_created", ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_credit_memos_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_credit_memos_total", ["total", "id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("store_id", sa.Integer(), nullable=True),
        sa.Column("amazon_order_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_events_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"], ["amazon_orders.id"], name=op.f("fk_events_amazon_order_id_amazon_orders")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_events_order_id_orders")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_events_store_id_stores")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_events_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_amazon_order_id"), ["amazon_order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "ix_events_user_id",
            ["user_id", "id"],
            unique=False,
            sqlite_where=sa.text("user_id IS NOT NULL"),
            postgresql_where=sa.text("user_id IS NOT NULL"),
        )

    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_invoices_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("number", name=op.f("uq_invoices_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.create_index("ix_invoices_created", ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoices_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_invoices_total", ["total", "id"], unique=False)

    op.create_table(
        "order_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("order_item_id", sa.String(length=128), nullable=False),
        sa.Column("sku", sa.String(length=128), nullable=True),
        sa.Column("asin", sa.String(length=128), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("invoiced", sa.Integer(), nullable=False),
        sa.Column("shipped", sa.Integer(), nullable=False),
        sa.Column("refunded", sa.Integer(), nullable=False),
        sa.Column("refunding", sa.Integer(), nullable=False),
        sa.Column("canceled", sa.Integer(), nullable=False),
        sa.Column("amount_quantity", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("invoiced <= ordered", name=op.f("ck_order_items_invoiced")),
        sa.CheckConstraint("refunded + refunding <= invoiced", name=op.f("ck_order_items_refunded")),
        sa.CheckConstraint("shipped + canceled <= ordered", name=op.f("ck_order_items_shipped")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_items_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_items")),
    )
    with op.batch_alter_table("order_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_items_order_id"), ["order_id"], unique=False)

    op.create_table(
        "shipments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_shipments_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint("number", name=op.f("uq_shipments_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.create_index("ix_shipments_created", ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_shipments_order_id"), ["order_id"], unique=False)

    op.create_table(
        "stock_movements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("quantity_change", sa.BigInteger(), nullable=False),
        sa.Column("reserved_change", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["stock_holds.id"], name=op.f("fk_stock_movements_hold_id_stock_holds"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_stock_movements_product_id_products")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
        sa.UniqueConstraint("hold_id", "step", name=op.f("uq_stock_movements_hold_id_step")),
    )
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.create_index("ix_stock_movements_product", ["product_id", "id"], unique=False)

    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("shipment_id", sa.Integer(), nullable=True),
        sa.Column("credit_memo_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credit_memo_id"], ["credit_memos.id"], name=op.f("fk_comments_credit_memo_id_credit_memos")
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_comments_invoice_id_invoices")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_comments_order_id_orders")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_comments_shipment_id_shipments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comments_order_id"), ["order_id"], unique=False)

    op.create_table(
        "credit_memo_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("credit_memo_id", sa.Integer(), nullable=False),
        sa.Column("order_item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("return_to_stock", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credit_memo_id"],
            ["credit_memos.id"],
            name=op.f("fk_credit_memo_items_credit_memo_id_credit_memos"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_item_id"], ["order_items.id"], name=op.f("fk_credit_memo_items_order_item_id_order_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_memo_items")),
    )
    with op.batch_alter_table("credit_memo_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_memo_items_credit_memo_id"), ["credit_memo_id"], unique=False)

    op.create_table(
        "invoice_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("order_item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_items_invoice_id_invoices"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["order_item_id"], ["order_items.id"], name=op.f("fk_invoice_items_order_item_id_order_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_items")),
    )
    with op.batch_alter_table("invoice_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_items_invoice_id"), ["invoice_id"], unique=False)

    op.create_table(
        "parcels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("tracking_number", sa.String(length=100), nullable=False),
        sa.Column("tracking_warning", sa.String(length=40), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_parcels_order_id_orders")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_parcels_shipment_id_shipments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
        sa.UniqueConstraint("order_id", "reference", name=op.f("uq_parcels_order_id_reference")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("parcels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parcels_shipment_id"), ["shipment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_parcels_tracking_number"), ["tracking_number"], unique=False)

    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("attach", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("message_id", sa.String(length=300), nullable=True),
        sa.Column("idempotency_key", sa.String(length=40), nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_mails_comment_id_comments")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_mails_order_id_orders")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_mails_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_mails_idempotency_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.create_index("ix_mails_created", ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mails_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_mails_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_mails_state_created", ["state", "created_at"], unique=False)

    op.create_table(
        "parcel_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("order_item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_item_id"], ["order_items.id"], name=op.f("fk_parcel_items_order_item_id_order_items")
        ),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_parcel_items_parcel_id_parcels")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel_items")),
    )
    with op.batch_alter_table("parcel_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parcel_items_parcel_id"), ["parcel_id"], unique=False)
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE TABLE search_documents (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_search_documents_words ON search_documents USING gin (words)")
        return
    version = op.get_bind().dialect.server_version_info or (0,)
    content = "content='', contentless_delete=1, " if version >= _CONTENTLESS_DELETE else ""
    op.execute(
        f"CREATE VIRTUAL TABLE search_documents USING fts5(words, {content}detail=none, tokenize='ascii', prefix='11')"
    )


def downgrade() -> None:
    op.execute("DROP TABLE search_documents")
    with op.batch_alter_table("parcel_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_parcel_items_parcel_id"))

    op.drop_table("parcel_items")
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.drop_index("ix_mails_state_created")
        batch_op.drop_index(batch_op.f("ix_mails_order_id"))
        batch_op.drop_index(batch_op.f("ix_mails_due_at"))
        batch_op.drop_index("ix_mails_created")

    op.drop_table("mails")
    with op.batch_alter_table("parcels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_parcels_tracking_number"))
        batch_op.drop_index(batch_op.f("ix_parcels_shipment_id"))

    op.drop_table("parcels")
    with op.batch_alter_table("invoice_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_items_invoice_id"))

    op.drop_table("invoice_items")
    with op.batch_alter_table("credit_memo_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credit_memo_items_credit_memo_id"))

    op.drop_table("credit_memo_items")
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_order_id"))

    op.drop_table("comments")
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_movements_product")

    op.drop_table("stock_movements")
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shipments_order_id"))
        batch_op.drop_index("ix_shipments_created")

    op.drop_table("shipments")
    with op.batch_alter_table("order_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_items_order_id"))

    op.drop_table("order_items")
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.drop_index("ix_invoices_total")
        batch_op.drop_index(batch_op.f("ix_invoices_order_id"))
        batch_op.drop_index("ix_invoices_created")

    op.drop_table("invoices")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_events_user_id",
            sqlite_where=sa.text("user_id IS NOT NULL"),
            postgresql_where=sa.text("user_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_events_order_id"))
        batch_op.drop_index(batch_op.f("ix_events_amazon_order_id"))

    op.drop_table("events")
    with op.batch_alter_table("credit_memos", schema=None) as batch_op:
        batch_op.drop_index("ix_credit_memos_total")
        batch_op.drop_index(batch_op.f("ix_credit_memos_order_id"))
        batch_op.drop_index("ix_credit_memos_created")

    op.drop_table("credit_memos")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index("uq_submissions_open", sqlite_where=sa.text("open"), postgresql_where=sa.text("open"))
        batch_op.drop_index("ix_submissions_requested")
        batch_op.drop_index(batch_op.f("ix_submissions_feed_id"))
        batch_op.drop_index("ix_submissions_due")
        batch_op.drop_index(batch_op.f("ix_submissions_amazon_order_id"))

    op.drop_table("submissions")
    with op.batch_alter_table("stock_holds", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_stock_holds_reserved", sqlite_where=sa.text("reserved > 0"), postgresql_where=sa.text("reserved > 0")
        )

    op.drop_table("stock_holds")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_total")
        batch_op.drop_index("ix_orders_store_purchased")
        batch_op.drop_index("ix_orders_state_ship_by")
        batch_op.drop_index("ix_orders_state_purchased")
        batch_op.drop_index("ix_orders_state")
        batch_op.drop_index("ix_orders_ship_by")
        batch_op.drop_index("ix_orders_purchased")
        batch_op.drop_index(
            "ix_orders_customer_purchased",
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        )

    op.drop_table("orders")
    with op.batch_alter_table("message_offers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_offers_answered_at"))

    op.drop_table("message_offers")
    with op.batch_alter_table("incomplete_orders", schema=None) as batch_op:
        batch_op.drop_index("ix_incomplete_orders_due")

    op.drop_table("incomplete_orders")
    with op.batch_alter_table("amazon_packages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_amazon_packages_tracking_number"))

    op.drop_table("amazon_packages")
    with op.batch_alter_table("amazon_order_versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_amazon_order_versions_amazon_order_id"))

    op.drop_table("amazon_order_versions")
    op.drop_table("amazon_order_items")
    with op.batch_alter_table("tracking_rows", schema=None) as batch_op:
        batch_op.drop_index("ix_tracking_rows_import")

    op.drop_table("tracking_rows")
    op.drop_table("printed_parts")
    op.drop_table("mail_senders")
    op.drop_table("grid_layouts")
    op.drop_table("daily_sales")
    op.drop_table("customers")
    with op.batch_alter_table("amazon_orders", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_amazon_orders_waiting",
            sqlite_where=sa.text(
                "status = 'PENDING_AVAILABILITY' OR status = 'PENDING' OR status = 'UNSHIPPED' OR status = 'PARTIALLY_SHIPPED' OR status = 'INVOICE_UNCONFIRMED'"
            ),
            postgresql_where=sa.text(
                "status = 'PENDING_AVAILABILITY' OR status = 'PENDING' OR status = 'UNSHIPPED' OR status = 'PARTIALLY_SHIPPED' OR status = 'INVOICE_UNCONFIRMED'"
            ),
        )
        batch_op.drop_index("ix_amazon_orders_total")
        batch_op.drop_index("ix_amazon_orders_store_purchased")
        batch_op.drop_index("ix_amazon_orders_status_ship_by")
        batch_op.drop_index("ix_amazon_orders_status_purchased")
        batch_op.drop_index("ix_amazon_orders_status")
        batch_op.drop_index("ix_amazon_orders_ship_by")
        batch_op.drop_index("ix_amazon_orders_purchased")
        batch_op.drop_index(
            "ix_amazon_orders_prime", sqlite_where=sa.text("prime IS 1"), postgresql_where=sa.text("prime IS true")
        )
        batch_op.drop_index("ix_amazon_orders_number")
        batch_op.drop_index("ix_amazon_orders_channel_purchased")
        batch_op.drop_index(
            "ix_amazon_orders_business",
            sqlite_where=sa.text("business IS 1"),
            postgresql_where=sa.text("business IS true"),
        )
        batch_op.drop_index(
            "ix_amazon_orders_blocked_store",
            sqlite_where=sa.text("blocked IS NOT NULL"),
            postgresql_where=sa.text("blocked IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_amazon_orders_blocked",
            sqlite_where=sa.text("blocked IS NOT NULL"),
            postgresql_where=sa.text("blocked IS NOT NULL"),
        )

    op.drop_table("amazon_orders")
    with op.batch_alter_table("tracking_imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tracking_imports_created_at"))
        batch_op.drop_index(batch_op.f("ix_tracking_imports_bulk_action_id"))

    op.drop_table("tracking_imports")
    with op.batch_alter_table("sync_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_sync_runs_started")
        batch_op.drop_index("ix_sync_runs_account")

    op.drop_table("sync_runs")
    op.drop_table("stores")
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_links_user_id"))

    op.drop_table("sign_in_links")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_user_id"))
        batch_op.drop_index(batch_op.f("ix_sessions_seen_at"))
        batch_op.drop_index(batch_op.f("ix_sessions_created_at"))

    op.drop_table("sessions")
    with op.batch_alter_table("quarantined_orders", schema=None) as batch_op:
        batch_op.drop_index("ix_quarantined_number")

    op.drop_table("quarantined_orders")
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.drop_index("ix_products_sku")
        batch_op.drop_index(
            "ix_products_oversold", sqlite_where=sa.text("available < 0"), postgresql_where=sa.text("available < 0")
        )
        batch_op.drop_index(
            "ix_products_flagged", sqlite_where=sa.text("flag <> ''"), postgresql_where=sa.text("flag <> ''")
        )

    op.drop_table("products")
    op.drop_table("product_imports")
    with op.batch_alter_table("printed_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_printed_files_created_at"))

    op.drop_table("printed_files")
    with op.batch_alter_table("grid_views", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grid_views_grid"))

    op.drop_table("grid_views")
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feeds_amazon_feed_id"))
        batch_op.drop_index("ix_feeds_account_state")

    op.drop_table("feeds")
    with op.batch_alter_table("bulk_rows", schema=None) as batch_op:
        batch_op.drop_index("ix_bulk_rows_action_state")

    op.drop_table("bulk_rows")
    op.drop_table("users")
    with op.batch_alter_table("sign_in_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_attempts_address_sign_in_attempts_at"))
        batch_op.drop_index(batch_op.f("ix_sign_in_attempts_account_sign_in_attempts_at"))

    op.drop_table("sign_in_attempts")
    op.drop_table("recurring_jobs")
    op.drop_table("mail_templates")
    op.drop_table("mail_server")
    op.drop_table("leases")
    op.drop_table("key_check")
    op.drop_table("counters")
    with op.batch_alter_table("bulk_actions", schema=None) as batch_op:
        batch_op.drop_index("ix_bulk_actions_state")
        batch_op.drop_index("ix_bulk_actions_created")

    op.drop_table("bulk_actions")
    op.drop_table("accounts")
