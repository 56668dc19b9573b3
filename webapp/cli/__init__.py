"""The command `channeldesk`. Each module is a command or a group, imported when it is called."""

import importlib
import sys

import click

from webapp.cli.base import Group

# Command → its module and function.
COMMANDS = {
    "up": "webapp.cli.processes:up",
    "demo": "webapp.cli.demo:demo",
    "web": "webapp.cli.processes:web",
    "worker": "webapp.cli.processes:worker",
    "monitor": "webapp.cli.processes:monitor",
    "scheduler": "webapp.cli.processes:scheduler",
    "simulate": "webapp.cli.processes:simulate",
    "doctor": "webapp.cli.doctor:doctor",
    "status": "webapp.cli.status:status",
    "alarms": "webapp.cli.alarms:alarms",
    "users": "webapp.cli.users:users",
    "accounts": "webapp.cli.accounts:accounts",
    "stores": "webapp.cli.stores:stores",
    "amazon-orders": "webapp.cli.amazon_orders:amazon_orders",
    "orders": "webapp.cli.order_actions:orders",
    "products": "webapp.cli.products:products",
    "shipments": "webapp.cli.shipments:shipments",
    "labels": "webapp.cli.labels:labels",
    "submissions": "webapp.cli.submissions:submissions",
    "refunds": "webapp.cli.refunds:refunds",
    "returns": "webapp.cli.returns:returns",
    "mails": "webapp.cli.mails:mails",
    "sync": "webapp.cli.sync:sync",
    "backfill": "webapp.cli.backfill:backfill",
    "completeness": "webapp.cli.completeness:completeness",
    "housekeeping": "webapp.cli.housekeeping:housekeeping",
    "reindex": "webapp.cli.reindex:reindex",
    "fence": "webapp.cli.fence:fence",
    "backup": "webapp.cli.backup:backup",
    "restore": "webapp.cli.backup:restore",
}


# Commands that run processes: what they write is for logs, which are English.
PROCESSES = frozenset({"up", "demo", "web", "worker", "monitor", "scheduler", "simulate"})


class _Commands(Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="channeldesk", prog_name="channeldesk")
def channeldesk() -> None:
    """Channeldesk: a self-hosted order desk for people who sell on Amazon."""


def main() -> None:
    """Run a command. Errors that the user can correct are one line on stderr, with exit code 1."""
    from webapp.cli.base import one_line_errors
    from webapp.core.i18n.page_texts import use_terminal_language

    if not PROCESSES.intersection(sys.argv[1:2]):
        use_terminal_language()
    with one_line_errors():
        channeldesk(prog_name="channeldesk")
