"""The verbs: the only room that commits."""

# It listens to sessions, so that whatever verb changes an order keeps the index of its words.
from webapp.actions import search_index  # noqa: F401
