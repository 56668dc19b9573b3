"""Where numbers lead: to the Order, to what Amazon says, to Seller Central."""

from webapp.domain.common.marketplaces import BY_COUNTRY, MARKETPLACES
from webapp.web.links import order_url, seller_central


def test_where_a_number_leads_is_one_rule():
    for ours, imports, address in [
        ("100", True, "/orders/100"),
        ("100", False, "/amazon-orders/303-1"),
        (None, True, "/amazon-orders/303-1"),
    ]:
        assert order_url("303-1", ours, import_orders=imports) == address, (ours, imports, address)


def test_every_marketplace_has_its_seller_central():
    for marketplace in MARKETPLACES:
        assert all(
            url.startswith(f"https://{marketplace.seller_central}/") for url in seller_central(marketplace).values()
        )
    assert seller_central(BY_COUNTRY["US"])["taxes"].endswith("/tax/nexus/settings")
