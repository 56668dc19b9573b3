from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine, select
from sqlalchemy.orm import Session

from tests.cli.conftest import Command
from webapp.models.completeness import CompletenessCheck, CompletenessDay
from webapp.models.reported_orders import OrderRead
from webapp.models.stores import Store

NUMBER = "303-0000000-0000009"


@pytest.fixture
def engine(account_name: str, tmp_path: Path) -> Engine:
    # No connection stays open while a command uses its own SQLite library on the same file.
    return create_engine(f"sqlite:///{tmp_path / 'cli' / 'channeldesk.db'}", poolclass=NullPool)


@pytest.fixture
def store(engine: Engine) -> str:
    """A store with the counts of yesterday and of last year, and a missing order that was given up."""
    now = datetime.now(UTC)
    with Session(engine) as session:
        store = session.scalars(select(Store).order_by(Store.name)).first()
        assert store is not None
        for days in (1, 400):
            day = (now - timedelta(days=days)).date()
            counts = {"at_amazon": 7, "here": 6, "missing": 1, "differing": 0, "checked_at": now}
            session.add(CompletenessDay(store_id=store.id, day=day, **counts))
        about = {"reason": "missing", "purchased_at": now, "requested_at": now, "tries": 12, "cause": "not_found"}
        session.add(OrderRead(account_id=store.account_id, store_id=store.id, number=NUMBER, **about))
        session.commit()
        return store.name


def test_counts_are_listed_for_the_given_days(command: Command, store: str) -> None:
    (row,) = command("completeness", "list", "--json").json
    assert (row["store"], row["at_amazon"], row["here"], row["missing"], row["differing"]) == (store, 7, 6, 1, 0)
    assert len(command("completeness", "list", "--days", "500", "--json").json) == 2
    assert command("completeness", "list").out.split()[-1] == store.split()[-1]


def test_gaps_are_listed_and_read_again(command: Command, store: str) -> None:
    (gap,) = command("completeness", "gaps", "--json").json
    assert (gap["number"], gap["reason"], gap["tries"], gap["next_try_at"]) == (NUMBER, "missing", 12, None)
    assert f"{NUMBER}  missing    {store}  not read, 12 tries, not_found" in command("completeness", "gaps").out
    assert command("completeness", "repair", "--json").json == {"requested": 1}
    (gap,) = command("completeness", "gaps", "--json").json
    assert (gap["tries"], gap["next_try_at"] is None) == (0, False)


def test_a_check_of_the_last_30_days_is_requested(command: Command, account_name: str, engine: Engine) -> None:
    with Session(engine) as session:
        before = session.scalars(select(CompletenessCheck.next_try_at)).one()
    assert command("completeness", "check", account_name, "--json").json["account"] == account_name
    with Session(engine) as session:
        check = session.scalars(select(CompletenessCheck)).one()
        assert check.is_long
        assert check.next_try_at < before


def test_what_cannot_be_done_is_one_clear_line(command: Command, account_name: str) -> None:
    result = command("completeness", "check", "Nobody")
    assert (result.code, result.error) == (1, "channeldesk: There is no account Nobody.")
    assert command("completeness", "gaps").out == "No orders are missing or out of date.\n"
