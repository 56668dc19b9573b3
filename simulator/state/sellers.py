"""The seller accounts, and the credentials with which an application calls the API for them."""

from dataclasses import dataclass

from simulator.state.marketplaces import BY_COUNTRY, NON_AMAZON, Marketplace


@dataclass(frozen=True, slots=True)
class Seller:
    """One seller account in one region. The credentials are only valid in the simulator."""

    id: str
    store_name: str
    region: str
    client_id: str
    client_secret: str
    refresh_token: str
    countries: tuple[str, ...]

    @property
    def marketplaces(self) -> tuple[Marketplace, ...]:
        return tuple(BY_COUNTRY[country] for country in self.countries)

    @property
    def non_amazon_marketplaces(self) -> tuple[Marketplace, ...]:
        return tuple(marketplace for marketplace in NON_AMAZON if marketplace.country in self.countries)

    def sells_in(self, marketplace_id: str) -> bool:
        return any(marketplace.id == marketplace_id for marketplace in self.marketplaces)

    def credentials(self, base_url: str) -> dict[str, object]:
        """Return the credentials to enter for this account; `base_url` has no trailing slash."""
        return {
            "seller_id": self.id,
            "name": self.store_name,
            "region": self.region,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "endpoint": base_url,
            "token_url": f"{base_url}/auth/o2/token",
            "marketplaces": list(self.countries),
        }


DEMO_EU = Seller(
    id="A3DEMOSELLEREU",
    store_name="Birch & Anvil",
    region="EU",
    client_id="amzn1.application-oa2-client.demo-eu",
    client_secret="amzn1.oa2-cs.v1.demo-secret-eu",  # noqa: S106 - public on purpose
    refresh_token="Atzr|demo-refresh-eu",  # noqa: S106
    countries=("DE", "GB", "FR", "SE", "PL"),
)
DEMO_JP = Seller(
    id="A3DEMOSELLERJP",
    store_name="Birch & Anvil Japan",
    region="FE",
    client_id="amzn1.application-oa2-client.demo-fe",
    client_secret="amzn1.oa2-cs.v1.demo-secret-fe",  # noqa: S106
    refresh_token="Atzr|demo-refresh-fe",  # noqa: S106
    countries=("JP",),
)
DEMO_SELLERS = (DEMO_EU, DEMO_JP)
