"""Walking rows in the order of a column, so that an index gives them one after the other, in both databases.

Rows without a value are at the end of the order, and are read by a statement of their own: no index has them there in
both directions.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Integer, Select, bindparam, tuple_
from sqlalchemy.orm import QueryableAttribute


class _Edge(Protocol):
    @property
    def value(self) -> Any: ...

    @property
    def id(self) -> int: ...


@dataclass(frozen=True, slots=True)
class KeysetSegment:
    """Rows that one index gives in order: those with a value, or those without, which are at the end of the order.

    `edges`: what of a place's edges lies in it: a value (True), none (False), or either (None).
    """

    sort_column: QueryableAttribute[Any]
    tie_breaker: QueryableAttribute[int]
    descending: bool
    edges: bool | None
    first: bool

    def holds(self, edge: _Edge) -> bool:
        return self.edges is None or self.edges == (edge.value is not None)

    def precedes(self, edge: _Edge) -> bool:
        return self.first and not self.holds(edge)

    def of(self, found: Select[*tuple[Any, ...]], *, beyond: bool = False) -> Select[*tuple[Any, ...]]:
        """The rows of this part in order; `beyond` an edge, whose `values` it is then executed with."""
        columns: list[QueryableAttribute[Any]] = (
            [self.tie_breaker] if self.edges is False else [self.sort_column, self.tie_breaker]
        )
        if self.edges is not None:
            found = found.where(self.sort_column.is_not(None) if self.edges else self.sort_column.is_(None))
        if beyond:
            there = [bindparam("edge_value", type_=self.sort_column.type), bindparam("edge_id", type_=Integer)][
                -len(columns) :
            ]
            here = tuple_(*columns)
            found = found.where(here < tuple_(*there) if self.descending else here > tuple_(*there))
        return found.order_by(*(column.desc() if self.descending else column.asc() for column in columns))

    def values(self, edge: _Edge) -> dict[str, Any]:
        """What a statement of the rows beyond the edge is executed with."""
        return {"edge_id": edge.id} if self.edges is False else {"edge_value": edge.value, "edge_id": edge.id}


def parts(
    by: QueryableAttribute[Any], tie: QueryableAttribute[int], descending: bool, *, backwards: bool = False
) -> list[KeysetSegment]:
    """The parts of an order in the direction walked. `tie`: by which rows of the same value are in order."""
    if not nullable(by):
        return [KeysetSegment(by, tie, descending, None, first=True)]
    kinds = (False, True) if backwards else (True, False)
    return [KeysetSegment(by, tie, descending, kind, first=kind is kinds[0]) for kind in kinds]


def nullable(by: QueryableAttribute[Any]) -> bool:
    return bool(by.property.columns[0].nullable)
