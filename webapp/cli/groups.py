"""A group of commands whose help says of each what it does, to the end of the sentence."""

import click


class Group(click.Group):
    """Click cuts what a command does after some words; here it goes on in the next line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and the first sentence of each."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, one.get_short_help_str(limit=1000)) for name, one in found if one is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
