"""Rows: operations on large arrays, forward and backward, beside PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import dezero_leaves, joined, see_arrays, see_variables, torch_leaves
from benchmarks.rows import Case, Profile, Row, Section
from dezero import gradients

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class Work:
    """An operation on leaves with a cotangent of its result: `data()` draws both, the cotangent last.

    `dezero` and `torch` compute it from their leaves; `gradient` works the leaves' gradients out by hand, in float64.
    """

    key: str
    name: str
    data: Callable[[], Arrays]
    dezero: Callable[..., Any]
    torch: Callable[..., Any]
    gradient: Callable[..., Arrays]
    tolerance: float = 1e-10


def _normal(*shapes: tuple[int, ...], dtype: Any = np.float64) -> Callable[[], Arrays]:
    def draw() -> Arrays:
        random = np.random.default_rng(0)
        return [np.asarray(random.standard_normal(shape), dtype) for shape in shapes]

    return draw


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


# -- convolution -----------------------------------------------------------------------------------------------


def _correlated(x: np.ndarray, W: np.ndarray) -> np.ndarray:
    """The convolution with 3x3 kernels over a ring of zeros."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), (2, 3))
    return np.tensordot(windows, W, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)


def _conv2d_gradient(x: np.ndarray, W: np.ndarray, g: np.ndarray) -> Arrays:
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), (2, 3))
    mirrored = W[:, :, ::-1, ::-1].swapaxes(0, 1)
    return [_correlated(g, mirrored), np.tensordot(g, windows, ((0, 2, 3), (0, 2, 3)))]


def _conv2d(large: bool) -> Work:
    x, W = ((32, 16, 32, 32), (16, 16, 3, 3)) if large else ((2, 3, 4, 5), (2, 3, 3, 3))
    return Work(
        "conv2d",
        f"conv2d, input {_shape(x)}, weight {_shape(W)}, pad 1, float32",
        _normal(x, W, (x[0], W[0], *x[2:]), dtype=np.float32),
        lambda x, W: F.conv2d(x, W, pad=1),
        lambda x, W: peers.torch().conv2d(x, W, padding=1),
        _conv2d_gradient,
        1e-5,
    )


# -- batch normalisation ---------------------------------------------------------------------------------------

_EPS = 2e-5


def _batch_norm_dezero(x: Any, gamma: Any, beta: Any) -> Any:
    mean, var = np.zeros(gamma.shape, np.float32), np.ones(gamma.shape, np.float32)
    return F.batch_norm(x, gamma, beta, mean, var, decay=0.9, eps=_EPS)


def _batch_norm_torch(x: Any, gamma: Any, beta: Any) -> Any:
    torch = peers.torch()
    mean, var = torch.zeros(gamma.shape), torch.ones(gamma.shape)
    return torch.nn.functional.batch_norm(x, mean, var, gamma, beta, training=True, momentum=0.1, eps=_EPS)


def _batch_norm_gradient(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, g: np.ndarray) -> Arrays:
    axes = (0, 2, 3)
    deviation = np.sqrt(x.var(axes, keepdims=True) + _EPS)
    y = (x - x.mean(axes, keepdims=True)) / deviation
    gx = g - g.mean(axes, keepdims=True) - y * (g * y).mean(axes, keepdims=True)
    return [gx * gamma.reshape(1, -1, 1, 1) / deviation, (g * y).sum(axes), g.sum(axes)]


def _batch_norm(large: bool) -> Work:
    x = (32, 16, 32, 32) if large else (2, 3, 4, 5)
    return Work(
        "batch-norm",
        f"batch_norm in training, {_shape(x)}, float32",
        _normal(x, x[1:2], x[1:2], x, dtype=np.float32),
        _batch_norm_dezero,
        _batch_norm_torch,
        _batch_norm_gradient,
        1e-5,
    )


# -- cross-entropy ---------------------------------------------------------------------------------------------


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _cross_entropy(large: bool) -> Work:
    samples, classes = (256, 1000) if large else (3, 4)
    labels = np.random.default_rng(1).integers(classes, size=samples)

    def torch(x: Any) -> Any:
        torch = peers.torch()
        return torch.nn.functional.cross_entropy(x, torch.from_numpy(labels))

    return Work(
        "softmax-cross-entropy",
        f"softmax cross-entropy, {samples} samples x {classes} classes, float32",
        _normal((samples, classes), (), dtype=np.float32),
        lambda x: F.softmax_cross_entropy(x, labels),
        torch,
        lambda x, g: [g / samples * (_softmax(x) - (labels[:, np.newaxis] == np.arange(classes)))],
        1e-5,
    )


# -- attention -------------------------------------------------------------------------------------------------


def _attention_dezero(q: Any, k: Any, v: Any) -> Any:
    return F.einsum("hqk,hkd->hqd", F.softmax(F.einsum("hqd,hkd->hqk", q, k), axis=-1), v)


