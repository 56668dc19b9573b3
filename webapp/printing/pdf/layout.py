"""Draw documents on pages: the head of the first page, repeated heads, page breaks and footers.

A document is split into blocks of known height, the blocks are assigned to pages, and then the pages are drawn with
their number and the number of pages.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from webapp.printing.content import DocumentContent, Section
from webapp.printing.pdf import fonts
from webapp.printing.pdf.canvas import (
    A4,
    ACCENT,
    INK,
    LETTER,
    MUTED,
    RULE,
    TINT,
    PdfCanvas,
)
from webapp.printing.pdf.tables import HEAD_HEIGHT, Table

LEFT, RIGHT, TOP = 20.0, 18.0, 16.0
RIGHT_COLUMN = 118.0
WINDOW_TOP, BODY_TOP = 46.0, 93.0
NEXT_TOP = 30.0
BODY, FINE = 9.0, 7.4
_WARNING = 12.0
_LINE, _FINE_LINE, _FACT = 4.6, 3.5, 4.5
# Lines of the footer, and of the sender above the recipient: enough for the longest values that can be entered.
_MOST_FINE, _MOST_SMALL = 12, 7


@dataclass(frozen=True, slots=True)
class Block:
    """`draw(y)` draws it. `head`: the table head repeated above it; `keep_with_next`: no page break after it."""

    height: float
    draw: Callable[[float], None]
    head: Table | None = None
    keep_with_next: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    y: float
    draw: Callable[[float], None]


class DocumentLayout:
    """Draws a document of any kind: invoice, packing slip, credit memo or pick list."""

    def __init__(self, canvas: PdfCanvas, content: DocumentContent) -> None:
        self.canvas, self.content = canvas, content
        self.size = LETTER if content.letter else A4
        self.right = self.size[0] - RIGHT
        self.width = self.right - LEFT
        self.footer = fonts.wrap(content.footer, self.width - 34, FINE, most=_MOST_FINE)
        self.bottom = self.size[1] - 15 - max(1, len(self.footer)) * _FINE_LINE

    def draw(self) -> int:
        """Draw the document on new pages; return their number."""
        pages = self._paginate()
        for place, page in enumerate(pages, start=1):
            self.canvas.page(self.size)
            if place == 1:
                self._draw_first_head()
            else:
                self._draw_next_head()
            for placed in page:
                placed.draw(placed.y)
            self._draw_footer(place, len(pages))
        return len(pages)

    def _paginate(self) -> list[list[Placed]]:
        pages: list[list[Placed]] = [[]]
        y, headed = self._compute_body_top(), None
        blocks = [*self._build_blocks()]
        for place, block in enumerate(blocks):
            needs = block.height + (HEAD_HEIGHT if block.head is not None and block.head is not headed else 0)
            together = needs + (self._get_next_height(blocks, place) if block.keep_with_next else 0)
            if y + together > self.bottom and pages[-1]:
                pages.append([])
                y, headed = NEXT_TOP, None
            if block.head is not None and block.head is not headed:
                head = block.head
                pages[-1].append(Placed(y, lambda at, head=head: head.head(self.canvas, at)))  # type: ignore[misc]
                y, headed = y + HEAD_HEIGHT, head
            pages[-1].append(Placed(y, block.draw))
            y += block.height
        return pages

    @staticmethod
    def _get_next_height(blocks: list[Block], place: int) -> float:
        after = blocks[place + 1] if place + 1 < len(blocks) else None
        return 0 if after is None else after.height + (HEAD_HEIGHT if after.head is not None else 0)

    def _build_blocks(self) -> Iterator[Block]:
        if self.content.warnings:
            lines = fonts.wrap(" · ".join(self.content.warnings), self.width - 10, _WARNING, bold=True, most=4)
            yield Block(len(lines) * 6 + 9, lambda y: self._draw_warning(lines, y), keep_with_next=True)
        for section in self.content.sections:
            yield from self._build_section_blocks(section)
        if self.content.totals:
            yield Block(len(self.content.totals) * 5.6 + 9, self._draw_totals)
        for note in self.content.notes:
            lines = fonts.wrap(note, self.width, BODY)
            yield Block(len(lines) * _LINE + 3, self._build_lines_callback(lines))

    def _build_section_blocks(self, section: Section) -> Iterator[Block]:
        if section.heading:
            yield Block(12.5, lambda y: self._draw_heading(section, y), keep_with_next=True)
        table = Table(section, LEFT, self.width)
        for row in table.rows:
            yield Block(row.height, lambda y, row=row: table.draw(self.canvas, row, y), head=table)  # type: ignore[misc]
        for what, words in section.messages:
            lines = fonts.wrap(words, self.width - 12, BODY + 0.5, most=30)
            height = len(lines) * _LINE + 14
            yield Block(height, lambda y, what=what, lines=lines: self._draw_message(what, lines, y))  # type: ignore[misc]
        yield Block(3, lambda _y: None)

    def _draw_first_head(self) -> None:
        content, canvas = self.content, self.canvas
        name, *address = content.sender
        for place, line in enumerate(fonts.wrap(name, RIGHT_COLUMN - LEFT - 6, 13, bold=True, most=2)):
            canvas.text(LEFT, TOP + 5 + place * 5.6, line, 13, bold=True)
        canvas.text(self.right, TOP + 6.4, content.title, 22, bold=True, colour=ACCENT, align="right")
        canvas.text(self.right, TOP + 12.4, content.number, 10.5, colour=MUTED, align="right")
        if content.barcode:
            canvas.barcode(self.right, TOP + 15, content.barcode)
        self._draw_recipient(name, address)
        y = WINDOW_TOP
        for label, lines in self._wrap_facts():
            canvas.text(RIGHT_COLUMN, y, label, 8.2, colour=MUTED)
            for line in lines:
                canvas.text(self.right, y, line, 8.6, align="right")
                y += _FACT

    def _draw_recipient(self, name: str, address: list[str]) -> None:
        """Draw the recipient at the window of an envelope, with the sender in one small line above."""
        small = fonts.wrap(" · ".join([name, *address]), 82, 6.4, most=_MOST_SMALL)
        for place, line in enumerate(small):
            self.canvas.text(LEFT, WINDOW_TOP - 1.2 - (len(small) - 1 - place) * 2.7, line, 6.4, colour=MUTED)
        self.canvas.rule(LEFT, WINDOW_TOP, LEFT + 82, colour=RULE)
        y = WINDOW_TOP + 6.5
        for line in self._wrap_recipient():
            self.canvas.text(LEFT, y, line, 10.5)
            y += 5.0

    def _wrap_recipient(self) -> list[str]:
        return [part for line in self.content.recipient for part in fonts.wrap(line, 84, 10.5, most=2)][:12]

    def _wrap_facts(self) -> list[tuple[str, list[str]]]:
        width = self.right - RIGHT_COLUMN - 30
        return [(label, fonts.wrap(value, width, 8.6, most=3) or ["–"]) for label, value in self.content.facts]

    def _compute_body_top(self) -> float:
        facts = sum(len(lines) for _, lines in self._wrap_facts())
        return max(BODY_TOP, WINDOW_TOP + facts * _FACT + 6, WINDOW_TOP + len(self._wrap_recipient()) * 5 + 10)

    def _draw_next_head(self) -> None:
        content, canvas = self.content, self.canvas
        canvas.text(LEFT, TOP + 4, content.sender[0], BODY, bold=True)
        canvas.text(self.right, TOP + 4, f"{content.title} {content.number}", BODY, colour=MUTED, align="right")
        canvas.rule(LEFT, TOP + 7.5, self.right)

    def _draw_footer(self, page: int, pages: int) -> None:
        canvas, top = self.canvas, self.bottom + 5
        canvas.rule(LEFT, top, self.right)
        for place, line in enumerate(self.footer):
            canvas.text(LEFT, top + 4.4 + place * _FINE_LINE, line, FINE, colour=MUTED)
        page_number = self.content.words("Page %(page)s of %(pages)s", page=page, pages=pages)
        canvas.text(self.right, top + 4.4, page_number, FINE, colour=MUTED, align="right")

    def _draw_heading(self, section: Section, y: float) -> None:
        self.canvas.box(LEFT, y + 2, self.width, 8, fill=TINT)
        self.canvas.text(LEFT + 2.5, y + 7.3, section.heading, 9.5, bold=True)
        self.canvas.text(self.right - 2.5, y + 7.3, section.subheading, 9.2, align="right")

    def _draw_message(self, what: str, lines: list[str], y: float) -> None:
        self.canvas.box(LEFT, y + 3, self.width, len(lines) * _LINE + 9, fill=TINT)
        self.canvas.box(LEFT, y + 3, 1, len(lines) * _LINE + 9, fill=ACCENT)
        self.canvas.text(LEFT + 5, y + 8, what, FINE, bold=True, colour=ACCENT)
        for place, line in enumerate(lines):
            self.canvas.text(LEFT + 5, y + 13 + place * _LINE, line, BODY + 0.5)

    def _draw_warning(self, lines: list[str], y: float) -> None:
        height = len(lines) * 6 + 4
        self.canvas.box(LEFT, y, self.width, height, fill=INK)
        self.canvas.box(LEFT + 0.7, y + 0.7, self.width - 1.4, height - 1.4, fill=TINT)
        for place, line in enumerate(lines):
            self.canvas.text(LEFT + 5, y + 6.6 + place * 6, line, _WARNING, bold=True)

    def _draw_totals(self, y: float) -> None:
        left, y = self.right - 82, y + 6
        for total in self.content.totals:
            if total.grand:
                self.canvas.rule(left, y - 3.6, self.right, colour=ACCENT, thick=0.35)
                y += 1.6
            size = 11.5 if total.grand else BODY
            self.canvas.text(left, y, total.text, size, bold=total.grand, colour=INK if total.grand else MUTED)
            self.canvas.text(self.right, y, total.amount, size, bold=total.grand, align="right")
            y += 5.6

    def _build_lines_callback(self, lines: list[str]) -> Callable[[float], None]:
        def draw(y: float) -> None:
            for place, line in enumerate(lines):
                self.canvas.text(LEFT, y + 5 + place * _LINE, line, BODY, colour=MUTED)

        return draw
