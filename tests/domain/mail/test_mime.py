"""A mail in bytes: what a header may hold, and text as simple HTML."""

from datetime import UTC, datetime

import pytest

from webapp.domain.mail.mime import MailContent, Sender, pack, render_html

AT = datetime(2026, 3, 2, tzinfo=UTC)


def packed(subject: str = "Hello", name: str = "Shop") -> bytes:
    return pack(
        MailContent(subject, "Text"), Sender("orders@shop.example", name), "b@a.example", "<1@shop.example>", AT
    )


@pytest.mark.parametrize("text", ["Hello\nBcc: x@y.example", "Hello\r\nBcc: x@y.example", "a\rb"])
def test_no_header_has_a_second_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"CR|LF|linefeed|carriage|invalid"):
        packed(text)
    with pytest.raises(ValueError, match=r"CR|LF|linefeed|carriage|invalid"):
        packed(name=text)


def test_long_subjects_of_any_script_are_folded_into_ascii() -> None:
    head = packed("ご注文 " * 40).partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert max(len(line) for line in head.split(b"\r\n")) < 1000


def test_text_becomes_paragraphs_lines_and_links_and_nothing_else() -> None:
    page = render_html("A & <b>\nsecond\n\n\nSee https://dhl.example/?a=1&b=2.\n\nx  y", "de")
    inner = page.partition("<body>\n")[2].partition("\n</body>")[0]
    link = "https://dhl.example/?a=1&amp;b=2"
    assert inner == (f'<p>A &amp; &lt;b&gt;<br>\nsecond</p>\n<p>See <a href="{link}">{link}</a>.</p>\n<p>x&nbsp; y</p>')
    assert '<html lang="de">' in page
