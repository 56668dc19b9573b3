"""The floor: a minimal program with raw SQL, keyset pages and one small template, which reads the signed-in user.

    FLOOR_DATABASE=… gunicorn benchmarks.floor:app

It renders a smaller page without widgets, languages and permissions: a lower bound of what is possible. Templates are
compiled once and each thread keeps its connection.
"""

import os
import sqlite3
import threading
from typing import Any

from flask import Flask, abort, request, session
from flask.sessions import SecureCookieSessionInterface

from webapp.db.engine import find_sqlite_module

app = Flask(__name__)
app.secret_key = "of nobody"
_signer = SecureCookieSessionInterface().get_signing_serializer(app)
assert _signer is not None
# Signs in the first user.
COOKIE = "session=" + str(_signer.dumps({"user": 1}))
_DATABASE = os.environ.get("FLOOR_DATABASE", "")
_MARK = "%s" if _DATABASE.startswith("postgresql") else "?"
_LIST = app.jinja_env.from_string("""<!doctype html><title>Orders</title><h1>Orders</h1><p>{{ person }}</p><table>
{% for row in rows %}<tr><td><a href="/order/{{ row[1] }}">{{ row[1] }}</a></td><td>{{ row[2] }}</td>
<td>{{ row[3] }}</td><td>{{ row[4] }}</td><td>{{ row[5] / 100 }}</td></tr>{% endfor %}</table>
{% if rows %}<a href="?after={{ rows[-1][2] }}&id={{ rows[-1][0] }}">next</a>{% endif %}""")
_ONE = app.jinja_env.from_string("""<!doctype html><title>Order</title><h1>{{ order[1] }}</h1><p>{{ person }}</p>
<p>{{ order[3] }}</p><table>{% for item in items %}<tr>{% for value in item %}<td>{{ value }}</td>{% endfor %}</tr>
{% endfor %}</table>""")
_COLUMNS = "id, number, purchased_at, status, currency, total"
_own = threading.local()


def _rows(statement: str, *values: Any) -> list[Any]:
    if not hasattr(_own, "connection"):
        _own.connection = _connect()
    return _own.connection.execute(statement.replace("?", _MARK), values).fetchall()


def _connect() -> Any:
    if _DATABASE.startswith("postgresql"):
        import psycopg

        return psycopg.connect(_DATABASE, autocommit=True)
    connection: sqlite3.Connection = find_sqlite_module().connect(_DATABASE)
    return connection


@app.get("/")
def index() -> str:
    conditions = ["1 = 1"]
    values: list[str | int] = []
    if "status" in request.args:
        conditions.append("status = ?")
        values.append(request.args["status"])
    if "after" in request.args:
        conditions.append("(purchased_at, id) < (?, ?)")
        values += [request.args["after"], int(request.args["id"])]
    where = " AND ".join(conditions)
    found = _rows(
        f"SELECT {_COLUMNS} FROM amazon_orders WHERE {where} ORDER BY purchased_at DESC, id DESC LIMIT 50", *values
    )
    return _LIST.render(rows=found, person=_person())


@app.get("/order/<number>")
def show(number: str) -> str:
    found = _rows(f"SELECT {_COLUMNS} FROM amazon_orders WHERE number = ?", number)
    if not found:
        abort(404)
    items = _rows("SELECT sku, title, quantity, total FROM amazon_order_items WHERE amazon_order_id = ?", found[0][0])
    return _ONE.render(order=found[0], items=items, person=_person())


def _person() -> str:
    found = _rows("SELECT email FROM users WHERE id = ? AND active", session["user"])
    return str(found[0][0])
