"""Find the datasets Amazon refuses an account, and call without them.

Amazon does not say which dataset a role is missing for. A dataset counts as refused when Amazon names it, or when a
call was refused that added only this dataset to those allowed.
"""

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from webapp.domain.amazon.errors import AmazonError, Forbidden, InvalidRequest
from webapp.domain.amazon.types import DATASETS, REQUIRED_DATASETS

T = TypeVar("T")

# Those that need a restricted role, or contain data for such roles: the ones most likely to be refused.
RESTRICTED = frozenset({"RECIPIENT", "BUYER", "TAX", "PAYMENT"})
# The most calls after the first refusal: searchOrders has a burst of 20. Datasets still in doubt then are left out.
MAX_CALLS = 13

_NAMES = re.compile(r"\b[A-Z]{3,}\b")
_ABOUT_DATASETS = re.compile(r"included\s?data|data\s?set|\brole|permission|restricted", re.IGNORECASE)
_ABOUT_OTHERS = re.compile(
    r"(created|lastUpdated)(After|Before)|date|paginationToken|marketplace|maxResults|fulfil|orderId|format",
    re.IGNORECASE,
)


def call_with_fallback(
    call: Callable[[frozenset[str]], T], missing: frozenset[str], refused: frozenset[str] = frozenset()
) -> tuple[T, frozenset[str]]:
    """Call with all datasets but the `missing` ones. Returns the result and all datasets missing from it.

    `refused`: the datasets Amazon refused last time. They are left out first when it refuses the call again, which
    takes one more call instead of a dozen.

    Raises Amazon's error when it concerns something else or remains with only the required datasets.
    """
    requested = frozenset(DATASETS) - (missing - REQUIRED_DATASETS)
    try:
        return call(requested), frozenset(DATASETS) - requested
    except (Forbidden, InvalidRequest) as error:
        if requested == REQUIRED_DATASETS or not _may_concern_datasets(error):
            raise
        named = frozenset(_NAMES.findall(error.message)) & requested
    search = DatasetSearch(call, requested)
    result = search.run(named, refused & requested - REQUIRED_DATASETS)
    return result, frozenset(DATASETS) - search.allowed


class DatasetSearch(Generic[T]):
    """A bisecting search for the refused datasets among `requested`. The last result has the most datasets."""

    def __init__(self, call: Callable[[frozenset[str]], T], requested: frozenset[str]) -> None:
        self._send = call
        self._requested = requested
        self._calls_left = MAX_CALLS
        self.allowed = REQUIRED_DATASETS
        self._result: T

    def run(self, named: frozenset[str], refused: frozenset[str]) -> T:
        if refused and self._is_allowed(self._requested - refused):
            # Amazon may allow some of them again.
            for group in _split_datasets([name for name in DATASETS if name in refused]) if len(refused) > 1 else ():
                self._add(group)
            return self._result
        # A message that lists all of them names none.
        if named and named < self._requested - REQUIRED_DATASETS and self._is_allowed(self._requested - named):
            return self._result
        if not self._is_allowed(self._requested - RESTRICTED):
            self._call(REQUIRED_DATASETS)
        for group in _split_datasets([name for name in DATASETS if name in self._requested - self.allowed]):
            self._add(group)
        return self._result

    def _add(self, group: Sequence[str]) -> None:
        if not group or self._calls_left == 0 or self._is_allowed(self.allowed | set(group)) or len(group) == 1:
            return
        for half in _split_datasets(group):
            self._add(half)

    def _is_allowed(self, datasets: frozenset[str]) -> bool:
        try:
            self._call(datasets)
        except (Forbidden, InvalidRequest):
            return False
        return True

    def _call(self, datasets: frozenset[str]) -> None:
        self._calls_left -= 1
        self._result = self._send(datasets)
        self.allowed = datasets


def _may_concern_datasets(error: AmazonError) -> bool:
    if _ABOUT_DATASETS.search(error.message) or isinstance(error, Forbidden):
        return True
    return error.status == 400 and _ABOUT_OTHERS.search(error.message) is None


def _split_datasets(group: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    middle = (len(group) + 1) // 2
    return group[:middle], group[middle:]
