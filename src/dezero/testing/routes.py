"""Derivatives by routes that share nothing with the rules: mpmath, the complex plane, differences.

They are taken along a curve x + v s(t) with s(t) = t / (1 + 2.5 t). Its derivative of order n has the size
n! 2.5**(n - 1), so that no order is zero, even of a linear operation. mpmath takes the straight line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from dezero.core.dtypes import Array, is_complex

STEP = 2.0**-9  # of differences: 8 points have a truncation error of h^8 / 630, and a rounding error of eps / h
CURVE = 2.5
_RADIUS, _ON_CIRCLE = 0.28, 160  # s has its pole at -0.4: aliasing leaves 0.7**160, rounding grows by 0.7**-n
_TURNS = np.exp(2j * np.pi * np.arange(24) / 24)  # of the small circles for first gradients
_DIGITS, _HALF, _APART = 75, 10, 1e-4  # 21 points, 1e-4 apart, of 75 digits: order 10 to some 30 digits


class NotHolomorphic(ValueError):
    """The reference is not a holomorphic function of complex arguments."""


@lru_cache
def _bases(half: int) -> list[list[Fraction]]:
    """For each whole number from -half to half the polynomial that is 1 there and 0 at the others."""
    nodes = range(-half, half + 1)
    bases = []
    for j in nodes:
        basis = [Fraction(1)]  # coefficients, the constant first
        for k in nodes:
            if k != j:
                shifted, scaled = [Fraction(0), *basis], [*(-k * c for c in basis), Fraction(0)]
                basis = [(a + b) / (j - k) for a, b in zip(shifted, scaled, strict=True)]
        bases.append(basis)
    return bases


@lru_cache
def stencil(half: int, order: int) -> tuple[Fraction, ...]:
    """Weights of f(-half), ..., f(half) in the order-th derivative at 0 of the polynomial through them.

    >>> [str(w) for w in stencil(1, 2)]
    ['1', '-2', '1']
    """
    return tuple(basis[order] * math.factorial(order) for basis in _bases(half))


def s(t: Any) -> Any:
    """The curve's parameter: s(0) = 0, s'(0) = 1; from -1 to 0.2 on the circle around 0."""
    return t / (1 + CURVE * t)


def mpmath_derivatives(
    form: str | Callable[..., Any],
    xs: Sequence[Array],
    vs: Sequence[Array | None],
    orders: int,
    rooms: Array | None = None,
) -> Array:
    """Orders 0 to `orders` of form(x + v t) in t at 0, for each point; v None holds its argument still.

    xs, vs: arrays of one shape (P,). rooms: how far t may go at each point (None: far enough). Returns an array of
    shape (orders + 1, P). Raises ValueError where the form leaves the real numbers.
    """
    import mpmath

    mp = mpmath.mp
    f = getattr(mp, form) if isinstance(form, str) else lambda *a: form(mp, *a)
    derivatives = np.empty((orders + 1, len(xs[0])))
    for p in range(len(xs[0])):
        apart = min(_APART, float(rooms[p]) / (2 * _HALF)) if rooms is not None and rooms[p] else _APART
        with mp.workdps(_DIGITS + math.ceil((orders + 1) * math.log10(_APART / apart))):
            point = [bool(x[p]) if x.dtype == bool else mp.mpf(float(x[p])) for x in xs]
            along = [None if v is None else mp.mpf(float(v[p])) for v in vs]
            values = []
            for j in range(-_HALF, _HALF + 1):
                moved = [x if v is None else x + v * j * mp.mpf(apart) for x, v in zip(point, along, strict=True)]
                values.append(mp.mpmathify(f(*moved)))
            if any(isinstance(y, mp.mpc) for y in values):
                where = f"{_HALF * apart:.0e} beside {[float(x) for x in point]}"
                raise ValueError(f"the scalar form leaves the real numbers {where}: name the end in avoid=")
            derivatives[:, p] = _differences(mp, values, apart, orders)
    return derivatives


def _differences(mp: Any, values: list[Any], apart: float, orders: int) -> list[float]:
    """Derivatives at the middle of equally spaced values, from order 0; 0 where one is no more than rounding, or where
    the stencil with two points less gives a value that differs by a tenth."""
    found, size = [], max(map(abs, values))
    for n in range(orders + 1):
        y, fewer = _derivative(mp, values, n), _derivative(mp, values[1:-1], n)
        rounding = 100 * mp.eps * size * sum(map(abs, stencil(_HALF, n)))
        resolved = abs(y) > rounding and abs(y - fewer) < abs(y) / 10
        found.append(float(y / mp.mpf(apart) ** n) if resolved else 0.0)
    return found


def _derivative(mp: Any, values: list[Any], order: int) -> Any:
    return mp.fdot(_weights(len(values) // 2, order, mp.prec), values)


@lru_cache
def _weights(half: int, order: int, precision: int) -> tuple[Any, ...]:
    """The stencil's weights in mpmath's numbers of so many bits."""
    import mpmath

    return tuple([mpmath.mpf(w.numerator) / w.denominator for w in stencil(half, order)])


def complex_derivatives(path: Callable[[Any], Any], start: Array, orders: int) -> Array:
    """Orders 0 to `orders` at `start` of a holomorphic path, from its values on a circle (Cauchy's integral).

    path takes a complex array of start's shape S to one of that shape; the result has shape (orders + 1, *S). Raises
    NotHolomorphic where the values are no complex numbers, or have terms in 1/t.
    """
    turns = np.exp(2j * np.pi * np.arange(_ON_CIRCLE) / _ON_CIRCLE)
    try:
        values = np.array([path(start + _RADIUS * turn) for turn in turns])
    except Exception as error:
        raise NotHolomorphic(f"it raises {type(error).__name__}: {error}") from error
    if not is_complex(values):
        raise NotHolomorphic("it gives real numbers for complex ones")
    coefficients = np.fft.fft(values, axis=0) / _ON_CIRCLE
    size = np.abs(values).max(initial=1e-300)
    coefficients[np.abs(coefficients) < 1e-16 * size] = 0  # mere rounding
    principal = np.abs(coefficients[-8:]).max(initial=0.0)
    if not principal <= 1e-10 * size:
        raise NotHolomorphic(f"its terms in 1/t, 1/t**2, ... reach {principal:.1e} and should vanish")
    powers = np.array([math.factorial(n) / _RADIUS**n for n in range(orders + 1)])
    return coefficients[: orders + 1].real * powers.reshape(-1, *[1] * (values.ndim - 1))


def central(values: Sequence[Any], step: float = STEP) -> Any:
    """The first derivative at the middle of an odd number of equally spaced values."""
    half = len(values) // 2
    return sum(float(w) * v for w, v in zip(stencil(half, 1), values, strict=True) if w) / step


def gradient(
    f: Callable[..., Any], xs: Sequence[Array], vs: Sequence[Any], moving: Sequence[int], holomorphic: bool
) -> list[Array]:
    """Gradient of the number f(*xs) in each moving argument, element by element.

    vs: how far each element may move within its domain. By Cauchy's integral over a small circle where f is
    holomorphic (a true complex step is too small for complex algorithms that mix real and imaginary parts);
    by central differences of eight points otherwise.
    """
    kind = np.complex128 if holomorphic else np.float64
    xs = [x.astype(kind) if i in moving else x for i, x in enumerate(xs)]
    gradients = []
    for i in moving:
        grad = np.empty(xs[i].shape)
        for index in np.ndindex(grad.shape):
            room = abs(vs[i][index]) or 1e-2
            steps = room / 3 * _TURNS if holomorphic else room / 64 * np.arange(-4, 5)
            values = []
            for step in steps:
                x = xs[i].copy()
                x[index] += step
                values.append(f(*xs[:i], x, *xs[i + 1 :]))
            grad[index] = np.mean(np.array(values) / steps).real if holomorphic else central(values, room / 64)
        gradients.append(grad)
    return gradients


def straight(curved: Array) -> Array:
    """Derivatives along the straight line x + v s from those along the curve: t = s / (1 - 2.5 s) substituted."""
    orders = len(curved) - 1
    taylor = [curved[n] / math.factorial(n) for n in range(orders + 1)]
    result = [curved[0]]
    for n in range(1, orders + 1):
        total = sum(math.comb(n - 1, k - 1) * CURVE ** (n - k) * taylor[k] for k in range(1, n + 1))
        result.append(math.factorial(n) * total)
    return np.array(result)
