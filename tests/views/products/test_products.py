"""The pages of products: found, entered, counted, brought as a file, and put right where an order waits."""

import re

import pytest
from sqlalchemy import event, select

from tests.support.factories import NOW, a_store, an_item, an_order
from tests.support.order_processing import create_orders
from tests.support.pages import HTMX
from tests.support.stock import a_product, load_ledger, load_product, stock_counters
from webapp.core.extensions import db
from webapp.models.orders import Order
from webapp.models.products import Product
from webapp.services.accounts import stores


def skus(page):
    return re.findall(r"<code>(MUG-\d|SKU-\d+)</code></a>", page)


def test_the_grid_shows_what_is_there_and_what_is_missing(owner_client, shop):
    page = owner_client.get("/products").text

    assert skus(page) == ["MUG-1", "MUG-2", "MUG-3", "MUG-4"]
    assert "1 product is oversold" in page
    assert "1 product to review" in page


def test_filters_and_sorting_find_products(owner_client, shop):
    for query, expected in [
        ("q=mug-2", ["MUG-2"]),
        ("q=%C3%BCmlaut", ["MUG-3"]),
        ("q=B000000002", ["MUG-3"]),
        ("q=MUG_", []),
        ("stock=oversold", ["MUG-2"]),
        ("stock=low", ["MUG-2"]),
        ("enabled=no", ["MUG-4"]),
        ("flagged=1", ["MUG-3"]),
        ("account=1&sort=-available", ["MUG-1", "MUG-4", "MUG-3", "MUG-2"]),
    ]:
        assert sorted(skus(owner_client.get(f"/products?{query}").text)) == sorted(expected), (query, expected)
        if "sort" in query:
            assert skus(owner_client.get(f"/products?{query}").text)[0] == "MUG-1", (query, expected)


def test_filters_that_make_no_sense_are_said(owner_client, shop):
    answer = owner_client.get("/products?account=99")

    assert answer.status_code == 422
    assert "This is not a valid choice." in answer.text


def test_the_grid_costs_the_same_with_one_product_or_many(owner_client, session, account):
    def cost():
        statements = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        owner_client.get("/products")
        return len(statements)

    a_product(session, "MUG-1")
    session.rollback()
    first = cost()
    for n in range(2, 12):
        a_product(session, f"MUG-{n}")
    session.rollback()

    assert cost() == first


def test_a_product_is_entered_and_counted(owner_client, session, account):
    answer = owner_client.post(
        "/products", data={"account": "1", "sku": " MUG-9 ", "title": "Mug", "enabled": "y", "quantity": "7"}
    )
    assert (answer.status_code, answer.location) == (303, "/products/1")
    assert stock_counters(session, "MUG-9") == (7, 0, 7)
    session.rollback()

    owner_client.post("/products/1/counts", data={"how": "adjust", "quantity": "-2", "reason": "broken"})
    assert stock_counters(session, "MUG-9") == (5, 0, 5)
    session.rollback()
    owner_client.post("/products/1/counts", data={"how": "count", "quantity": "12"})

    page = owner_client.get("/products/1").text
    assert "broken" in page
    assert load_ledger(session, "MUG-9") == [("set", 7, 0), ("set", -2, 0), ("set", 7, 0)]


def test_invalid_values_are_reported_at_their_field(owner_client, session, shop):
    many = len(session.scalars(select(Product)).all())
    session.rollback()
    for data, words in [
        ({"sku": ""}, "Enter the SKU."),
        ({"sku": "MUG-1"}, "Product MUG-1 already exists."),
        ({"sku": "MUG-9", "quantity": "1.5"}, "1.5 must be a whole number."),
        ({"sku": "MUG-9", "quantity": "-+5"}, "-+5 must be a whole number."),
        ({"sku": "MUG-9", "quantity": "9999999999"}, "Enter a quantity up to 1000000000."),
        ({"sku": "M" * 129}, "at most 128 characters fit"),
        ({"sku": "MUG-9", "account": "77"}, "Choose a seller account: Desk."),
    ]:
        answer = owner_client.post("/products", data={"account": "1"} | data, headers=HTMX)

        assert answer.status_code == 422, (data, words)
        assert words in answer.text, (data, words)
        assert answer.text.lstrip().startswith('<div id="product-new">'), (data, words)
        assert len(session.scalars(select(Product)).all()) == many, (data, words)
        session.rollback()


def test_a_change_made_on_an_old_page_is_refused(owner_client, session, account):
    a_product(session)
    session.rollback()
    old = re.search(r'name="version" value="(\d+)"', owner_client.get("/products/1").text)[1]
    owner_client.post("/products/1/changes", data={"version": old, "title": "New", "enabled": "y", "manage_stock": "y"})

    refused = owner_client.post("/products/1/changes", data={"version": old, "title": "Newer"})

    product = load_product(session)
    assert (product.title, product.enabled, product.manage_stock) == ("New", True, True)
    session.rollback()
    assert refused.status_code == 422
    assert "Another user has changed this product." in refused.text
    assert 'value="Newer"' in refused.text
    seen = re.search(r'name="version" value="(\d+)"', refused.text)[1]
    assert owner_client.post("/products/1/changes", data={"version": seen, "title": "Newer"}).status_code == 303
    assert load_product(session).title == "Newer"


