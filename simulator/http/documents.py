"""Where feeds' documents lie: announced to Amazon, put at a signed address, fetched from one."""

import gzip
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator.http import tokens
from simulator.http.dispatch import call
from simulator.http.responses import body, invalid, not_found, nothing
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import World

pages = Blueprint("documents", __name__)

URL_SECONDS = 300
MAX_BYTES = 10_000_000


@pages.post("/feeds/2021-06-30/documents")
def create_feed_document() -> Response:
    return call("createFeedDocument", _create_document, authorize=tokens.seller_of_request)


@pages.get("/feeds/2021-06-30/documents/<document_id>")
def get_feed_document(document_id: str) -> Response:
    return call(
        "getFeedDocument",
        lambda world, seller: _get_document(world, seller, document_id),
        authorize=tokens.seller_of_request,
    )


@pages.put("/_documents/<document_id>")
def upload(document_id: str) -> Response:
    return call("uploadDocument", lambda world, _: _upload(world, document_id), authorize=None)


@pages.get("/_documents/<document_id>")
def download(document_id: str) -> Response:
    return call("downloadDocument", lambda world, _: _download(world, document_id), authorize=None)


def signed_url(world: "World", document_id: str, verb: str) -> str:
    expires = (world.now() + timedelta(seconds=URL_SECONDS)).timestamp()
    signature = tokens.sealed({"document": document_id, "verb": verb, "until": expires})
    return f"{request.host_url}_documents/{document_id}?X-Amz-Signature={signature}"


def storage_error(status: int, code: str, message: str) -> Response:
    """What the storage behind a signed address says: XML, and nothing of Amazon's error list."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, content_type="application/xml")


def unsigned(world: "World", document_id: str, verb: str) -> Response | None:
    """Why the address may not be used; None when it may."""
    content = tokens.opened(request.args.get("X-Amz-Signature", "")) or {}
    if content.get("document") != document_id or content.get("verb") != verb or document_id not in world.documents:
        return storage_error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
    if content["until"] <= world.now().timestamp():
        return storage_error(403, "AccessDenied", "Request has expired")
    return None


def _create_document(world: "World", seller: Seller) -> Response:
    content = request.get_json(silent=True)
    content_type = content.get("contentType") if isinstance(content, dict) else None
    if not isinstance(content_type, str) or not content_type:
        raise invalid("contentType is required.")
    document_id = f"amzn1.tortuga.4.{seller.region.lower()}.{world.next_serial('document'):012d}"
    keep_document(world, document_id, {"seller": seller.id, "contentType": content_type, "text": None})
    return body({"feedDocumentId": document_id, "url": signed_url(world, document_id, "PUT")}, 201)


def keep_document(world: "World", document_id: str, document: dict[str, Any]) -> None:
    world.documents[document_id] = document
    world.mark("document", document_id, document)


def _upload(world: "World", document_id: str) -> Response:
    refused = unsigned(world, document_id, "PUT")
    if refused is not None:
        return refused
    document = world.documents[document_id]
    if request.headers.get("Content-Type") != document["contentType"]:
        return storage_error(403, "SignatureDoesNotMatch", "The Content-Type is not the one the address was made for.")
    data = request.get_data()
    if len(data) > MAX_BYTES:
        return storage_error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    # Latin-1 keeps every byte, whatever the encoding the document claims.
    keep_document(world, document_id, {**document, "text": data.decode("latin-1")})
    return nothing(200)


def _get_document(world: "World", seller: Seller, document_id: str) -> Response:
    document = world.documents.get(document_id)
    if document is None or document["seller"] != seller.id:
        raise not_found(f"Feed document {document_id} was not found.")
    answer = {"feedDocumentId": document_id, "url": signed_url(world, document_id, "GET")}
    if document.get("gzip"):
        answer["compressionAlgorithm"] = "GZIP"
    return body(answer)


def _download(world: "World", document_id: str) -> Response:
    refused = unsigned(world, document_id, "GET")
    if refused is not None:
        return refused
    document = world.documents[document_id]
    data = (document["text"] or "").encode("latin-1")
    return Response(
        gzip.compress(data, mtime=0) if document.get("gzip") else data, content_type=document["contentType"]
    )


def keep_result(world: "World", seller_id: str, content_type: str, report: bytes) -> str:
    """Put a processing report down; returns its id."""
    document_id = f"amzn1.tortuga.4.result.{world.next_serial('document'):012d}"
    packed = bool(world.switches["gzip_results"])
    text = report.decode("latin-1")
    keep_document(world, document_id, {"seller": seller_id, "contentType": content_type, "text": text, "gzip": packed})
    return document_id
