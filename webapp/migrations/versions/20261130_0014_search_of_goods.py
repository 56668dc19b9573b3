"""search goods apart from names, and encrypt the names in saved views for addresses alone

The index of words kept what was sold and what is written in addresses under one letter. Whoever may not read personal
data searches goods alone, so the documents are written anew. Maintenance does that after the upgrade while the desk
runs, the newest orders first, and search finds an order again once its document is written.

Saved views keep names as URL parameters carry them, which are encrypted with a key of their own now.
"""

import sqlalchemy as sa
from alembic import op

from webapp.models.vault import VaultError, vault

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# From this version on FTS5 can delete from a table that keeps no text.
_CONTENTLESS = (3, 43)
_VIEWS = sa.table("grid_views", sa.column("id", sa.Integer), sa.column("parameters", sa.JSON))
_SEALED, _READERS = "~", b"readers of personal data"


def upgrade() -> None:
    _empty_index()
    connection = op.get_bind()
    for id_, parameters in connection.execute(sa.select(_VIEWS)).all():
        sealed = {name: [_seal(value) for value in values] for name, values in parameters.items()}
        if sealed != parameters:
            connection.execute(_VIEWS.update().where(_VIEWS.c.id == id_).values(parameters=sealed))


def downgrade() -> None:
    """The names in saved views stay as they are: what was before cannot open them, and asks to type them again."""
    _empty_index()


def _seal(value: str) -> str:
    if not value.startswith(_SEALED):
        return value
    try:
        return _SEALED + vault.encrypt_parameter(vault.decrypt(value[1:].encode()).decode(), _READERS)
    except VaultError:
        # Its key is gone: the list says so when the view is opened.
        return value


def _empty_index() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("TRUNCATE search_documents")
        return
    content = "content='', contentless_delete=1, " if _version() >= _CONTENTLESS else ""
    op.execute("DROP TABLE search_documents")
    op.execute(
        f"CREATE VIRTUAL TABLE search_documents USING fts5(words, {content}detail=none, tokenize='ascii', prefix='11')"
    )


def _version() -> tuple[int | str, ...]:
    return op.get_bind().dialect.server_version_info or (0,)
