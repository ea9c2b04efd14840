"""Random numbers: a computation that runs again draws the same ones again."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

Notes = dict[int, tuple[np.random.Generator, Mapping[str, object]]]  # id -> Generator, its state before it drew
_noting: ContextVar[tuple[Notes, ...]] = ContextVar("noting", default=())


def noted(rng: np.random.Generator) -> np.random.Generator:
    """The same Generator, before an operation draws from it: each `noting` block around notes its state."""
    for notes in _noting.get():
        notes.setdefault(id(rng), (rng, rng.bit_generator.state))
    return rng


@contextmanager
def noting() -> Iterator[Notes]:
    """Note the Generators from which operations draw inside the block."""
    notes: Notes = {}
    token = _noting.set((*_noting.get(), notes))
    try:
        yield notes
    finally:
        _noting.reset(token)


@contextmanager
def replaying(state: Any, notes: Notes) -> Iterator[None]:
    """A block in which NumPy's global state and the noted Generators draw their numbers once more.

    state: what numpy.random.get_state() gave before the first run. After the block all go on where they stood.
    """
    before, others = np.random.get_state(), [(rng, rng.bit_generator.state) for rng, _ in notes.values()]
    np.random.set_state(state)
    for rng, earlier in notes.values():
        rng.bit_generator.state = earlier
    try:
        yield
    finally:
        np.random.set_state(before)
        for rng, later in others:
            rng.bit_generator.state = later


_WORDS = 624 * 4 + 4  # bytes of MT19937's words and its place among them
_alone: bytes | None = None  # words of a state that held no number besides


class Draws:
    """Tells whether NumPy's global state has given a number since this was made.

    Reading the whole state takes as long as a small computation. Its words in memory take a microsecond, but do not
    show the normal number that is left of a pair: the whole is read where there may be one.
    """

    def __init__(self) -> None:
        global _alone
        self.words, self.left = _words(), None
        if self.words is None or self.words != _alone:
            self.left = _left()
            _alone = None if self.left else self.words

    def any(self) -> bool:
        if self.words is None:
            return _left() != self.left
        return _words() != self.words or bool(self.left and _left() != self.left)


def _words() -> bytes | None:
    """The words of NumPy's global generator; None where it is of another kind."""
    generator = np.random.get_bit_generator()  # type: ignore[attr-defined]  # which its stubs lack
    return ctypes.string_at(generator.ctypes.state_address, _WORDS) if type(generator) is np.random.MT19937 else None


def _left() -> Any:
    """What the global state holds besides the words of MT19937: of a normal number left of a pair, None without one."""
    state: Any = np.random.get_state(legacy=False)
    if state["bit_generator"] == "MT19937":
        return state["gauss"] if state["has_gauss"] else None
    return repr(state)