@pytest.mark.parametrize("version", ["x", "9" * 5000])
def test_a_version_there_never_was_is_an_old_page(owner_client, session, account, version):
    a_product(session)
    session.rollback()

    assert owner_client.post("/products/1/changes", data={"version": version, "title": "Newer"}).status_code == 422


def test_an_empty_count_and_one_where_no_stock_is_kept_are_said_in_the_form(owner_client, session, account):
    a_product(session)
    a_product(session, "MUG-2", None)
    session.rollback()

    empty = owner_client.post("/products/1/counts", data={"quantity": " ", "reason": "Delivery"}, headers=HTMX)
    unkept = owner_client.post("/products/2/counts", data={"how": "adjust", "quantity": "3"}, headers=HTMX)

    assert (empty.status_code, unkept.status_code) == (422, 422)
    assert "Enter a quantity." in empty.text
    assert 'value="Delivery"' in empty.text
    assert "Stock of this product is not tracked. Set its quantity first." in unkept.text
    assert 'value="3"' in unkept.text


def test_a_product_tells_its_story_with_the_orders_in_it(owner_client, session, shop):
    id_ = load_product(session, "MUG-2").id
    session.rollback()

    page = owner_client.get(f"/products/{id_}").text

    assert "1 unit is missing" in page
    assert page.count('href="/orders/100001"') == 2
    assert "Orders with reserved units" in page


def test_the_history_has_pages(owner_client, session, account):
    a_product(session, quantity=0)
    session.rollback()
    for n in range(1, 61):
        owner_client.post("/products/1/counts", data={"how": "count", "quantity": str(n)})

    first = owner_client.get("/products/1").text
    older = re.search(r'href="(/products/1\?before=\d+)"', first)[1]
    second = owner_client.get(older).text

    rows = r'figures narrow">(\d+)</td>\s*<td class="figures narrow">0'
    assert [int(n) for n in re.findall(rows, first) + re.findall(rows, second)] == list(range(60, 0, -1))


def test_a_flag_is_taken_away_by_looking(owner_client, session, shop):
    id_ = load_product(session, "MUG-3").id
    session.rollback()
    assert "New from an order" in owner_client.get(f"/products/{id_}").text

    owner_client.post(f"/products/{id_}/looks")
    assert load_product(session, "MUG-3").flag == ""
    create_orders(session, an_order(2, items=(an_item(3, sku="MUG-8"), an_item(4, sku="MUG-4"))))
    session.rollback()
    assert "2 products to review" in owner_client.get("/products").text
    owner_client.post("/products/looks")

    assert "to review" not in owner_client.get("/products").text


def test_an_order_that_waits_leads_to_its_product_and_is_made_when_it_is_added(owner_client, session, account):
    stores.change_settings(session, a_store(account), {"unready_products": "block"}, now=NOW, actor="test")
    create_orders(session, an_order(1))
    session.rollback()
    page = owner_client.get("/amazon-orders/303-0000000-0000001").text
    assert "SKU-1: There is no product with its SKU." in page
    assert 'href="/products/new?sku=SKU-1&amp;account=1"' in page
    assert 'value="SKU-1"' in owner_client.get("/products/new?sku=SKU-1&account=1").text

    made = owner_client.post("/products", data={"account": "1", "sku": "SKU-1", "enabled": "y", "quantity": "1"})
    page = owner_client.get(made.location).text
    assert "Orders waiting for this product" in page
    assert "Its product is out of stock." in page
    owner_client.post("/products/1/counts", data={"how": "adjust", "quantity": "1"})

    assert session.scalars(select(Order.number)).all() == ["100001"]
    assert stock_counters(session) == (2, 2, 0)


def test_a_colleague_looks_and_changes_nothing(viewer_client, session, shop):
    page = viewer_client.get("/products/2").text
    assert "Stock history" in page
    assert "Set quantity" not in page
    assert "New product" not in viewer_client.get("/products").text
    assert viewer_client.post("/products/2/counts", data={"how": "count", "quantity": "1"}).status_code == 403


def test_an_order_says_what_there_is_of_its_lines(owner_client, session, account):
    a_product(session, "SKU-1", 1)
    a_product(session, "SKU-2", 5)
    lines = (an_item(1, 2), an_item(2, 1), an_item(3, 1))
    create_orders(session, an_order(1, items=lines), an_order(2, items=(an_item(1, 1),), fulfilled_by="AMAZON"))
    session.rollback()

    for address in ("/orders/100001", "/orders/100001/shipments/new"):
        page = owner_client.get(address).text
        assert re.findall(r'href="/products/(\d)">(?:<svg.*?</svg>)?([^<]+)</a>', page) == [
            ("1", "only 1 in stock"),
            ("2", "5 in stock"),
        ]


def test_the_stores_card_says_what_is_oversold(owner_client, shop):
    page = owner_client.get("/stores").text

    assert "1 product is oversold" in page
    assert 'href="/products?account=1&amp;stock=oversold"' in page
