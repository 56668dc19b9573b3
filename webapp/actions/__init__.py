"""The verbs: the only room that commits."""

# They listen to sessions, so that whatever verb changes an order keeps the index of its words and the sums of its day.
from webapp.actions import daily_sales, search_index  # noqa: F401
