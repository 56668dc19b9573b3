"""Every page of the desk: its blueprints in one list, and what they all share."""

from flask import Flask

from webapp import presentation
from webapp.views import (
    accounts,
    amazon_orders,
    auth,
    cancellations,
    errors,
    health,
    navigation,
    orders,
    patterns,
    preferences,
    schedule,
    stores,
    submissions,
    syncs,
)

BLUEPRINTS = (
    auth.bp,
    health.bp,
    preferences.bp,
    submissions.bp,
    syncs.bp,
    schedule.bp,
    orders.bp,
    amazon_orders.bp,
    cancellations.bp,
    patterns.bp,
    stores.bp,
    accounts.bp,
)


def init_app(app: Flask) -> None:
    presentation.init_app(app)
    navigation.init_app(app)
    errors.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
