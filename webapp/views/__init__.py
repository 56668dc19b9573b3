"""Every page of the desk: its blueprints in one list, and what they all share."""

from flask import Flask

from webapp import presentation
from webapp.views import auth, errors, health, navigation, patterns, preferences

BLUEPRINTS = (
    auth.bp,
    health.bp,
    preferences.bp,
    patterns.bp,
)


def init_app(app: Flask) -> None:
    presentation.init_app(app)
    navigation.init_app(app)
    errors.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
