"""From a return to the refund and the stock, on the pages."""

import pytest
from sqlalchemy import select

from simulator.operations import returns as amazon_returns
from tests.services.returns.test_report_reads import read
from tests.support.pages import fields, plain
from tests.support.stock import a_product
from webapp.models.documents import CreditMemo
from webapp.models.products import Product, StockMovement
from webapp.models.returns import OrderReturn

pytestmark = pytest.mark.usefixtures("job_queue")


@pytest.fixture
def returned(owner_client, harness):
    """Return (our order number, id of the return) of two returned units of a shipped order of three."""
    number = harness.world.place("DE", lines=((0, 3),), status="SHIPPED")
    amazon_returns.open_return(harness.world, harness.world.orders[number], quantity=2)
    harness.sync()
    (row,) = read(harness)
    own, return_id = harness.commerce_order(number).number, row.id
    harness.session.rollback()
    return own, return_id


def test_a_return_is_listed_found_and_shown_on_its_order(owner_client, returned):
    own, return_id = returned
    listed = owner_client.get("/returns")
    assert f'href="/returns/{return_id}"' in listed.text
    assert "No longer wanted" in plain(listed)
    assert f'href="/returns/{return_id}"' in owner_client.get(f"/orders/{own}").text
    assert f'href="/returns/{return_id}"' in owner_client.get("/returns?state=open").text
    assert f'href="/returns/{return_id}"' not in owner_client.get("/returns?state=closed").text
    assert f'href="/returns/{return_id}"' in owner_client.get(f"/returns?q={own}").text
    assert f'href="/returns/{return_id}"' not in owner_client.get("/returns?q=999").text


def test_the_refund_is_filled_with_the_returned_units_and_closes_the_return(owner_client, harness, returned):
    own, return_id = returned
    page = owner_client.get(f"/orders/{own}/credit-memos/new?return={return_id}")
    form = fields(page)
    (quantity,) = [value for name, value in form.items() if name.startswith("quantity-")]
    assert (quantity, form["return_id"], form["way"]) == ("2", str(return_id), "amazon")
    assert '<option selected value="CustomerReturn"' in page.text

    response = owner_client.post(f"/orders/{own}/credit-memos", data=form | {"reason": "CustomerReturn"})

    assert response.status_code == 303, plain(response)
    memo = harness.session.scalars(select(CreditMemo)).one()
    row = harness.session.get_one(OrderReturn, return_id, populate_existing=True)
    assert (row.state, row.credit_memo_id) == ("refunded", memo.id)
    harness.session.rollback()
    shown = owner_client.get(f"/returns/{return_id}")
    assert f"/credit-memos/{memo.number}" in shown.text
    assert f"/orders/{own}/credit-memos/new" not in shown.text


def test_the_units_go_back_to_stock_once(owner_client, harness, returned):
    _own, return_id = returned
    row = harness.session.get_one(OrderReturn, return_id)
    product = harness.session.scalars(select(Product).where(Product.sku == row.sku)).first()
    if product is None:
        product = a_product(harness.session, row.sku)
    product.manage_stock = True
    harness.session.commit()
    before = product.quantity
    harness.session.rollback()

    first = owner_client.post(f"/returns/{return_id}/restocks")
    second = owner_client.post(f"/returns/{return_id}/restocks")

    assert (first.status_code, second.status_code) == (303, 303)
    harness.session.expire_all()
    assert harness.session.get_one(Product, product.id).quantity == before + 2
    movements = harness.session.scalars(select(StockMovement.kind).where(StockMovement.product_id == product.id)).all()
    assert movements.count("return") == 1
    harness.session.rollback()
    assert "The units of this return are in stock already." in plain(owner_client.get(f"/returns/{return_id}"))


def test_without_managed_stock_there_is_nothing_to_return_to(owner_client, harness, returned):
    _own, return_id = returned
    page = plain(owner_client.get(f"/returns/{return_id}"))
    assert "Stock is not managed for this item" in page
    owner_client.post(f"/returns/{return_id}/restocks")
    assert "Stock is not managed for" in plain(owner_client.get(f"/returns/{return_id}"))


def test_a_return_is_closed_and_opened_again(owner_client, harness, returned):
    _own, return_id = returned
    for path, state in (("closures", "closed"), ("closures", "closed"), ("reopenings", "open")):
        assert owner_client.post(f"/returns/{return_id}/{path}").status_code == 303
        assert harness.session.get_one(OrderReturn, return_id, populate_existing=True).state == state
        harness.session.rollback()


def test_the_return_of_another_order_fills_no_refund(owner_client, harness, returned):
    _own, return_id = returned
    number = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    other = harness.commerce_order(number).number
    harness.session.rollback()
    assert owner_client.get(f"/orders/{other}/credit-memos/new?return={return_id}").status_code == 404


def test_who_may_not_refund_sees_no_button(viewer_client, returned):
    own, return_id = returned
    page = viewer_client.get(f"/returns/{return_id}").text
    assert f"/orders/{own}/credit-memos/new" not in page
    assert viewer_client.post(f"/returns/{return_id}/closures").status_code == 403
    assert viewer_client.post(f"/returns/{return_id}/restocks").status_code == 403
