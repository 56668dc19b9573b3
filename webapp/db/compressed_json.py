"""JSON as bytes: quickly written, small where that is worth it; and a digest that is the same for the same content.

What is packed begins with a byte that says how: zstd with the text below as its dictionary, or zlib, which is what
older releases wrote. Anything else is the JSON itself.
"""

import codecs
import hashlib
import json
import sys
import zlib
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any

import orjson

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# No JSON text begins with any of them.
_ORDER, _ZLIB = b"\x01", b"x"
# Below this a value does not shrink enough to pay for the work (an address is about 200 bytes).
_WORTH_COMPRESSING = 512
# Any digit of Amazon's bodies; what the dictionary holds costs a few bytes wherever it comes again.
# It is never changed: what was packed with it can be read with it alone. Another one takes another first byte.
_TYPICAL_ORDER = (
    b'"packing":{"giftOption":{"giftMessage":"","giftWrapLevel":""}},"cancellation":{"cancellationRequest":{"requester":'
    b'"BUYER","cancelReason":""},"cancellationExecution":{"cancelledBy":"MERCHANT"}},"associatedOrders":[{"orderId":"",'
    b'"associationType":"REPLACEMENT_ORIGINAL_ID"}],"programs":["PRIME","AMAZON_BUSINESS"],"buyerCompanyName":"",'
    b'"buyerPurchaseOrderNumber":"","companyName":"","addressLine2":"","addressLine3":"","districtOrCounty":"",'
    b'"deliveryPreference":{"dropOffLocation":"","addressInstruction":""},"addressType":"COMMERCIAL","GBP","USD","JPY",'
    b'"SEK","PLN","type":"DISCOUNT","fulfillmentStatus":"UNSHIPPED","PARTIALLY_SHIPPED","PENDING","CANCELLED",'
    b'"fulfilledBy":"AMAZON","fulfillmentServiceLevel":"EXPEDITED","status":"IN_TRANSIT","carrier":"UPS",'
    b'{"orderId":"305-0000000-0000000","createdTime":"2026-01-01T00:00:00.000Z","lastUpdatedTime":"2026-01-01T00:00:00.000Z",'
    b'"salesChannel":{"channelName":"AMAZON","marketplaceId":"A1PA6795UKMFR9","marketplaceName":"Amazon.de"},'
    b'"buyer":{"buyerName":"","buyerEmail":"0@marketplace.amazon.de"},"recipient":{"deliveryAddress":{"name":"",'
    b'"addressLine1":"","city":"","stateOrRegion":"","postalCode":"","countryCode":"DE","phone":"+49 ",'
    b'"addressType":"RESIDENTIAL"}},"proceeds":{"grandTotal":{"amount":"10.00","currencyCode":"EUR"},"breakdowns":['
    b'{"type":"ITEM","subtotal":{"amount":"10.00","currencyCode":"EUR"}},{"type":"SHIPPING","subtotal":{"amount":"0.00",'
    b'"currencyCode":"EUR"}},{"type":"TAX","subtotal":{"amount":"0.00","currencyCode":"EUR"}}]},"fulfillment":{'
    b'"fulfillmentStatus":"SHIPPED","fulfilledBy":"MERCHANT","fulfillmentServiceLevel":"STANDARD","shipByWindow":{'
    b'"earliestDateTime":"2026-01-01T00:00:00.000Z","latestDateTime":"2026-01-01T22:59:59.000Z"},"deliverByWindow":{'
    b'"earliestDateTime":"2026-01-01T22:59:59.000Z","latestDateTime":"2026-01-01T22:59:59.000Z"}},"orderItems":[{'
    b'"orderItemId":"00000000000000","quantityOrdered":1,"product":{"asin":"B000000000","title":"","sellerSku":"",'
    b'"condition":{"conditionType":"NEW","conditionSubtype":"NEW"},"price":{"unitPrice":{"amount":"10.00","currencyCode":'
    b'"EUR"}}},"proceeds":{"proceedsTotal":{"amount":"10.00","currencyCode":"EUR"},"breakdowns":[{"type":"ITEM","subtotal"'
    b':{"amount":"10.00","currencyCode":"EUR"}},{"type":"SHIPPING","subtotal":{"amount":"0.00","currencyCode":"EUR"}},'
    b'{"type":"TAX","subtotal":{"amount":"0.00","currencyCode":"EUR"},"detailedBreakdowns":[{"subtype":"ITEM","value":{'
    b'"amount":"0.00","currencyCode":"EUR"}},{"subtype":"SHIPPING","value":{"amount":"0.00","currencyCode":"EUR"}}]}]},'
    b'"fulfillment":{"quantityFulfilled":1,"quantityUnfulfilled":0},"tax":{"taxCollections":[{"model":'
    b'"MARKETPLACE_FACILITATOR","responsibleParty":"Amazon Services EU"}]}}],"payment":{"paymentExecutions":[{'
    b'"paymentMethod":"Other","paymentAmount":{"amount":"10.00","currencyCode":"EUR"}}]},"packages":[{'
    b'"packageReferenceId":"1","createdTime":"2026-01-01T00:00:00.000Z","packageStatus":{"status":"DELIVERED"},"carrier":'
    b'"DHL","shipTime":"2026-01-01T00:00:00.000Z","shippingService":"Paket","trackingNumber":"003404","packageItems":[{'
    b'"orderItemId":"00000000000000","quantity":1}]}]}'
)
_DICTIONARY = zstd.ZstdDict(_TYPICAL_ORDER, is_raw=True)
# Made ready once: that costs more than to compress an order. It is safe for threads, a call at a time.
_COMPRESSOR = zstd.ZstdCompressor(level=1, zstd_dict=_DICTIONARY.as_digested_dict)
# How JSON writes letters that are no ASCII.
_ESCAPES = "channeldesk-json"
# orjson knows more than JSON has; here it is to know no more than the standard library.
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def dumps(value: Any) -> bytes:
    """Anything JSON can say, as `unpack` reads it."""
    plain = _written(value)
    if len(plain) <= _WORTH_COMPRESSING:
        return plain
    return _ORDER + _COMPRESSOR.compress(plain, zstd.ZstdCompressor.FLUSH_FRAME)


