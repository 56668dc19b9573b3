"""The least one could write by hand: raw SQL, keyset pages, one small template, the person read from the database.

    FLOOR_DATABASE=… gunicorn benchmarks.floor:app

It draws a smaller page and has no widgets, no languages and no permissions: it bounds what is there to be had.
"""

import os
import sqlite3
from typing import Any

from flask import Flask, abort, g, render_template_string, request

from webapp.models.engine import sqlite_module

app = Flask(__name__)
_MARK = "%s" if os.environ.get("FLOOR_DATABASE", "").startswith("postgresql") else "?"
_LIST = """<!doctype html><title>Orders</title><h1>Orders</h1><p>{{ person }}</p><table>
{% for row in rows %}<tr><td><a href="/order/{{ row[1] }}">{{ row[1] }}</a></td><td>{{ row[2] }}</td>
<td>{{ row[3] }}</td><td>{{ row[4] }}</td><td>{{ row[5] / 100 }}</td></tr>{% endfor %}</table>
{% if rows %}<a href="?after={{ rows[-1][2] }}&id={{ rows[-1][0] }}">next</a>{% endif %}"""
_ONE = """<!doctype html><title>Order</title><h1>{{ order[1] }}</h1><p>{{ person }}</p><p>{{ order[3] }}</p><table>
{% for item in items %}<tr>{% for value in item %}<td>{{ value }}</td>{% endfor %}</tr>{% endfor %}</table>"""
_COLUMNS = "id, number, purchased_at, status, currency, total"


def _rows(statement: str, *values: Any) -> list[Any]:
    if "connection" not in g:
        g.connection = _connect()
    return g.connection.execute(statement.replace("?", _MARK), values).fetchall()  # type: ignore[no-any-return]


def _connect() -> Any:
    url = os.environ["FLOOR_DATABASE"]
    if url.startswith("postgresql"):
        import psycopg

        return psycopg.connect(url)
    connection: sqlite3.Connection = sqlite_module().connect(url)
    return connection


@app.teardown_appcontext
def _close(_error: BaseException | None) -> None:
    if "connection" in g:
        g.connection.close()


@app.get("/")
def index() -> str:
    conditions, values = ["1 = 1"], []
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
    return render_template_string(_LIST, rows=found, person=_person())


@app.get("/order/<number>")
def show(number: str) -> str:
    found = _rows(f"SELECT {_COLUMNS} FROM amazon_orders WHERE number = ?", number)
    if not found:
        abort(404)
    items = _rows("SELECT sku, title, quantity, total FROM amazon_order_items WHERE amazon_order_id = ?", found[0][0])
    return render_template_string(_ONE, order=found[0], items=items, person=_person())


def _person() -> str:
    return str(_rows("SELECT email FROM users WHERE id = ?", 1)[0][0])
