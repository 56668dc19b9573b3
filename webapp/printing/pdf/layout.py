"""Layout of a document on pages: the first page, repeated heads, and page breaks.

A document is first cut into blocks of known height, then the blocks are put on pages, and only then is anything drawn,
so that each page can say how many there are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from webapp.printing.content import Content, Section
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
_LINE, _FINE_LINE, _FACT = 4.6, 3.5, 4.5
# Lines of the footer, and of the sender above the recipient: enough for the longest values that can be entered.
_MOST_FINE, _MOST_SMALL = 12, 7


@dataclass(frozen=True, slots=True)
class Block:
    """`draw(y)` draws it. `head`: the table whose head is repeated above it; `joined`: kept with the next block."""

    height: float
    draw: Callable[[float], None]
    head: Table | None = None
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    y: float
    draw: Callable[[float], None]


class Layout:
    def __init__(self, sheet: PdfCanvas, content: Content) -> None:
        self.sheet, self.content = sheet, content
        self.size = LETTER if content.letter else A4
        self.right = self.size[0] - RIGHT
        self.room = self.right - LEFT
        self.footer = fonts.wrap(content.footer, self.room - 34, FINE, most=_MOST_FINE)
        self.bottom = self.size[1] - 15 - max(1, len(self.footer)) * _FINE_LINE

    def draw(self) -> int:
        """Draw the document on new pages; return their number."""
        pages = self._paginate()
        for place, page in enumerate(pages, start=1):
            self.sheet.page(self.size)
            if place == 1:
                self._first_head()
            else:
                self._next_head()
            for placed in page:
                placed.draw(placed.y)
            self._foot(place, len(pages))
        return len(pages)

    def _paginate(self) -> list[list[Placed]]:
        pages: list[list[Placed]] = [[]]
        y, headed = self._body_top(), None
        blocks = [*self._blocks()]
        for place, block in enumerate(blocks):
            needs = block.height + (HEAD_HEIGHT if block.head is not None and block.head is not headed else 0)
            together = needs + (self._with_next(blocks, place) if block.joined else 0)
            if y + together > self.bottom and pages[-1]:
                pages.append([])
                y, headed = NEXT_TOP, None
            if block.head is not None and block.head is not headed:
                head = block.head
                pages[-1].append(Placed(y, lambda at, head=head: head.head(self.sheet, at)))  # type: ignore[misc]
                y, headed = y + HEAD_HEIGHT, head
            pages[-1].append(Placed(y, block.draw))
            y += block.height
        return pages

    @staticmethod
    def _with_next(blocks: list[Block], place: int) -> float:
        after = blocks[place + 1] if place + 1 < len(blocks) else None
        return 0 if after is None else after.height + (HEAD_HEIGHT if after.head is not None else 0)

    def _blocks(self) -> Iterator[Block]:
        for section in self.content.sections:
            yield from self._section(section)
        if self.content.totals:
            yield Block(len(self.content.totals) * 5.6 + 9, self._totals)
        for note in self.content.notes:
            lines = fonts.wrap(note, self.room, BODY)
            yield Block(len(lines) * _LINE + 3, self._lines(lines))

    def _section(self, section: Section) -> Iterator[Block]:
        if section.heading:
            yield Block(12.5, lambda y: self._heading(section, y), joined=True)
        table = Table(section, LEFT, self.room)
        for row in table.rows:
            yield Block(row.height, lambda y, row=row: table.draw(self.sheet, row, y), head=table)  # type: ignore[misc]
        for what, words in section.messages:
            lines = fonts.wrap(words, self.room - 12, BODY + 0.5, most=30)
            height = len(lines) * _LINE + 14
            yield Block(height, lambda y, what=what, lines=lines: self._message(what, lines, y))  # type: ignore[misc]
        yield Block(3, lambda _y: None)

    def _first_head(self) -> None:
        content, sheet = self.content, self.sheet
        name, *address = content.sender
        for place, line in enumerate(fonts.wrap(name, RIGHT_COLUMN - LEFT - 6, 13, bold=True, most=2)):
            sheet.text(LEFT, TOP + 5 + place * 5.6, line, 13, bold=True)
        sheet.text(self.right, TOP + 6.4, content.title, 22, bold=True, colour=ACCENT, align="right")
        sheet.text(self.right, TOP + 12.4, content.number, 10.5, colour=MUTED, align="right")
        if content.barcode:
            sheet.barcode(self.right, TOP + 15, content.barcode)
        self._window(name, address)
        y = WINDOW_TOP
        for label, lines in self._facts():
            sheet.text(RIGHT_COLUMN, y, label, 8.2, colour=MUTED)
            for line in lines:
                sheet.text(self.right, y, line, 8.6, align="right")
                y += _FACT

    def _window(self, name: str, address: list[str]) -> None:
        """Draw the recipient at the window of an envelope, with the sender in one small line above."""
        small = fonts.wrap(" · ".join([name, *address]), 82, 6.4, most=_MOST_SMALL)
        for place, line in enumerate(small):
            self.sheet.text(LEFT, WINDOW_TOP - 1.2 - (len(small) - 1 - place) * 2.7, line, 6.4, colour=MUTED)
        self.sheet.rule(LEFT, WINDOW_TOP, LEFT + 82, colour=RULE)
        y = WINDOW_TOP + 6.5
        for line in self._recipient():
            self.sheet.text(LEFT, y, line, 10.5)
            y += 5.0

    def _recipient(self) -> list[str]:
        return [part for line in self.content.recipient for part in fonts.wrap(line, 84, 10.5, most=2)][:12]

    def _facts(self) -> list[tuple[str, list[str]]]:
        room = self.right - RIGHT_COLUMN - 30
        return [(label, fonts.wrap(value, room, 8.6, most=3) or ["–"]) for label, value in self.content.facts]

    def _body_top(self) -> float:
        facts = sum(len(lines) for _, lines in self._facts())
        return max(BODY_TOP, WINDOW_TOP + facts * _FACT + 6, WINDOW_TOP + len(self._recipient()) * 5 + 10)

    def _next_head(self) -> None:
        content, sheet = self.content, self.sheet
        sheet.text(LEFT, TOP + 4, content.sender[0], BODY, bold=True)
        sheet.text(self.right, TOP + 4, f"{content.title} {content.number}", BODY, colour=MUTED, align="right")
        sheet.rule(LEFT, TOP + 7.5, self.right)

    def _foot(self, page: int, pages: int) -> None:
        sheet, top = self.sheet, self.bottom + 5
        sheet.rule(LEFT, top, self.right)
        for place, line in enumerate(self.footer):
            sheet.text(LEFT, top + 4.4 + place * _FINE_LINE, line, FINE, colour=MUTED)
        page_number = self.content.words("Page %(page)s of %(pages)s", page=page, pages=pages)
        sheet.text(self.right, top + 4.4, page_number, FINE, colour=MUTED, align="right")

    def _heading(self, section: Section, y: float) -> None:
        self.sheet.box(LEFT, y + 2, self.room, 8, fill=TINT)
        self.sheet.text(LEFT + 2.5, y + 7.3, section.heading, 9.5, bold=True)
        self.sheet.text(self.right - 2.5, y + 7.3, section.subheading, 9.2, align="right")

    def _message(self, what: str, lines: list[str], y: float) -> None:
        self.sheet.box(LEFT, y + 3, self.room, len(lines) * _LINE + 9, fill=TINT)
        self.sheet.box(LEFT, y + 3, 1, len(lines) * _LINE + 9, fill=ACCENT)
        self.sheet.text(LEFT + 5, y + 8, what, FINE, bold=True, colour=ACCENT)
        for place, line in enumerate(lines):
            self.sheet.text(LEFT + 5, y + 13 + place * _LINE, line, BODY + 0.5)

    def _totals(self, y: float) -> None:
        left, y = self.right - 82, y + 6
        for total in self.content.totals:
            if total.grand:
                self.sheet.rule(left, y - 3.6, self.right, colour=ACCENT, thick=0.35)
                y += 1.6
            size = 11.5 if total.grand else BODY
            self.sheet.text(left, y, total.text, size, bold=total.grand, colour=INK if total.grand else MUTED)
            self.sheet.text(self.right, y, total.amount, size, bold=total.grand, align="right")
            y += 5.6

    def _lines(self, lines: list[str]) -> Callable[[float], None]:
        def draw(y: float) -> None:
            for place, line in enumerate(lines):
                self.sheet.text(LEFT, y + 5 + place * _LINE, line, BODY, colour=MUTED)

        return draw