def loads(packed: bytes) -> Any:
    """What `pack` was given."""
    how = packed[:1]
    if how == _ORDER:
        packed = zstd.decompress(packed[1:], zstd_dict=_DICTIONARY)
    elif how == _ZLIB:
        packed = zlib.decompress(packed)
    return json.loads(packed.decode(errors="replace"))


def text(value: Any) -> str:
    """JSON as a text that every database stores."""
    try:
        return orjson.dumps(value, option=_STRICT).decode()
    except TypeError:
        return json.dumps(value)


def digest(value: Any) -> bytes:
    """SHA-256 of a body, the same for the same content in any order of keys, and in every release.

    It is that of the standard library's JSON, with sorted keys and nothing but ASCII.
    """
    try:
        plain = orjson.dumps(value, option=_STRICT | orjson.OPT_SORT_KEYS)
    except TypeError:
        return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).digest()
    if not plain.isascii():
        plain = plain.decode().encode("ascii", _ESCAPES)
    if b"\x7f" in plain:
        plain = plain.replace(b"\x7f", b"\\u007f")
    return hashlib.sha256(plain).digest()


@lru_cache(maxsize=4096)
def _escaped(letters: str) -> str:
    return encode_basestring_ascii(letters)[1:-1]


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return _escaped(error.object[error.start : error.end]), error.end


codecs.register_error(_ESCAPES, _escape)


def _written(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=_STRICT)
    except TypeError:
        # JSON may hold half a character or a very long number, which Amazon's answer to one order must not fail on.
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")
