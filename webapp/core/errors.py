"""What keeps the desk from running, said in one line that tells what to do."""


class CannotRunError(Exception):
    """The line is for the person at the terminal; nothing was left half-done."""
