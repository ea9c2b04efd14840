"""Convolution and correlation of two vectors, as in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import bilinear, publish
from dezero.core.errors import describe
from dezero.core.op import Op
from dezero.core.registry import loaded
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._stacking import Stack, Stacks, shape_of
from dezero.functions.arrays.joining import from_list
from dezero.functions.arrays.shape import reshape
from dezero.functions.elementwise.complex_numbers import conj


def _flip(F, x):
    return F.get_item(x, index=(slice(None, None, -1),))


# Both modes and both arguments: a cotangent is convolved with the other argument reversed, in the other mode. In
# "valid" mode the second vector is the shorter one.
_OTHER = {"full": "valid", "valid": "full"}


def _first(F, g, a, v, y, mode):
    return F.convolve(g, _flip(F, v), mode=_OTHER[mode])


def _second(F, g, a, v, y, mode):
    if mode == "full":
        return F.convolve(g, _flip(F, a), mode="valid")
    return _flip(F, F.convolve(a, _flip(F, g), mode="valid"))


def _convolve_each(S: Stacks, op: Op, a: Any, v: Any) -> Any:
    """As the convolution of a network, with one channel for each example where each has a second vector of its own."""
    lengths = [shape_of(x)[0] for x in (a, v)]
    pad = lengths[1] - 1 if op.parameters["mode"] == "full" else 0
    sizes = {"stride": (1,), "pad": (pad,), "dilation": (1,), "out": (lengths[0] + 2 * pad - lengths[1] + 1,)}
    if isinstance(v, Stack):
        x, kernels, groups = S.reshape(S.whole(a), shape=(1, S.count, lengths[0])), v.value, S.count
    else:
        x, kernels, groups = S.reshape(a.value, shape=(S.count, 1, lengths[0])), v, 1
    kernels = S.reshape(S.get_item(kernels, index=(..., slice(None, None, -1))), shape=(groups, 1, lengths[1]))
    loaded("conv1d")  # its file declares conv
    loaded("conv1d")  # its file declares conv
    y = S.conv(x, kernels, groups=groups, **sizes)
    return S.reshape(y, shape=(S.count, y.shape[-1]))


_convolve = bilinear("convolve", lambda a, v, mode: np.convolve(a, v, mode), _first, _second, stacked=_convolve_each)


def convolve(a: ArrayLike | Sequence[complex], v: ArrayLike | Sequence[complex], mode: str = "full") -> Variable:
    """Discrete convolution of two vectors: y[k] is the sum of a[i] v[k - i].

    mode: "full", all len(a) + len(v) - 1 elements; "same", the middle max(len(a), len(v)) of them; "valid", those
    where one vector lies wholly within the other. ValueError for other modes, empty vectors, and more axes.

    >>> convolve(Variable(np.array([1.0, 2.0, 3.0])), np.array([1.0, -1.0]))
    variable([ 1.  1.  1. -3.])
    """
    a, v = _vectors("convolve", a, v)
    return _convolved("convolve", a, v, mode, (min(len(a), len(v)) - 1) // 2)


def correlate(a: ArrayLike | Sequence[complex], v: ArrayLike | Sequence[complex], mode: str = "valid") -> Variable:
    """Cross-correlation of two vectors: y[k] is the sum of a[k + i] conj(v[i]); modes as of `convolve`.

    >>> correlate(Variable(np.array([1.0, 2.0, 3.0])), np.array([1.0, -1.0]))
    variable([-1. -1.])
    """
    a, v = _vectors("correlate", a, v)
    middle = (len(v) - 1) // 2 if len(a) >= len(v) else len(a) // 2
    return _convolved("correlate", a, conj(v)[::-1], mode, middle)


def _vectors(name: str, *arrays: ArrayLike | Sequence[complex]) -> list[Variable]:
    vectors = [operand(from_list(x), name) for x in arrays]
    if any(x.ndim > 1 or not x.size for x in vectors):
        found = " and ".join(describe(x) for x in vectors)
        raise ValueError(f"{name}: needs two vectors with elements, got {found}; reshape them, or use conv1d")
    return [reshape(x, (-1,)) for x in vectors]


def _convolved(name: str, a: Variable, v: Variable, mode: str, middle: int) -> Variable:
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{name}: mode must be 'full', 'same' or 'valid', got {mode!r}")
    if len(a) < len(v):
        a, v = v, a
    if mode != "same":
        return apply(_convolve.bind(mode=mode), a, v)
    return apply(_convolve.bind(mode="full"), a, v)[middle : middle + len(a)]


publish("convolve", convolve)
publish("correlate", correlate)
