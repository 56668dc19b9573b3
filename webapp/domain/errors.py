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
    """The input is invalid. `field` names the input where there is one."""

    def __init__(self, code: str, *, field: str = "", **args: Any) -> None:
        super().__init__(code, **args)
        self.field = field


class ConfirmationError(InvalidError):
    """The input is accepted only after a user has confirmed it."""


class RefusedError(AppError):
    """The current state does not allow the action. Nothing was changed."""


class BusyError(AppError):
    """Another process is doing the same work; try again later."""


def require(row: _Found | None, code: str, **args: Any) -> _Found:
    """Return the row. Raises NotFoundError with the code and arguments if it is None."""
    if row is None:
        raise NotFoundError(code, **args)
    return row
