"""For a WSGI server of your own: `gunicorn wsgi:app`. `channeldesk up` needs none."""

from webapp import create_app
from webapp.running import collector

app = create_app()
collector.settle()
