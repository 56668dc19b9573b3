"""Tables in PDF documents: column widths, row heights and drawing. Lengths in millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.printing.content import Cell, Column, Section
from webapp.printing.pdf import fonts
from webapp.printing.pdf.canvas import (
    ACCENT,
    INK,
    MUTED,
    RULE,
    PdfCanvas,
)

SIZE, SMALL, HEAD = 8.8, 7.4, 7.4
LEADING, SMALL_LEADING = 4.3, 3.6
PADDING, GAP = 1.7, 4.0
HEAD_HEIGHT = 7.0
TICK = 3.6
_LEAST_FILLED = 44.0
_WIDEST = 40.0


@dataclass(frozen=True, slots=True)
class SetCell:
    lines: tuple[str, ...]
    below: tuple[str, ...]
    strong: bool

    @property
    def height(self) -> float:
        return len(self.lines) * LEADING + len(self.below) * SMALL_LEADING


@dataclass(frozen=True, slots=True)
class SetRow:
    cells: tuple[SetCell, ...]

    @property
    def height(self) -> float:
        return max([LEADING, *(cell.height for cell in self.cells)]) + 2 * PADDING


class Table:
    """A section's table, `room` millimetres wide from `left`."""

    def __init__(self, section: Section, left: float, room: float) -> None:
        self.columns = section.columns
        self.left, self.room = left, room
        self.widths = _compute_widths(section, room)
        self.rows = tuple(self._set(row) for row in section.rows)

    def head(self, sheet: PdfCanvas, y: float) -> None:
        for column, x, width in self._compute_positions():
            right = column.figures
            text = fonts.printable(column.head)
            at = x + width if right else x
            sheet.text(at, y + 4.4, text, HEAD, bold=True, colour=ACCENT, align="right" if right else "left")
        sheet.rule(self.left, y + HEAD_HEIGHT - 0.6, self.left + self.room, colour=ACCENT, thick=0.35)

    def draw(self, sheet: PdfCanvas, row: SetRow, y: float) -> None:
        for (column, x, width), cell in zip(self._compute_positions(), row.cells, strict=True):
            if column.tick:
                sheet.box(x, y + PADDING + 0.25, TICK, TICK)
            at, align = (x + width, "right") if column.figures else (x, "left")
            baseline = y + PADDING + 3.2
            for line in cell.lines:
                sheet.text(at, baseline, line, SIZE, bold=cell.strong, colour=INK, align=align)  # type: ignore[arg-type]
                baseline += LEADING
            baseline -= LEADING - SMALL_LEADING
            for line in cell.below:
                sheet.text(at, baseline, line, SMALL, colour=MUTED, align=align)  # type: ignore[arg-type]
                baseline += SMALL_LEADING
        sheet.rule(self.left, y + row.height, self.left + self.room, colour=RULE)

    def _set(self, row: Sequence[Cell]) -> SetRow:
        return SetRow(
            tuple(
                SetCell(
                    tuple(fonts.wrap(cell.text, width, SIZE, bold=cell.strong, most=12)),
                    tuple(fonts.wrap(cell.below, width, SMALL, most=4)),
                    cell.strong,
                )
                for cell, width in zip(row, self.widths, strict=True)
            )
        )

    def _compute_positions(self) -> list[tuple[Column, float, float]]:
        places, x = [], self.left
        for column, width in zip(self.columns, self.widths, strict=True):
            places.append((column, x, width))
            x += width + GAP
        return places


def _compute_widths(section: Section, room: float) -> tuple[float, ...]:
    """Return the column widths: each as wide as its widest entry, the rest for the one that fills."""
    widths = []
    for place, column in enumerate(section.columns):
        entries = [_measure_width(row[place].text, SIZE, bold=row[place].strong) for row in section.rows]
        widest = max([_measure_width(column.head, HEAD, bold=True), *entries])
        widths.append(TICK if column.tick else 0.0 if column.fills else min(widest, _WIDEST) + 0.05)
    free = room - sum(widths) - GAP * (len(widths) - 1)
    if free < _LEAST_FILLED:
        # Too many or too long figures share the remaining width, and longer ones are wrapped.
        shrink = (sum(widths) + free - _LEAST_FILLED) / sum(widths)
        widths = [width * shrink for width in widths]
        free = _LEAST_FILLED
    return tuple(free if column.fills else width for column, width in zip(section.columns, widths, strict=True))


def _measure_width(text: str, size: float, *, bold: bool = False) -> float:
    return fonts.width(fonts.printable(text), size, bold=bold)
