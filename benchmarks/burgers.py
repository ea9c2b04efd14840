"""Rows: one step of the training that finds the smooth self-similar profiles of Burgers' equation."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import dezero_leaves, torch_leaves
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero import Variable, gradients

WIDTHS = (1, 12, 12, 1)
WEIGHT = 30.0


@functools.cache
def _points(large: bool) -> tuple[np.ndarray, np.ndarray]:
    """Columns of points in [0, 2], and near the origin."""
    all_, near = (64, 9) if large else (4, 2)
    return (np.arange(all_)[:, None] + 0.5) * 2 / all_, np.linspace(0, 0.3, near)[:, None]


@functools.cache
def _weights() -> list[np.ndarray]:
    """Weights and biases in turn, without the last bias, and the number that gives lambda."""
    random = np.random.default_rng(0)
    arrays = [array for m, n in itertools.pairwise(WIDTHS) for array in (random.normal(size=(m, n)), np.zeros(n))]
    return [a / 2 for a in arrays[:-1]] + [np.array(0.1)]


def _exponent(exp: Callable[[Any], Any], free: Any, k: int) -> Any:
    low, high = 1 / (2 * k + 1), 1 / (2 * k - 1)
    return low + (high - low) / (1 + exp(-free))


def _profile(tanh: Callable[[Any], Any], weights: Sequence[Any], x: Any, two: Any) -> Any:
    """Return U, odd with U'(0) = -1 and U(-2) = 1, written once for every library."""

    def network(x: Any) -> Any:
        for w, b in zip(weights[:-1:2], weights[1::2], strict=True):
            x = tanh(x @ w + b)
        return x @ weights[-1]

    def odd(x: Any) -> Any:
        return network(x) - network(-x)

    return -x + x**2 * (odd(x) + x * (1 - 4 * odd(two)) / 8)


def _loss(residual: Any, high: Any, k: int) -> Any:
    """Return the mean square of the residual, and that of its Taylor coefficients of degree 2k near the origin."""
    return (residual**2).mean() + ((WEIGHT / math.factorial(2 * k) * high) ** 2).mean()


def _dezero(k: int, large: bool) -> Callable[[], object]:
    points, near = map(Variable, _points(large))
    parameters, two = dezero_leaves(_weights()), np.array([[2.0]])

    def residual(x: Variable, rate: Variable) -> Variable:
        u, u_x = _profile(F.tanh, parameters[:-1], x, two).jet(x, 1, create_graph=True)
        return -rate * u + ((1 + rate) * x + u) * u_x

    def run() -> object:
        rate = _exponent(F.exp, parameters[-1], k)
        high = residual(near, rate).jet(near, 2 * k, create_graph=True)[2 * k]
        loss = _loss(residual(points, rate), high, k)
        return loss.data, [g.data for g in gradients(loss, parameters)]

    return run


def _torch(k: int, large: bool) -> Callable[[], object]:
    torch = peers.torch()
    points, near = torch_leaves(_points(large))
    parameters, two = torch_leaves(_weights()), torch.tensor([[2.0]], dtype=torch.float64)

    def slope(u: Any, x: Any) -> Any:
        return torch.autograd.grad(u.sum(), x, create_graph=True)[0]

    def residual(x: Any, rate: Any) -> Any:
        u = _profile(torch.tanh, parameters[:-1], x, two)
        return -rate * u + ((1 + rate) * x + u) * slope(u, x)

    def run() -> object:
        rate = _exponent(torch.exp, parameters[-1], k)
        high = residual(near, rate)
        for _ in range(2 * k):
            high = slope(high, near)
        loss = _loss(residual(points, rate), high, k)
        return loss.detach(), torch.autograd.grad(loss, parameters)

    return run


# -- by hand: power series in NumPy, and the derivative in one direction by a complex step -------------------------


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two power series, whose coefficients are along axis 0."""
    return np.array([sum(a[i] * b[n - i] for i in range(n + 1)) for n in range(len(a))])


def _tanh_series(z: np.ndarray) -> np.ndarray:
    """The series of y = tanh(z), by y' = (1 - y^2) z'."""
    y, slope = np.zeros_like(z), np.zeros_like(z)
    y[0] = np.tanh(z[0])
    slope[0] = 1 - y[0] ** 2
    for n in range(1, len(z)):
        y[n] = sum(j * z[j] * slope[n - j] for j in range(1, n + 1)) / n
        slope[n] = -sum(y[i] * y[n - i] for i in range(n + 1))
    return y


def _residual_series(parameters: Sequence[np.ndarray], points: np.ndarray, k: int, order: int) -> np.ndarray:
    """The series of the residual around each point to this order, shape (order + 1, points, 1)."""
    *weights, free = parameters

    def odd(x: np.ndarray) -> np.ndarray:
        found = 0
        for sign in (1, -1):
            h = sign * x
            for w, b in zip(weights[:-1:2], weights[1::2], strict=True):
                h = h @ w
                h[0] += b
                h = _tanh_series(h)
            found = found + sign * (h @ weights[-1])
        return found

    x = np.zeros((order + 2, *points.shape), complex)
    x[0], x[1] = points, 1
    inner = odd(x) + x * (1 - 4 * odd(np.array([[[2.0 + 0j]]]))) / 8
    u = _product(_product(x, x), inner) - x
    u_x = u[1:] * np.arange(1, order + 2)[:, None, None]
    rate = _exponent(np.exp, free, k)
    return _product((1 + rate) * x[:-1] + u[:-1], u_x) - rate * u[:-1]


def _direction(shape: tuple[int, ...]) -> np.ndarray:
    return np.cos(np.arange(np.prod(shape, dtype=int)) * 0.7).reshape(shape)


@functools.cache
def reference(k: int, large: bool) -> np.ndarray:
    """Return the loss, and its derivative in one direction, shape (2, 1)."""
    step = 1e-30
    parameters = [a + 1j * step * _direction(a.shape) for a in _weights()]
    points, near = _points(large)
    residual = _residual_series(parameters, points, k, 0)[0]
    high = math.factorial(2 * k) * _residual_series(parameters, near, k, 2 * k)[2 * k]
    loss = _loss(residual, high, k)
    return np.array([[loss.real], [loss.imag / step]])


def _see(found: Any) -> Finding:
    loss, slopes = found
    along = sum(float(np.sum(np.asarray(g) * _direction(tuple(g.shape)))) for g in slopes)
    return Finding(np.array([[float(loss)], [along]]))


def section(profile: Profile) -> Section:
    """Return the row of each profile."""
    large = profile.large
    return Section(
        "Self-similar profiles of Burgers' equation",
        "Loss and gradient in the weights for -λU + ((1 + λ)X + U)U' = 0: the residual at 64 points, and its "
        f"derivative of order 2k at 9 points near 0, of a tanh network {'-'.join(map(str, WIDTHS))} in float64 "
        "(`examples/burgers_profiles.py` takes one order more). DeZero by `jet`, PyTorch by nested gradients, as in "
        "K. R. Chickering, *A Quasilinear Algorithm for Computing Higher-Order Derivatives of Deep Feed-Forward Neural "
        "Networks* (n-TangentProp, 2024).",
        tuple(
            Row(
                key=f"burgers/{k}",
                name=f"profile {k}, derivatives to order {2 * k + 1}",
                cases={
                    "DeZero": Case(functools.partial(_dezero, k, large), _see),
                    "PyTorch": Case(functools.partial(_torch, k, large), _see),
                },
                reference=functools.partial(reference, k, large),
                fresh=("DeZero", "PyTorch"),
            )
            for k in ((1, 2, 3, 4) if large else (1, 2))
        ),
    )
