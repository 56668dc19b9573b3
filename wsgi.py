"""For a WSGI server of your own: `gunicorn --forwarded-allow-ips "" wsgi:app`. `channeldesk up` needs none.

Gunicorn believes X-Forwarded-Proto and a Script-Name header of any program on the same machine unless told otherwise.
Trusted proxies are set by CHANNELDESK_TRUSTED_PROXIES instead. Nothing may hold up its threads: put it behind a proxy
that reads whole requests.
"""

from webapp import create_app
from webapp.runtime import gc_tuning, migrate

app = create_app()
migrate.verify_keys(app)
gc_tuning.freeze()
