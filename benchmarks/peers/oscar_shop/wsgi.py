"""The application for gunicorn; run as a program, it creates its own tables and the user."""

from benchmarks.peers import django_program

SETTINGS = "benchmarks.peers.oscar_shop.settings"

if __name__ == "__main__":
    django_program.prepare(SETTINGS)
else:
    application = django_program.application(SETTINGS)
