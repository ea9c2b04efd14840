"""The arguments of losses, checked and made alike, and means over samples."""

from __future__ import annotations

import math

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.dtypes import Array, Shape, is_inexact, is_whole
from dezero.core.errors import describe
from dezero.core.op import declared
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.tracing import NUMBERLESS
from dezero.core.watch.watching import decided, mapping, noted
from dezero.functions._axes import WholeNumbers
from dezero.functions.arrays.dtype import floating
from dezero.functions.indexing.get_item import get_item
from dezero.functions.linalg._matrix import Operand, array
from dezero.functions.reductions.sums_and_products import mean, sum


def rows_and_classes(name: str, x: ArrayLike, t: WholeNumbers, late: bool = False) -> tuple[Variable, Operand]:
    """Rows of scores, and the number of each row's class as an array of its own.

    In a function that is being mapped, each example may have labels of its own: they stay a Variable. In one that is
    traced they have no numbers yet, so that whoever computes with them looks whether the classes exist.
    """
    x = operand(x, name)
    traced = late and type(raw(t)) in NUMBERLESS
    own = isinstance(t, Variable) and mapping() and decided(lambda t: _are_classes(t, x), t)
    labels = raw(t) if traced else np.asarray(raw(t if own else noted(t)))
    if x.ndim != 2 or not x.size:
        raise ValueError(f"{name}: x must be (samples, classes) with elements, got shape {x.shape}; reshape it")
    if not is_whole(labels):
        raise TypeError(
            f"{name}: t must hold whole numbers, the class of each sample, got {describe(labels)}; "
            "use t.astype(int), or t.argmax(axis=1) for one-hot rows"
        )
    if labels.size != len(x):
        raise ValueError(
            f"{name}: t of shape {labels.shape} for x of shape {x.shape}; give one class for each of the {len(x)} "
            "samples, and t.argmax(axis=1) for one-hot rows"
        )
    if not late:
        check_range(name, labels, x.shape)
    if own or (isinstance(t, Variable) and traced):
        return floating(x), operations.reshape(t, (-1,))
    return floating(x), labels.reshape(-1) if traced else labels.flatten()


def check_range(name: str, labels: Array, shape: Shape) -> None:
    """IndexError for labels of other classes than scores of this shape have."""
    least, greatest, last = labels.min(), labels.max(), shape[1] - 1
    if least < 0 or greatest > last:
        raise IndexError(
            f"{name}: t holds {least if least < 0 else greatest}, but x of shape {shape} has classes 0 to {last}"
        )


def _are_classes(t: Array, x: Variable) -> bool:
    return is_whole(t) and bool(t.size and 0 <= t.min() <= t.max() < x.shape[-1])


def at_classes(x: Variable, labels: Operand) -> Variable:
    """The element of each row at its class."""
    if not isinstance(labels, Variable):
        return get_item(x, (np.arange(len(x)), labels))
    picked = apply(declared["pick"], x, operations.reshape(labels, (-1, 1)))
    return operations.reshape(picked, (-1,))


def alike(name: str, x: ArrayLike, t: ArrayLike, names: str = "x t") -> tuple[Operand, Operand]:
    """Predictions and targets that go together one by one: of one shape, but for axes of length one in front.

    Broadcasting (N, 1) with (N,) would pair each with every other in silence.
    """
    x, t = array(x, name), array(t, name)
    if x.shape != t.shape and not _one_by_one(x.shape, t.shape):
        first, second = names.split()
        raise ValueError(
            f"{name}: {first} of shape {x.shape} and {second} of shape {t.shape} must be of one shape; "
            "reshape one of them"
        )
    return _floating(x, t), _floating(t, x)


def _one_by_one(x: Shape, t: Shape) -> bool:
    size = math.prod(x)
    return size == math.prod(t) and x[::-1][: len(t)] == t[::-1][: len(x)]


def _floating(x: Operand, other: Operand) -> Operand:
    """Whole numbers in the other's float dtype, so that integer labels do not make float64 of float32."""
    return x if is_inexact(x) or not is_inexact(other) else x.astype(other.dtype)


def fitted(name: str, x: ArrayLike, t: ArrayLike, names: str) -> tuple[Operand, Operand]:
    """The same, with targets that may lack axes of length one."""
    x, t = operand(x, name), array(t, name)
    if x.ndim != t.ndim and x.size == t.size:
        t = t.reshape(x.shape)
    return alike(name, x, t, names)


def samples(name: str, x: Operand) -> int:
    if not x.size:
        raise ValueError(f"{name}: arrays of shape {x.shape} hold no samples to take a mean of")
    return x.shape[0] if x.shape else 1


def reduced(name: str, losses: Variable, reduction: str) -> Variable:
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    if reduction == "mean":
        samples(name, losses)  # refuses where there is none
        return mean(losses)
    return sum(losses)
