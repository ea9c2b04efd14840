"""What a computation reads from Variables without an operation, so that no graph shows it.

A comparison gives a plain boolean array; `.data`, `.item()` and float() give plain numbers; a function of the library's
may take one of two ways by a value (`decided`). Code that must know whether a result depends on such a value runs the
computation inside `watching`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from threading import get_ident
from typing import Any

from dezero.core.dtypes import Array

WATCHES: list[watching] = []  # of all threads; readers only ask whether it is empty, which it nearly always is


class watching:
    """A block that notes what this thread reads from Variables.

    compared: the operands and the outcome of each comparison. read: the Variables whose values were taken as plain
    arrays or numbers. questions: all that was asked of values, in order, as triples of a question, the values and its
    answer; None for question and answer where an array was read whole. stand_in: of a comparison (function, operands,
    outcome) what it gives in place of the outcome, or None; a comparison for which something stands in is not noted.
    mapped: the ages of the Variables that stand for many; plain: functions that gave plain numbers computed from these.
    """

    def __init__(self, stand_in: Callable[..., Any] | None = None, mapped: Collection[int] = ()) -> None:
        self.compared: list[tuple[tuple[Any, ...], Array]] = []
        self.read: list[Any] = []
        self.questions: list[tuple[Callable[..., Any] | None, tuple[Any, ...], Any]] = []
        self.stand_in, self.mapped = stand_in, frozenset(mapped)
        self.plain: list[str] = []

    def __enter__(self) -> watching:
        self.thread = get_ident()
        WATCHES.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        WATCHES.remove(self)


def note_read(variable: object) -> None:
    for watch in _here():
        watch.read.append(variable)
        watch.questions.append((None, (variable,), None))


def note_compared(function: Callable[..., Any] | None, operands: tuple[object, ...], outcome: Any) -> Any:
    """Note a comparison; returns what it gives, the outcome or what stands in for it.

    function: computes the outcome from the operands' arrays; None where that takes more than arrays.
    """
    watches = _here()
    if watches and watches[-1].stand_in is not None:
        found = watches[-1].stand_in(function, operands, outcome)
        if found is not None:
            return found
    for watch in watches:
        watch.compared.append((operands, outcome))
        watch.questions.append((None, operands, None))
    return outcome


def mapping() -> bool:
    """Whether a function runs here on one example that stands for many."""
    watches = _here() if WATCHES else ()
    return any([watch.stand_in is not None for watch in watches])


def gives_plain_numbers(name: str, ages: Collection[int] | None = None) -> None:
    """Note that the results of a function are computed from values without a graph.

    ages: of the nodes on which they depend; None where these are not known.
    """
    for watch in _here() if WATCHES else ():
        if watch.stand_in is not None and (ages is None or not watch.mapped.isdisjoint(ages)):
            watch.plain.append(name)


def noted(value: Any) -> Any:
    """A value whose array the caller takes as plain numbers, on which its result depends."""
    if WATCHES and hasattr(value, "_data"):
        note_read(value)
    return value


def decided(question: Callable[..., Any], *values: Any) -> Any:
    """The answer to a question about the values' arrays by which a function takes one of its ways."""
    answer = question(*[getattr(value, "_data", value) for value in values])
    if WATCHES:
        for watch in _here():
            watch.questions.append((question, values, answer))
    return answer


def _here() -> list[watching]:
    thread = get_ident()
    return [watch for watch in tuple(WATCHES) if watch.thread == thread]
