"""What a computation reads from Variables without an operation, so that no graph shows it.

A comparison gives a plain boolean array; `.data`, `.item()` and float() give plain numbers. Code that must know whether
a result depends on such a value runs the computation inside `watching`.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any

from dezero.core.dtypes import Array

WATCHES: list[watching] = []  # of all threads; readers only ask whether it is empty, which it nearly always is


class watching:
    """A block that notes what this thread reads from Variables.

    compared: the operands and the outcome of each comparison. read: the Variables whose values were taken as plain
    arrays or numbers.
    """

    def __init__(self) -> None:
        self.compared: list[tuple[tuple[Any, ...], Array]] = []
        self.read: list[Any] = []

    def __enter__(self) -> watching:
        self.thread = get_ident()
        WATCHES.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        WATCHES.remove(self)


def note_read(variable: object) -> None:
    for watch in _here():
        watch.read.append(variable)


def note_compared(operands: tuple[object, ...], outcome: Array) -> None:
    for watch in _here():
        watch.compared.append((operands, outcome))


def _here() -> list[watching]:
    thread = get_ident()
    return [watch for watch in tuple(WATCHES) if watch.thread == thread]
