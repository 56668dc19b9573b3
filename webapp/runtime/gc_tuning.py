"""Settings of Python's garbage collector for long-running processes that create many short-lived objects."""

import gc

# Objects made and not yet dead. A page makes ten thousand, a page of imported orders fifty thousand, and hardly any of
# them in a circle: by default each would be looked through some twenty times, in a tenth of the time an import takes.
# More would save little, and leave two megabytes of circles lying in each of nine processes.
_YOUNG = 5_000
_ROUNDS = (20, 50)


def freeze() -> None:
    """Exclude the current objects from garbage collection, and collect new ones less often."""
    gc.collect()
    # What is frozen is never looked at again, and so not copied where forked processes share it.
    gc.freeze()
    gc.set_threshold(_YOUNG, *_ROUNDS)
