"""The application for gunicorn; run as a program, it makes its tables, and then who signs in."""

import os

import django
from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.oscar_shop.settings"


def prepare() -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from benchmarks.peers.engine import EMAIL, PASSWORD, USER

    call_command("migrate", verbosity=0)
    people = get_user_model().objects
    if not people.filter(username=USER).exists():
        people.create_superuser(USER, EMAIL, PASSWORD)


if __name__ == "__main__":
    django.setup()
    prepare()
else:
    application = get_wsgi_application()
