"""The files of customized items, at addresses that need no access token."""

from flask import Blueprint, Response

from simulator.http.dispatch import operation
from simulator.operations import customizations
from simulator.operations.world import World

routes = Blueprint("customizations", __name__)


@routes.get("/t/<order_item_id>/<token>/30")
@operation("downloadCustomization", requires_token=False)
def download_customization(world: World, _: None, order_item_id: str, token: str) -> Response:
    archive = customizations.find_archive(world, order_item_id, token)
    if archive is None:
        return Response("Not found", 404, content_type="text/plain")
    return Response(archive, content_type="application/zip")
