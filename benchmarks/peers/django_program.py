"""Common start-up of the two programs made with Django."""

import os
from typing import Any

import django
from django.core.wsgi import get_wsgi_application


def application(settings: str) -> Any:
    """Create the application with these settings, for gunicorn."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    return get_wsgi_application()


def prepare(settings: str) -> None:
    """Make the program's own tables, and who signs in, where they are not there yet."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from benchmarks.peers.engine import EMAIL, PASSWORD, USER

    call_command("migrate", verbosity=0)
    people = get_user_model().objects
    if not people.filter(username=USER).exists():
        people.create_superuser(USER, EMAIL, PASSWORD)
