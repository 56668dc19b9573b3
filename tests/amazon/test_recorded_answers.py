"""Answers that were seen in public, as Amazon sent them: each becomes the error or the state it stands for."""

import json
from pathlib import Path

import pytest

from tests.amazon.scripted import GERMANY, Reply, Script
from webapp.amazon.gateway import Amazon
from webapp.domain.amazon.errors import Forbidden, InvalidRequest
from webapp.domain.amazon.types import DATASETS

FOLDER = Path(__file__).parents[1] / "fixtures" / "amazon"
ORDER = "/orders/2026-01-01/orders/902-1106328-1059050"


def reply(file: Path) -> Reply:
    status = int(file.name[:3]) if file.name[:3].isdigit() else 200
    return Reply(status, file.read_bytes(), {"content-type": "application/json"})


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("400_fulfillment_outage", InvalidRequest),
        ("400_pagination_token", InvalidRequest),
        ("403_non_amazon_marketplace", Forbidden),
    ],
)
def test_an_error_is_raised_with_its_status_and_message(amazon: Amazon, script: Script, name: str, error: type) -> None:
    file = FOLDER / "errors" / f"{name}.json"
    script.reply_to(ORDER, *[reply(file)] * 20)

    with pytest.raises(error) as raised:
        amazon.get_order("902-1106328-1059050", frozenset(DATASETS) - {"FULFILLMENT"})

    assert raised.value.status == int(name[:3])
    assert json.loads(file.read_text())["errors"][0]["message"] in str(raised.value)


@pytest.mark.parametrize("name", ["cancelled", "fatal"])
def test_a_feed_that_was_not_carried_out_is_read_with_its_state(amazon: Amazon, script: Script, name: str) -> None:
    file = FOLDER / "feeds" / f"{name}.json"
    script.reply_to("/feeds/2021-06-30/feeds/100000", reply(file))

    feed = amazon.feed("100000")

    assert (feed.status, feed.marketplace_ids) == (name.upper(), (GERMANY,))


def test_each_recorded_answer_is_named_with_its_source() -> None:
    readme = (FOLDER / "errors" / "README.md").read_text()
    assert [file.name for file in (FOLDER / "errors").glob("*.json") if file.name not in readme] == []
