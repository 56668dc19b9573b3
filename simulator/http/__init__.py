"""The WSGI application: Selling Partner API routes and the control page."""
