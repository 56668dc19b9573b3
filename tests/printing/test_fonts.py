"""The shipped fonts: unchanged, small, and what they make of what people are called."""

import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st

from webapp.printing.pdf import fonts

README = (fonts.FOLDER / "README.md").read_text()


def test_each_font_is_the_one_the_readme_names():
    named = dict(re.findall(r"^\| `(\S+)` .*`([0-9a-f]{64})` \|$", README, re.MULTILINE))
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in fonts.FOLDER.glob("*.ttf")}
    assert there == named
    assert set(there) == set(fonts.FILES.values())


def test_all_fonts_together_weigh_less_than_eight_megabytes():
    assert sum(path.stat().st_size for path in fonts.FOLDER.iterdir()) < 8_000_000


def test_what_no_font_has_goes_or_is_stood_for():
    for text, printed in [
        ("Zażółć gęślą jaźń", "Zażółć gęślą jaźń"),
        ("Şükrü İğneci ₺", "Şükrü İğneci ₺"),
        ("Ωραία", "Ωραία"),
        ("Їжак ґудзик", "Їжак ґудзик"),
        ("髙橋 ひらがな カタカナ", "髙橋 ひらがな カタカナ"),
        ("김철수", "김철수"),
        ("Anna 👩\u200d👩\u200d👧 👍🏽 Müller ❤️", "Anna Müller"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\tb\nc", "a b c"),
        ("ａｂｃ", "ａｂｃ"),
        ("e\u0301", "é"),
        ("𠮷野", "〓野"),
        ("محمد", "\ufffd\ufffd\ufffd\ufffd"),
    ]:
        assert fonts.printable(text) == printed, (text, printed)


@given(st.text(max_size=60))
def test_whatever_is_printable_can_be_measured_and_stays_as_it_is(text):
    printed = fonts.printable(text)
    assert fonts.width(printed, 9) >= 0
    assert fonts.printable(printed) == printed


@given(st.text(alphabet="ab -/字い、 ", min_size=1, max_size=80), st.floats(10, 60))
def test_lines_fit_their_room_and_lose_no_letter(text, room):
    lines = fonts.wrap(text, room, 9)
    assert all(fonts.width(line, 9) <= room + 0.01 or len(line) <= 3 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_text_with_too_many_lines_ends_with_an_ellipsis():
    lines = fonts.wrap("word " * 100, 30, 9, most=3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert fonts.width(lines[-1], 9) <= 30


def test_a_closing_bracket_does_not_begin_a_line():
    lines = fonts.wrap("日本語の長い商品名です。", fonts.width("日本語の長い商品名です", 9), 9)
    assert lines == ["日本語の長い商品名で", "す。"]
