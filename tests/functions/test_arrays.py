"""Operations on whole arrays (sums, shapes, indices, products): values as NumPy's, derivatives by differences."""

import itertools

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, using_config

READINGS = ["raw", "rewritten", "plain"]


def data(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def row(name, f, numpys, *arrays):
    """One line of the table: dezero's function, NumPy's, and what they are called on."""
    return pytest.param(f, numpys, arrays, id=name)


def same(name, write, *arrays):
    """A line whose function is written the same for NumPy and dezero."""
    return row(name, write, write, *arrays)


def _sum_to(shape):
    def numpys(x):
        lead = tuple(range(x.ndim - len(shape)))
        kept = tuple(i - len(shape) for i, n in enumerate(shape) if n == 1)
        return x.sum(axis=lead).sum(axis=kept, keepdims=True)

    return row(f"sum_to {shape}", lambda x: F.sum_to(x, shape), numpys, data(2, 3, 4))


A, B, V = data(2, 3), data(3, 4, seed=1), data(3, seed=2)
BLOCK = data(2, 3, 4)
MASK = np.array([[True, False, True], [False, False, True]])

REDUCTIONS = [
    row(f"{name} {axis} {keepdims}", (lambda x, f=f, a=axis, k=keepdims: f(x, axis=a, keepdims=k)),
        (lambda x, f=numpys, a=axis, k=keepdims: f(x, axis=a, keepdims=k)), BLOCK)
    for name, f, numpys in (("sum", F.sum, np.sum), ("mean", F.mean, np.mean))
    for axis in (None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2), ())
    for keepdims in (False, True)
]  # fmt: skip
SHAPES = [
    *[row(f"reshape {s}", lambda x, s=s: F.reshape(x, s), lambda x, s=s: np.reshape(x, s), BLOCK)
      for s in ((24,), 24, -1, (4, 6), (2, -1), (1, 24, 1), [3, 8], (2, 3, 4))],
    *[row(f"transpose {a}", lambda x, a=a: F.transpose(x, a), lambda x, a=a: np.transpose(x, a), BLOCK)
      for a in (None, (0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 0, 1), [1, 0, 2])],
    same("T", lambda x: x.T, BLOCK),
    same("T of a vector", lambda x: x.T, V),
    same("methods", lambda x: x.reshape(3, 8).transpose(1, 0).reshape((4, 6)).sum(axis=0).mean(), BLOCK),
    row("transpose of a number", F.transpose, np.transpose, data()),
    row("reshape to a number", lambda x: F.reshape(x, ()), lambda x: x.reshape(()), data(1, 1)),
    row("reshape of a number", lambda x: F.reshape(x, (1, 1)), lambda x: x.reshape(1, 1), data()),
    *[row(f"broadcast_to {s}", lambda x, s=s: F.broadcast_to(x, s), lambda x, s=s: np.broadcast_to(x, s), data(3, 1))
      for s in ((3, 1), (3, 4), (2, 3, 1), (2, 1, 3, 5), [3, 2])],
    row("broadcast_to of a number", lambda x: F.broadcast_to(x, (2, 2)), lambda x: np.broadcast_to(x, (2, 2)), data()),
    row("broadcast_to nothing", lambda x: F.broadcast_to(x, (0, 3)), lambda x: np.broadcast_to(x, (0, 3)), data(3)),
    *[_sum_to(s) for s in ((2, 3, 4), (1, 3, 4), (2, 1, 4), (2, 1, 1), (3, 4), (1, 4), (4,), (1,), (), (1, 1, 1))],
    *[row(f"expand_dims {a}", lambda x, a=a: F.expand_dims(x, a), lambda x, a=a: np.expand_dims(x, a), A)
      for a in (0, 1, 2, -1, -2, -3)],
    row("flatten", F.flatten, lambda x: x.reshape(2, 12), BLOCK),
    row("flatten a vector", F.flatten, lambda x: x.reshape(3, 1), V),
    row("flatten a number", F.flatten, lambda x: x.reshape(1, 1), data()),
    same("flatten method", lambda x: x.flatten(), BLOCK),
    *[row(f"concatenate {a}", lambda *xs, a=a: F.concatenate(xs, a), lambda *xs, a=a: np.concatenate(xs, a), A, A + 1)
      for a in (0, 1, -1, -2)],
    row("concatenate three", lambda *xs: F.concatenate(xs), lambda *xs: np.concatenate(xs), V, data(1), data(4)),
    row("concatenate one", lambda x: F.concatenate([x]), lambda x: np.concatenate([x]), A),
    row("concatenate itself", lambda x: F.concatenate([x, x], 1), lambda x: np.concatenate([x, x], 1), A),
    row("concatenate with arrays", lambda x: F.concatenate([A, x, np.ones((2, 1))], 1),
        lambda x: np.concatenate([A, x, np.ones((2, 1))], 1), data(2, 2)),
    row("concatenate nothing", lambda x: F.concatenate([x, np.ones((0, 3)), x]), lambda x: np.concatenate([x, x]), A),
    row("astype", lambda x: F.astype(x, np.float64), lambda x: x.astype(np.float64), A),
]  # fmt: skip
INDICES = {
    "number": 1, "negative": -1, "two numbers": (1, 2), "all numbers": (1, 2, 3), "slice": slice(1, None),
    "step": slice(None, None, 2), "backwards": slice(None, None, -1), "backwards from": slice(1, None, -2),
    "nothing": slice(2, 1), "ellipsis": ..., "ellipsis and number": (..., 0), "number and ellipsis": (0, ...),
    "new axis": None, "new axes": (None, 0, ..., None, slice(None)), "list": [0, 1, 0], "array": np.array([1, 1, 1]),
    "array of two axes": np.array([[0, 1], [1, 1]]), "arrays": ([0, 1, 0], [2, 2, 2]), "array last": (..., [0, 0, 3]),
    "slice and array": (slice(None), [1, 1]), "array and slice": ([0, 0], slice(1, 3), None), "empty tuple": (),
    "arrays apart": ([0, 1], slice(None), [3, 3]), "mask": BLOCK > 0, "mask of an axis": np.array([False, True]),
    "mask and number": (np.array([True, True]), 1), "no element": np.zeros(2, bool), "empty list": [],
    "true": True, "numpy number": np.int64(1), "numpy bounds": slice(np.int64(0), np.int64(1)), "one element": [-1],
    "array of no axis": np.array(1), "bounds of no axis": slice(np.array(0), np.array(1)),
}  # fmt: skip
INDEXING = [same(f"index {name}", lambda x, i=index: x[i], BLOCK) for name, index in INDICES.items()]
PRODUCTS = [
    same(f"{a.shape} @ {b.shape}", lambda a, b: a @ b, a, b)
    for a, b in [
        (V, data(3)),
        (A, V),
        (V, B),
        (A, B),
        (data(1, 3), data(3, 1)),
        (data(5, 2, 3), B),
        (A, data(5, 3, 4)),
        (data(5, 2, 3), data(5, 3, 4)),
        (data(5, 1, 2, 3), data(4, 3, 2)),
        (data(1, 2, 3), data(5, 3, 2)),
        (data(2, 1, 2, 3), data(1, 5, 3, 2)),
        (V, data(5, 3, 4)),
        (data(5, 2, 3), V),
        (V, data(2, 5, 3, 4)),
        (data(0, 3), B),
        (data(2, 0), data(0, 4)),
        (data(0), data(0)),
    ]
] + [
    same("square", lambda a: a @ a, data(3, 3)),
    same("gram", lambda a: a @ a.T, A),
    same("constants", lambda a: B.T @ (a.T @ data(2, 2)), A),
    same("chain", lambda a, b, v: a @ b @ v, A, B, data(4)),
    row("dot vectors", F.dot, np.dot, V, data(3)),
    row("dot matrices", F.dot, np.dot, A, B),
    row("dot number", F.dot, np.dot, A, data()),
    row("dot plain number", lambda a: F.dot(2.5, F.dot(a, 2)), lambda a: a * 5, A),
    same("dot method", lambda a, v: a.dot(v), A, V),
]
EMPTY = [
    row("sum of nothing", lambda x: F.sum(x, axis=0), lambda x: x.sum(axis=0), data(0, 3)),
    row("sum of all of nothing", F.sum, np.sum, data(0)),
    row("sum over a full axis", lambda x: F.sum(x, axis=1), lambda x: x.sum(axis=1), data(0, 3)),
    row("reshape nothing", lambda x: F.reshape(x, (3, 0)), lambda x: x.reshape(3, 0), data(0, 3)),
    row("transpose nothing", F.transpose, np.transpose, data(0, 3)),
    same("index nothing", lambda x: x[:, 1], data(0, 3)),
]
TABLE = [*REDUCTIONS, *SHAPES, *INDEXING, *PRODUCTS, *EMPTY]


