"""The desk as a page, at /_desk: plain forms, no JavaScript."""

from flask import Blueprint

pages = Blueprint("desk", __name__, url_prefix="/_desk")
