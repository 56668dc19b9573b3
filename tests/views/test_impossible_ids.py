"""Numbers in queries and forms that no id can be."""

import pytest

from tests.support.factories import an_order
from tests.support.stock import load_product


@pytest.mark.both_databases
@pytest.mark.parametrize("number", ["-1", str(2**31), str(2**63), "9" * 40, "NaN", "x" * 10_000])
def test_an_impossible_id_is_ignored_in_a_query_and_not_found_in_a_form(owner_client, session, import_orders, number):
    amazon_number = import_orders(an_order(1))
    product_id = load_product(session, "SKU-1").id
    session.rollback()

    history = f"/amazon-orders/{amazon_number}?tab=history&version="
    for address in ("/orders?view=", f"/products/{product_id}?before=", history):
        assert owner_client.get(address + number).status_code == 200
    for address in ("/syncs", "/syncs/completeness/checks"):
        assert owner_client.post(address, data={"account": number}).status_code == 404
