"""Random numbers: a computation that runs again draws the same ones again."""

from __future__ import annotations

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
