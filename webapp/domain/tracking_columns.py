"""Which column of a sheet is what: by its head in a dozen languages, and by what stands in it."""
# ruff: noqa: E501 - the tables of this file read better a field a block

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

from webapp.domain.carrier_names import named, plain
from webapp.domain.shipping import LONGEST, clean, guess

LONGEST_NUMBER = 100
ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_AMAZON = re.compile(r"(?<![\d-])(\d{3}-\d{7}-\d{7})(?![\d-])")
_OURS = re.compile(r"#?[A-Za-z0-9][A-Za-z0-9/_.-]{1,39}")
# A word among groups of signs: a number is written in groups, a sentence in words.
_SENTENCE = re.compile(r"(?<!\S)(?=\S*[a-z])[^\W\d_]{3,}(?!\S)")
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d.%m.%y", "%Y%m%d")
_SHORTEST = 8
_LEAST_DIGITS = 5
# A head stands in one of the first lines, under a title at most.
_TITLES = 5
_SAMPLE = 200

_HEADS = {
    "order": "order orderid ordernumber orderno ordernr amazonorderid amazonordernumber amazonorder merchantorderid orderreference "
    "bestellnummer bestellnr bestellung amazonbestellnummer auftragsnummer auftragsnr auftrag referenz referenz1 kundenreferenz "
    "sendungsreferenz reference reference1 customerreference shipmentreference ref ordernummer bestelnummer bestelling referentie "
    "numeroordine numerodordine ordine idordine riferimento bestallningsnummer bestallning orderreferens referens "
    "numerodecommande commande pedido numerodepedido numerzamowienia nrzamowienia zamowienie siparisno siparisnumarasi "
    "注文番号 受注番号 订单号 订单编号 订单 訂單編號",
    "tracking_number": "tracking trackingnumber trackingno trackingnr trackingid trackingcode trackingnumbers trackandtrace tracktrace "
    "sendungsnummer sendungsnr sendung sendungsnummern sendungsverfolgungsnummer sendungsid paketnummer paketnr paketscheinnummer "
    "barcode identcode awb awbnumber airwaybill waybill waybillnumber consignment consignmentnumber consignmentno shipmentnumber "
    "shipmenttrackingnumber parcelnumber traceernummer zendingsnummer zending barcodenummer sparningsnummer kollinummer kolliid "
    "forsandelsenummer forsandelseid sandningsnummer numeroditracking tracciamento codicetracking codiceditracciamento "
    "letteradivettura ldv numerospedizione numerodispedizione numerodesuivi suivi numerosuivi numerodeseguimiento seguimiento "
    "numerprzesylki nrprzesylki przesylka listprzewozowy takipno takipnumarasi kargotakipno 追跡番号 お問い合わせ番号 "
    "お問合せ番号 伝票番号 送り状番号 配送伝票番号 运单号 运单编号 快递单号 物流单号 跟踪号 跟踪编号 追踪号",
    "carrier": "carrier carriercode carriername shippingcarrier courier couriername shippingprovider shippingcompany deliverycompany "
    "versanddienstleister dienstleister versender paketdienst frachtfuhrer spediteur versandunternehmen versandart transporteur "
    "vervoerder koerier corriere vettore spedizioniere transportor fraktforare fraktbolag budfirma transportista przewoznik kurier "
    "kargo kargofirmasi 配送業者 運送会社 配送会社 承运人 承运商 快递公司 物流公司 快递",
    "sku": "sku sellersku merchantsku msku itemsku artikelnummer artikelnr artnr artikelkode articlenumber itemnumber itemno codicearticolo "
    "codiceprodotto artikelkod referencia referenceproduit kodproduktu stokkodu 商品コード 货号 商品编码 卖家sku 商品sku",
    "quantity": "quantity qty quantityshipped shippedquantity menge anzahl stuck stk stuckzahl aantal antal quantita qta pezzi quantite "
    "cantidad ilosc adet pieces pcs units 数量 個数 件数 发货数量 出荷数",
    "shipped_on": "shipdate shippedon shippedat shippeddate shippingdate dateshipped despatchdate dispatchdate versanddatum versandtag "
    "versendetam verzenddatum verzonden skickat skickatdatum avsandningsdatum datadispedizione dataspedizione datedexpedition "
    "fechadeenvio datawysylki gonderimtarihi 発送日 出荷日 发货日期 发货时间 date datum data",
}  # fmt: skip
_BY_HEAD = {name: field for field, names in _HEADS.items() for name in names.split()}
# Heads that say more than their word: "Amazon order ID (required)".
_INSIDE = tuple((name, field) for name, field in _BY_HEAD.items() if len(name) >= 7 or not name.isascii())


