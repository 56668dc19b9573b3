"""`channeldesk labels`: nothing is bought on the command line."""

from tests.cli.conftest import Command


def test_there_are_no_labels_at_first(command: Command, account_name: str) -> None:
    assert command("labels", "list", "--json").json == []


def test_an_unknown_label_is_refused_in_one_line(command: Command, account_name: str) -> None:
    result = command("labels", "refund", "7")
    assert (result.code, "There is no shipping label 7." in result.error) == (1, True)
