"""The pages of Amazon orders, as the owner, a colleague and a stranger see them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import event, select

from tests.factories import NOW, a_component, a_package, a_store, an_account, an_item, an_order, shipped
from tests.queries.test_dashboards import counted
from webapp.actions import importing
from webapp.domain.amazon_orders import Address, Buyer, Gift
from webapp.extensions import db
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderVersion
from webapp.models.events import Event
from webapp.models.orders import Order

GRID = "/amazon-orders"


@pytest.fixture
def account(session):
    return an_account(session, ("DE", "GB", "FR"))


@pytest.fixture
def arrive(session, account):
    """Lets orders arrive from Amazon."""

    def arrive(*orders, minutes=0):
        now = NOW + timedelta(minutes=minutes)
        importing.import_page(session, account.id, orders, now=now, by="amazon")
        session.commit()
        return orders[0].number

    return arrive


def text(response):
    return unescape(response.get_data(as_text=True))


def numbers(response):
    """Amazon's numbers in the rows, from top to bottom."""
    body = text(response).partition("<tbody")[2]
    return re.findall(r">(\d{3}-\d{7}-\d{7})<", body)


def plain(response):
    return " ".join(re.sub(r"<[^>]+>", " ", text(response)).split())


def number(n):
    return f"303-0000000-{n:07}"


def a_priced_order(n, total, currency="EUR", **more):
    part = a_component("ITEM", total, currency)
    item = an_item(n, quantity=1, currency=currency, unit_price=part.value, total=part.value, components=(part,))
    return an_order(n, items=(item,), **more)


def sent(client, url, **fields):
    """The page a form leads to."""
    answered = client.post(url, data=fields)
    assert answered.status_code == 303
    return client.get(answered.location)


def stored(session, query):
    """What is in the database now; the session lets go of it at once."""
    found = session.execute(query).scalars().all()
    session.expunge_all()
    session.rollback()
    return found


