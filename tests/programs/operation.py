"""An operation of a random program: its text, the arrays that suit it, how far a kink is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
FAR = np.inf


@dataclass(frozen=True)
class Operation:
    """text: Python in which {a}, {b} stand for values of the program and {k}, {v}, ... for constants (see CONSTANTS).

    fits: whether arrays suit it, as many as the text names. gap: how far they are from a kink, a tie or an end.
    """

    text: str
    fits: Callable[..., bool]
    gap: Callable[..., float]

    @property
    def arity(self) -> int:
        return 2 if "{b}" in self.text else 1

    @property
    def names(self) -> set[str]:
        """The functions that it calls by name, and for an operator, method or index its text."""
        return set(re.findall(r"[FT]\.(\w+)", self.text)) or {self.text}


def anything(*_: Array) -> bool:
    return True


def nowhere(*_: Array) -> float:
    return FAR


def listed(
    texts: str | Iterable[str], fits: Callable[..., bool] = anything, gap: Callable[..., float] = nowhere
) -> list[Operation]:
    """One operation for each text: in one string, `|` or the end of a line parts them."""
    if isinstance(texts, str):
        texts = [text.strip() for text in re.split(r"[|\n]", texts)]
    return [Operation(text, fits, gap) for text in texts]


# -- what suits ------------------------------------------------------------------------------------------------


def broadcast(a: Array, b: Array) -> bool:
    """Shapes that broadcast."""
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return False
    return True


def into(a: Array, b: Array) -> bool:
    """b broadcasts to a's shape."""
    return broadcast(a, b) and np.broadcast_shapes(a.shape, b.shape) == a.shape


def alike(a: Array, b: Array) -> bool:
    return a.shape == b.shape


def axes(a: Array) -> bool:
    return a.ndim >= 1


def long(a: Array) -> bool:
    """Two or more elements along the last axis."""
    return a.ndim >= 1 and a.shape[-1] >= 2


def tall(a: Array) -> bool:
    """Two or more along the first axis."""
    return a.ndim >= 1 and a.shape[0] >= 2


def wide(a: Array) -> bool:
    """Two or more along every axis."""
    return a.ndim >= 1 and min(a.shape) >= 2


def vector(a: Array) -> bool:
    return a.ndim == 1


def matrix(a: Array) -> bool:
    return a.ndim == 2


def matrices(a: Array, b: Array) -> bool:
    return a.ndim == b.ndim == 2


def square(a: Array) -> bool:
    return a.ndim == 2 and a.shape[0] == a.shape[1] and len(a) <= 3


def small(a: Array, *_: Array) -> bool:
    return a.size <= 3


# -- kinks -----------------------------------------------------------------------------------------------------


def off(*points: float) -> Callable[..., float]:
    """The distance of the elements from these points."""
    return lambda a, *_: float(np.min([np.abs(a - p).min() for p in points]))


def off_multiples(step: float) -> Callable[..., float]:
    return lambda a, *_: float(np.abs(a - step * np.round(a / step)).min())


def apart(a: Array, *_: Array) -> float:
    """The distance between the two closest of all elements."""
    return float(np.diff(np.sort(a, axis=None)).min(initial=FAR))


def between(a: Array, b: Array) -> float:
    return float(np.abs(a - b).min())


def spread(a: Array, *_: Array) -> float:
    """The least deviation along the last axis: where it is 0, std has a kink."""
    return 0.1 * float(a.std(axis=-1).min())


def long_rows(a: Array, *_: Array) -> float:
    return 0.1 * float(np.linalg.norm(a, axis=-1).min())


def full_rank(a: Array, *_: Array) -> float:
    """How far the singular values are from 0 and from each other."""
    s = np.linalg.svd(a, compute_uv=False)
    return 0.02 * float(min(s.min(), np.abs(np.diff(s)).min(initial=FAR)))


def separated(a: Array, *_: Array) -> float:
    """How far the eigenvalues of the matrix that the text makes of a are from each other ({S} in the text)."""
    return 0.02 * float(np.diff(np.linalg.eigvalsh(a @ a.T + np.diag(DIAGONAL[: len(a)]))).min(initial=FAR))


DIAGONAL = (1.0, 2.5, 4.5)  # added to a @ a.T, it makes matrices of which everything may be asked
