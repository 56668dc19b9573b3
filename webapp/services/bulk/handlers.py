"""Bulk action handlers: one for each kind of bulk action, which processes one row at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.domain import bulk_states


@dataclass(frozen=True, slots=True)
class Task:
    """One row to process. `args`: those of the whole action, overridden by those of the row."""

    action_id: int
    row_id: int
    subject_id: int
    args: dict[str, Any]
    now: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a row: a message code and its arguments. SKIPPED: there was nothing to do, which is no error."""

    code: str
    args: dict[str, Any] = field(default_factory=dict)
    state: str = bulk_states.DONE


@dataclass(frozen=True, slots=True)
class SkipReason:
    """The reason some selected rows cannot be processed now: message code, arguments and number of rows."""

    code: str
    args: dict[str, Any]
    count: int


@dataclass(frozen=True, slots=True)
class BulkHandler:
    """Base class of the kinds of bulk actions.

    `process`: process one row by calling a service, which may commit; the row's outcome is written in the same
    transaction. It raises AppError if that is not possible, which rolls the row back, and makes no network calls.
    `find_skip_reasons`: return for a whole selection what `process` would refuse. `immediate`: runs without
    confirmation. `finish`: called outside a transaction when no row is left, and again if the worker is killed, so it
    must be safe to repeat. It may commit and may raise AppError.
    """

    name: str
    permission: str
    process: Callable[[Session, Task], Outcome]
    subject: str = "order"
    immediate: bool = False
    find_skip_reasons: Callable[[Session, Sequence[int]], list[SkipReason]] | None = None
    finish: Callable[[Session, int, datetime], None] | None = None
