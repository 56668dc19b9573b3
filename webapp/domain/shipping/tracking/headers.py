"""Column headers of tracking files: those of shipping programs and of Amazon's templates in many languages."""
# ruff: noqa: E501 - the tables of this file read better a field a block

import re

from webapp.domain.shipping.carrier_names import normalize_name

ORDER, TRACKING, CARRIER, SKU, ITEM = "order", "tracking_number", "carrier", "sku", "order_item_id"
QUANTITY, SHIPPED_ON, VOID = "quantity", "shipped_on", "void"
# The carrier's service. Carriers' exports have it in the column of the carrier, or in another one of many names: only
# the column of Amazon's templates is read.
SHIPPING_METHOD = "shipping_method"
# Columns that are never read for a parcel's number: of return labels, and of links while a column of numbers exists.
RETURN, LINK = "return", "link"
# A column that marks lines of return labels.
RETURN_MARK = "return_mark"

_NAMES = {
    ORDER: "order orderid ordernumber orderno ordernr amazonorderid amazonordernumber amazonorder merchantorderid orderreference "
    "bestellnummer bestellnr bestellung amazonbestellnummer auftragsnummer auftragsnr auftrag referenz referenz1 kundenreferenz "
    "sendungsreferenz reference reference1 customerreference shipmentreference ref ordernummer bestelnummer bestelling referentie "
    "numeroordine numerodordine ordine idordine riferimento bestallningsnummer bestallning orderreferens referens "
    "numerodecommande commande pedido numerodepedido numerzamowienia nrzamowienia zamowienie siparisno siparisnumarasi "
    "注文番号 受注番号 お客様管理番号 お客様側管理番号 订单号 订单编号 订单id 订单 訂單編號 訂單號碼 訂單號",
    TRACKING: "tracking trackingnumber trackingno trackingnr trackingid trackingcode trackingnumbers trackandtrace tracktrace "
    "sendungsnummer sendungsnr sendung sendungsnummern sendungsverfolgungsnummer sendungsid paketnummer paketnr paketscheinnummer "
    "barcode identcode awb awbnumber airwaybill waybill waybillnumber consignment consignmentnumber consignmentno shipmentnumber "
    "shipmenttrackingnumber parcelnumber traceernummer zendingsnummer zending barcodenummer sparningsnummer kollinummer kolliid "
    "forsandelsenummer forsandelseid sandningsnummer numeroditracking tracciamento codicetracking codiceditracciamento "
    "letteradivettura ldv numerospedizione numerodispedizione numerodesuivi suivi numerosuivi numerodeseguimiento seguimiento "
    "numerprzesylki nrprzesylki przesylka listprzewozowy takipno takipnumarasi kargotakipno 追跡番号 お問い合わせ番号 "
    "お問合せ番号 お問い合せ番号 問い合わせ番号 伝票番号 送り状番号 配送伝票番号 荷物番号 运单号 运单编号 快递单号 物流单号 跟踪号 跟踪编号 追踪号 追踪编号 追踪编码 物流追踪号 追蹤號碼 追蹤編號 貨運單號 託運單號 運單號碼 運單號",
    CARRIER: "carrier carriercode carriername shippingcarrier courier couriername shippingprovider shippingcompany deliverycompany "
    "trackingcompany trackingprovider "
    "versanddienstleister dienstleister versender paketdienst frachtfuhrer spediteur versandunternehmen versandart transporteur "
    "vervoerder koerier corriere vettore spedizioniere transportor fraktforare fraktbolag budfirma transportista przewoznik kurier "
    "kargo kargofirmasi kargoadi kargokodu tasiyici 配送業者 配送業者コード 配送業者名 運送会社 配送会社 承运人 承运商 承运人代码 承运人名称 快递公司 物流公司 快递 快遞公司 貨運公司 運送商",
    SKU: "sku sellersku merchantsku msku itemsku artikelnummer artikelnr artnr artikelkode articlenumber itemnumber itemno codicearticolo "
    "codiceprodotto artikelkod referencia referenceproduit kodproduktu stokkodu 商品コード 货号 商品编码 卖家sku 商品sku",
    ITEM: "bestellpostenid bestellpostennummer bestellpositionsid bestellpositionsnummer bestellartikelid bestellartikelnummer "
    "numeroarticlecommande numerodarticledecommande idarticlecommande iddelarticulodelpedido idarticulopedido "
    "numeroarticoloordine numeroarticolodellordine idarticoloordine bestelartikelnummer bestelartikelid orderartikelid "
    "orderartikelnummer orderradid orderradsid identyfikatorpozycjizamowienia idpozycjizamowienia numerpozycjizamowienia "
    "siparisurunno siparisurunid sipariskalemino orderitemid amazonorderitemid amazonorderitemcode orderitemcode orderlineid 注文商品番号 注文商品id 订单商品编号 订单商品id 商品订单编号 订单明细编号",
    QUANTITY: "quantity qty quantityshipped shippedquantity menge anzahl stuck stk stuckzahl aantal antal quantita qta pezzi quantite "
    "cantidad ilosc adet pieces pcs units 数量 個数 件数 发货数量 出荷数 出荷数量",
    SHIPPED_ON: "shipdate shippedon shippedat shippeddate shippingdate dateshipped despatchdate dispatchdate versanddatum versandtag "
    "versendetam verzenddatum verzonden skickat skickatdatum avsandningsdatum datadispedizione dataspedizione datedexpedition "
    "dateexpedition datedenvoi fechaenvio fechadeenvio datawysylki gonderimtarihi 発送日 出荷日 发货日期 发货时间 date datum data",
    SHIPPING_METHOD: "shipmethod shippingmethod",
    VOID: "deleted isdeleted deleteflag deletionflag deleteindicator refunded isrefunded refundtype refundstatus geloscht "
    "loschkennzeichen loschvermerk void voided isvoid isvoided voidindicator packagevoidindicator shipmentvoidindicator voidflag voidstatus voiddate storno storniert "
    "stornierung storniertam stornokennzeichen cancelled canceled iscancelled labelcancelled geannuleerd annullato annullata annulla "
    "annule annulee anulado anulada anulowane anulowano makulerad annullerad iptal iptaledildi 取消 已取消 作废 是否作废 已作废 キャンセル 取消区分 取消フラグ 無効",
}  # fmt: skip
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split()}
# Headers with additional text: "Amazon order ID (required)". The longest name within a header decides.
_WITHIN = sorted((name for name in _FIELDS if len(name) >= 7 or not name.isascii()), key=len, reverse=True)
_RETURN_MARKS = frozenset(
    ("returnflag", "returnindicator", "returnlabelflag", "retourenkennzeichen", "istretoure", "是否退货")
)
_RETURNS = (
    "return",
    "retour",
    "rucksend",
    "ruecksend",
    "reso",
    "devol",
    "zwrot",
    "iade",
    "返品",
    "返送",
    "退货",
    "退貨",
    "退件",
)
# Italian and Turkish: not matched within other words.
_SHORT_RETURNS = frozenset(("reso", "iade"))
_LINKS = re.compile(r"url|link|http|href|网址|链接|リンク", re.IGNORECASE)
# Headers of dates unrelated to shipping: any other date column is preferred.
GENERIC_DATES = frozenset(("date", "datum", "data"))
_LONGEST_HEAD = 100


def find_header_field(head: str) -> str | None:
    """Return the field of a column with this header, one of the constants above; None for an unknown header."""
    word = normalize_name(head[:_LONGEST_HEAD])
    if not word:
        return None
    if word.startswith("isreturn") or word in _RETURN_MARKS:
        return RETURN_MARK
    if names_return(word):
        return RETURN
    if _is_void(word):
        return VOID
    field = _FIELDS.get(word) or _FIELDS.get(word.rstrip("0123456789"))
    if field is None:
        field = next((_FIELDS[name] for name in _WITHIN if name in word), None)
    if field in (TRACKING, None) and _LINKS.search(head) and (field or "track" in word):
        return LINK
    return field


def names_return(word: str) -> bool:
    """Return whether a normalized word refers to return labels."""
    return any(
        word.startswith(part) or word.endswith(part) if part in _SHORT_RETURNS else part in word for part in _RETURNS
    )


def _is_void(word: str) -> bool:
    return ("void" in word and "avoid" not in word) or "storno" in word or "storniert" in word
