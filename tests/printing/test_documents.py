"""What a reader finds on an invoice, a packing slip and a credit memo, in each language."""

import io
import logging
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from tests.printing.orders import FOOTER, a_memo, a_printed_order, fonts, pages, the_invoice, two_parcels
from tests.support.factories import an_item, an_order
from tests.support.order_processing import AUDIT_ARGS, create_orders
from tests.support.refunds import a_shipped_item
from webapp.domain.accounts import document_settings
from webapp.domain.amazon.types import Address
from webapp.domain.common.languages import LANGUAGES
from webapp.domain.errors import NotFoundError
from webapp.domain.invoicing import amazon_refunds
from webapp.models.documents import Invoice
from webapp.printing import renderer
from webapp.runtime import log_config
from webapp.services.shipping import shipments

A4, LETTER = (595, 842), (612, 792)


def size(file: bytes) -> tuple[int, int]:
    box = PdfReader(io.BytesIO(file)).pages[0].mediabox
    return round(box.width), round(box.height)


def test_an_invoice_says_who_bills_whom_for_what(session):
    order = a_printed_order(session)
    invoice = the_invoice(session)

    (page,) = pages(renderer.render_invoice(session, invoice.id))

    for words in (
        "Goods & Sons · Harbour 1 · 20095 Hamburg",
        "Recipient Number1 Street 1 Town",
        f"Rechnungsnummer {invoice.number}",
        "Rechnungsdatum 2. März 2026",
        f"Auftragsnummer {order.number}",
        "Amazon-Bestellung 303-0000000-0000001",
        "USt-IdNr. / Steuernr. DE123",
        "Besteller Buyer Number1",
        "Article 1 SKU SKU-1 · B000000001 2 10,00 3,00 4,00 -1,00 26,00",
        "Article 2 SKU SKU-2 · B000000002 1 10,00 3,00 4,00 -1,00 16,00",
        "Zwischensumme 30,00 € Versandkosten 6,00 € Rabatt -2,00 € Steuer 8,00 € Gesamtbetrag 42,00 €",
        "Über Amazon bezahlt. Es ist nichts mehr zu zahlen.",
        f"{FOOTER} Seite 1 von 1",
    ):
        assert words in page, words
    assert "Germany" not in page
    assert "Deutschland" not in page


@pytest.mark.parametrize(
    ("country", "tax", "words"),
    [("DE", 1116, " 11,16 19 % 69,90 "), ("FR", 323, " 3,23 5,5% 61,97 "), ("DE", 1000, " 10,00 68,74 ")],
)
def test_an_invoice_names_the_rate_of_the_tax_where_amazons_amounts_show_it(session, country, tax, words):
    item = a_shipped_item(1, 1, price=5874, shipping=0, tax=tax, discount=0)
    a_printed_order(session, country, items=(item,))

    (page,) = pages(renderer.render_invoice(session, the_invoice(session).id))

    assert words in page


def test_a_tax_that_is_no_vat_has_no_rate(session):
    a_printed_order(session, "US", items=(an_item(1, 1, "USD"),))
    (page,) = pages(renderer.render_invoice(session, the_invoice(session).id))
    assert "%" not in page


def test_a_packing_slip_says_what_is_in_which_parcel_and_no_prices(session):
    order = a_printed_order(session)
    shipment = two_parcels(session, order)

    (page,) = pages(renderer.render_documents(session, [("shipment", shipment.id)]))

    for words in (
        f"Lieferscheinnummer {shipment.number}",
        "Amazon-Bestellung 303-0000000-0000001",
        (
            "Paket 1 von 2 DHL · 00340434161094042557 Menge SKU Artikel 2 SKU-1 Article 1 B000000001 "
            "Geschenknachricht Happy birthday お誕生日おめでとう"
        ),
        "Paket 2 von 2 DPD · 01405400120384 Menge SKU Artikel 1 SKU-2 Article 2 B000000002",
    ):
        assert words in page, words
    assert "€" not in page
    assert ",00" not in page
    # The gift message lies in the parcel with its article, and nowhere else.
    assert page.count("Geschenknachricht") == 1


