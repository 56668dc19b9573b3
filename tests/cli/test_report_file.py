"""Importing a report of all orders that a person downloaded."""

import pytest

from simulator.operations import order_report
from tests.cli.conftest import Command

COUNTS = ("received", "new", "changed", "same", "other", "foreign")


@pytest.fixture
def report(amazon, tmp_path):
    """A file of 30 orders, as the simulator's Amazon writes it."""
    amazon.world.reset("many:30")
    path = tmp_path / "report.tsv"
    text = order_report.format_lines(list(amazon.world.orders.values()))
    path.write_bytes(text.encode("cp1252", "replace"))
    return path


def counts(result):
    return {name: result[name] for name in COUNTS if result[name]}


def test_a_file_is_imported_and_the_second_time_nothing_changes(command: Command, account_name, report):
    first = command("backfill", "--file", str(report), "--json").json
    second = command("backfill", "--file", str(report), "--json").json

    # The account has a store in Germany only.
    assert first["new"] + first["other"] == first["received"] == 30
    assert first["new"] > 0
    assert counts(second) == {"received": 30, "same": first["new"], "other": first["other"]}


def test_bad_lines_are_named_and_the_others_imported(command: Command, account_name, report):
    lines = report.read_bytes().split(b"\r\n")
    bad = lines[5].split(b"\t")
    bad[2] = b"yesterday"
    lines[5] = b"\t".join(bad)
    lines[0] += b"\tnew-column"
    report.write_bytes(b"\r\n".join(lines))

    result = command("backfill", "--file", str(report))

    assert result.code == 0
    assert "line 6: Column purchase-date is not a time." in result.out
    assert result.out.splitlines()[0].split() == ["received", "29"]


def test_a_file_that_is_no_report_is_one_clear_line(command: Command, account_name, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("Buy milk")

    result = command("backfill", "--file", str(path))

    assert result.code == 1
    assert result.error.startswith("channeldesk: notes.txt has no header with these columns: amazon-order-id, ")


def test_neither_a_command_nor_a_file_is_a_usage_error(command: Command):
    assert command("backfill").code == 2
