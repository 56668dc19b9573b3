"""The way down when Amazon refuses a call with all datasets: find the ones it refuses, and go on without them.

Amazon does not say which dataset a role is missing for. So a dataset counts as refused when Amazon names it, or when
a call was refused that added nothing but this one to what is allowed.
"""

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from webapp.domain.amazon.errors import AmazonError, Forbidden, InvalidRequest
from webapp.domain.amazon.types import DATASETS, REQUIRED_DATASETS

T = TypeVar("T")

# The ones that need a restricted role, or hold what only such roles see: the likely ones.
RESTRICTED = frozenset({"RECIPIENT", "BUYER", "TAX", "PAYMENT"})
# The most calls a way down costs after the first refusal: a sync has 15 of searchOrders at hand. What is still in
# doubt then is left out as well.
CALLS = 13

_NAMES = re.compile(r"\b[A-Z]{3,}\b")
_ABOUT_DATASETS = re.compile(r"included\s?data|data\s?set|\brole|permission|restricted", re.IGNORECASE)
_ABOUT_OTHERS = re.compile(
    r"(created|lastUpdated)(After|Before)|date|paginationToken|marketplace|maxResults|fulfil|orderId|format",
    re.IGNORECASE,
)


def call_with_fallback(
    ask: Callable[[frozenset[str]], T], missing: frozenset[str], refused: frozenset[str] = frozenset()
) -> tuple[T, frozenset[str]]:
    """Ask with all datasets but the `missing` ones; returns what came and all that is missing now.

    `refused`: the datasets Amazon refused last time. They are left out first when it refuses the call again, which
    takes one more call where the search takes a dozen.

    Raises Amazon's refusal when it is about something else or stays with the required datasets alone.
    """
    wanted = frozenset(DATASETS) - (missing - REQUIRED_DATASETS)
    try:
        return ask(wanted), frozenset(DATASETS) - wanted
    except (Forbidden, InvalidRequest) as error:
        if wanted == REQUIRED_DATASETS or not _may_mean_a_dataset(error):
            raise
        named = frozenset(_NAMES.findall(error.message)) & wanted
    way = DatasetSearch(ask, wanted)
    answer = way.go(named, refused & wanted - REQUIRED_DATASETS)
    return answer, frozenset(DATASETS) - way.allowed


class DatasetSearch(Generic[T]):
    """One search for the refused datasets among `wanted`. The last answer that came is the fullest."""

    def __init__(self, ask: Callable[[frozenset[str]], T], wanted: frozenset[str]) -> None:
        self._ask = ask
        self._wanted = wanted
        self._left = CALLS
        self.allowed = REQUIRED_DATASETS
        self._answer: T

    def go(self, named: frozenset[str], refused: frozenset[str]) -> T:
        if refused and self._allows(self._wanted - refused):
            # One of several may be given again.
            for group in _halves([name for name in DATASETS if name in refused]) if len(refused) > 1 else ():
                self._add(group)
            return self._answer
        # A list of all there are names nothing.
        if named and named < self._wanted - REQUIRED_DATASETS and self._allows(self._wanted - named):
            return self._answer
        if not self._allows(self._wanted - RESTRICTED):
            self._take(REQUIRED_DATASETS)
        for group in _halves([name for name in DATASETS if name in self._wanted - self.allowed]):
            self._add(group)
        return self._answer

    def _add(self, group: Sequence[str]) -> None:
        if not group or self._left == 0 or self._allows(self.allowed | set(group)) or len(group) == 1:
            return
        for half in _halves(group):
            self._add(half)

    def _allows(self, datasets: frozenset[str]) -> bool:
        try:
            self._take(datasets)
        except (Forbidden, InvalidRequest):
            return False
        return True

    def _take(self, datasets: frozenset[str]) -> None:
        self._left -= 1
        self._answer = self._ask(datasets)
        self.allowed = datasets


def _may_mean_a_dataset(error: AmazonError) -> bool:
    if _ABOUT_DATASETS.search(error.message) or isinstance(error, Forbidden):
        return True
    return error.status == 400 and _ABOUT_OTHERS.search(error.message) is None


def _halves(group: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    middle = (len(group) + 1) // 2
    return group[:middle], group[middle:]
