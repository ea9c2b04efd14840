"""Counting the objects that calls leave to the garbage collector."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def sleeping_collector() -> Iterator[Callable[[], int]]:
    """A block in which the collector sleeps; gives a function that counts the objects made since its start.

    What is there before is set aside for good, since going through a whole suite's objects takes a second each time.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield lambda: len(gc.get_objects())
    finally:
        gc.enable()
