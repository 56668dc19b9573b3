"""Concurrent calls: no effect is lost or happens twice."""

from concurrent.futures import ThreadPoolExecutor

from simulator.state.marketplaces import BY_COUNTRY
from tests.simulator.application import LONG_AGO, ORDERS, Application


def test_concurrent_confirmations_of_the_same_packages_are_counted_once_each(amazon):
    numbers = [amazon.world.place(lines=((0, 1),)) for _ in range(10)]
    applications = [Application(amazon.url) for _ in range(8)]

    def confirm(turn):
        number = numbers[turn % len(numbers)]
        return (
            applications[turn % 8]
            .confirm(number, BY_COUNTRY["DE"].id, packageReferenceId=str(1 + turn % 2))
            .status_code
        )

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(confirm, range(80)))
    assert set(statuses) <= {204, 400}
    assert len(amazon.world.effects("shipment")) == statuses.count(204)
    assert [len(amazon.world.orders[number].body["packages"]) for number in numbers] == [1] * 10
    assert amazon.world.call_counts["confirmShipment"] == 80


def test_pages_are_complete_while_orders_change(amazon):
    amazon.world.reset("many:120")
    before = set(amazon.world.orders)

    def read(turn):
        application, seen, token = Application(amazon.url), [], {}
        while True:
            page = application.get(ORDERS, params={"createdAfter": LONG_AGO, "maxResultsPerPage": 25, **token}).json()
            seen += [order["orderId"] for order in page["orders"]]
            if "pagination" not in page:
                return seen
            token = {"paginationToken": page["pagination"]["nextToken"]}

    def place(turn):
        for _ in range(20):
            amazon.world.place()

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read, turn) for turn in range(4)]
        writers = [pool.submit(place, turn) for turn in range(2)]
    assert all(writer.result() is None for writer in writers)
    for reader in readers:
        seen = reader.result()
        assert len(seen) == len(set(seen))
        assert before <= set(seen)
