"""What `--help` says."""

import pytest
from click.testing import CliRunner

from webapp.cli import channeldesk

GROUPS = ["users", "accounts", "stores", "amazon-orders", "orders", "products", "shipments", "submissions", "mails"]


@pytest.mark.parametrize("group", [None, *GROUPS])
def test_what_a_command_does_is_said_to_the_end(group):
    said = CliRunner().invoke(channeldesk, [*([group] if group else []), "--help"], terminal_width=80).output

    commands = said.partition("Commands:\n")[2]
    assert commands.count(".") >= 1
    assert "..." not in commands
