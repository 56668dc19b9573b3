"""The pages of Amazon orders, as the owner, a colleague and a stranger see them."""

import re
from datetime import timedelta
from html import unescape

from tests.queries.accounts.test_dashboard import counted
from tests.support.factories import NOW, a_component, a_store, an_account, an_item, an_order
from tests.support.pages import plain
from webapp.services.sync.importing import import_page

GRID = "/amazon-orders"


def text(response):
    return unescape(response.get_data(as_text=True))


def numbers(response):
    """Amazon's numbers in the rows, from top to bottom."""
    body = text(response).partition("<tbody")[2]
    return re.findall(r">(\d{3}-\d{7}-\d{7})<", body)


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


class TestGrid:
    def test_a_stranger_is_sent_to_sign_in(self, anonymous_client):
        assert anonymous_client.get(GRID).status_code == 303

    def test_it_shows_what_amazon_says_of_each_order(self, owner_client, import_orders):
        import_orders(an_order(1, programs=("PRIME", "AMAZON_BUSINESS")), an_order(2, "SHIPPED", fulfilled_by="AMAZON"))

        page = plain(owner_client.get(GRID))

        for text in ("Buyer Number1", "Unshipped", "Shipped", "€26.00", "FBM", "FBA", "Prime", "Business", "2 orders"):
            assert text in page
        assert "Order 100001 created" in page

    def test_a_colleague_sees_no_whole_name(self, viewer_client, import_orders):
        import_orders(an_order(1))

        page = plain(viewer_client.get(GRID))

        assert "Buyer Number1" not in page
        assert "B••• N•••" in page

    def test_a_number_leads_to_the_order_where_there_is_one(self, owner_client, session, account, import_orders):
        import_orders(an_order(1), an_order(2, "PENDING"), an_order(3, country="GB"))
        a_store(account, "GB").import_orders = False
        session.commit()

        page = text(owner_client.get(GRID))

        assert 'href="/orders/100001"' in page
        assert f'href="/amazon-orders/{number(2)}"' in page
        assert f'href="/amazon-orders/{number(3)}"' in page

    def test_each_filter_finds_what_it_says(self, owner_client, import_orders):
        # The third was placed at half past eleven in the evening in Berlin, the fourth two hours later.
        evening = NOW.replace(year=2026, month=2, day=28, hour=22, minute=30)
        import_orders(
            a_priced_order(1, "10.00", programs=("AMAZON_BUSINESS",)),
            a_priced_order(2, "12.50", status="PENDING", programs=("PRIME",), purchased_at=evening - timedelta(days=2)),
            a_priced_order(3, "12.49", status="SHIPPED", fulfilled_by="AMAZON", purchased_at=evening),
            a_priced_order(4, "1000", status="SHIPPED", purchased_at=evening + timedelta(hours=2)),
            an_order(5, total=None, items=()),
        )
        for query, expected in [
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
        ]:
            page = owner_client.get(GRID, query_string=query)

            assert sorted(numbers(page)) == [number(n) for n in expected], (query, expected)

    def test_a_total_is_meant_in_each_orders_own_currency(self, owner_client, session):
        account = an_account(session, ("JP",), region="FE", name="East", seller_id="A1EAST")
        orders = [a_priced_order(n, str(yen), "JPY", country="JP") for n, yen in ((1, 12), (2, 13), (3, 1250))]
        import_page.import_page(session, account.id, orders, now=NOW, actor="amazon")
        session.commit()

        assert numbers(owner_client.get(f"{GRID}?total_min=12.5&sort=number")) == [number(2), number(3)]

    def test_a_store_is_filtered_by_its_address(self, owner_client, account, import_orders):
        import_orders(an_order(1), an_order(2, country="GB"))

        assert numbers(owner_client.get(GRID, query_string={"store": a_store(account, "GB").slug})) == [number(2)]

    def test_an_invalid_filter_is_reported_at_its_field(self, owner_client, import_orders):
        import_orders(an_order(1))
        for query, message in [
            ({"total_min": "twelve"}, "Enter an amount, such as 12.50."),
            ({"total_min": "NaN"}, "Enter an amount, such as 12.50."),
            ({"total_min": "-1"}, "Enter an amount from 0"),
            ({"total_max": "9" * 40}, "Enter an amount from 0"),
            ({"total_min": "20", "total_max": "10"}, "This is less than the minimum total."),
            ({"purchased_from": "yesterday"}, "Enter a day as 2026-03-31."),
            ({"purchased_from": "0001-01-01"}, "Enter a day between 1995 and 2100."),
            ({"purchased_from": "2026-03-02", "purchased_to": "2026-03-01"}, "This date is before the start date."),
            ({"buyer": "!!"}, "Type at least one letter or digit."),
            ({"buyer": "~gAAAA"}, "This link was created by another installation. Enter the name again."),
            ({"store": "nowhere"}, "This is not a valid choice."),
            ({"number": "3" * 500}, "This search term is too long."),
        ]:
            page = owner_client.get(GRID, query_string=query)

            assert page.status_code == 422, (query, message)
            assert message in plain(page), (query, message)
            assert numbers(page) == [], (query, message)

    def test_a_name_is_encrypted_in_the_url(self, owner_client, import_orders):
        import_orders(an_order(1), an_order(2))

        answered = owner_client.post(f"{GRID}/searches", data={"buyer": "Number2", "sort": "-total", "size": "20"})
        page = owner_client.get(answered.location)

        assert "Number2" not in answered.location
        assert "sort=-total" in answered.location
        assert numbers(page) == [number(2)]
        assert "Buyer: Number2" in plain(page)
        assert all("Number2" not in link for link in re.findall(r'href="([^"]*)"', text(page)))

    def test_what_was_sent_wrongly_is_explained_where_it_leads(self, owner_client):
        page = sent(owner_client, f"{GRID}/searches", total_min="x", buyer="??")

        assert page.status_code == 422
        assert "Type at least one letter or digit." in plain(page)
        assert 'value="x"' in text(page)

    def test_each_chip_takes_its_own_filter_away(self, owner_client, import_orders):
        import_orders(an_order(1), an_order(2, "PENDING"))

        page = text(owner_client.get(f"{GRID}?status=UNSHIPPED&status=PENDING&number=0001&sort=total"))

        chips = re.findall(r'<a class="chip" href="([^"]*)"', page)
        assert [re.sub(r".*\?", "", chip) for chip in chips] == [
            "status=UNSHIPPED&status=PENDING&sort=total",
            "number=0001&status=PENDING&sort=total",
            "number=0001&status=UNSHIPPED&sort=total",
        ]
        assert f'<a class="clear" href="{GRID}?sort=total"' in page

    def test_it_sorts_the_whole_and_not_the_page(self, owner_client, import_orders):
        import_orders(
            a_priced_order(1, "30", purchased_at=NOW, ship_by=NOW + timedelta(days=3)),
            a_priced_order(2, "20", purchased_at=NOW - timedelta(hours=1), ship_by=None),
            an_order(3, "PENDING", total=None, purchased_at=NOW - timedelta(hours=2), ship_by=NOW),
            a_priced_order(
                4, "10", status="SHIPPED", purchased_at=NOW - timedelta(hours=3), ship_by=NOW + timedelta(1)
            ),
        )
        for sort, order in [
            ("-purchased", [1, 2, 3, 4]),
            ("purchased", [4, 3, 2, 1]),
            ("total", [4, 2, 1, 3]),
            ("-total", [1, 2, 4, 3]),
            ("number", [1, 2, 3, 4]),
            ("ship_by", [3, 4, 1, 2]),
            ("status", [3, 4, 1, 2]),
        ]:
            assert numbers(owner_client.get(f"{GRID}?sort={sort}")) == [number(n) for n in order], (sort, order)

    def test_its_links_lead_through_every_page_and_back(self, owner_client, import_orders):
        import_orders(*(an_order(n, purchased_at=NOW - timedelta(hours=n // 3)) for n in range(1, 46)))

        def follow(rel):
            pages, url = [], f"{GRID}?size=20&sort=purchased" + ("" if rel == "next" else "&before=end")
            while url:
                page = owner_client.get(url)
                pages.append(numbers(page))
                match = re.search(rf'href="([^"]*)" rel="{rel}"', text(page))
                url = match and match[1]
            return pages

        forth, back = follow("next"), follow("prev")

        every = [row for page in forth for row in page]
        assert [len(page) for page in forth] == [20, 20, 5]
        assert [row for page in reversed(back) for row in page] == every
        assert len(set(every)) == 45

    def test_a_page_is_asked_for_by_its_number(self, owner_client, import_orders):
        import_orders(*(an_order(n) for n in range(1, 46)))

        page = owner_client.get(f"{GRID}?size=20&status=UNSHIPPED")

        form = page.get_data(as_text=True).partition('class="leap"')[2].partition("</form>")[0]
        assert [re.findall(r'"([^"]*)"', field)[1:] for field in re.findall(r"<input[^>]*hidden[^>]*>", form)] == [
            ["status", "UNSHIPPED"],
            ["size", "20"],
        ]
        third = owner_client.get(f"{GRID}?size=20&status=UNSHIPPED&page=3")
        assert numbers(third) == [an_order(n).number for n in range(5, 0, -1)]
        assert 'class="leap"' not in owner_client.get(f"{GRID}?size=100").get_data(as_text=True)

    def test_htmx_gets_the_grid_alone(self, owner_client, import_orders):
        import_orders(an_order(1))

        fragment = owner_client.get(GRID, headers={"HX-Request": "true"})

        assert text(fragment).lstrip().startswith('<div id="amazon-orders-grid"')
        assert "<html" not in text(fragment)
        assert "HX-Request" in fragment.headers["Vary"]

    def test_a_page_of_many_orders_costs_as_many_statements_as_a_page_of_one(self, owner_client, import_orders):
        import_orders(an_order(1))
        with counted() as few:
            assert owner_client.get(f"{GRID}?size=100").status_code == 200
        import_orders(*(an_order(n, country=("DE", "GB", "FR")[n % 3]) for n in range(2, 90)))
        with counted() as many:
            assert owner_client.get(f"{GRID}?size=100").status_code == 200

        assert len(few) == len(many)
        # The session; the stores and the layout of the list; the count; the rows.
        assert len(many) == 4

    def test_names_of_other_pages_are_not_decrypted(self, owner_client, import_orders, monkeypatch):
        import_orders(*(an_order(n) for n in range(1, 60)))
        from webapp.db.encryption import FieldCipher

        opened = []
        decrypt = FieldCipher.decrypt
        monkeypatch.setattr(FieldCipher, "decrypt", lambda cipher, token: opened.append(1) or decrypt(cipher, token))

        owner_client.get(f"{GRID}?size=20")

        # A name a row, one row that tells there is a next page, and the session.
        assert len(opened) <= 22
