"""The states of a bulk action and of its rows."""

# States of the action. A draft has its rows already and waits for confirmation.
DRAFT = "draft"
RUNNING = "running"
ENDED = "ended"
STOPPED = "stopped"

# Of a row. The bulk action ends when none is waiting.
WAITING = "waiting"
DONE = "done"
FAILED = "failed"
SKIPPED = "skipped"

ROW_STATES = (WAITING, DONE, FAILED, SKIPPED)
# More than this is not an afternoon's selection but a mistake, or work for the command line.
MOST_ROWS = 10_000