def level(f, arrays, order, reading="rewritten"):
    """Leaves, and a number made of all derivatives of this order: each summed with weights of its own."""
    leaves = [Variable(np.array(a)) for a in arrays]
    # bent before and after, so that derivatives of all orders are there
    y = F.sum(_weighted(F.sin(f(*[F.exp(x) for x in leaves])), 0))
    for k in range(order):
        with using_config("simplify", reading != "plain"):
            gs = gradients(y, leaves, create_graph=True)
        y = sum([F.sum(_weighted(g, k + 1)) for g in gs], Variable(np.array(0.0)))
    return leaves, y


def _weighted(x, seed):
    return x * np.random.default_rng(seed).uniform(0.5, 1.5, x.shape)


def slope(f, arrays, directions, step=2e-3):
    """Central difference of eighth order."""
    found = 0.0
    for k, c in {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}.items():
        ahead, behind = (f([a + s * k * step * d for a, d in zip(arrays, directions, strict=True)]) for s in (1, -1))
        found += c * (ahead - behind) / step
    return found


@pytest.mark.parametrize(("f", "numpys", "arrays"), TABLE)
def test_value(f, numpys, arrays):
    y, wanted = f(*[Variable(a) for a in arrays]), np.asarray(numpys(*arrays))
    assert (type(y), type(y.data)) == (Variable, np.ndarray)
    assert (y.shape, y.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_allclose(y.data, wanted, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(("f", "numpys", "arrays"), TABLE)
def test_three_orders(f, numpys, arrays):
    """Order 1 against differences of NumPy's values, each next one against differences of the one before."""
    random = np.random.default_rng(9)
    directions = [random.standard_normal(a.shape) for a in arrays]

    def values(arrays):
        return float(np.sum(_weighted(np.sin(np.asarray(numpys(*[np.exp(a) for a in arrays]))), 0)))

    for order in range(3):
        below = values if order == 0 else lambda arrays, k=order: float(level(f, arrays, k)[1])
        wanted = slope(below, arrays, directions)
        for reading in READINGS:
            leaves, y = level(f, arrays, order, reading)
            with using_config("simplify", reading != "plain"):
                gs = gradients(y, leaves, create_graph=reading != "raw")
            assert [(g.shape, g.dtype) for g in gs] == [(x.shape, x.dtype) for x in leaves]
            found = sum(float(np.sum(g.data * d)) for g, d in zip(gs, directions, strict=True))
            assert found == pytest.approx(wanted, rel=1e-7, abs=1e-8), (order + 1, reading)


@pytest.mark.parametrize(("f", "numpys", "arrays"), TABLE)
def test_layouts_and_dtypes(f, numpys, arrays):
    """Views that are not contiguous give what their copies give; single precision stays single."""
    strange = [np.asfortranarray(np.repeat(a, 2, axis=0))[::2] if a.ndim else a for a in arrays]
    single = [np.asarray(a, np.float32) for a in arrays]
    for views, dtype, tolerance in ((strange, np.float64, 1e-13), (single, np.float32, 1e-4)):
        if dtype == np.float32 and f(*[Variable(a) for a in views]).dtype != np.float32:
            continue  # mixed with double precision on purpose
        for order, reading in itertools.product((0, 1), READINGS):
            leaves, y = level(f, views, order, reading)
            wanted = gradients(*reversed(level(f, arrays, order)))
            with using_config("simplify", reading != "plain"):
                gs = gradients(y, leaves, create_graph=reading != "raw")
            for g, x, w in zip(gs, leaves, wanted, strict=True):
                assert (g.shape, g.dtype) == (x.shape, x.dtype)
                np.testing.assert_allclose(g.data, w.data, rtol=tolerance, atol=tolerance)


def test_mean_over_nothing_is_nan_and_warns_as_numpy_does():
    with pytest.warns(RuntimeWarning):
        assert np.isnan(float(F.mean(Variable(np.zeros(0)))))


def test_integers():
    whole = np.arange(6).reshape(2, 3)
    for f in (lambda x: (x @ x.T).sum(), lambda x: F.mean(x * x), lambda x: (x[[0, 0]] * x).sum(), lambda x: x.T / 2):
        for reading in READINGS:
            x, z = Variable(whole), Variable(whole.astype(float))
            with using_config("simplify", reading != "plain"):
                (g,), (h,) = (gradients(f(v), v, create_graph=reading != "raw") for v in (x, z))
            np.testing.assert_allclose(f(x).data, f(z).data)
            np.testing.assert_allclose(g.data, h.data)


@pytest.mark.parametrize("reading", READINGS)
def test_astype_brings_the_gradient_back(reading):
    x = Variable(np.float32([1.0, 2.0]))
    with using_config("simplify", reading != "plain"):
        (g,) = gradients(F.astype(x, np.float64) ** 3, x, create_graph=reading != "raw")
        assert g.dtype == np.float32
        np.testing.assert_allclose(g.data, [3.0, 12.0])
        if reading != "raw":
            np.testing.assert_allclose(gradients(g, x)[0].data, [6.0, 12.0])
