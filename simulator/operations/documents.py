"""The documents of feeds: what sellers upload, and the reports they download."""

from simulator.state.sellers import Seller
from simulator.state.world_state import WorldState


def add_document(world: WorldState, seller: Seller, content_type: str) -> str:
    """Create a document without content for an upload; return its id."""
    document_id = f"amzn1.tortuga.4.{seller.region.lower()}.{world.next_serial('document'):012d}"
    world.save_document(document_id, {"seller": seller.id, "contentType": content_type, "text": None})
    return document_id


def add_report(world: WorldState, seller_id: str, content_type: str, report: bytes) -> str:
    """Store a processing report; return its id."""
    document_id = f"amzn1.tortuga.4.result.{world.next_serial('document'):012d}"
    # Latin-1 keeps every byte, whatever the encoding the document claims.
    content = {"contentType": content_type, "text": report.decode("latin-1"), "gzip": world.switches["gzip_results"]}
    world.save_document(document_id, {"seller": seller_id, **content})
    return document_id
