"""Drawing on PDF pages. Lengths are in millimetres from the upper left corner, font sizes in points."""

from datetime import datetime
from typing import Literal

from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.fonts import TTFFont

from webapp.printing.pdf import fonts

A4 = (210.0, 297.0)
LETTER = (215.9, 279.4)

Colour = tuple[int, int, int]
INK: Colour = (24, 36, 51)
MUTED: Colour = (98, 110, 125)
ACCENT: Colour = (13, 109, 121)
RULE: Colour = (209, 216, 224)
TINT: Colour = (243, 246, 248)
Align = Literal["left", "right"]

_FAMILY = {fonts.REGULAR: ("plex", ""), fonts.BOLD: ("plex", "B"), fonts.ASIAN: ("asian", "")}
# The Asian font has one weight: for bold text its outline is drawn, with this fraction of the font size.
_HEAVIER = 0.009


class PdfCanvas:
    """A PDF file whose pages may have different sizes."""

    def __init__(self) -> None:
        self._pdf = FPDF(unit="mm", format=A4)
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.set_margin(0)
        self._pdf.set_creator("Channeldesk")
        for name in (fonts.REGULAR, fonts.BOLD):
            self._add_font(name)

    def page(self, size: tuple[float, float]) -> None:
        self._pdf.add_page(format=size)

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: Colour = INK,
        align: Align = "left",
    ) -> None:
        """Draw a line of text that begins at `x`, or ends there."""
        text = fonts.printable(text)
        if align == "right":
            x -= fonts.width(text, size, bold=bold)
        self._pdf.set_text_color(*colour)
        for name, stretch in fonts.split_runs(text, bold):
            if name == fonts.ASIAN and "asian" not in self._pdf.fonts:
                self._add_font(name)
            family, style = _FAMILY[name]
            self._pdf.set_font(family, style, size)
            if bold and name == fonts.ASIAN:
                self._draw_heavier(x, baseline, stretch, size, colour)
            else:
                self._pdf.text(x, baseline, stretch)
            x += fonts.width(stretch, size, bold=bold)

    def rule(self, x: float, y: float, to: float, *, colour: Colour = RULE, thick: float = 0.2) -> None:
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(thick)
        self._pdf.line(x, y, to, y)

    def box(self, x: float, y: float, width: float, height: float, *, fill: Colour | None = None) -> None:
        """Draw a filled box, or an outline."""
        if fill is not None:
            self._pdf.set_fill_color(*fill)
        self._pdf.set_draw_color(*MUTED)
        self._pdf.set_line_width(0.25)
        self._pdf.rect(x, y, width, height, style="D" if fill is None else "F")

    def barcode(self, right: float, y: float, text: str, *, narrow: float = 0.2, height: float = 7.5) -> None:
        """Draw a Code 39 barcode that ends at `right`. The text consists of capitals, digits and `-. $/+%`."""
        letters = len(text) + 2
        self._pdf.set_fill_color(*INK)
        # Each character has three wide and six narrow bars and a gap.
        self._pdf.code39(f"*{text}*", right - letters * narrow * 16 + narrow, y, w=narrow * 3, h=height)

    def set_metadata(self, title: str, author: str, language: str, written_at: datetime) -> None:
        """Set the metadata of the file, such that the same documents always give the same bytes."""
        self._pdf.set_title(title)
        self._pdf.set_author(author)
        self._pdf.set_lang(language)
        self._pdf.set_creation_date(written_at)

    def build_file(self) -> bytes:
        return bytes(self._pdf.output())

    def close(self) -> None:
        """Close the font files, which the library keeps open."""
        for font in self._pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def _add_font(self, name: str) -> None:
        family, style = _FAMILY[name]
        self._pdf.add_font(family, style, fonts.FOLDER / fonts.FILES[name])

    def _draw_heavier(self, x: float, baseline: float, text: str, size: float, colour: Colour) -> None:
        with self._pdf.local_context(
            text_mode=TextMode.FILL_STROKE, line_width=size * _HEAVIER, draw_color=colour, text_color=colour
        ):
            self._pdf.text(x, baseline, text)
