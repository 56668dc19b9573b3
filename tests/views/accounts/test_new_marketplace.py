"""A marketplace that opened after this release, and marketplaces that are not sites of Amazon's."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from simulator.operations.world import World
from simulator.state.marketplaces import NON_AMAZON
from simulator.state.sellers import DEMO_EU, DEMO_JP
from tests.support.simulator_server import AmazonServer
from webapp.amazon.gateway import Amazon
from webapp.domain.common.marketplaces import BY_ID
from webapp.models.accounts import Account
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.services.accounts import accounts
from webapp.services.sync import run as sync_run

pytestmark = pytest.mark.usefixtures("job_queue")

NEW = "A3NEWMARKETPLACE"


@pytest.fixture
def seller_of():
    """Start a simulator whose first seller sells in these countries."""
    servers = []

    def start(region, *countries):
        seller = replace(DEMO_EU, region=region, countries=countries)
        server = AmazonServer(World("empty", update_delay=0, sellers=(seller, DEMO_JP)))
        servers.append(server)
        amazon = server.__enter__()
        entered = {name: str(value) for name, value in seller.credentials(amazon.url).items() if name != "marketplaces"}
        return amazon, entered

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def test_an_unknown_marketplace_is_shown_with_its_id_and_works_with_what_amazon_says_of_it(
    owner_client, session, redis, seller_of
):
    assert NEW not in BY_ID
    amazon, entered = seller_of("EU", "DE", "CH")
    owner_client.post("/stores/connect", data=entered)
    page = owner_client.get("/stores/connect/marketplaces").text
    assert NEW in page
    assert "amazon.ch · CHF" in page
    assert "New marketplace" in page

    connected = owner_client.post(
        "/stores/connect/marketplaces", data={"marketplaces": [NEW, "A1PA6795UKMFR9"], "backfill_days": "30"}
    )
    assert connected.status_code == 303
    account = session.scalars(select(Account)).one()
    stores = {store.marketplace_id: store for store in session.scalars(select(Store))}
    assert stores[NEW].marketplace.currency == "CHF"
    assert stores[NEW].name == f"{account.name} CH"
    assert stores["A1PA6795UKMFR9"].marketplace_facts is None

    number = amazon.world.place("CH", lines=((0, 1),))
    with Amazon(accounts.get_credentials(account), redis, max_wait=5, read_timeout=20) as gateway:
        sync = sync_run.sync_account(session, gateway, account.id, clock=lambda: datetime.now(UTC), actor="test")
    assert (sync.new, sync.quarantined, sync.orders_created) == (1, 0, 1)
    order = session.scalars(select(Order)).one()
    assert (order.amazon_order.number, order.currency) == (number, "CHF")
    own_number = order.number
    session.rollback()
    for path in (
        "/",
        "/orders",
        "/amazon-orders",
        f"/orders/{own_number}",
        f"/amazon-orders/{number}",
        f"/orders/{own_number}/packing-slip/pdf",
        "/stores",
        f"/stores/{stores[NEW].slug}",
    ):
        response = owner_client.get(path, follow_redirects=True)
        assert response.status_code == 200, path


def test_a_marketplace_that_is_not_a_site_of_amazon_is_left_out_and_named(owner_client, session, redis, seller_of):
    _, entered = seller_of("NA", "US")
    owner_client.post("/stores/connect", data=entered)
    page = owner_client.get("/stores/connect/marketplaces").text
    assert page.count('name="marketplaces"') == 1
    assert "they are not sites of Amazon" in page
    assert NON_AMAZON[0].name in page
