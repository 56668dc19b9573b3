"""What a person can run into. An error carries a code and its arguments; `webapp/sentences.py` says it in words."""

from typing import Any


class DeskError(Exception):
    """Base of all. `code` is a row of `sentences`; `args` fill its sentence and hold no personal data."""

    def __init__(self, code: str, **args: Any) -> None:
        super().__init__(code, args)
        self.code = code
        self.arguments = args


class NotFoundError(DeskError):
    """There is no such order, store, account…"""


class InvalidError(DeskError):
    """What was entered cannot be taken. `field` names the input where there is one."""

    def __init__(self, code: str, *, field: str = "", **args: Any) -> None:
        super().__init__(code, **args)
        self.field = field


class ConfirmationError(InvalidError):
    """What was entered is only taken once a person has confirmed it."""


class RefusedError(DeskError):
    """It cannot be done now, because of where things stand. Nothing was changed."""


class BusyError(DeskError):
    """Somebody else is at it; it can be tried again."""
