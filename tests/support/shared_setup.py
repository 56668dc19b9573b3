"""What the applications of a test run share, so that each test can afford an application and a database of its own."""

from pathlib import Path
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import create_engine
from werkzeug.routing import Rule

from webapp.db.base import Base
from webapp.db.engine import build_engine_options, create_file, prepare


class MemoryBytecodeCache(BytecodeCache):
    """Compile each template once per process."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


class CompiledRule(Rule):
    """Compile each URL rule once per process: it is most of the work of `create_app`."""

    _compiled: ClassVar[dict[str, dict[str, Any]]] = {}

    def compile(self) -> None:
        options = {name: value for name, value in vars(self).items() if name != "map"}
        key = repr(sorted(options.items()))
        if key not in self._compiled:
            super().compile()
            self._compiled[key] = {name: value for name, value in vars(self).items() if name != "map"}
        vars(self).update(self._compiled[key])


def share_compiled_code() -> None:
    """Have every application made in this process share compiled templates and URL rules."""
    Flask.jinja_options = {"bytecode_cache": MemoryBytecodeCache()}
    Flask.url_rule_class = CompiledRule


def create_sqlite_template(path: Path) -> None:
    """Create a database with all tables, for tests to copy."""
    url = f"sqlite:///{path}"
    engine = create_engine(url, **build_engine_options(url))
    prepare(engine)
    create_file(engine)
    Base.metadata.create_all(engine)
    engine.dispose()
