import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulator.operations.world import World
from simulator.state.sellers import DEMO_EU
from webapp.db import compressed_json

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text() | some.characters(categories=["Cs"]),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
)
LONG = {"orderId": "305-1", "title": "a title that is long enough " * 30, "orderItems": [1, 2, 3]}


@pytest.fixture(scope="module")
def bodies():
    world = World("many:300", 5)
    yield [record.body for record in world.orders.values() if record.seller_id == DEMO_EU.id]
    world.close()


@given(JSON)
def test_what_is_packed_is_what_comes_out(value):
    whole = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass").decode(errors="replace"))

    assert compressed_json.loads(compressed_json.dumps(value)) == whole


@given(JSON)
def test_equal_values_have_equal_digests(value):
    reversed_keys = json.loads(json.dumps(value), object_pairs_hook=lambda pairs: dict(reversed(pairs)))

    assert compressed_json.digest(reversed_keys) == compressed_json.digest(value)
    assert compressed_json.digest([value]) != compressed_json.digest(value)


def test_a_digest_does_not_mind_the_order_of_keys():
    assert compressed_json.digest({"a": 1, "b": [1, 2]}) == compressed_json.digest({"b": [1, 2], "a": 1})
    assert compressed_json.digest({"a": [1, 2]}) != compressed_json.digest({"a": [2, 1]})


def test_orders_take_a_quarter_of_their_room(bodies):
    plain = sum(len(json.dumps(body)) for body in bodies)

    assert sum(len(compressed_json.dumps(body)) for body in bodies) < plain / 4
    assert [compressed_json.loads(compressed_json.dumps(body)) for body in bodies] == bodies


def test_plain_json_is_read():
    assert compressed_json.loads(json.dumps({"name": "ü"}, ensure_ascii=False).encode()) == {"name": "ü"}


def test_what_the_first_dictionary_packed_is_read():
    written = base64.b64decode(WRITTEN)

    assert compressed_json.loads(written) == LONG


def test_threads_may_pack_at_once(bodies):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(compressed_json.dumps, bodies * 5))

    assert [compressed_json.loads(one) for one in found] == bodies * 5


def test_what_json_cannot_say_is_refused():
    for value in (object(), {"at": hashlib}, b"bytes"):
        with pytest.raises(TypeError):
            compressed_json.dumps(value)


# LONG, as the first release with this dictionary packed it.
WRITTEN = "ASi1L/1gewLNAQBUAjFhIHRpdGxlIHRoYXQgaXMgbG9uZyBlbm91Z2ggIjEsMiwzXX0FAFmAnSDlz+qlZHMagSQooYA="
