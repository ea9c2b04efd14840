"""Random numbers that a computation draws again when it runs again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

Notes = dict[int, tuple[np.random.Generator, Any]]  # Generators with their states before the first draw
_noting: ContextVar[tuple[Notes, ...]] = ContextVar("noting", default=())


def noted(rng: np.random.Generator) -> np.random.Generator:
    """The Generator, which an operation is about to draw from; whoever is noting remembers its state."""
    for notes in _noting.get():
        notes.setdefault(id(rng), (rng, rng.bit_generator.state))
    return rng


@contextmanager
def noting() -> Iterator[Notes]:
    """Note the Generators that operations draw from inside the block."""
    notes: Notes = {}
    token = _noting.set((*_noting.get(), notes))
    try:
        yield notes
    finally:
        _noting.reset(token)


@contextmanager
def replaying(state: Any, notes: Notes) -> Iterator[None]:
    """Inside the block NumPy's global numbers and the noted Generators' come once more; afterwards they go on."""
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
