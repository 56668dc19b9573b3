"""What a kind of bulk action is made of: one verb, done to one row at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.domain import bulk_states


@dataclass(frozen=True, slots=True)
class Task:
    """One row to be done: `args` of the whole action with those of the row on top."""

    action_id: int
    row_id: int
    subject_id: int
    args: dict[str, Any]
    now: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a row ended, as a sentence's code and arguments. SKIPPED: there was nothing to do, and that is fine."""

    code: str
    args: dict[str, Any] = field(default_factory=dict)
    state: str = bulk_states.DONE


@dataclass(frozen=True, slots=True)
class SkipReason:
    """Why some of a selection cannot be done now: the refusal's code and arguments, and how many it holds for."""

    code: str
    args: dict[str, Any]
    count: int


@dataclass(frozen=True, slots=True)
class BulkHandler:
    """`do` does one row through the real verb, which may commit: it is all one transaction with the row's outcome.

    It raises DeskError where it cannot be done; nothing of the row is kept then. Within it nobody outside is called.
    `impossible` tells before, of a whole selection, what `do` would refuse. `immediate`: it needs no confirmation.
    `finish` is called when no row is left, outside of a transaction; a killed worker makes it be called again, so a
    second call does no harm. It may commit, and may raise DeskError.
    """

    name: str
    permission: str
    do: Callable[[Session, Task], Outcome]
    subject: str = "order"
    immediate: bool = False
    impossible: Callable[[Session, Sequence[int]], list[SkipReason]] | None = None
    finish: Callable[[Session, int, datetime], None] | None = None
