"""What a computation reads of Variables beside its operations, which no graph shows.

A comparison gives a plain boolean array; `.data`, `.item()` and float() give plain numbers. Whoever has to know whether
a result hangs on such a value runs the computation inside `watching`.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any

WATCHES: list[watching] = []  # of all threads; empty nearly always, which is all that a reader asks


class watching:
    """A block in which this thread's reading of Variables is noted.

    compared: for each comparison its operands and its outcome; read: the Variables whose values were taken out.
    """

    def __init__(self) -> None:
        self.compared: list[tuple[tuple[Any, ...], Any]] = []
        self.read: list[Any] = []

    def __enter__(self) -> watching:
        self.thread = get_ident()
        WATCHES.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        WATCHES.remove(self)


def note_read(variable: Any) -> None:
    for watch in _here():
        watch.read.append(variable)


def note_compared(operands: tuple[Any, ...], outcome: Any) -> None:
    for watch in _here():
        watch.compared.append((operands, outcome))


def _here() -> list[watching]:
    thread = get_ident()
    return [watch for watch in tuple(WATCHES) if watch.thread == thread]
