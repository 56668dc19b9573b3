"""The gateway against the simulator: complete reads, and faults in the middle of them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from simulator.operations.world import World
from simulator.state.sellers import DEMO_EU
from tests.support.simulator_server import AmazonServer
from webapp.amazon.gateway import Amazon
from webapp.amazon.rate_limiter import build_bucket_key
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import (
    BadCredentials,
    Forbidden,
    InvalidRequest,
    ResourceNotFound,
    Throttled,
    Unavailable,
)
from webapp.domain.amazon.types import DATASETS, AmazonOrder, OrderPage, UnparseableOrder
from webapp.domain.common.marketplaces import BY_COUNTRY

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
EUROPE = [BY_COUNTRY[country].id for country in DEMO_EU.countries]


def everything(amazon: Amazon) -> list[OrderPage]:
    """All pages, as a caller reads them."""
    pages = [amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)]
    while pages[-1].next_token:
        pages.append(
            amazon.search_orders(
                updated_after=LONG_AGO, marketplace_ids=EUROPE, token=pages[-1].next_token, missing=pages[-1].missing
            )
        )
    return pages


def numbers(pages: list[OrderPage]) -> list[str | None]:
    return [order.number for page in pages for order in page.orders]


def searches(world: World) -> int:
    return world.call_counts["searchOrders"]


def test_the_marketplaces_of_an_account_are_listed(amazon: Amazon) -> None:
    participations = amazon.participations()

    assert [(one.country_code, one.currency, one.domain, one.participating) for one in participations][:2] == [
        ("DE", "EUR", "www.amazon.de", True),
        ("GB", "GBP", "www.amazon.co.uk", True),
    ]
    assert [one.marketplace_id for one in participations] == EUROPE


def test_every_order_of_a_busy_day_is_read_once_over_its_pages(amazon: Amazon, world: World) -> None:
    world.reset("busy_monday")

    pages = everything(amazon)

    orders = [order for page in pages for order in page.read()]
    assert all(isinstance(order, AmazonOrder) for order in orders)
    assert sorted(order.number or "" for order in orders) == sorted(
        record.id for record in world.orders.values() if record.seller_id == DEMO_EU.id
    )
    assert [len(page.orders) for page in pages[:-1]] == [100] * (len(pages) - 1)
    assert pages[0].updated_before == pages[-1].updated_before


def test_an_order_reads_the_same_in_a_page_and_alone(amazon: Amazon, world: World) -> None:
    number = world.place("DE")

    (order,) = amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE).read()

    assert isinstance(order, AmazonOrder)
    assert amazon.get_order(number) == order
    assert (order.number, order.status, order.fulfilled_by) == (number, "UNSHIPPED", "MERCHANT")
    assert order.buyer is not None
    assert order.recipient is not None


def test_an_unknown_order_is_not_there(amazon: Amazon) -> None:
    with pytest.raises(ResourceNotFound, match=r"404 NotFound: Order 902-0000000-0000000 was not found\.$"):
        amazon.get_order("902-0000000-0000000")


@pytest.mark.parametrize("answer", ["403", "400"])
@pytest.mark.parametrize(("dataset", "calls"), [("RECIPIENT", 6), ("PAYMENT", 6), ("PROMOTION", 9)])
def test_a_refused_dataset_is_left_out(amazon: Amazon, world: World, dataset: str, calls: int, answer: str) -> None:
    number = world.place("DE")
    world.faults.arm("forbidden_dataset", times=None, dataset=dataset, answer=answer)

    page = amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)

    assert page.missing == {dataset}
    assert numbers([page]) == [number]
    assert searches(world) == calls
    assert amazon.get_order(number, page.missing).missing == {dataset}
    assert world.call_counts["getOrder"] == 1


def test_two_refused_datasets_are_both_found_and_not_asked_for_again(amazon: Amazon, world: World) -> None:
    for dataset in ("BUYER", "RECIPIENT"):
        world.faults.arm("forbidden_dataset", times=None, dataset=dataset)

    first = amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)
    asked = searches(world)
    second = amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE, missing=first.missing)

    assert first.missing == second.missing == {"BUYER", "RECIPIENT"}
    assert (asked, searches(world)) == (6, 7)


def test_an_account_with_no_role_for_anything_more_still_reads_its_orders(amazon: Amazon, world: World) -> None:
    number = world.place("DE")
    for dataset in DATASETS:
        if dataset != "FULFILLMENT":
            world.faults.arm("forbidden_dataset", times=None, dataset=dataset)

    page = amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)

    assert page.missing == frozenset(DATASETS) - {"FULFILLMENT"}
    assert numbers([page]) == [number]
    assert searches(world) <= 14


def test_a_refusal_that_passes_blames_no_dataset(amazon: Amazon, world: World) -> None:
    world.faults.arm("forbidden_dataset", times=1, dataset="BUYER")

    assert amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE).missing == frozenset()


def test_the_dataset_an_order_cannot_do_without_is_not_given_up(amazon: Amazon, world: World) -> None:
    world.faults.arm("forbidden_dataset", times=None, dataset="FULFILLMENT")

    with pytest.raises(Forbidden):
        amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)

    assert searches(world) == 3


def test_a_refused_date_is_not_taken_for_a_dataset(amazon: Amazon, world: World) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    with pytest.raises(InvalidRequest, match="lastUpdatedAfter"):
        amazon.search_orders(updated_after=tomorrow, marketplace_ids=EUROPE)

    assert searches(world) == 1


def test_with_a_token_no_dataset_is_given_up(amazon: Amazon, world: World) -> None:
    world.reset("busy_monday")
    first = amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)
    world.faults.arm("forbidden_dataset", times=None)

    with pytest.raises(Forbidden):
        amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE, token=first.next_token)

    assert searches(world) == 2


def test_a_test_of_the_connection_says_which_datasets_are_refused(amazon: Amazon, world: World) -> None:
    assert amazon.probe_datasets(EUROPE) == frozenset()

    world.faults.arm("forbidden_dataset", times=None, dataset="BUYER")

    assert amazon.probe_datasets(EUROPE) == {"BUYER"}


def test_a_marketplace_of_another_region_is_forbidden_in_amazons_words(amazon: Amazon) -> None:
    with pytest.raises(Forbidden, match="does not participate in marketplace A1VC38T7YXB528 of this region"):
        amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=[BY_COUNTRY["JP"].id])


def test_a_token_that_expires_in_the_middle_is_renewed_and_no_page_is_lost(amazon: Amazon, world: World) -> None:
    world.reset("busy_monday")
    first = amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)
    world.clock.move(2 * 3600)

    second = amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE, token=first.next_token)

    assert len(second.orders) == 100
    assert not set(numbers([first])) & set(numbers([second]))
    assert world.call_counts["token"] == 2


def test_twenty_threads_share_one_token(credentials: Credentials, redis: Redis, world: World) -> None:
    number = world.place("DE")

    def read(_: int) -> str:
        with Amazon(credentials, redis, priority="person") as amazon:
            return amazon.get_order(number).number

    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(read, range(20))) == [number] * 20

    assert world.call_counts["token"] == 1


def test_a_withdrawn_consent_is_a_matter_of_credentials(amazon: Amazon, world: World) -> None:
    world.faults.arm("invalid_grant", times=None)

    with pytest.raises(BadCredentials, match="enter the new refresh token"):
        amazon.participations()


def test_a_wrong_secret_is_a_matter_of_credentials(connect: Callable[..., Amazon], credentials: Credentials) -> None:
    with pytest.raises(BadCredentials, match="does not accept the client id with this client secret"):
        connect(replace(credentials, client_secret="wrong")).participations()


@pytest.mark.parametrize("limits", ["amazon"])
def test_by_amazons_own_limits_we_stop_before_amazon_has_to(
    credentials: Credentials, redis: Redis, limits: str
) -> None:
    with AmazonServer(World("empty", limits=limits, update_delay=0)) as server:
        here = replace(credentials, endpoint=server.url, token_url=f"{server.url}/auth/o2/token")
        with Amazon(here, redis, priority="person", max_wait=0) as amazon:
            for _ in range(20):
                amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)
            with pytest.raises(Throttled) as raised:
                amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)

        assert {call["status"] for call in server.world.calls} == {200}
        assert server.world.call_counts["searchOrders"] == 20
        assert raised.value.wait == pytest.approx(178, abs=20)


@pytest.mark.parametrize("fault", ["throttled", "throttled_without_body"])
def test_a_throttled_call_goes_through_when_its_time_has_come(
    connect: Callable[..., Amazon], world: World, redis: Redis, fault: str
) -> None:
    amazon = connect(clock=time.monotonic, wait=time.sleep)
    number = world.place("DE")
    amazon.get_order(number)
    world.faults.arm(fault, "getOrder")

    assert amazon.get_order(number).number == number

    assert [call["status"] for call in world.calls if call["operation"] == "getOrder"] == [200, 429, 200]
    assert float(redis.hget(build_bucket_key("7", "getOrder"), "rate")) == 500


@pytest.mark.parametrize("fault", ["error_500", "error_503_html", "malformed_json", "truncated_body", "lost_answer"])
def test_a_search_survives_each_passing_fault(amazon: Amazon, world: World, fault: str) -> None:
    number = world.place("DE")
    world.faults.arm(fault, "searchOrders")

    assert numbers([amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)]) == [number]
    assert searches(world) == 2


def test_a_hang_ends_with_the_read_timeout(connect: Callable[..., Amazon], world: World) -> None:
    world.faults.arm("hang", "getOrder", times=None)

    with pytest.raises(Unavailable, match="did not answer getOrder in time"):
        connect(read_timeout=0.1, max_wait=0).get_order("902-0000000-0000000")


@pytest.mark.parametrize("how", ["missing", "type", "text"])
def test_an_unreadable_order_does_not_keep_the_others(amazon: Amazon, world: World, how: str) -> None:
    placed = {world.place("DE") for _ in range(3)}
    world.faults.arm("unreadable_order", "searchOrders", how=how)

    page = amazon.search_orders(updated_after=LONG_AGO, marketplace_ids=EUROPE)

    assert [type(order) for order in page.read()].count(UnparseableOrder) == 1
    assert len([order for order in page.read() if order.number in placed and isinstance(order, AmazonOrder)]) == 2