def _attention_torch(q: Any, k: Any, v: Any) -> Any:
    torch = peers.torch()
    return torch.einsum("hqk,hkd->hqd", torch.softmax(torch.einsum("hqd,hkd->hqk", q, k), dim=-1), v)


def _attention_gradient(q: np.ndarray, k: np.ndarray, v: np.ndarray, g: np.ndarray) -> Arrays:
    weights = _softmax(q @ k.swapaxes(1, 2))
    gw = g @ v.swapaxes(1, 2)
    gs = weights * (gw - (gw * weights).sum(-1, keepdims=True))
    return [gs @ k, gs.swapaxes(1, 2) @ q, weights.swapaxes(1, 2) @ g]


def _attention(large: bool) -> Work:
    heads, length, width = (8, 128, 64) if large else (2, 3, 4)

    def data() -> Arrays:
        q, k, v, g = _normal(*[(heads, length, width)] * 4, dtype=np.float32)()
        return [q / np.float32(math.sqrt(width)), k, v, g]

    return Work(
        "attention",
        f"attention, einsum softmax einsum, {heads} heads x {length} x {width}, float32",
        data,
        _attention_dezero,
        _attention_torch,
        _attention_gradient,
        1e-5,
    )


# -- lines and matrices ----------------------------------------------------------------------------------------


def _sort_gradient(x: np.ndarray, g: np.ndarray) -> Arrays:
    back = np.empty_like(g)
    back[np.argsort(x)] = g
    return [back]


def _sort(large: bool) -> Work:
    n = 10**5 if large else 5
    return Work(
        "sort",
        f"sort, {n:,} numbers, float64",
        _normal((n,), (n,)),
        F.sort,
        lambda x: x.sort().values,
        _sort_gradient,
    )


def _cumsum(large: bool) -> Work:
    n = 10**5 if large else 5
    return Work(
        "cumsum",
        f"cumsum, {n:,} numbers, float64",
        _normal((n,), (n,)),
        F.cumsum,
        lambda x: x.cumsum(0),
        lambda x, g: [g[::-1].cumsum()[::-1]],
    )


def _cholesky_gradient(a: np.ndarray, g: np.ndarray) -> Arrays:
    """By I. Murray, Differentiation of the Cholesky decomposition (2016), (9)."""
    factor = np.linalg.cholesky(a)
    middle = np.tril(factor.T @ g)
    middle[np.diag_indices_from(middle)] /= 2
    solved = np.linalg.solve(factor.T, np.linalg.solve(factor.T, middle.T).T)
    return [(solved + solved.T) / 2]


def _cholesky(large: bool) -> Work:
    n = 200 if large else 3

    def data() -> Arrays:
        a, g = _normal((n, n), (n, n))()
        return [a @ a.T / n + np.eye(n), g]

    return Work(
        "cholesky",
        f"cholesky, {n}x{n}, float64",
        data,
        F.cholesky,
        lambda a: peers.torch().linalg.cholesky(a),
        _cholesky_gradient,
    )


# -- the rows --------------------------------------------------------------------------------------------------


def _run_dezero(work: Work) -> Callable[[], object]:
    *leaves, g = work.data()
    variables = dezero_leaves(leaves)
    return _warmed(lambda: gradients(work.dezero(*variables), variables, g))


def _run_torch(work: Work) -> Callable[[], object]:
    torch = peers.torch()
    *leaves, g = work.data()
    tensors, seed = torch_leaves(leaves), torch.tensor(g)
    return _warmed(lambda: torch.autograd.grad(work.torch(*tensors), tensors, seed))


def _warmed(run: Callable[[], object]) -> Callable[[], object]:
    run()  # the first use of an operation loads more of its library
    return run


def _row(work: Work) -> Row:
    return Row(
        key=f"operation/{work.key}",
        name=work.name,
        cases={
            "DeZero": Case(lambda: _run_dezero(work), see_variables),
            "PyTorch": Case(lambda: _run_torch(work), see_arrays),
        },
        reference=lambda: joined(work.gradient(*[array.astype(float) for array in work.data()])),
        tolerance=work.tolerance,
    )


KINDS = (_conv2d, _batch_norm, _cross_entropy, _attention, _sort, _cumsum, _cholesky)
KEYS = tuple([f"operation/{kind(True).key}" for kind in KINDS])


def section(profile: Profile) -> Section:
    """Return a row for each operation."""
    return Section(
        "Operations on large arrays",
        "Forward and the gradients of all arguments, given a cotangent of the result: DeZero by `gradients(y, xs, g)`, "
        "PyTorch by `torch.autograd.grad(y, xs, g)`, eager. NumPy's BLAS and LAPACK (OpenBLAS, by "
        "`OPENBLAS_NUM_THREADS`) and PyTorch (by `torch.set_num_threads`) have one thread each. Before the turns both "
        "gradients are held against a formula worked in NumPy in float64; *error* is DeZero's, relative, in the norm "
        "of all gradients together.",
        tuple([_row(kind(profile.large)) for kind in KINDS]),
    )