def test_a_parcel_s_lines_can_be_ticked_off(session):
    """Two lines, two boxes; besides them only filled ones are drawn."""
    order = a_printed_order(session)
    file = renderer.render_documents(session, [("shipment", two_parcels(session, order).id)])
    drawn = PdfReader(io.BytesIO(file)).pages[0].get_contents().get_data().decode("latin-1")
    assert sum(line.endswith("re S") for line in drawn.splitlines()) == 2


def test_a_credit_memo_says_what_is_given_back_of_which_invoice(session):
    order = a_printed_order(session)
    memo = a_memo(session, order)
    assert (memo.subtotal, memo.tax, memo.discount, memo.shipping, memo.total) == (1000, 200, -50, 100, 1275)

    (page,) = pages(renderer.render_credit_memo(session, memo.id))

    for words in (
        f"Nummer der Korrektur {memo.number}",
        f"Zu Rechnung {the_invoice(session).number}",
        "Article 1 SKU SKU-1 · B000000001 1 10,00 0,50 2,00 20 % -0,50 12,00",
        "Article 2 SKU SKU-2 · B000000002 – – 0,50 0,00 0,00 0,50",
        (
            "Zwischensumme 10,00 € Versandkosten 1,00 € Rabatt -0,50 € Steuer 2,00 € "
            "Zusätzliche Erstattung 0,50 € Einbehaltener Betrag -0,25 € Erstattungsbetrag 12,75 €"
        ),
    ):
        assert words in page, words


def test_a_credit_memo_names_amazon_only_where_amazon_pays_back(session):
    memo = a_memo(session, a_printed_order(session))
    words = "Der Betrag wird über Amazon erstattet"

    assert words not in pages(renderer.render_credit_memo(session, memo.id))[0]
    memo.state = amazon_refunds.REFUNDED
    session.commit()
    assert words in pages(renderer.render_credit_memo(session, memo.id))[0]


def test_all_a_seller_may_say_of_himself_is_printed(session):
    order = a_printed_order(session)
    name = "Goods and Sons of the Outer Harbour, Trading Company of 1887"
    sender = [name, *(f"Sender line {n} of eight" for n in range(2, 9))]
    footer = [f"Footer line {n} " + "and so on " * 10 for n in range(1, 6)]
    settings = {"documents_sender": "\n".join(sender), "documents_footer": "\n".join(footer)}
    for key, text in document_settings.clean(settings).items():
        setattr(order.store, key, text)
    session.commit()

    (page,) = pages(renderer.render_invoice(session, the_invoice(session).id))

    assert " · ".join(sender) in page
    assert " ".join(" ".join(footer).split()) in page.replace(" Seite 1 von 1", "")


@pytest.mark.parametrize(
    ("language", "title", "total", "page_one"),
    [
        ("en", "Invoice", "Grand total 42,00 €", "Page 1 of 1"),
        ("de", "Rechnung", "Gesamtbetrag 42,00 €", "Seite 1 von 1"),
        ("nl", "Factuur", "Totaalbedrag € 42,00", "Pagina 1 van 1"),
        ("sv", "Faktura", "Totalt belopp 42,00 €", "Sida 1 av 1"),
        ("it", "Fattura", "Totale 42,00 €", "Pagina 1 di 1"),
        ("zh", "发票", "总计 €42.00", "第 1 页，共 1 页"),
    ],
)
def test_an_invoice_speaks_the_store_s_language(session, language, title, total, page_one):
    order = a_printed_order(session)
    order.store.language = language
    session.commit()

    file = renderer.render_invoice(session, the_invoice(session).id)

    (page,) = pages(file)
    assert page.startswith(f"Goods & Sons {title} ")
    assert total in page
    assert page.endswith(page_one)
    assert set(fonts(file).values()) == {True}


