"""For a WSGI server of your own: `gunicorn wsgi:app`. `channeldesk up` needs none."""

from webapp import create_app
from webapp.running import collector, database

app = create_app()
database.verify_keys(app)
collector.settle()
