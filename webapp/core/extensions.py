"""Flask extensions. They are created unbound and connect to nothing; `create_app` binds them."""

from flask import Flask, current_app
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import Connection

from webapp.core.i18n import locale
from webapp.core.i18n.page_texts import PageBabel
from webapp.core.settings import Settings
from webapp.db.base import Base
from webapp.db.engine import build_engine_options, build_reading_options, prepare

db = SQLAlchemy(model_class=Base)
migrate = Migrate()
csrf = CSRFProtect()
babel = PageBabel()
htmx = Htmx()


def init_app(app: Flask, settings: Settings) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = build_engine_options(settings.database)
    htmx.init_app(app)
    db.init_app(app)
    migrate.init_app(app, db, directory=f"{app.root_path}/migrations")
    csrf.init_app(app)
    babel.init_app(app, locale_selector=locale.select_locale)
    locale.init_app(app)
    with app.app_context():
        prepare(db.engine)


def read_connection() -> Connection:
    """Return the connection of a request that only reads."""
    session = db.session()
    begun = session.in_transaction()
    return session.connection(execution_options={} if begun else build_reading_options(db.engine))


def settings() -> Settings:
    """Return the settings of the running application."""
    settings: Settings = current_app.config["CHANNELDESK"]
    return settings
