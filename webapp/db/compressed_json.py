"""JSON as compressed bytes, and digests of JSON values.

Compressed values begin with a byte that names the dictionary of their zstd frame. Short values are plain JSON.
"""

import hashlib
import json
import sys
from typing import Any

import orjson

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# The first byte of a value compressed with the dictionary below. No JSON text begins with it.
_ORDER = b"\x01"
# In bytes. Shorter values, such as an address of 200 bytes, do not shrink enough to be worth the work.
_WORTH_COMPRESSING = 512
# What bodies of Amazon orders have in common. Never change it: values compressed with it can only be read with it.
# A new dictionary needs another first byte.
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
# Created once, because that costs more than compressing an order. Its calls are serialized, so threads can share it.
_COMPRESSOR = zstd.ZstdCompressor(level=1, zstd_dict=_DICTIONARY.as_digested_dict)
# orjson also writes types that JSON does not have; these options refuse them, as the standard library does.
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def dumps(value: Any) -> bytes:
    """Serialize a JSON value to bytes, compressed when it is long."""
    plain = _serialize(value)
    if len(plain) <= _WORTH_COMPRESSING:
        return plain
    return _ORDER + _COMPRESSOR.compress(plain, zstd.ZstdCompressor.FLUSH_FRAME)


def loads(data: bytes) -> Any:
    """Return the value that `dumps` was given."""
    if data[:1] == _ORDER:
        data = zstd.decompress(data[1:], zstd_dict=_DICTIONARY)
    return json.loads(data.decode(errors="replace"))


def text(value: Any) -> str:
    """Serialize a JSON value to a text that every database stores."""
    try:
        return orjson.dumps(value, option=_STRICT).decode()
    except TypeError:
        return json.dumps(value)


def digest(value: Any) -> bytes:
    """Return the SHA-256 of a JSON value. It does not depend on the order of keys."""
    try:
        plain = orjson.dumps(value, option=_STRICT | orjson.OPT_SORT_KEYS)
    except TypeError:
        plain = json.dumps(value, sort_keys=True).encode()
    return hashlib.sha256(plain).digest()


def _serialize(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=_STRICT)
    except TypeError:
        # Lone surrogates and very long numbers are valid JSON, so a body of Amazon's may contain them.
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")
