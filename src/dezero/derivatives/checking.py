"""The derivatives of a function compared with central differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero._numerical import differences
from dezero.autodiff.arguments import check_callable, computed, refuse_nothing
from dezero.backends import as_numpy
from dezero.core.arraylike import raw
from dezero.core.dtypes import Array, is_complex
from dezero.core.errors import describe
from dezero.core.variable import Variable
from dezero.derivatives.jacobians import jacfwd
from dezero.derivatives.transforms import grad
from dezero.derivatives.trees import flatten


@dataclass(frozen=True)
class GradientCheck:
    """What a gradient check found; it is true where the derivatives agree.

    worst: the element that differs most, as a fraction of what is allowed: `mode` ("reverse" or "forward"), `leaf` (the
    number of the array in the argument's structure), `index` in it, the derivative `found` and the differences'
    `expected`; `excess` is the fraction, above 1 (or nan) where the check fails.
    """

    mode: str
    leaf: int
    index: tuple[int, ...]
    found: float
    expected: float
    excess: float

    def __bool__(self) -> bool:
        return bool(self.excess <= 1)

    def __str__(self) -> str:
        said = "agree; closest to failing" if self else "differ"
        return (
            f"gradient_check: derivatives {said}: {self.mode} mode gives {self.found!r} at {self.index} of array "
            f"{self.leaf}, central differences {self.expected!r}"
        )


def gradient_check(
    f: Callable[..., Any], x: object, *args: object, rtol: float = 1e-5, atol: float = 1e-7, **kwargs: object
) -> GradientCheck:
    """Compare reverse and forward mode with central differences, element by element of the first argument.

    x: an array, number or Variable, or nested tuples, lists and dicts of them; it is copied to float64. f may return
    the same, of any shapes: the sum of its elements with fixed, different weights is differentiated, so that no error
    is hidden where their plain sum is constant (as of a softmax). f is to give the same each time. The derivatives
    agree where |found - expected| <= atol + rtol |expected|; differences are good to about 1e-10 of the values of f.
    Raises TypeError for complex arguments or results, ValueError where x has no elements.

    >>> bool(gradient_check(lambda x: x**4 - 2 * x**2, np.array([0.5, 2.0])))
    True
    """
    check_callable("gradient_check", f)
    leaves, rebuild = flatten(x)
    arrays = [_float64(leaf) for leaf in leaves]
    if not sum(a.size for a in arrays):
        raise ValueError("gradient_check: x has no elements; give at least one number")

    def weighted_sum(tree: object) -> Any:
        result, draw = f(tree, *args, **kwargs), np.random.default_rng(0)
        outputs = flatten(result)[0]
        if not outputs:
            refuse_nothing("gradient_check", result)
        for y in outputs:
            if not hasattr(raw(y), "dtype"):
                computed("gradient_check", y)
            if is_complex(raw(y)):
                raise TypeError(f"gradient_check: f returned {describe(y)}; take its real and imaginary parts")
        return sum([(y * draw.normal(size=y.shape)).sum() for y in outputs])

    def expect(i: int) -> Array:
        # of a Variable, so that a graph is recorded: f may take derivatives itself
        return differences(
            lambda x: weighted_sum(rebuild([*arrays[:i], x, *arrays[i + 1 :]])), Variable(arrays[i]), (), {}
        )

    expected = [expect(i) for i in range(len(arrays))]
    found = []
    for mode, transformed in (("reverse", grad(weighted_sum)), ("forward", jacfwd(weighted_sum))):
        for i, gradient in enumerate(flatten(transformed(rebuild(arrays)))[0]):
            if gradient.size:
                found.append(_worst(mode, i, as_numpy(gradient.data), expected[i], rtol, atol))
    return max(found, key=lambda check: np.inf if np.isnan(check.excess) else check.excess)


def _worst(mode: str, leaf: int, found: Array, expected: Array, rtol: float, atol: float) -> GradientCheck:
    with np.errstate(all="ignore"):
        excess = np.abs(found - expected) / (atol + rtol * np.abs(expected))
    index = tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))  # argmax finds a nan first
    return GradientCheck(mode, leaf, index, float(found[index]), float(expected[index]), float(excess[index]))


def _float64(x: object) -> Array:
    data = np.asarray(as_numpy(raw(x)) if isinstance(x, Variable) else x)
    if data.dtype.kind not in "fiub":
        raise TypeError(f"gradient_check: x holds {describe(x)}; give real numbers")
    return np.array(data, dtype=np.float64)
