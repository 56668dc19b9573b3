"""`channeldesk orders export`."""

import csv
import io

import openpyxl
import pytest
from sqlalchemy import create_engine, text


@pytest.fixture
def numbers(command, account_name, amazon):
    """Amazon's numbers of two orders that have arrived."""
    placed = [amazon.world.place("DE") for _ in range(2)]
    assert command("sync", account_name).code == 0
    return placed


def table(said):
    return list(csv.reader(io.StringIO(said.out.lstrip("\ufeff"))))


def test_matching_orders_are_written_with_the_requested_columns(command, numbers):
    result = command("orders", "export", "--columns", "amazon_number,total,status", "--sort", "id")

    heads, *rows = table(result)
    assert heads == ["Amazon order number", "Currency", "Grand total", "Status"]
    assert {tuple(row[:2]) for row in rows} == {(number, "EUR") for number in numbers}
    assert {row[3] for row in rows} == {"Processing"}
    assert table(command("orders", "export", "--state", "closed", "--columns", "id")) == [["ID"]]
    assert len(table(command("orders", "export", "--q", numbers[0]))) == 2


def test_names_are_left_out_when_asked(command, numbers, tmp_path):
    with_names = command("orders", "export")
    without = command("orders", "export", "--without-personal-data")

    assert "Ship-to name" in table(with_names)[0]
    assert "Ship-to name" not in table(without)[0]
    engine = create_engine(f"sqlite:///{tmp_path / 'cli' / 'channeldesk.db'}")
    with engine.connect() as connection:
        events = connection.execute(text("SELECT kind, actor FROM events WHERE kind LIKE 'grid_%' ORDER BY id")).all()
    engine.dispose()
    assert [tuple(row) for row in events] == [("grid_exported_personal", "cli"), ("grid_exported", "cli")]


def test_a_workbook_is_written_to_a_file(command, numbers, tmp_path):
    path = tmp_path / "orders.xlsx"

    result = command("orders", "export", "--format", "xlsx", "-o", str(path), "--json")

    assert result.json == {"rows": 2, "file": str(path), "format": "xlsx"}
    assert openpyxl.load_workbook(path).active.max_row == 3


def test_a_store_goes_by_its_name_or_its_slug(command, numbers):
    everything, *stores = (
        table(command("orders", "export", "--columns", "amazon_number", *words))
        for words in ((), ("--store", "Desk DE"), ("--store", "desk-de"))
    )

    assert stores == [everything, everything]
    assert len(everything) == 3


def test_a_total_of_nothing_is_a_limit_too(command, numbers):
    assert table(command("orders", "export", "--columns", "id", "--max", "0")) == [["ID"]]


def test_invalid_options_are_refused(command, account_name):
    for words, message in [
        (("--columns", "id,nonsense"), "There is no column nonsense. Columns: id,"),
        (("--sort", "bill_to"), "The list cannot be sorted by bill_to. Sortable columns: id, amazon_number,"),
        (("--store", "nowhere"), "There is no store nowhere."),
        (("--columns", "id,action"), "There is no column action. Columns: id,"),
        (("--from", "31.12."), "31.12. is not a day."),
        (("--from", "2026-03-31", "--to", "2026-03-30"), "--to is a day before --from."),
        (("--min", "10", "--max", "9.99"), "--max is less than --min."),
        (("--min", "x"), "x is not an amount."),
        (("--max", "1e30"), "1e30 is too much: less than a million millions fits."),
        (("--columns", "bill_to", "--without-personal-data"), "All of these columns hold personal data"),
        (("--format", "xlsx"), "Name the file with --output"),
        (("--output", "/no/such/folder/orders.csv"), "there is no folder /no/such/folder."),
    ]:
        answer = command("orders", "export", *words)

        assert answer.code != 0, (words, message)
        assert answer.out == "", (words, message)
        assert message in answer.error, (words, message)


def test_columns_may_be_named_as_they_are_written_in_a_sentence(command, numbers):
    assert table(command("orders", "export", "--columns", " id, status"))[0] == ["ID", "Status"]


def test_a_file_that_cannot_be_written_is_one_line(command, numbers, tmp_path):
    path = tmp_path / ("x" * 300)

    result = command("orders", "export", "-o", str(path))

    assert (result.code, result.out) == (1, "")
    assert result.error == f"channeldesk: {path}: File name too long."
