"""Errors shown to users: a code and its arguments. `webapp/messages` has the texts."""

from typing import Any, TypeVar

_Found = TypeVar("_Found")


class AppError(Exception):
    """Base class. `code` is a key of `messages`; `args` are the arguments of its text, without personal data."""

    def __init__(self, code: str, **args: Any) -> None:
        super().__init__(code, args)
        self.code = code
        self.arguments = args


class NotFoundError(AppError):
    """There is no such order, store, account…"""


class InvalidError(AppError):
    """What was entered cannot be taken. `field` names the input where there is one."""

    def __init__(self, code: str, *, field: str = "", **args: Any) -> None:
        super().__init__(code, **args)
        self.field = field


class ConfirmationError(InvalidError):
    """What was entered is only taken once a person has confirmed it."""


class RefusedError(AppError):
    """It cannot be done now, because of where things stand. Nothing was changed."""


class BusyError(AppError):
    """Somebody else is at it; it can be tried again."""


def require(row: _Found | None, code: str, **args: Any) -> _Found:
    """Return the row. Raises NotFoundError with the code and arguments if it is None."""
    if row is None:
        raise NotFoundError(code, **args)
    return row
