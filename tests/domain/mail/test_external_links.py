"""Where a mail's text would lead its reader."""

import pytest

from tests.support.time_limit import time_limit
from webapp.domain.mail.external_links import find_external_hosts


def test_a_text_leads_where_its_links_and_addresses_lead() -> None:
    for text, hosts in [
        ("See https://www.shop.example/mugs, or http://user@shop.example:8080.", ["shop.example"]),
        ("more at www.Shop.example or desk@mail.example.", ["shop.example", "mail.example"]),
        ("https://bücher.example/ http://10.0.0.1/x", ["bücher.example", "10.0.0.1"]),
        ("https://amazon.de.evil.example https://evilamazon.de", ["amazon.de.evil.example", "evilamazon.de"]),
        ("https://tracking.dpd.de/1 https://dpd.de/ https://www.dhl.com/x", []),
        ("https://www.amazon.co.uk/gp/css sellercentral.amazon.de you@marketplace.amazon.de", []),
        ("Parcel: https://www.dhl.com. (https://www.ups.com), „https://www.dpd.de“ <https://www.dhl.com>!", []),
        ("https://nolp.dhl.de/1 www.dhl.de https://my.dpd.de/2 https://auspost.com.au/3", []),
        ("请在www.dhl.com查询。https://www.sagawa-exp.co.jpで追跡", []),
        (
            "请看www.shop.example。邮箱a@mail.example。https://商店.中国。",
            ["shop.example", "mail.example", "商店.中国"],
        ),
        ("https://shop.example?to=you@amazon.de https://com.au", ["shop.example", "com.au"]),
        ("3@1.99 and 5x@12.50EUR", []),
        ("3 @ 5.00 each. As said, e.g. Mug.Blue, x@y", []),
    ]:
        assert find_external_hosts(text) == hosts, (text, hosts)


@pytest.mark.parametrize("piece", ["www.-", "あwww.-", "a.a.a@", "http://", "https://x:", "w@-.www.-"])
def test_a_long_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    """A search that starts over at each character would take hours for this text, and runs into the limit."""
    text = piece * (400_000 // len(piece))

    with time_limit(seconds=120):
        find_external_hosts(text)
