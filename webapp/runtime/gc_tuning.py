"""Python's garbage collector, for processes that live long and make much that dies by itself."""

import gc

# Objects made and not yet dead. A page makes ten thousand, a page of imported orders fifty thousand, and hardly any of
# them in a circle: by default each would be looked through some twenty times, in a tenth of the time an import takes.
# More would save little, and leave two megabytes of circles lying in each of nine processes.
_YOUNG = 5_000
_ROUNDS = (20, 50)


def freeze() -> None:
    """Leave alone what stands now, and look less often through what comes."""
    gc.collect()
    # What is frozen is never looked at again, and so not copied where forked processes share it.
    gc.freeze()
    gc.set_threshold(_YOUNG, *_ROUNDS)
