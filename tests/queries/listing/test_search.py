"""What people type, and what it finds; the same on both databases."""

import pytest
from sqlalchemy import text

from tests.support.factories import NOW, a_package, a_store, an_account, an_item, an_order
from webapp.db.search_index import ID_MASK, NAME_OF_TABLE
from webapp.domain.amazon.types import Address, Buyer
from webapp.domain.shipping.parcels import Parcel
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.queries.listing import search
from webapp.services.accounts import stores
from webapp.services.listing import search_indexer
from webapp.services.shipping.shipments import create as ship
from webapp.services.sync import manual_corrections
from webapp.services.sync.importing import import_page, order_decisions

pytestmark = pytest.mark.both_databases

ONE = an_order(
    1,
    number="305-1234567-7654321",
    buyer=Buyer("Jörg Łoński", "k7x2@marketplace.amazon.de", "Größe & Söhne", purchase_order_number="PO-77"),
    recipient=Address(
        name="Anna-Lena Öztürk",
        line1="Straße des 17. Juni 5",
        city="Århus",
        postal_code="10115",
        phone="+49 (0)30 1234567 ext. 22",
        country_code="DE",
    ),
    items=(an_item(1, sku="MUG-BLUE-2", asin="B0ABCDEF12", title="Mug with a Handle"),),
    packages=(a_package(tracking_number="1Z999AA10123456784"),),
)
OTHER = an_order(
    2, buyer=Buyer(name="山田 太郎", email="taro@mail.example"), recipient=Address(name="김민수", country_code="DE")
)


@pytest.fixture
def arrived(session):
    account = an_account(session)
    import_page.import_page(session, account.id, [ONE, OTHER], now=NOW, actor="test")
    session.commit()
    return account


def numbers(session, full_text):
    ids = [row & ID_MASK for row in search.select_newest_documents(session, full_text, 100)]
    return [session.get_one(AmazonOrder, id_).number for id_ in ids]


def found(session, typed):
    return numbers(session, search.full_text(typed))


TYPED = """
    jörg / Jorg / JOERG / jör / joe / Lonski / łoń / jorg lon / lonski jörg / größe / grosse / soehne
    k7x2 / k7x2@marketplace.amazon.de / k7x2@market / Öztürk / oztu / oeztuerk / anna-lena / lena anna
    strasse / Straße des 17 / aarhus / arhus / 10115 / 101
    +49 30 1234567 / 030 1234567 / (030) 123-4567 / +49 (0)30 1234567 / 1234567
    305-1234567-7654321 / 30512345677654321 / 305-1234567 / 7654321 / 4321 / 305 1234567 7654321
    mug-blue / MUG-BLUE-2 / b0abcdef12 / b0abc / handle mug / po-77 / 1z999aa1 / 1Z 999 AA1 0123 4567 84
    jörg mug 10115 / jorg 305
"""
UNPARTED = "山田 / 太郎 / 山 / 山田太郎 / 山田 太郎 / 김민수 / 민수 / 김 / taro@mail.example / mail"
ABSENT = """
    org / jorgx / jorg yamada / 田山 / marketplace / handles / 2345 / 99 / % / * / " / OR / jorg*x / j' / :*
"""


def each(said):
    return [" ".join(typed.split()) for typed in said.split(" / ") for typed in typed.split("\n") if typed.strip()]


def test_an_order_is_found_by_what_people_type(session, arrived):
    assert {typed: found(session, typed) for typed in each(TYPED)} == {typed: [ONE.number] for typed in each(TYPED)}


def test_scripts_that_do_not_part_their_words_are_found_by_any_part(session, arrived):
    assert {typed: found(session, typed) for typed in each(UNPARTED)} == {
        typed: [OTHER.number] for typed in each(UNPARTED)
    }


def test_what_is_not_there_is_not_found(session, arrived):
    assert {typed: found(session, typed) for typed in each(ABSENT)} == {typed: [] for typed in each(ABSENT)}


NOT_A_NUMBER = "jörg / anna-lena / 3 / ² / 山田 / 3 305 / jörg 305"


def test_what_is_no_number_is_no_orders_number(session, arrived):
    assert {typed: numbers(session, search.by_number(typed)) for typed in each(NOT_A_NUMBER)} == {
        typed: [] for typed in each(NOT_A_NUMBER)
    }


def test_a_number_with_a_digit_apart_is_still_found_in_one_piece(session, arrived):
    assert numbers(session, search.by_number("305 1234567 7654321")) == [ONE.number]
    assert numbers(session, search.by_number("3 051234567765432 1")) == [ONE.number]


def test_words_of_two_letters_are_found_whole(session, arrived):
    import_page.import_page(session, arrived.id, [an_order(3, buyer=Buyer(name="Bo Li"))], now=NOW, actor="test")
    session.commit()

    assert found(session, "li bo") == [an_order(3).number]
    assert found(session, "b") == []


def test_long_words_are_distinguished_by_each_of_their_first_letters(session, arrived):
    names = ["Wolfeschlegelstein", "Wolfeschlegelberg", "Wolfeschlegel"]
    orders = [an_order(10 + n, buyer=Buyer(name=name)) for n, name in enumerate(names)]
    import_page.import_page(session, arrived.id, orders, now=NOW, actor="test")
    session.commit()

    assert sorted(found(session, "wolfeschlege")) == sorted(order.number for order in orders)
    assert found(session, "wolfeschlegelstein") == [orders[0].number]