class TestGrid:
    def test_a_stranger_is_sent_to_sign_in(self, stranger):
        assert stranger.get(GRID).status_code == 303

    def test_it_shows_what_amazon_says_of_each_order(self, owner, arrive):
        arrive(an_order(1, programs=("PRIME", "AMAZON_BUSINESS")), an_order(2, "SHIPPED", fulfilled_by="AMAZON"))

        page = plain(owner.get(GRID))

        for said in ("Buyer Number1", "Unshipped", "Shipped", "€26.00", "FBM", "FBA", "Prime", "Business", "2 orders"):
            assert said in page
        assert "Order 100001 created" in page

    def test_a_colleague_sees_no_whole_name(self, colleague, arrive):
        arrive(an_order(1))

        page = plain(colleague.get(GRID))

        assert "Buyer Number1" not in page
        assert "B••• N•••" in page

    def test_a_number_leads_to_the_order_where_there_is_one(self, owner, session, account, arrive):
        arrive(an_order(1), an_order(2, "PENDING"), an_order(3, country="GB"))
        a_store(account, "GB").import_orders = False
        session.commit()

        page = text(owner.get(GRID))

        assert 'href="/orders/100001"' in page
        assert f'href="/amazon-orders/{number(2)}"' in page
        assert f'href="/amazon-orders/{number(3)}"' in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"status": "UNSHIPPED"}, [1, 5]),
            ({"status": ["SHIPPED", "PENDING"]}, [2, 3, 4]),
            ({"number": number(3)}, [3]),
            ({"number": " 0000000-0000002 "}, [2]),
            ({"buyer": "number3"}, [3]),
            ({"buyer": "BUYER number"}, [1, 2, 3, 4, 5]),
            ({"buyer": "buyer nobody"}, []),
            ({"channel": "AMAZON"}, [3]),
            ({"prime": "1"}, [2]),
            ({"business": "1"}, [1]),
            ({"business": "0"}, [1, 2, 3, 4, 5]),
            ({"total_min": "12.5"}, [2, 4]),
            ({"total_max": "12,49"}, [1, 3]),
            ({"total_min": "12.49", "total_max": "12.50"}, [2, 3]),
            ({"purchased_from": "2026-03-01"}, [1, 4, 5]),
            ({"purchased_to": "2026-02-28"}, [2, 3]),
            ({"purchased_from": "2026-02-28", "purchased_to": "2026-02-28"}, [3]),
            ({"blocked": "1"}, [5]),
        ],
    )
    def test_each_filter_finds_what_it_says(self, owner, arrive, query, found):
        # The third was placed at half past eleven in the evening in Berlin, the fourth two hours later.
        evening = NOW.replace(year=2026, month=2, day=28, hour=22, minute=30)
        arrive(
            a_priced_order(1, "10.00", programs=("AMAZON_BUSINESS",)),
            a_priced_order(2, "12.50", status="PENDING", programs=("PRIME",), purchased_at=evening - timedelta(days=2)),
            a_priced_order(3, "12.49", status="SHIPPED", fulfilled_by="AMAZON", purchased_at=evening),
            a_priced_order(4, "1000", status="SHIPPED", purchased_at=evening + timedelta(hours=2)),
            an_order(5, total=None),
        )

        page = owner.get(GRID, query_string=query)

        assert sorted(numbers(page)) == [number(n) for n in found]

    def test_a_total_is_meant_in_each_orders_own_currency(self, owner, session):
        account = an_account(session, ("JP",), region="FE", name="East", seller_id="A1EAST")
        orders = [a_priced_order(n, str(yen), "JPY", country="JP") for n, yen in ((1, 12), (2, 13), (3, 1250))]
        importing.import_page(session, account.id, orders, now=NOW, by="amazon")
        session.commit()

        assert numbers(owner.get(f"{GRID}?total_min=12.5&sort=number")) == [number(2), number(3)]

    def test_a_store_is_filtered_by_its_address(self, owner, account, arrive):
        arrive(an_order(1), an_order(2, country="GB"))

        assert numbers(owner.get(GRID, query_string={"store": a_store(account, "GB").slug})) == [number(2)]

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ({"total_min": "twelve"}, "Enter an amount, such as 12.50."),
            ({"total_min": "NaN"}, "Enter an amount, such as 12.50."),
            ({"total_min": "-1"}, "Enter an amount from 0"),
            ({"total_max": "9" * 40}, "Enter an amount from 0"),
            ({"total_min": "20", "total_max": "10"}, "This is less than the least total."),
            ({"purchased_from": "yesterday"}, "Enter a day as 2026-03-31."),
            ({"purchased_from": "0001-01-01"}, "Enter a day between 1995 and 2100."),
            ({"purchased_from": "2026-03-02", "purchased_to": "2026-03-01"}, "This day is before the first one."),
            ({"buyer": "!!"}, "Type at least one letter or digit."),
            ({"buyer": "~gAAAA"}, "This link is of another installation."),
            ({"store": "nowhere"}, "There is no such choice here."),
            ({"number": "3" * 500}, "This is too long to be looked for."),
        ],
    )
    def test_a_filter_that_makes_no_sense_is_said_beside_its_field(self, owner, arrive, query, said):
        arrive(an_order(1))

        page = owner.get(GRID, query_string=query)

        assert page.status_code == 422
        assert said in plain(page)
        assert numbers(page) == []

    def test_a_name_stands_sealed_in_the_address_it_leads_to(self, owner, arrive):
        arrive(an_order(1), an_order(2))

        answered = owner.post(f"{GRID}/searches", data={"buyer": "Number2", "sort": "-total", "size": "20"})
        page = owner.get(answered.location)

        assert "Number2" not in answered.location
        assert "sort=-total" in answered.location
        assert numbers(page) == [number(2)]
        assert "Buyer: Number2" in plain(page)
        assert all("Number2" not in link for link in re.findall(r'href="([^"]*)"', text(page)))

    def test_what_was_sent_wrongly_is_explained_where_it_leads(self, owner):
        page = sent(owner, f"{GRID}/searches", total_min="x", buyer="??")

        assert page.status_code == 422
        assert "Type at least one letter or digit." in plain(page)
        assert 'value="x"' in text(page)

    def test_each_chip_takes_its_own_filter_away(self, owner, arrive):
        arrive(an_order(1), an_order(2, "PENDING"))

        page = text(owner.get(f"{GRID}?status=UNSHIPPED&status=PENDING&number=0001&sort=total"))

        chips = re.findall(r'<a class="chip" href="([^"]*)"', page)
        assert [re.sub(r".*\?", "", chip) for chip in chips] == [
            "status=UNSHIPPED&status=PENDING&sort=total",
            "number=0001&status=PENDING&sort=total",
            "number=0001&status=UNSHIPPED&sort=total",
        ]
        assert f'<a class="clear" href="{GRID}?sort=total"' in page

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("-purchased", [1, 2, 3, 4]),
            ("purchased", [4, 3, 2, 1]),
            ("total", [4, 2, 1, 3]),
            ("-total", [1, 2, 4, 3]),
            ("number", [1, 2, 3, 4]),
            ("ship_by", [3, 4, 1, 2]),
            ("status", [3, 4, 1, 2]),
        ],
    )
    def test_it_sorts_the_whole_and_not_the_page(self, owner, arrive, sort, order):
        arrive(
            a_priced_order(1, "30", purchased_at=NOW, ship_by=NOW + timedelta(days=3)),
            a_priced_order(2, "20", purchased_at=NOW - timedelta(hours=1), ship_by=None),
            an_order(3, "PENDING", total=None, purchased_at=NOW - timedelta(hours=2), ship_by=NOW),
            a_priced_order(
                4, "10", status="SHIPPED", purchased_at=NOW - timedelta(hours=3), ship_by=NOW + timedelta(1)
            ),
        )

        assert numbers(owner.get(f"{GRID}?sort={sort}")) == [number(n) for n in order]

    def test_its_links_lead_through_every_page_and_back(self, owner, arrive):
        arrive(*(an_order(n, purchased_at=NOW - timedelta(hours=n // 3)) for n in range(1, 46)))

        def follow(rel):
            pages, url = [], f"{GRID}?size=20&sort=purchased" + ("" if rel == "next" else "&before=end")
            while url:
                page = owner.get(url)
                pages.append(numbers(page))
                found = re.search(rf'href="([^"]*)" rel="{rel}"', text(page))
                url = found and found[1]
            return pages

        forth, back = follow("next"), follow("prev")

        every = [row for page in forth for row in page]
        assert [len(page) for page in forth] == [20, 20, 5]
        assert [row for page in reversed(back) for row in page] == every
        assert len(set(every)) == 45

    def test_a_page_is_asked_for_by_its_number(self, owner, arrive):
        arrive(*(an_order(n) for n in range(1, 46)))

        page = owner.get(f"{GRID}?size=20&status=UNSHIPPED")

        form = page.get_data(as_text=True).partition('class="leap"')[2].partition("</form>")[0]
        assert [re.findall(r'"([^"]*)"', field)[1:] for field in re.findall(r"<input[^>]*hidden[^>]*>", form)] == [
            ["status", "UNSHIPPED"],
            ["size", "20"],
        ]
        third = owner.get(f"{GRID}?size=20&status=UNSHIPPED&page=3")
        assert numbers(third) == [an_order(n).number for n in range(5, 0, -1)]
        assert 'class="leap"' not in owner.get(f"{GRID}?size=100").get_data(as_text=True)

    def test_htmx_gets_the_grid_alone(self, owner, arrive):
        arrive(an_order(1))

        fragment = owner.get(GRID, headers={"HX-Request": "true"})

        assert text(fragment).lstrip().startswith('<div id="amazon-orders-grid"')
        assert "<html" not in text(fragment)
        assert "HX-Request" in fragment.headers["Vary"]

    def test_a_page_of_many_orders_costs_as_many_statements_as_a_page_of_one(self, owner, arrive):
        arrive(an_order(1))
        few = statements(lambda: owner.get(f"{GRID}?size=100"))
        arrive(*(an_order(n, country=("DE", "GB", "FR")[n % 3]) for n in range(2, 90)))
        many = statements(lambda: owner.get(f"{GRID}?size=100"))

        assert len(few) == len(many)
        # Whose session it is, the stores, the rows, their count, how this person likes the list.
        assert len(many) == 5

    def test_names_of_other_pages_are_not_decrypted(self, owner, arrive, monkeypatch):
        arrive(*(an_order(n) for n in range(1, 60)))
        from webapp.models.vault import Vault

        opened = []
        decrypt = Vault.decrypt
        monkeypatch.setattr(Vault, "decrypt", lambda vault, token: opened.append(1) or decrypt(vault, token))

        owner.get(f"{GRID}?size=20")

        # A name a row, one row that tells there is a next page, and the session.
        assert len(opened) <= 22


def statements(request):
    """The statements of a request."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert request().status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return [statement for statement in seen if not statement.startswith(("BEGIN", "PRAGMA"))]


class TestDetails:
    def test_an_unknown_number_is_said(self, owner):
        page = owner.get(f"{GRID}/305-0000000-0000000")

        assert page.status_code == 404
        assert "There is no Amazon order 305-0000000-0000000 here." in plain(page)

    def test_everything_known_is_shown(self, owner, arrive):
        there = arrive(
            an_order(
                1,
                programs=("PRIME",),
                service_level="EXPEDITED",
                payment_methods=("CreditCard",),
                replaces=number(9),
                deliver_by=NOW + timedelta(days=4),
                components=(
                    a_component("ITEM", "20"),
                    a_component("TAX", "6"),
                    a_component("TAX", "4", subtype="ITEM"),
                ),
                buyer=Buyer("Buyer Number1", "buyer1@marketplace.example", "Company 1", "PO-1"),
            )
        )

        page = plain(owner.get(f"{GRID}/{there}"))

        for said in (
            "Company 1",
            "PO-1",
            "buyer1@marketplace.example",
            "Expedited",
            "CreditCard",
            number(9),
            "Recipient Number1",
            "Street 1",
            "€20.00",
            "€6.00",
            "€4.00",
            "Merchant (FBM)",
            "100001",
        ):
            assert said in page

    def test_a_colleague_sees_where_to_but_not_who(self, colleague, arrive):
        there = arrive(an_order(1, buyer=Buyer("Buyer Number1", "buyer1@marketplace.example", "Company 1", "PO-1")))

        page = text(colleague.get(f"{GRID}/{there}"))

        for hidden in ("Buyer Number1", "buyer1@", "Company 1", "PO-1", "Recipient Number1", "Street 1"):
            assert hidden not in page
        assert "Town" in page

    def test_the_items_with_their_gift(self, owner, colleague, arrive):
        there = arrive(an_order(1, items=(an_item(1, gift=Gift("Many happy returns", "Classic")),)))

        page = plain(owner.get(f"{GRID}/{there}?tab=items"))

        assert "Many happy returns" in page
        assert "SKU-1" in page
        assert "Many happy returns" not in text(colleague.get(f"{GRID}/{there}?tab=items"))

    def test_the_parcels_with_what_is_in_them(self, owner, arrive):
        item = an_item(1)
        there = arrive(an_order(1, packages=(a_package("P1", items=((item.order_item_id, 2),)),), items=(item,)))

        page = plain(owner.get(f"{GRID}/{there}?tab=tracking"))

        assert "TRACKP1" in page
        assert "2 × Article 1" in page

    def test_a_buyer_who_asks_to_cancel_is_told_at_the_top(self, owner, arrive):
        there = arrive(an_order(1, items=(an_item(1, cancel_requested="Ordered by mistake"),)))

        page = plain(owner.get(f"{GRID}/{there}?tab=items"))

        assert "The buyer asks you to cancel this order" in page
        assert "Their reason: Ordered by mistake" in page

    def test_long_and_foreign_names_are_shown_whole(self, owner, arrive):
        name = "كلمة " * 8 + "<b>見本</b>"
        there = arrive(an_order(1, buyer=Buyer(name, None), recipient=Address(name=name, line1="1", city="T")))

        page = owner.get(f"{GRID}/{there}").get_data(as_text=True)

        assert "&lt;b&gt;見本&lt;/b&gt;" in page
        assert "<b>見本" not in page


class TestHistory:
    def test_versions_and_events_stand_in_one_line_of_time(self, owner, arrive):
        there = arrive(an_order(1, "PENDING"))
        arrive(an_order(1, "UNSHIPPED", updated=5), minutes=5)

        page = plain(owner.get(f"{GRID}/{there}?tab=history"))

        told = ["Changed at Amazon", "Status Pending Unshipped", "Arrived from Amazon as Pending"]
        places = [page.index(said) for said in told]
        assert places == sorted(places)
        assert "Order 100001 created" in page
        assert page.count("What Amazon sent") == 2

    def test_a_version_is_compared_with_the_one_before_it(self, owner, colleague, session, arrive):
        there = arrive(an_order(1, "PENDING", raw={"programs": ["A"], "buyer": {"buyerName": "Before"}}))
        arrive(an_order(1, "UNSHIPPED", updated=5, raw={"programs": ["B"], "buyer": {"buyerName": "After"}}), minutes=5)
        version = max(stored(session, select(AmazonOrderVersion.id)))
        url = f"{GRID}/{there}?tab=history&version={version}"

        seen, masked = plain(owner.get(url)), plain(colleague.get(url))

        assert "buyer.buyerName Before After" in seen
        assert "programs.0 A B" in masked
        assert "buyer.buyerName ••• •••" in masked

    def test_what_amazon_sent_is_revealed_to_those_who_may_and_that_is_kept(self, owner, colleague, session, arrive):
        there = arrive(an_order(1, raw={"buyer": {"buyerName": "Whole"}}))
        (version,) = stored(session, select(AmazonOrderVersion.id))
        url = f"{GRID}/{there}/versions/{version}/reveals"

        assert colleague.post(url).status_code == 403
        page = owner.post(url)

        assert '"buyerName": "Whole"' in text(page)
        kept = session.scalars(select(Event).where(Event.kind == "version_revealed")).one()
        assert (kept.by.startswith("user:"), kept.args) == (True, {"version": version})

    def test_a_version_of_another_order_is_not_shown(self, owner, session, arrive):
        arrive(an_order(1))
        there = arrive(an_order(2))
        other = min(stored(session, select(AmazonOrderVersion.id)))

        assert owner.get(f"{GRID}/{there}?tab=history&version={other}").status_code == 404
        assert owner.post(f"{GRID}/{there}/versions/{other}/reveals").status_code == 404


class TestAddress:
    ENTERED = {"name": "Recipient Number1", "line1": "Street 2", "city": "Town", "country_code": "de"}  # noqa: RUF012

    def test_it_is_corrected_for_us_alone(self, owner, session, arrive):
        there = arrive(an_order(1))

        page = sent(owner, f"{GRID}/{there}/address", **self.ENTERED)

        assert "Address line 1 Street 1 Street 2" in plain(page)
        order = session.scalars(select(AmazonOrder)).one()
        assert (order.recipient["line1"], order.recipient_override["line1"]) == ("Street 1", "Street 2")
        kept = session.scalars(select(Event).where(Event.kind == "address_corrected")).one()
        assert kept.args == {"fields": ["line1"]}

    def test_amazons_counts_again_when_asked(self, owner, session, arrive):
        there = arrive(an_order(1))
        sent(owner, f"{GRID}/{there}/address", **self.ENTERED)

        sent(owner, f"{GRID}/{there}/address-restorations")

        assert session.scalars(select(AmazonOrder.recipient_override)).one() is None

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"line1": " "}, "An address needs this."),
            ({"country_code": "Germany"}, "Enter the two letters of a country"),
            ({"city": "x" * 101}, "This can have at most 100 characters."),
            ({"line1": "Street 1"}, "This is the address already"),
        ],
    )
    def test_what_is_no_address_is_said_and_nothing_is_changed(self, owner, session, arrive, wrong, said):
        there = arrive(an_order(1))

        page = owner.post(f"{GRID}/{there}/address", data=self.ENTERED | wrong)

        assert page.status_code == 422
        assert said in plain(page)
        assert session.scalars(select(AmazonOrder.recipient_override)).one() is None

    def test_a_colleague_may_not(self, colleague, arrive):
        there = arrive(an_order(1))

        assert colleague.get(f"{GRID}/{there}/address").status_code == 403
        assert colleague.post(f"{GRID}/{there}/address", data=self.ENTERED).status_code == 403

    def test_an_order_made_afterwards_takes_it(self, owner, session, arrive):
        there = arrive(an_order(1, "PENDING"))
        sent(owner, f"{GRID}/{there}/address", **self.ENTERED)
        session.commit()

        session.scalars(select(AmazonOrder)).one().status = "UNSHIPPED"
        session.commit()
        sent(owner, f"{GRID}/{there}/orders")

        assert session.scalars(select(Order)).one().shipping_address["line1"] == "Street 2"


class TestCreateOrder:
    def test_a_blocked_one_is_retried_by_the_button(self, owner, session, account, arrive):
        store = a_store(account)
        store.active = False
        session.commit()
        there = arrive(an_order(1))
        page = text(owner.get(f"{GRID}/{there}"))
        assert "Not imported: the store is inactive." in page
        assert "Retry now" in page

        again = sent(owner, f"{GRID}/{there}/orders")
        assert "Not imported: the store is inactive." in text(again)
        store.active = True
        session.commit()
        made = owner.post(f"{GRID}/{there}/orders")

        assert made.location == "/orders/100001"
        assert session.scalars(select(AmazonOrder.blocked)).one() is None

    def test_one_older_than_the_store_is_made_when_asked(self, owner, session, arrive):
        there = arrive(an_order(1, purchased_at=NOW - timedelta(days=60)))
        assert "Create Order" in text(owner.get(f"{GRID}/{there}"))

        assert owner.post(f"{GRID}/{there}/orders").location == "/orders/100001"

    @pytest.mark.parametrize(
        ("order", "said"),
        [
            (an_order(1, "PENDING"), "Its Order is made once Amazon says Unshipped."),
            (an_order(1, "CANCELLED"), "This order is cancelled, so no Order is made of it."),
            (an_order(1, "UNSHIPPED", fulfilled_by="AMAZON"), "once Amazon has shipped it"),
            (an_order(1, "SOMETHING_NEW"), "with the status SOMETHING_NEW"),
            (an_order(1), "There is an Order of this Amazon order already: 100001."),
        ],
    )
    def test_what_is_not_due_says_why(self, owner, session, arrive, order, said):
        there = arrive(order)
        before = stored(session, select(Order.id))

        page = sent(owner, f"{GRID}/{there}/orders")

        assert said in plain(page)
        assert stored(session, select(Order.id)) == before

    def test_with_import_off_the_page_is_read_only(self, owner, session, account, arrive):
        a_store(account).import_orders = False
        session.commit()
        there = arrive(an_order(1))

        page = text(owner.get(f"{GRID}/{there}"))

        assert "Import is disabled for this store" in page
        assert "Create Order" not in page
        assert "Cancel order" not in page
        assert "no Order is made" in text(sent(owner, f"{GRID}/{there}/orders"))

    def test_shipped_orders_follow(self, owner, session, arrive):
        there = arrive(an_order(1))
        arrive(an_order(1, updated=5, **shipped(an_order(1))), minutes=5)

        page = plain(owner.get(f"{GRID}/{there}?tab=history"))

        assert "Amazon counts 2 more as shipped" in page
        assert "Order is complete" in page


@pytest.mark.parametrize(("tab", "most"), [("details", 1), ("items", 2), ("tracking", 3), ("history", 2)])
def test_a_tab_costs_as_many_statements_for_much_as_for_little(owner, arrive, tab, most):
    packages = tuple(a_package(n) for n in range(1, 4))
    arrive(an_order(1, items=tuple(an_item(n) for n in range(1, 6)), packages=packages))

    with counted() as sent:
        assert owner.get(f"/amazon-orders/{an_order(1).number}?tab={tab}").status_code == 200

    assert len([one for one in sent if "sessions" not in one]) == most
