"""Settings as its documentation recommends, with DEBUG off and fifty rows a page."""

from oscar import INSTALLED_APPS as OSCAR
from oscar.defaults import *  # noqa: F403 - as its documentation asks for

from benchmarks.peers.django_settings import *  # noqa: F403 - settings are all the names of a module
from benchmarks.peers.django_settings import MIDDLEWARE as OF_DJANGO
from benchmarks.peers.django_settings import templates

ROOT_URLCONF = "benchmarks.peers.oscar_shop.urls"
INSTALLED_APPS = OSCAR
SITE_ID = 1
MIDDLEWARE = [
    *OF_DJANGO,
    "oscar.apps.basket.middleware.BasketMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]
TEMPLATES = templates(
    "oscar.apps.search.context_processors.search_form",
    "oscar.apps.checkout.context_processors.checkout",
    "oscar.apps.communication.notifications.context_processors.notifications",
    "oscar.core.context_processors.metadata",
)
AUTHENTICATION_BACKENDS = [
    "oscar.apps.customer.auth_backends.EmailBackend",
    "django.contrib.auth.backends.ModelBackend",
]
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
OSCAR_DASHBOARD_ITEMS_PER_PAGE = 50
OSCAR_ORDER_STATUS_PIPELINE = dict.fromkeys(("SHIPPED", "CANCELLED", "UNSHIPPED", "PENDING"), ())
