"""`python -m webapp` is `channeldesk`."""

from webapp.cli import main

main()
