"""Derivatives by central differences, and a comparison of backward with them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.backends import as_numpy
from dezero.core import Variable, no_grad
from dezero.core.dtypes import Array, is_complex
from dezero.core.variable import ArrayLike

# The step that balances the truncation error h^2 against the rounding error eps / h, relative to |x| above 1.
STEP = float(np.finfo(np.float64).eps) ** (1 / 3)


def numerical_grad(f: Callable[..., ArrayLike], x: ArrayLike, *args: object, **kwargs: object) -> Array:
    """Return the gradient in `x` of the sum of `f(x, *args, **kwargs)` by central differences, in float64.

    x: Variable or array of any shape. `f` is handed a float64 copy of the same kind, twice for each element,
    and no graph is recorded. The result has the shape of `x`; its error is about 1e-10 of the values of `f`.
    Raises TypeError for complex data.

    >>> numerical_grad(lambda x: x**3, np.array([1.0, 2.0])).round(6)
    array([ 3., 12.])
    """
    with no_grad():
        return differences(f, x, args, kwargs)


def differences(
    f: Callable[..., ArrayLike], x: ArrayLike, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Array:
    point = _float64(x, "numerical_grad")
    kind = Variable if isinstance(x, Variable) else np.asarray
    grad = np.empty_like(point)

    def total(index: tuple[int, ...], value: float) -> float:
        moved = point.copy()
        moved[index] = value
        y = f(kind(moved), *args, **kwargs)
        return float(as_numpy(y.data if isinstance(y, Variable) else y).sum())

    for index in np.ndindex(point.shape):
        center = float(point[index])
        step = STEP * max(1.0, abs(center))
        high, low = center + step, center - step
        grad[index] = (total(index, high) - total(index, low)) / (high - low)
    return grad


def gradient_check(
    f: Callable[..., ArrayLike], x: ArrayLike, *args: object, rtol: float = 1e-4, atol: float = 1e-5, **kwargs: object
) -> bool:
    """Tell whether backward and central differences agree on the gradient in `x` of `f(x, *args, **kwargs)`.

    x: Variable or array; it is copied to float64 and left as it is. Where they differ, the worst element is
    printed to standard error. Raises TypeError where `x` is complex or `f` returns no Variable.

    >>> gradient_check(lambda x: x**4 - 2 * x**2, np.array([0.5, 2.0]))
    True
    """
    leaf = Variable(_float64(x, "gradient_check"))
    y = f(leaf, *args, **kwargs)
    if not isinstance(y, Variable):
        raise TypeError(f"gradient_check: f must return a Variable, not {type(y).__name__}")
    (gx,) = gradients(y, leaf)
    # Without no_grad: f may take derivatives itself.
    found, expected = as_numpy(gx.data), differences(f, leaf, args, kwargs)
    excess = np.abs(found - expected) - (atol + rtol * np.abs(expected))
    if np.all(excess <= 0):
        return True
    index = np.unravel_index(np.argmax(excess), excess.shape)  # argmax finds a nan first
    where = tuple(int(i) for i in index)
    message = f"gradient_check: at {where} backward gives {found[where]}, differences {expected[where]}"
    print(message, file=sys.stderr)
    return False


def _float64(x: ArrayLike, name: str) -> Array:
    data = as_numpy(x.data if isinstance(x, Variable) else x)
    if is_complex(data):
        raise TypeError(f"{name}: x must be real, not {data.dtype}; pass its real and imaginary parts apart")
    return np.array(data, dtype=np.float64)
