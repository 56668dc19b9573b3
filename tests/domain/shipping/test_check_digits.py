"""The check digits of carriers, against numbers worked out by hand from each published rule."""

from hypothesis import given, strategies

from webapp.domain.shipping import check_digits

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_only_the_right_last_digit_is_accepted():
    for check, digits, expected in [
        # Weights 3 and 1 from the right: 3 + 0 + 27 + 8 + 21 + 6 + 15 + 4 + 9 + 2 + 3 = 98.
        (check_digits.gs1, "12345678901", "2"),
        # The same sum and one more.
        (check_digits.gls, "12345678901", "1"),
        # Weights 4 and 9 from the left: 187 for the example in Deutsche Post's specification.
        (check_digits.identcode, "56310243031", "3"),
        # Weights 3, 1 and 7 from the left: 178, which leaves 2 when divided by 11.
        (check_digits.fedex, "12345678901", "2"),
        # 1234567890 = 7 x 176366841 + 3.
        (check_digits.seven, "1234567890", "3"),
    ]:
        assert [digit for digit in "0123456789" if check(digits + digit)] == [expected], (check, digits, expected)


@given(strategies.text(ALPHABET, min_size=14, max_size=14))
def test_dpd_follows_iso_7064_mod_37_36(text):
    product = 36
    for sign in text:
        total = (product + ALPHABET.index(sign)) % 36 or 36
        product = total * 2 % 37
    expected = ALPHABET[(37 - product) % 36]

    assert [sign for sign in ALPHABET if check_digits.dpd(text + sign)] == [expected]
