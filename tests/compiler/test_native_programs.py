"""Real programs as machine code: physics-informed networks, Laplacians, classifiers, attention, recurrent networks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import dezero
import dezero.functions as F
from dezero import Variable, gradients
from dezero.compiler.lowering.lower import lower
from dezero.compiler.machine.native import Native, Report
from dezero.compiler.passes.simplify import simplified
from dezero.rewriting.program import Program

Run = Callable[..., list[Variable]]


def parameters(widths: Sequence[int], dtype: Any = np.float64) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    shapes = [shape for a, b in itertools.pairwise(widths) for shape in ((a, b), (b,))]
    return [(rng.standard_normal(s) / math.sqrt(s[0])).astype(dtype) for s in shapes]


def network(x: Any, ps: Sequence[Any], activation: Any = F.tanh) -> Any:
    for k in range(0, len(ps), 2):
        x = x @ ps[k] + ps[k + 1]
        x = activation(x) if k + 2 < len(ps) else x
    return x


def derivative(u: Variable, x: Variable) -> Variable:
    (found,) = gradients(u, [x], create_graph=True)
    assert found is not None
    return found


def with_gradients(loss: Callable[..., Variable], count: int) -> Run:
    """The loss of some points and of parameters, and its gradients in the parameters."""

    def run(*args: Any) -> list[Variable]:
        total, ps = loss(*args), args[count:]
        return [total, *[g for g in gradients(total, ps, create_graph=True) if g is not None]]

    return run


def check(run: Run, arrays: Sequence[np.ndarray], tile: int | None, tolerance: float, **options: Any) -> Report:
    leaves = [Variable(a) for a in arrays]
    outputs = run(*leaves)
    graph = simplified(lower(Program.traced("test", leaves, outputs)))
    native = Native(graph, tile=tile, **options)
    for _ in range(2):
        for found, wanted in zip(native(*arrays), outputs, strict=True):
            assert found.dtype == wanted.dtype
            scale = float(np.max(np.abs(wanted.data), initial=1e-300))
            np.testing.assert_allclose(found, wanted.data, rtol=tolerance, atol=tolerance * scale)
    return native.report()


def burgers(x: Variable, t: Variable, *ps: Variable) -> Variable:
    u = network(F.concatenate([x, t], axis=1), ps)
    u_x, u_t = gradients(u, [x, t], create_graph=True)
    residual = u_t + u * u_x - 0.1 * derivative(u_x, x)
    return F.mean(residual * residual)


def korteweg_de_vries(x: Variable, t: Variable, *ps: Variable) -> Variable:
    u = network(F.concatenate([x, t], axis=1), ps)
    u_x, u_t = gradients(u, [x, t], create_graph=True)
    residual = u_t + 6 * u * u_x + derivative(derivative(u_x, x), x)
    return F.mean(residual * residual)


def kuramoto_sivashinsky(x: Variable, t: Variable, *ps: Variable) -> Variable:
    u = network(F.concatenate([x, t], axis=1), ps)
    u_x, u_t = gradients(u, [x, t], create_graph=True)
    u_xx = derivative(u_x, x)
    residual = u_t + u * u_x + u_xx + derivative(derivative(u_xx, x), x)
    return F.mean(residual * residual)


def plate(x: Variable, y: Variable, *ps: Variable) -> Variable:
    u = network(F.concatenate([x, y], axis=1), ps)
    u_xx, u_yy = [derivative(derivative(u, v), v) for v in (x, y)]
    mixed = derivative(derivative(u_xx, y), y)
    residual = derivative(derivative(u_xx, x), x) + 2 * mixed + derivative(derivative(u_yy, y), y) - 1.0
    return F.mean(residual * residual)


@pytest.mark.parametrize("loss", [burgers, korteweg_de_vries, kuramoto_sivashinsky, plate])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_physics_informed_networks(loss, dtype):
    """Loss and gradients run in one pass over the points, without NumPy."""
    rng = np.random.default_rng(2)
    points = [rng.uniform(-1, 1, (50, 1)).astype(dtype) for _ in range(2)]
    arrays = [*points, *parameters((2, 10, 10, 1), dtype)]
    report = check(with_gradients(loss, 2), arrays, 16, 1e-10 if dtype == np.float64 else 2e-3)
    assert (report.rows, report.passes, report.calls) == (50, 1, [])


def test_two_threads_give_the_same_sums():
    rng = np.random.default_rng(3)
    arrays = [*[rng.uniform(-1, 1, (50, 1)) for _ in range(2)], *parameters((2, 8, 8, 1))]
    check(with_gradients(burgers, 2), arrays, 7, 1e-11, threads=2)


def columns(points: Variable, *ps: Variable) -> Variable:
    u = network(points, ps)
    g = derivative(u, points)
    h = derivative(g[:, 0:1], points)
    residual = g[:, 1:2] + u * g[:, 0:1] - 0.1 * h[:, 0:1]
    return F.mean(residual * residual)


def poisson(points: Variable, *ps: Variable) -> Variable:
    residual = dezero.laplacian(lambda x: network(x, ps)[..., 0])(points) - 1.0
    return F.mean(residual * residual)


@pytest.mark.parametrize("loss", [columns, poisson])
def test_points_in_one_array(loss):
    rng = np.random.default_rng(4)
    arrays = [rng.uniform(-1, 1, (40, 2)), *parameters((2, 9, 9, 1))]
    report = check(with_gradients(loss, 1), arrays, 16, 1e-10)
    assert (report.rows, report.passes, report.calls) == (40, 1, [])


@pytest.mark.parametrize("name", ["laplacian", "biharmonic"])
def test_operators(name):
    def run(points: Variable, *ps: Variable) -> list[Variable]:
        return [getattr(dezero, name)(lambda x: network(x, ps)[..., 0])(points)]

    arrays = [np.random.default_rng(5).standard_normal((20, 3)), *parameters((3, 7, 7, 1))]
    report = check(run, arrays, 8, 1e-10)
    assert (report.rows, report.passes, report.calls) == (20, 1, [])


def test_a_classifier():
    labels = np.random.default_rng(6).integers(0, 4, 33)

    def loss(x: Variable, *ps: Variable) -> Variable:
        return F.softmax_cross_entropy(network(x, ps, F.relu), labels)

    arrays = [np.random.default_rng(7).random((33, 12)), *parameters((12, 9, 4))]
    for tile in (8, None):
        check(with_gradients(loss, 1), arrays, tile, 1e-10)


def test_normalisation_over_the_batch_takes_several_passes():
    def loss(x: Variable, w: Variable, scale: Variable, shift: Variable) -> Variable:
        y = F.tanh(F.tanh(x @ w) @ w)
        y = y - F.mean(y, axis=0)
        y = F.tanh(F.tanh(y / F.sqrt(F.mean(y * y, axis=0) + 1e-5) * scale + shift) @ w)
        return F.mean(F.exp(y))

    arrays = [
        np.random.default_rng(8).standard_normal((40, 6)),
        *[0.3 * np.ones((6, 6)) + np.eye(6), np.ones(6), np.ones(6)],
    ]
    report = check(with_gradients(loss, 1), arrays, 8, 1e-9)
    assert report.rows == 40
    assert report.passes > 2


def test_attention():
    def loss(x: Variable, wq: Variable, wk: Variable, wv: Variable) -> Variable:
        q, k, v = [F.transpose(F.reshape(x @ w, (4, 5, 2, 3)), (0, 2, 1, 3)) for w in (wq, wk, wv)]
        weights = F.softmax(q @ F.transpose(k, (0, 1, 3, 2)), axis=-1)
        return F.mean(F.tanh(weights @ v))

    rng = np.random.default_rng(9)
    arrays = [rng.standard_normal((4, 5, 6)), *[rng.standard_normal((6, 6)) for _ in range(3)]]
    for tile in (2, None):
        check(with_gradients(loss, 1), arrays, tile, 1e-10)


def test_a_recurrent_network():
    def loss(x: Variable, w: Variable, u: Variable) -> Variable:
        h: Any = np.zeros((6, 4))
        for step in range(5):
            z = x[step] @ w + h @ u
            h = F.sigmoid(z[:, :4]) * F.tanh(z[:, 4:]) + 0.5 * h
        return F.mean(h * h)

    rng = np.random.default_rng(10)
    arrays = [rng.standard_normal((5, 6, 3)), rng.standard_normal((3, 8)), rng.standard_normal((4, 8))]
    for tile in (4, None):
        report = check(with_gradients(loss, 1), arrays, tile, 1e-10)
        assert report.kernels < report.loops
