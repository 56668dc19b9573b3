"""Walking rows in the order of a column, so that an index gives them one after the other, in both databases.

Rows without a value are at the end of the order, and are read by a statement of their own: no index has them there in
both directions.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import QueryableAttribute


class _Edge(Protocol):
    @property
    def value(self) -> Any: ...

    @property
    def id(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that one index gives in order: those with a value, or those without, which are at the end of the order.

    `edges`: what of a place's edges lies in it: a value (True), none (False), or either (None).
    """

    by: QueryableAttribute[Any]
    tie: QueryableAttribute[int]
    descending: bool
    edges: bool | None
    first: bool

    def holds(self, edge: _Edge) -> bool:
        return self.edges is None or self.edges == (edge.value is not None)

    def precedes(self, edge: _Edge) -> bool:
        return self.first and not self.holds(edge)

    def of(self, found: Select[*tuple[Any, ...]], edge: _Edge | None = None) -> Select[*tuple[Any, ...]]:
        """The rows of this part beyond the edge, in order."""
        columns: list[QueryableAttribute[Any]] = [self.tie] if self.edges is False else [self.by, self.tie]
        if self.edges is not None:
            found = found.where(self.by.is_not(None) if self.edges else self.by.is_(None))
        if edge is not None:
            there = [literal(edge.value, self.by.type), literal(edge.id)][-len(columns) :]
            here = tuple_(*columns)
            found = found.where(here < tuple_(*there) if self.descending else here > tuple_(*there))
        return found.order_by(*(column.desc() if self.descending else column.asc() for column in columns))


def parts(
    by: QueryableAttribute[Any], tie: QueryableAttribute[int], descending: bool, *, backwards: bool = False
) -> list[Part]:
    """The parts of an order in the direction walked. `tie`: by which rows of the same value are in order."""
    if not nullable(by):
        return [Part(by, tie, descending, None, first=True)]
    kinds = (False, True) if backwards else (True, False)
    return [Part(by, tie, descending, kind, first=kind is kinds[0]) for kind in kinds]


def nullable(by: QueryableAttribute[Any]) -> bool:
    return bool(by.property.columns[0].nullable)
