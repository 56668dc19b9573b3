"""The verbs: the only room that commits."""

# They listen to sessions, so that whatever verb changes an order keeps the index of its words and the sums of its day.
from webapp.services.accounts import daily_sales  # noqa: F401
from webapp.services.listing import search_indexer  # noqa: F401
