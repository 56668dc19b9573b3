"""The state of a return here: what is left to be done about it."""

OPEN, REFUNDED, CLOSED = "open", "refunded", "closed"
STATES = (OPEN, REFUNDED, CLOSED)
# How far back a report reaches, and the time between two reports of a store. Amazon allows 60 days in one report.
WINDOW_DAYS, INTERVAL_HOURS = 60, 4
