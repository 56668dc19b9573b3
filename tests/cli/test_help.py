"""What `--help` says."""

from click.testing import CliRunner

from webapp.cli import channeldesk

GROUPS = ["users", "accounts", "stores", "amazon-orders", "orders", "products", "shipments", "submissions", "mails"]


def test_the_help_of_a_command_is_not_truncated():
    for group in [None, *GROUPS]:
        output = CliRunner().invoke(channeldesk, [*([group] if group else []), "--help"], terminal_width=80).output

        commands = output.partition("Commands:\n")[2]
        assert commands.count(".") >= 1, group
        assert "..." not in commands, group
