from tests.cli.conftest import Command
from webapp.domain.retention import RULES


def test_housekeeping_prints_what_it_deleted_of_each_kind(command: Command, account_name: str) -> None:
    assert command("housekeeping", "--json").json == {rule.name: 0 for rule in RULES}
    assert command("housekeeping").out.startswith("events                        0\n")
