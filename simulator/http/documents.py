"""Documents of feeds and reports: created and looked up by the API, uploaded to and downloaded from signed URLs."""

import gzip
from datetime import timedelta

from flask import Blueprint, Response, request

from simulator.http import signed_tokens
from simulator.http.dispatch import operation
from simulator.http.responses import json_response
from simulator.operations import feeds
from simulator.operations.errors import invalid_input, not_found
from simulator.operations.world import World
from simulator.state.sellers import Seller

routes = Blueprint("documents", __name__)

URL_SECONDS = 300
MAX_BYTES = 10_000_000


@routes.post("/feeds/2021-06-30/documents")
@operation("createFeedDocument")
def create_feed_document(world: World, seller: Seller) -> Response:
    content = request.get_json(silent=True)
    content_type = content.get("contentType") if isinstance(content, dict) else None
    if not isinstance(content_type, str) or not content_type:
        raise invalid_input("contentType is required.")
    document_id = feeds.add_document(world, seller, content_type)
    return json_response({"feedDocumentId": document_id, "url": signed_url(world, document_id, "PUT")}, 201)


@routes.get("/feeds/2021-06-30/documents/<document_id>")
@operation("getFeedDocument")
def get_feed_document(world: World, seller: Seller, document_id: str) -> Response:
    document = world.documents.get(document_id)
    if document is None or document["seller"] != seller.id:
        raise not_found(f"Feed document {document_id} was not found.")
    content = {"feedDocumentId": document_id, "url": signed_url(world, document_id, "GET")}
    if document.get("gzip"):
        content["compressionAlgorithm"] = "GZIP"
    return json_response(content)


@routes.put("/_documents/<document_id>")
@operation("uploadDocument", requires_token=False)
def upload_document(world: World, _: None, document_id: str) -> Response:
    error = check_signature(world, document_id, "PUT")
    if error is not None:
        return error
    document = world.documents[document_id]
    if request.headers.get("Content-Type") != document["contentType"]:
        return storage_error(403, "SignatureDoesNotMatch", "The Content-Type is not the one the URL was signed for.")
    data = request.get_data()
    if len(data) > MAX_BYTES:
        return storage_error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    # Latin-1 keeps every byte, whatever the encoding the document claims.
    world.save_document(document_id, {**document, "text": data.decode("latin-1")})
    return Response(status=200)


@routes.get("/_documents/<document_id>")
@operation("downloadDocument", requires_token=False)
def download_document(world: World, _: None, document_id: str) -> Response:
    error = check_signature(world, document_id, "GET")
    if error is not None:
        return error
    document = world.documents[document_id]
    data = (document["text"] or "").encode("latin-1")
    return Response(
        gzip.compress(data, mtime=0) if document.get("gzip") else data, content_type=document["contentType"]
    )


def signed_url(world: World, document_id: str, method: str) -> str:
    expires = (world.now() + timedelta(seconds=URL_SECONDS)).timestamp()
    signature = signed_tokens.sign({"document": document_id, "method": method, "expires": expires})
    return f"{request.host_url}_documents/{document_id}?X-Amz-Signature={signature}"


def check_signature(world: World, document_id: str, method: str) -> Response | None:
    """Return an error response when the URL is not signed or has expired."""
    content = signed_tokens.verify(request.args.get("X-Amz-Signature", "")) or {}
    if content.get("document") != document_id or content.get("method") != method or document_id not in world.documents:
        return storage_error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
    if content["expires"] <= world.now().timestamp():
        return storage_error(403, "AccessDenied", "Request has expired")
    if method == "GET" and world.faults.trigger("downloadDocument", name="expired_url"):
        return storage_error(403, "AccessDenied", "Request has expired")
    return None


def storage_error(status: int, code: str, message: str) -> Response:
    """Return an error of the storage behind a signed URL, which is XML."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, content_type="application/xml")
