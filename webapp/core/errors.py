"""Errors that stop a command, with one line that says what to do."""


class CannotRunError(Exception):
    """The message is shown at the terminal; nothing was left half-done."""
