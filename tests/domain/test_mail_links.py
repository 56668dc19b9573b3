"""Where a mail's text would lead its reader."""

import pytest

from webapp.domain.mail_links import leading_away


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("See https://www.shop.example/mugs, or http://user@shop.example:8080.", ["shop.example"]),
        ("more at www.Shop.example or desk@mail.example.", ["shop.example", "mail.example"]),
        ("https://bücher.example/ http://10.0.0.1/x", ["bücher.example", "10.0.0.1"]),
        ("https://amazon.de.evil.example https://evilamazon.de", ["amazon.de.evil.example", "evilamazon.de"]),
        ("https://tracking.dpd.de/1 https://dpd.de/ https://www.dhl.com/x", []),
        ("https://www.amazon.co.uk/gp/css sellercentral.amazon.de you@marketplace.amazon.de", []),
        ("3 @ 5.00 each. As said, e.g. Mug.Blue, x@y", []),
    ],
)
def test_a_text_leads_where_its_links_and_addresses_lead(text: str, hosts: list[str]) -> None:
    assert leading_away(text) == hosts
