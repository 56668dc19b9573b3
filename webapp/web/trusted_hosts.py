"""Check of the Host header. An unknown name may be another party's DNS entry for this server.

Flask's TRUSTED_HOSTS neither recognises an IPv6 address nor allows any IP address.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, abort, request
from flask_babel import gettext as _
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.core.settings import Settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
EVERYWHERE = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 - compared, not bound


def init_app(app: Flask, settings: Settings) -> None:
    names = LOOPBACK | {name_of(urlsplit(settings.address).netloc.rpartition("@")[2])}
    # A server on every interface is reached by the machine's IP addresses, which no DNS can forge.
    any_number = settings.host in EVERYWHERE and not settings.public_url

    def check() -> None:
        name = name_of(request.host)
        if name not in names and not (any_number and _is_number(name)):
            abort(
                400,
                _(
                    "Channeldesk does not accept requests to this address. The owner can set CHANNELDESK_PUBLIC_URL "
                    "to it."
                ),
            )

    app.before_request_funcs.setdefault(None, []).insert(0, check)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def name_of(host: str) -> str:
    """Return the name without the port, in lower case; an IPv6 address keeps its brackets."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _is_number(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
