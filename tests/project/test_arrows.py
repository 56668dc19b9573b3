"""The import rules between packages, as ARCHITECTURE.md describes them."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Lowest first. A module may import from its own package and from every layer before it in this list; packages in one
# line are independent of each other.
LAYERS = (
    ("simulator.state",),
    ("simulator.operations",),
    ("simulator.http",),
    ("simulator",),
    ("webapp.domain",),
    ("webapp.db",),
    ("webapp.models",),
    ("webapp.core",),
    ("webapp.queries",),
    ("webapp.amazon", "webapp.messages", "webapp.printing"),
    ("webapp.web",),
    ("webapp.backups", "webapp.exports", "webapp.mailing", "webapp.services"),
    ("webapp.health",),
    ("webapp.forms",),
    ("webapp.views",),
    ("webapp",),
    ("jobs",),
    ("webapp.runtime",),
    ("webapp.cli",),
)
# What a package must not import although the layers would allow it.
NEVER = {
    "webapp.amazon": ("webapp.db", "webapp.models", "webapp.queries"),
    "webapp.cli": ("webapp.views", "webapp.forms"),
    "webapp.forms": ("webapp.services", "webapp.amazon"),
    "webapp.services": ("webapp.amazon", "webapp.web"),
    "webapp.views": ("webapp.amazon",),
}
# Libraries besides the standard one. A package that is not named may use any.
LIBRARIES = {
    "webapp.domain": "",
    "webapp.amazon": "httpx redis cryptography msgspec",
    "webapp.db": "backports compression sqlalchemy cryptography orjson pysqlite3",
    "webapp.models": "sqlalchemy",
    "webapp.queries": "sqlalchemy",
    "webapp.services": "sqlalchemy",
    "webapp.printing": "babel fontTools fpdf pypdf sqlalchemy",
    "webapp.mailing": "babel flask_babel sqlalchemy",
    "webapp.messages": "flask_babel",
    "webapp.forms": "babel flask_babel flask_wtf wtforms",
    "webapp.exports": "flask_babel sqlalchemy xlsxwriter",
    "webapp.cli": "click flask platformdirs redis sqlalchemy",
    "jobs": "flask redis rq sqlalchemy",
    "simulator.state": "",
    "simulator.operations": "",
    "simulator.http": "flask jinja2 werkzeug",
    "simulator": "werkzeug",
}
# Names of modules in strings that are resolved by another process: RQ imports a job by its name in the registry.
BY_NAME = {("webapp.core.queue", "jobs")}
# A lease is committed by itself, before the work it protects begins.
COMMITTERS = ("webapp.services", "jobs", "webapp.db.leases")


@dataclass(frozen=True)
class Module:
    name: str
    path: str
    tree: ast.Module


@cache
def modules() -> dict[str, Module]:
    found = {}
    for folder in ("webapp", "jobs", "simulator"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT)
            name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
            if not within(name, "webapp.migrations") and name != "webapp.__main__":
                found[name] = Module(name, str(relative), ast.parse(path.read_text()))
    return found


def within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def package(name: str) -> str:
    """Return the most specific package of LAYERS that holds a module."""
    known = [entry for layer in LAYERS for entry in layer if entry != "webapp"]
    holders = [entry for entry in known if within(name, entry)]
    return max(holders, key=len) if holders else name.partition(".")[0]


def rank(entry: str) -> int:
    return next((place for place, layer in enumerate(LAYERS) if entry in layer), -1)


def type_only(tree: ast.Module) -> set[ast.AST]:
    """Return the nodes under `if TYPE_CHECKING`, which import nothing when the program runs."""
    return {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING")
        for statement in block.body
        for node in ast.walk(statement)
    }


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Yield (line, full name) of what a module imports, wherever in it, names of modules in strings included."""
    skipped = type_only(module.tree)
    for node in ast.walk(module.tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield node.lineno, full if full in modules() else str(node.module)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = named_module(node.value)
            if name and not any(within(module.name, place) and within(name, target) for place, target in BY_NAME):
                yield node.lineno, name


def named_module(text: str) -> str:
    """Return the module a string names, alone or with a name in it (`jobs.sync.sync_account`), or an empty string."""
    name = text.partition(":")[0] if re.fullmatch(r"(webapp|jobs|simulator)(\.\w+)+(:\w+)?", text) else ""
    while name and name not in modules():
        name = name.rpartition(".")[0]
    return name if "." in name else ""


def problem(importer: str, imported: str) -> str | None:
    """Say why a module must not import a name, or None."""
    mine = package(importer)
    top = imported.partition(".")[0]
    if top not in {"webapp", "jobs", "simulator"}:
        allowed = LIBRARIES.get(mine)
        standard = top in sys.stdlib_module_names or top == "_typeshed"
        return None if standard or allowed is None or top in allowed.split() else f"{mine} must not use {top}"
    theirs = package(imported)
    if mine == theirs:
        return None
    if within(mine, "simulator") != within(theirs, "simulator"):
        return f"{mine} and {theirs} are separate programs"
    if any(within(imported, banned) for banned in NEVER.get(mine, ())):
        return f"{mine} must not import {theirs}"
    return None if rank(theirs) < rank(mine) else f"{theirs} is not below {mine}"


def test_every_import_follows_the_layers() -> None:
    wrong = [
        f"{module.path}:{line}: {reason} ({name})"
        for module in modules().values()
        for line, name in imports(module)
        if (reason := problem(module.name, name))
    ]
    assert wrong == []


def test_no_module_imports_itself_through_others() -> None:
    graph = {
        module.name: {name for _line, name in imports(module) if name in modules() and name != module.name}
        for module in modules().values()
    }
    assert cycles(graph) == []


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the modules that import themselves through others: what remains when leaves and roots are taken away."""
    left = {name: set(targets) for name, targets in graph.items()}
    while leaves := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in leaves:
            del left[name]
    while roots := left.keys() - {target for targets in left.values() for target in targets}:
        for name in roots:
            del left[name]
    return [sorted(left)] if left else []


def test_only_services_and_jobs_commit() -> None:
    wrong = [
        f"{module.path}:{node.lineno}: {package(module.name)} must not commit"
        for module in modules().values()
        if not any(within(module.name, committer) for committer in COMMITTERS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]
    assert wrong == []


def test_every_package_of_the_rules_exists() -> None:
    """A package that was renamed would be held to nothing."""
    named = {entry for layer in LAYERS for entry in layer} | NEVER.keys() | LIBRARIES.keys() | set(COMMITTERS)
    assert {name for name in named if not any(within(module, name) for module in modules())} == set()
    assert {package(name) for name in modules()} <= named


def test_wrong_imports_are_recognised() -> None:
    assert problem("webapp.domain.orders.amounts", "sqlalchemy.orm")
    assert problem("webapp.domain.orders.amounts", "webapp.models.orders")
    assert problem("webapp.services.orders.holds", "flask.request")
    assert problem("webapp.services.orders.holds", "webapp.amazon.gateway")
    assert problem("webapp.views.orders.holds", "webapp.amazon.gateway")
    assert problem("webapp.views.orders.holds", "jobs.sync")
    assert problem("simulator.state.clock", "webapp.domain.common.money")
    assert problem("simulator.state.clock", "simulator.operations.world")
    assert problem("simulator.operations.world", "flask.request")
    assert problem("simulator.http.orders", "simulator.state.clock") is None
    assert problem("webapp.queries.orders.orders", "webapp.queriesque")
    assert problem("webapp.services.orders.holds", "webapp.domain.common.money") is None
    assert problem("jobs.sync", "json") is None
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == [["b", "c"]]
    assert cycles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
