"""Sellers v1: getMarketplaceParticipations."""

from flask import Blueprint, Response

from simulator.http.dispatch import operation
from simulator.http.responses import json_response
from simulator.operations.world import World
from simulator.state.sellers import Seller

routes = Blueprint("sellers", __name__, url_prefix="/sellers/v1")


@routes.get("/marketplaceParticipations")
@operation("getMarketplaceParticipations")
def get_marketplace_participations(_: World, seller: Seller) -> Response:
    return json_response(
        {
            "payload": [
                {
                    "marketplace": {
                        "id": marketplace.id,
                        "name": marketplace.name,
                        "countryCode": marketplace.country,
                        "defaultCurrencyCode": marketplace.currency,
                        "defaultLanguageCode": marketplace.language,
                        "domainName": marketplace.domain,
                    },
                    "participation": {"isParticipating": True, "hasSuspendedListings": False},
                    "storeName": seller.store_name,
                }
                for marketplace in (*seller.marketplaces, *seller.non_amazon_marketplaces)
            ]
        }
    )