def recognise(
    rows: Sequence[Sequence[str]], known: Callable[[Collection[str]], Collection[str]]
) -> tuple[dict[str, int], int, list[str]]:
    """(field → place of its column, the first row of data, the heads or nothing where there are none)."""
    at = _head_row(rows)
    heads = list(rows[at]) if at is not None else []
    begins = 0 if at is None else at + 1
    body = [row for row in rows[begins:] if any(row)][:_SAMPLE]
    width = max((len(row) for row in body), default=0)
    every = [[row[place] if place < len(row) else "" for row in body] for place in range(width)]
    ours = _known(every, known)
    scores: list[tuple[float, str, int]] = []
    for place, cells in enumerate(every):
        by_head = head_field(heads[place]) if place < len(heads) else None
        filled = [cell for cell in cells if cell]
        for field in _HEADS:
            score = _score(field, filled, ours, headed=field == by_head)
            if score > 0:
                scores.append((score, field, -place))
    found: dict[str, int] = {}
    for _, field, place in sorted(scores, reverse=True):
        if field not in found and -place not in found.values():
            found[field] = -place
    return found, begins, [*heads, *[""] * (width - len(heads))] if heads else []


def head_field(head: str) -> str | None:
    """What a column with this head holds; None where the head says nothing we know."""
    word = plain(head)
    if word in _BY_HEAD:
        return _BY_HEAD[word]
    return next((field for name, field in _INSIDE if plain(name) in word), None)


def amazon_number(text: str) -> str:
    """Amazon's order number in a text, empty where there is none."""
    match = _AMAZON.search(text)
    return match[1] if match else ""


def order_in(cell: str) -> str:
    """The order's number a cell holds: Amazon's wherever it stands in it, else the cell without its `#`."""
    return amazon_number(cell) or cell.lstrip("#").strip()


def looks_tracked(text: str) -> bool:
    """Whether it may be a tracking number, an order's number and a day being none."""
    return trackedness(text) > 0


def trackedness(text: str) -> float:
    """How likely a text is a tracking number, perhaps behind a carrier's name: 0 not, 1 of the form of a carrier's."""
    return _likely(by_whom(text)[1])


def by_whom(cell: str) -> tuple[str, str]:
    """(carrier, number) of a cell that holds both, as in `DHL 0034…`; of any other the carrier is empty."""
    first, _, rest = cell.strip().partition(" ")
    return (first.rstrip(":"), rest.strip()) if named(first) and _likely(rest) else ("", cell)


def _likely(text: str) -> float:
    text = text.strip()
    if ROUNDED.fullmatch(text):
        return 0.8
    if amazon_number(text) or day(text) is not None or _SENTENCE.search(text):
        return 0.0
    number = clean(text)
    digits = sum(sign.isdigit() for sign in number)
    if not _SHORTEST <= len(number) <= LONGEST or not (number.isascii() and number.isalnum()):
        return 0.0
    if digits < _LEAST_DIGITS or digits * 5 < len(number) * 2:
        return 0.0
    return 1.0 if guess(number) else 0.6


def day(text: str) -> date | None:
    """A day as people write it; where day and month could be either, the day comes first."""
    text = re.split(r"[T\s]", text.strip(), maxsplit=1)[0]
    if not 8 <= len(text) <= 10 or (text.isdigit() and not text.startswith("20")):
        return None
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _head_row(rows: Sequence[Sequence[str]]) -> int | None:
    """The line above the data whose cells say most; a title says less than the heads below it."""
    best, most = None, 0
    for place, row in enumerate(rows[:_TITLES]):
        cells = [cell for cell in row if cell]
        if any(amazon_number(cell) or looks_tracked(cell) for cell in cells):
            break
        fields = {field for cell in cells if (field := head_field(cell))}
        if len(fields) > most and (len(fields) > 1 or fields & {"order", "tracking_number"}):
            best, most = place, len(fields)
    return best


def _known(every: Sequence[Sequence[str]], known: Callable[[Collection[str]], Collection[str]]) -> frozenset[str]:
    """Which cells are numbers of our orders. Asked only where no column has Amazon's, which need no asking."""
    if any(sum(bool(amazon_number(cell)) for cell in cells) * 2 > len(cells) for cells in every):
        return frozenset()
    words = {cell.lstrip("#") for cells in every for cell in cells if _OURS.fullmatch(cell)}
    return frozenset(known(words))


def _score(field: str, cells: Sequence[str], ours: frozenset[str], *, headed: bool) -> float:
    """How well a column fits a field: what stands in it counts more than its head, and a head alone suffices."""
    if not cells:
        return 0.5 if headed else 0.0
    share = _share(field, cells, ours)
    if share is None:
        return 1.0 if headed else 0.0
    if not headed:
        # The least of what a column without a head must hold.
        return share * 2 if share >= 0.6 else 0.0
    return 1.0 + share * 2


def _share(field: str, cells: Sequence[str], ours: frozenset[str]) -> float | None:
    """The part of the cells that can be such; None where nothing tells."""
    if field == "order":
        return sum(bool(amazon_number(cell)) or cell.lstrip("#") in ours for cell in cells) / len(cells)
    if field == "tracking_number":
        free = [cell for cell in cells if cell.lstrip("#") not in ours]
        return sum(trackedness(cell) for cell in free) / len(cells)
    if field == "carrier":
        return sum(named(cell) is not None and not looks_tracked(cell) for cell in cells) / len(cells)
    if field == "shipped_on":
        return sum(day(cell) is not None for cell in cells) / len(cells)
    return None
