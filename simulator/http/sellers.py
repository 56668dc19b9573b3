"""Sellers v1 getMarketplaceParticipations."""

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from simulator.http import tokens
from simulator.http.dispatch import call
from simulator.http.responses import body
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import World

pages = Blueprint("sellers", __name__, url_prefix="/sellers/v1")


@pages.get("/marketplaceParticipations")
def marketplace_participations() -> Response:
    return call("getMarketplaceParticipations", _participations, authorize=tokens.seller_of_request)


def _participations(_: "World", seller: Seller) -> Response:
    return body(
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
                for marketplace in seller.marketplaces
            ]
        }
    )