def test_every_language_has_every_text_of_every_document(session):
    order = a_printed_order(session)
    keys = [
        ("invoice", the_invoice(session).id),
        ("shipment", two_parcels(session, order).id),
        ("credit_memo", a_memo(session, order).id),
    ]
    said = {}
    for language in LANGUAGES:
        order.store.language = language
        session.commit()
        said[language] = pages(renderer.render_documents(session, keys))
        assert len(said[language]) == 3
    english = {"Invoice", "Packing slip", "Credit memo", "Grand total", "Quantity", "Parcel", "Gift message"}
    for language in set(LANGUAGES) - {"en"}:
        assert not [word for word in english if word in " ".join(said[language])], language


@pytest.mark.parametrize(
    ("country", "paper", "total"),
    [
        ("DE", A4, "42,00 €"),
        ("US", LETTER, "$42.00"),
        ("CA", LETTER, "$42.00"),
        ("MX", LETTER, "42.00"),
        ("JP", A4, "42"),
    ],
)
def test_paper_and_amounts_are_those_of_the_marketplace(session, country, paper, total):
    a_printed_order(session, country)
    file = renderer.render_invoice(session, the_invoice(session).id)
    assert size(file) == paper
    assert total in pages(file)[0]


def test_yen_have_no_decimals(session):
    a_printed_order(session, "JP")
    (page,) = pages(renderer.render_invoice(session, the_invoice(session).id))
    assert "Article 1 SKU SKU-1 · B000000001 2 10 3 4 -1 26" in page


def test_a_long_order_goes_over_pages_that_repeat_the_head_and_count_themselves(session):
    items = tuple(an_item(n, quantity=1) for n in range(1, 201))
    a_printed_order(session, items=items)

    texts = pages(renderer.render_invoice(session, the_invoice(session).id))

    assert len(texts) == 10
    for place, page in enumerate(texts, start=1):
        assert page.endswith(f"Seite {place} von 10")
        assert page.count("Artikel Menge Einzelpreis") == 1
    found = " ".join(texts)
    assert [n for n in range(1, 201) if found.count(f"Article {n} SKU SKU-{n} ·") != 1] == []
    assert "Gesamtbetrag 3.200,00 €" in texts[-1]


def test_names_of_everywhere_are_printed_and_emoji_left_out(session):
    names = "Łucja Żółć", "Ελένη Ωραία", "Ґалина Їжак", "Şükrü İğneci", "山田 太郎", "김 철수", "王 小明"
    address = Address(name=" / ".join(names[:4]), company=" / ".join(names[4:]), line1="Hafen 1 🚢", city="Town")
    a_printed_order(session, recipient=address)

    file = renderer.render_invoice(session, the_invoice(session).id)

    (page,) = pages(file)
    assert [name for name in names if name not in page] == []
    assert "Hafen 1 Town" in page
    assert fonts(file) == {"IBMPlexSans": True, "IBMPlexSansSemiBold": True, "DroidSansFallback": True}


def test_a_document_without_asian_letters_carries_no_asian_font(session):
    a_printed_order(session)
    file = renderer.render_invoice(session, the_invoice(session).id)
    assert set(fonts(file)) == {"IBMPlexSans", "IBMPlexSansSemiBold"}
    assert len(file) < 40_000


def test_many_documents_are_one_file_in_which_each_counts_its_own_pages(session):
    order = a_printed_order(session, items=tuple(an_item(n, quantity=1) for n in range(1, 31)))
    invoice, shipment = (
        ("invoice", the_invoice(session).id),
        ("shipment", shipments.create(session, order.id, **AUDIT_ARGS).id),
    )

    texts = pages(renderer.render_documents(session, [shipment, invoice, shipment]))

    assert [page.rpartition(" Seite ")[2] for page in texts] == ["1 von 2", "2 von 2"] * 3
    assert ["Lieferschein" in page for page in texts] == [True, True, False, False, True, True]


