"""Results of health checks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

OK, WARN, FAIL, UNKNOWN = "ok", "warn", "fail", "unknown"
# The worst first. What is unknown follows from something else that fails, and counts as nothing by itself.
LEVELS = (FAIL, WARN, UNKNOWN, OK)
PROBLEM_LEVELS = (FAIL, WARN)


@dataclass(frozen=True, slots=True)
class Check:
    """One result. `subject`: the account or queue of a check that runs once for each of several.

    `cause` is a code of `messages`, with its arguments; empty when all is well, or when the result is unknown because
    something else fails.
    """

    name: str
    level: str
    cause: str = ""
    subject: str = ""
    arguments: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.name}:{self.subject}" if self.subject else self.name

    @property
    def is_problem(self) -> bool:
        return self.level in PROBLEM_LEVELS


def worst(checks: Iterable[Check]) -> str:
    """Return the overall level: `fail`, `warn` or `ok`."""
    levels = {check.level for check in checks}
    return next((level for level in PROBLEM_LEVELS if level in levels), OK)


def by_name(checks: Iterable[Check]) -> dict[str, str]:
    """Return the worst level of each check over all its subjects."""
    levels: dict[str, str] = {}
    for check in checks:
        levels[check.name] = min(levels.get(check.name, OK), check.level, key=LEVELS.index)
    return levels
