"""Settings as `startproject` writes them, with DEBUG off."""

from benchmarks.peers.django_settings import *  # noqa: F403 - settings are all the names of a module
from benchmarks.peers.django_settings import templates

ROOT_URLCONF = "benchmarks.peers.django_admin.urls"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "benchmarks.peers.django_admin",
]
TEMPLATES = templates()