def test_a_name_is_sought_in_names_alone(session, arrived):
    assert numbers(session, search.by_name("oztur")) == [ONE.number]
    assert numbers(session, search.by_name("mug")) == []
    assert numbers(session, search.by_number("305-12")) == [ONE.number]
    assert numbers(session, search.by_number("10115")) == []


def test_the_latest_purchases_come_first(session, arrived):
    assert found(session, "article") == [OTHER.number]
    both = search.by_number("30")
    later = an_order(4, purchased_at=NOW)
    import_page.import_page(session, arrived.id, [later], now=NOW, actor="test")
    session.commit()

    assert numbers(session, both) == [later.number, OTHER.number, ONE.number]
    assert [row & ID_MASK for row in search.select_newest_documents(session, both, 2)] == [3, 2]


def test_nothing_personal_stands_in_the_index_in_clear(session, arrived):
    tables = [NAME_OF_TABLE]
    if session.get_bind().dialect.name == "sqlite":
        tables = [f"{NAME_OF_TABLE}_{part}" for part in ("data", "idx", "docsize", "config")]
    stored = repr([tuple(row) for table in tables for row in session.execute(text(f"SELECT * FROM {table}"))]).lower()

    # None that hexadecimal digits could spell by chance, as the postal code.
    for word in ("jorg", "lonski", "ozturk", "aarhus", "strasse", "k7x2", "1234567 30"):
        assert word not in stored


class TestTheIndexFollows:
    def test_a_change_at_amazon(self, session, arrived):
        import_page.import_page(
            session, arrived.id, [an_order(2, updated=5, buyer=Buyer(name="Hanako Sato"))], now=NOW, actor="test"
        )
        session.commit()

        assert found(session, "sato") == [OTHER.number]
        assert found(session, "taro@mail.example") == []

    def test_another_time_of_purchase(self, session, arrived):
        moved = an_order(2, updated=5, buyer=OTHER.buyer, purchased_at=NOW)
        import_page.import_page(session, arrived.id, [moved], now=NOW, actor="test")
        session.commit()

        assert found(session, "山田") == [OTHER.number]

    def test_an_address_corrected_here(self, session, arrived):
        mirror = session.query(AmazonOrder).filter_by(number=OTHER.number).one()
        entered = {"name": "Somebody Else", "line1": "Elsewhere 4", "city": "Town", "country_code": "DE"}
        manual_corrections.correct_address(session, mirror.id, entered, now=NOW, actor="test")

        assert found(session, "elsewhere") == [OTHER.number]
        assert found(session, "김민수") == [OTHER.number]
        manual_corrections.restore_address(session, mirror.id, now=NOW, actor="test")
        assert found(session, "elsewhere") == []

    def test_our_number_and_our_parcels(self, session, arrived):
        order = session.query(Order).join(Order.amazon_order).filter(AmazonOrder.number == OTHER.number).one()
        assert found(session, order.number) == [OTHER.number]

        ship(session, order.id, [Parcel(carrier="DHL", tracking_number="00340434161094042557")], now=NOW, actor="test")

        assert found(session, "00340434161094042557") == [OTHER.number]

    def test_an_order_made_later(self, session, arrived):
        store = a_store(arrived)
        stores.set_active(session, store, False, now=NOW, actor="test")
        import_page.import_page(session, arrived.id, [an_order(5)], now=NOW, actor="test")
        session.commit()
        stores.set_active(session, store, True, now=NOW, actor="test")
        order_decisions.retry_blocked(session, arrived.id, now=NOW, actor="test")
        session.commit()

        order = session.query(Order).join(Order.amazon_order).filter(AmazonOrder.number == an_order(5).number).one()
        assert found(session, order.number) == [an_order(5).number]

    def test_what_was_rolled_back_is_not_indexed(self, session, arrived):
        mirror = session.query(AmazonOrder).filter_by(number=OTHER.number).one()
        mirror.buyer_name = "Nobody Yet"
        session.flush()
        session.rollback()
        session.commit()

        assert found(session, "nobody") == []
        assert found(session, "山田") == [OTHER.number]

    def test_a_store_that_is_deleted(self, session, arrived):
        store = a_store(arrived)
        stores.delete_store(session, store, store.name, now=NOW, actor="test")

        assert search.select_newest_documents(session, search.full_text("jörg"), 10) == []
        assert search.select_newest_documents(session, search.full_text("山田"), 10) == []


def test_it_is_written_anew_from_what_is_stored(session, arrived):
    _empty(session)

    assert search_indexer.rebuild_all(session) == 2

    for typed in ("jörg mug 10115", "1z999aa1", "305-1234567", "+49 30 1234567", "k7x2"):
        assert found(session, typed) == [ONE.number], typed
    assert found(session, "민수 太郎") == [OTHER.number]


def _empty(session):
    session.execute(text(f"DELETE FROM {NAME_OF_TABLE} WHERE rowid > 0"))
    session.commit()
    assert found(session, "jörg") == []


def test_a_rollback_to_a_savepoint_keeps_what_was_changed_before_it(session, arrived):
    session.get_one(AmazonOrder, 1).buyer_name = "Rosalind Franklin"
    session.flush()
    with session.begin_nested() as savepoint:
        session.get_one(AmazonOrder, 2).buyer_name = "Never Written"
        session.flush()
        savepoint.rollback()
    session.commit()
    assert found(session, "rosalind") == [ONE.number]
    assert found(session, "never") == []