def test_the_same_document_is_the_same_bytes_each_time(session):
    a_printed_order(session)
    invoice = the_invoice(session)
    assert renderer.render_invoice(session, invoice.id) == renderer.render_invoice(session, invoice.id)


def test_what_is_not_there_is_not_found(session):
    with pytest.raises(NotFoundError):
        renderer.render_credit_memo(session, 1)


def test_an_order_whose_personal_data_is_gone_still_prints(session):
    order = a_printed_order(session)
    order.bill_to_name = order.ship_to_name = order.billing = order.shipping_address = None
    order.amazon_order.buyer = order.amazon_order.recipient = None
    session.commit()
    (page,) = pages(renderer.render_invoice(session, the_invoice(session).id))
    assert "Gesamtbetrag 42,00 €" in page


def test_no_font_file_stays_open(session):
    order = a_printed_order(session)
    shipment = two_parcels(session, order)
    before = open_files()
    renderer.render_documents(session, [("shipment", shipment.id)])
    with pytest.raises(NotFoundError):
        renderer.render_documents(session, [("invoice", 987)])
    assert open_files() == before


def open_files() -> set[str]:
    return {str(path.resolve()) for path in Path("/proc/self/fd").iterdir() if path.resolve().suffix == ".ttf"}


def test_a_long_address_abroad_keeps_its_country(session):
    fields = {"name": "Name " * 12, "company": "Company " * 8, "line1": "Street " * 9, "line2": "Back", "line3": "Left"}
    address = Address(**fields, city="Paris", postal_code="75001", region="IDF", country_code="FR")
    a_printed_order(session, recipient=address)
    (page,) = pages(renderer.render_invoice(session, the_invoice(session).id))
    assert "Back Left 75001 Paris IDF Frankreich" in page
    assert page.index("Frankreich") < page.index("Artikel Menge")


def test_printing_says_nothing_in_the_log(session, capsys, monkeypatch):
    invoice = a_printed_order(session) and the_invoice(session)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)

    log_config.configure("INFO")
    renderer.render_invoice(session, invoice.id)

    assert capsys.readouterr().err == ""


def positions(file: bytes) -> list[list[tuple[float, str]]]:
    """Of each page, the height of each text above the lower edge in points, and the text."""
    found: list[list[tuple[float, str]]] = []
    for page in PdfReader(io.BytesIO(file)).pages:
        texts: list[tuple[float, str]] = []

        def note(words, _now, matrix, *_font, texts=texts):
            if words.strip():
                texts.append((matrix[5], words.strip()))

        page.extract_text(visitor_text=note)
        found.append(texts)
    return found


@pytest.mark.parametrize("footer", ["One line", "\n".join(f"Line {n} of the footer" for n in range(1, 13))])
def test_nothing_is_printed_over_the_footer_however_many_lines_there_are(session, footer):
    first = a_printed_order(session)
    first.store.documents_footer = footer
    session.commit()
    # Each number of lines ends the table at another height, some of them just above the footer.
    counts = [*range(18, 34), 75]
    lines = [tuple(an_item(n, 1, title=f"Article {n}" + " long" * (n % 9)) for n in range(1, most)) for most in counts]
    create_orders(session, *(an_order(10 + place, items=items) for place, items in enumerate(lines)))
    for invoice in session.scalars(select(Invoice)).all():
        for page in positions(renderer.render_invoice(session, invoice.id)):
            below = [
                (height, words) for height, words in page if words in footer.splitlines() or words.startswith("Seite ")
            ]
            above = [(height, words) for height, words in page if (height, words) not in below]
            assert below
            # The rule above the footer is 4.4 mm, 12 points, above its first line.
            assert min(height for height, _ in above) > max(height for height, _ in below) + 12
            # Nor does the footer run off the page: printers leave out about 5 mm, 14 points, at its edge.
            assert min(height for height, _ in below) > 14
