"""Laplacian, biharmonic, any linear operator and its estimate: against nested gradients."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import dezero.functions as F
from dezero import Function, Variable, gradients, no_grad
from dezero.core.graph import collect
from dezero.derivatives.operators.linear import biharmonic, laplacian, operator
from dezero.derivatives.operators.methods import nested_gradients
from tests.derivatives.programs import SIZE, points, programs

METHODS = ["auto", "collapsed", "taylor", "reverse"]
RNG = np.random.default_rng(0)
M = RNG.normal(size=(4, 4))
POINT = np.array([0.6, -0.7, 1.1, 0.3])
BATCH = RNG.uniform(-1, 1, (3, 4))
W = RNG.normal(size=(4, 3)) * 0.6
TERMS = {(1, 0, 2, 0): 1.5, (0, 1, 0, 0): 2.0, (0, 0, 0, 0): -1.0, (2, 1, 0, 0): 0.5}


def total(y):
    """A number from each row: a weighted sum over all axes but the first."""
    weights = np.cos(np.arange(int(np.prod(y.shape[1:])))).reshape(y.shape[1:])
    return F.sum(y * weights, axis=tuple(range(1, y.ndim)))


def squares(x):
    return F.reshape(x, (-1, 2, 2))


def symmetric(x):
    a = squares(x) + np.array([[3.0, 0.0], [1.0, 1.0]])
    return a + F.transpose(a, (0, 2, 1))


class Wave(Function):
    def forward(self, x):
        return np.sin(x) * x

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (F.sin(x) + x * F.cos(x))


class ProductAndSum(Function):
    def forward(self, a, b):
        return a * b, a + b

    def backward(self, gp, gs):
        a, b = self.inputs
        return gp * b + gs, gp * a + gs


class Twice(Function):
    def forward(self, x):
        return 2 * x

    def backward(self, gy):
        return Twice()(gy)


class Square(Function):
    """Its backward calls another user's Function."""

    def forward(self, x):
        return x * x

    def backward(self, gy):
        return Twice()(gy * self.inputs[0])


def both_outputs(x, w):
    p, s = ProductAndSum()(F.sin(x), x * x)
    return total(p * s * F.sum(w))


# Functions of a batch (N, 4) and weights (4, 3), one number a row.
PROGRAMS = {
    "network": lambda x, w: F.tanh(x @ w) @ np.ones(3),
    "linear": lambda x, w: F.sum(F.tanh(F.linear(x, w, F.sum(w, axis=0))), axis=1),
    "matmul of two": lambda x, w: total(squares(x) @ F.sin(squares(x))) * F.sum(w),
    "matmul by stacks": lambda x, w: total(F.expand_dims(x, 1) @ F.broadcast_to(w, (x.shape[0], 4, 3))) ** 3,
    "quadratic": lambda x, w: F.sum(x * (x @ (w @ w.T)), axis=1),
    "softmax": lambda x, w: total(F.softmax(x @ w, axis=1)),
    "log softmax": lambda x, w: total(F.log_softmax(x @ w, axis=1)),
    "logsumexp": lambda x, w: F.logsumexp(x @ w, axis=1),
    "layer norm": lambda x, w: total(F.layer_norm(x @ w, np.ones(3), np.zeros(3)) ** 2),
    "einsum": lambda x, w: F.einsum("ni,ij,nj->n", x, w @ w.T, F.sin(x)),
    "index": lambda x, w: x[:, 0] ** 2 * x[:, -1] * F.sum(w),
    "index arrays": lambda x, w: total(x[:, np.array([0, 0, 1])] ** 2 * (x @ w)),
    "strides": lambda x, w: total(x[:, ::2] ** 3 * x[:, 1::2] * F.sum(w)),
    "concatenate": lambda x, w: total(F.concatenate([x, x @ w, F.sin(x)], axis=1) ** 2),
    "stack": lambda x, w: total(F.stack([x, F.sin(x)], 2) ** 2) * F.sum(w),
    "norm": lambda x, w: F.norm(x @ w, axis=1),
    "solve": lambda x, w: total(F.solve(squares(x @ (w @ w.T)) + 4 * np.eye(2), np.ones((2, 1)))),
    "inverse": lambda x, w: total(F.inv(squares(x) + 3 * np.eye(2))) * F.sum(w),
    "determinant": lambda x, w: F.det(squares(x @ (w @ w.T)) + 3 * np.eye(2)),
    "singular values": lambda x, w: F.svd(squares(x) + np.array([[3.0, 0], [1, 1]]))[1][:, 0] * F.sum(w),
    "eigenvalues": lambda x, w: total(F.eigh(symmetric(x))[0]) * F.sum(w),
    "prod": lambda x, w: F.prod(x @ w, axis=1),
    "sort": lambda x, w: total(F.sort(x @ w, axis=1) ** 2),
    "cumsum": lambda x, w: total(F.cumsum(x @ w, axis=1) ** 3),
    "cumprod": lambda x, w: total(F.cumprod(x @ w, axis=1)),
    "max": lambda x, w: F.max(x @ w, axis=1) ** 3,
    "where": lambda x, w: total(F.where(x.data > 0, x**3, F.sin(x))) * F.sum(w**2),
    "where, constant": lambda x, w: total(F.where(x.data > 0, x**3, 2.0)) * F.sum(w**2),
    "relu": lambda x, w: F.relu(x @ w) @ np.ones(3) * x[:, 0] ** 2,
    "gelu": lambda x, w: F.gelu(x @ w) @ np.ones(3),
    "sum over axes": lambda x, w: F.sum(squares(x) ** 3 * F.sum(w), axis=(1, 2)) ** 2,
    "keepdims": lambda x, w: total(x * F.sum(x**3, axis=1, keepdims=True)) * F.sum(w),
    "variance": lambda x, w: F.var(x @ w, axis=1) ** 2,
    "transpose": lambda x, w: F.sum(F.transpose(w) @ F.transpose(F.sin(x)), axis=0),
    "transpose of three axes": lambda x, w: total(F.transpose(F.sin(squares(x)), (0, 2, 1)) @ squares(x)) * F.sum(w),
    "broadcast": lambda x, w: total(F.broadcast_to(F.expand_dims(x, 2), (*x.shape, 3)) ** 2 * w),
    "power": lambda x, w: (1 + F.sum(x**2, axis=1)) ** 1.5 * F.sum(w),
    "variable power": lambda x, w: F.sum((1 + x**2) ** F.sum(w**2), axis=1),
    "quotient": lambda x, w: F.sum(w) / F.sum(1 + x**2, axis=1),
    "exp": lambda x, w: F.exp(-F.sum((x @ w) ** 2, axis=-1)),
    "root": lambda x, w: F.sqrt(1 + F.sum((x @ w) ** 2, axis=-1)),
    "arctan2": lambda x, w: total(F.arctan2(x, 2 + x[:, ::-1])) * F.sum(w),
    "convolution": lambda x, w: total(F.conv2d(F.reshape(F.sin(x), (-1, 1, 2, 2)), w[:, :1].reshape((1, 1, 2, 2)))),
    "take": lambda x, w: F.sum(F.take(x, np.array([1, 1]), axis=1) ** 3, axis=1) * F.sum(w),
    "roll and flip": lambda x, w: total(F.roll(x, 1, 1) * F.flip(x, 1) ** 2) * F.sum(w),
    "pad": lambda x, w: total(F.pad(x, ((0, 0), (1, 1))) ** 4) * F.sum(w),
    "linear in x": lambda x, w: F.sum(x, axis=1) * F.sum(w**2),
    "square": lambda x, w: F.sum(x * x, axis=1) * F.sum(w**2),
    "gradient inside": lambda x, w: F.sum(gradients(F.sum(F.tanh(x @ w)), x, create_graph=True)[0] ** 2, axis=1),
    "user's": lambda x, w: total(Wave()(x @ w)),
    "user's, two outputs": both_outputs,
    "user's, nested": lambda x, w: total(Square()(F.sin(x @ w))),
}


def partial(f, x, index):
    """A partial derivative of each row's number, by gradients of gradients."""
    y = f(x)
    for i, order in enumerate(index):
        for _ in range(order):
            y = gradients(F.sum(y), x, create_graph=True)[0][..., i]
    return y


def nested(f, x, terms):
    return sum((partial(f, x, index) * c for index, c in terms.items()), Variable(np.zeros(x.shape[:-1])))


def unit(*components, d=4):
    return tuple(components.count(i) for i in range(d))


LAPLACIAN = {unit(i, i): 1 for i in range(4)}
BIHARMONIC = {unit(i, i, j, j): 1 for i in range(4) for j in range(4) if i == j} | {
    unit(i, i, j, j): 2 for i, j in itertools.combinations(range(4), 2)
}
OPERATORS = {
    "laplacian": (laplacian, LAPLACIAN),
    "biharmonic": (biharmonic, BIHARMONIC),
    "operator": (lambda f, **how: operator(f, TERMS, **how), TERMS),
}


def close(found, expected):
    scale = 1 + np.abs(expected).max(initial=0)
    assert found.shape == expected.shape
    assert_allclose(found, expected, rtol=1e-9, atol=1e-10 * scale)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("name", OPERATORS)
def test_every_operation_in_a_batch_and_its_gradient_in_weights_and_points(program, name):
    f, (make, terms) = PROGRAMS[program], OPERATORS[name]
    x, w = Variable(BATCH), Variable(W)
    expected = nested(lambda x: f(x, w), x, terms)
    rows = np.arange(1.0, 4)
    wanted = gradients(F.sum(expected * rows), (w, x))
    close(make(lambda x: f(x, Variable(W)))(BATCH).data, expected.data)  # constants of the function's own
    for moving in ({w, x}, {w}, {x}):
        found = make(lambda a: f(a, w if w in moving else Variable(W)))(x if x in moving else BATCH)  # noqa: B023
        close(found.data, expected.data)
        for a, b, leaf in zip(gradients(F.sum(found * rows), (w, x)), wanted, (w, x), strict=True):
            if leaf in moving:
                close(a.data, b.data)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_single_point(program):
    def f(x):
        return PROGRAMS[program](F.expand_dims(x, 0), Variable(W))[0]

    with no_grad():
        found = [laplacian(f)(POINT), operator(f, TERMS)(POINT)]
    for y, terms in zip(found, (LAPLACIAN, TERMS), strict=True):
        close(y.data, nested(f, Variable(POINT), terms).data)
        assert y.creator is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("program", ["network", "layer norm", "solve", "index", "linear in x"])
def test_every_method(method, name, program):
    f, (make, terms) = PROGRAMS[program], OPERATORS[name]
    x, w = Variable(BATCH), Variable(W)
    expected = nested(lambda x: f(x, w), x, terms)
    found = make(lambda x: f(x, w), method=method)(x)
    close(found.data, expected.data)
    for a, b in zip(gradients(F.sum(found), (w, x)), gradients(F.sum(expected), (w, x)), strict=True):
        close(a.data, b.data)
    close(make(lambda x: f(x, W), method=method)(BATCH).data, expected.data)


@settings(max_examples=60)
@given(program=programs(), seed=st.integers(0, 99), recorded=st.booleans())
def test_random_programs(program, seed, recorded):
    def f(x):
        return F.sum(program(x) * 0.7)

    x = points(seed)
    terms = {unit(i, i, d=SIZE): 1 for i in range(SIZE)} | {unit(0, 2, 4, d=SIZE): -0.5, unit(1, d=SIZE): 2.0}
    leaf = Variable(x)
    y = f(leaf)
    kinks = [n._args[0].data for n in collect([y]).values() if n._args and n._op.name == "abs"]
    assume(all(a.all() for a in kinks))  # abs(x - x) is all kink: it has no second derivative, or 0 where x - x cancels
    expected = nested_gradients(y, leaf, terms, False).data
    found = operator(f, terms, method="collapsed")(Variable(x) if recorded else x).data
    assert_allclose(found, expected, rtol=1e-8, atol=1e-8 * (1 + np.abs(expected)))


@given(
    a=st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    s=st.dictionaries(st.tuples(*[st.integers(0, 2)] * 3), st.floats(-3, 3), min_size=1, max_size=4),
)
def test_an_exponential_is_an_eigenfunction(a, s):
    """P(d/dx) exp(a x) = P(a) exp(a x)."""
    a, x = np.array(a), np.array([0.1, -0.2, 0.3])
    symbol = sum(c * np.prod(a ** np.array(index)) for index, c in s.items())
    size = sum(abs(c) * np.prod(np.abs(a) ** np.array(index)) for index, c in s.items())
    found = operator(lambda x: F.exp(F.sum(a * x)), s, method="collapsed")(x).item()
    assert found == pytest.approx(symbol * np.exp(a @ x), rel=1e-9, abs=1e-9 * (1 + size + np.abs(a).sum() ** 6))


def test_large_batches_are_taken_in_chunks(monkeypatch):
    monkeypatch.setattr("dezero.derivatives.operators.linear._CHUNK", 2**18)
    calls = []

    def f(x):
        calls.append(x.shape[0])
        return F.sum(F.tanh(F.tanh(x @ np.ones((50, 64)) * 0.01) @ np.ones((64, 64)) * 0.1), axis=1)

    x = np.random.default_rng(1).normal(size=(300, 50))
    found = laplacian(f)(x)
    assert calls[0] == sum(calls[1:]) == 300
    assert len(calls) > 3
    assert_allclose(found.data, laplacian(f)(Variable(x)).data, rtol=1e-12)


@pytest.mark.parametrize("step", [lambda y: y * 1.001, lambda y: y @ np.eye(2), F.sin, lambda y: y + y[:, :1] * 1e-4])
def test_a_deep_graph_needs_no_deep_stack(step):
    def f(x):
        for _ in range(1200):  # Python's stack ends at 1000 calls
            x = step(x)
        return F.sum(x**2, axis=1)

    x = np.array([[0.1, 0.2]])
    assert_allclose(laplacian(f)(x).data, laplacian(f, "reverse")(x).data, rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_dtypes_empty_batches_and_constants(method):
    def f(x):
        return F.sum(F.tanh(x), axis=1)

    assert laplacian(f, method)(BATCH.astype(np.float32)).dtype == np.float32
    assert laplacian(f, method)(np.zeros((0, 4))).shape == (0,)
    assert laplacian(lambda x: Variable(np.ones(3)), method)(BATCH).data.tolist() == [0, 0, 0]
    assert laplacian(lambda x: F.sum(x**2), method)(np.array([1, 2])).item() == 4


# -- counts ----------------------------------------------------------------------------------------------------


def test_vectors_through_the_graph():
    def f(x):
        return F.sum(x)

    assert laplacian(f).vectors(50) == 52
    assert biharmonic(f).vectors(5) == 77
    assert laplacian(f, "taylor").vectors(50) == 101
    assert laplacian(f, "reverse").vectors(50) == 1 + 1 + 2 * 50
    assert operator(f, {(1, 0): 1.0, (0, 0): 2.0}, method="collapsed").vectors(2) == 2


def test_auto_takes_the_cheapest_way_and_says_so():
    mixed = operator(lambda x: x[0] * x[1] * x[2], {(1, 1, 1): 1.0})
    assert mixed.explain(np.ones(3)) == (
        "operator at x of shape (3,): vectors through the graph 10 by collapsed Taylor mode, 13 by Taylor mode, "
        "8 by nested gradients; takes reverse"
    )
    assert mixed(np.ones(3)).item() == 1
    assert mixed.vectors(3) == 8
    assert laplacian(F.sum).explain(np.ones((7, 4))).endswith("takes collapsed")
    assert laplacian(F.sum, "taylor").explain(np.ones(4)).endswith("takes taylor")


@pytest.mark.parametrize(
    ("terms", "rows", "chosen"),
    [
        ({(0, 0, 1): 1.0}, 1, "collapsed"),
        ({(1, 1, 1): 1.0}, 1, "reverse"),  # three gradients of gradients beside four lines to order 3
        ({(1, 1, 1): 1.0}, 1000, "reverse"),
        ({(1, 1, 1, 1): 1.0}, 1000, "reverse"),
        ({(1,) * 9: 1.0}, 1, "collapsed"),  # 511 sweeps' worth of gradients beside 256 lines together
        ({(1,) * 6: 1.0}, 1, "collapsed"),
        ({(1,) * 6: 1.0}, 1000, "reverse"),  # 32 lines of large arrays
        ({(6, 0): 1.0, (0, 6): 1.0}, 1, "collapsed"),
        ({(6, 0): 1.0, (0, 6): 1.0}, 1000, "collapsed"),
    ],
)
def test_auto_weighs_calls_and_numbers(terms, rows, chosen):
    x = np.ones((rows, len(next(iter(terms)))))
    assert operator(F.sum, terms).explain(x).endswith(f"takes {chosen}")


def test_sums_over_all_components_are_collapsed_at_any_size():
    for d, rows in itertools.product((1, 2, 10), (1, 10**5)):
        assert laplacian(F.sum).explain(np.broadcast_to(1.0, (rows, d))).endswith("takes collapsed")
    assert biharmonic(F.sum).explain(np.ones((100, 3))).endswith("takes collapsed")


def test_a_mixed_derivative_of_high_order_makes_no_nested_gradients(monkeypatch):
    monkeypatch.setattr("dezero.derivatives.operators.methods.gradients", None)
    k = np.arange(1, 10) / 5
    found = operator(lambda x: F.exp(F.sum(k * x)), {(1,) * 9: 1.0})(np.zeros(9))
    assert found.item() == pytest.approx(np.prod(k), rel=1e-9)


# -- estimates -------------------------------------------------------------------------------------------------


def network(x):
    return F.sum(F.tanh(x @ W), axis=-1)


@pytest.mark.parametrize("make", [laplacian, lambda f: operator(f, TERMS), biharmonic])
def test_all_lines_give_the_exact_value(make):
    value, variance = make(network).estimate(BATCH, 1000, rng=0)
    assert_allclose(value.data, make(network)(BATCH).data, rtol=1e-10)
    assert variance.data.tolist() == [0, 0, 0]


def test_the_estimate_and_its_variance_are_unbiased():
    """Over all draws of 2 of 4 lines: each comes as often, so that sums over many draws tend to the exact values."""
    exact = laplacian(network)(POINT).item()
    pairs = {}
    rng = np.random.default_rng(0)
    while len(pairs) < 6:
        value, variance = laplacian(network).estimate(POINT, 2, rng)
        pairs[round(value.item(), 12)] = variance.item()
    assert np.mean(list(pairs)) == pytest.approx(exact)
    assert np.mean(list(pairs.values())) == pytest.approx(np.var(list(pairs)))


def test_an_estimate_can_be_differentiated_and_repeated():
    w = Variable(W)

    def estimate(seed):
        return laplacian(lambda x: F.sum(F.tanh(x @ w), axis=-1)).estimate(BATCH, 2, rng=seed)

    value, variance = estimate(3)
    assert value.shape == variance.shape == (3,)
    assert (estimate(3)[0].data == value.data).all()
    (g,) = gradients(F.sum(value), w)
    h = 1e-6
    step = np.cos(np.arange(12)).reshape(4, 3)
    w.data = W + h * step
    up = estimate(3)[0].data.sum()
    w.data = W - h * step
    assert np.sum(g.data * step) == pytest.approx((up - estimate(3)[0].data.sum()) / (2 * h), rel=1e-6)


# -- misuse ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: operator(F.sum, {}), TypeError, "operator: terms are an empty dict; give a dict of multi-indices"),
        (lambda: operator(F.sum, [(1, 0)]), TypeError, "operator: terms are list; give a dict"),
        (lambda: operator(F.sum, {1: 2.0}), TypeError, "operator: 1 is no multi-index; give a tuple of orders"),
        (lambda: operator(F.sum, {(1.0,): 2.0}), TypeError, "is no multi-index"),
        (lambda: operator(F.sum, {(True,): 2.0}), TypeError, "is no multi-index"),
        (lambda: operator(F.sum, {(-1,): 2.0}), TypeError, "is no multi-index"),
        (lambda: operator(F.sum, {(1,): "a"}), TypeError, r"the coefficient of \(1,\) is str; give a number"),
        (
            lambda: operator(F.sum, {(1, 0): 1.0})(np.ones(3)),
            ValueError,
            r"operator: the multi-index \(1, 0\) has 2 entries, and x has 3 components",
        ),
        (lambda: laplacian(F.sum)(1.0), ValueError, r"laplacian: x has shape \(\); give one point \(d,\) or a batch"),
        (lambda: laplacian(F.sum)(np.ones((2, 2, 2))), ValueError, r"laplacian: x has shape \(2, 2, 2\)"),
        (
            lambda: laplacian(lambda xs: F.sum(xs[0]))((np.ones(2), np.ones(3))),
            ValueError,
            r"laplacian: x has shape \(2,\), \(3,\); give one point",
        ),
        (
            lambda: laplacian(F.sin)(np.ones(2)),
            ValueError,
            r"maps x of shape \(2,\) to shape \(2,\); it has to give \(\)",
        ),
        (
            lambda: laplacian(F.sum)(np.ones((3, 2))),
            ValueError,
            r"maps x of shape \(3, 2\) to shape \(\); it has to give \(3,\), a number for each point",
        ),
        (lambda: laplacian(lambda x: 1.0)(np.ones(2)), TypeError, r"laplacian: the function returned number 1\.0"),
        (lambda: laplacian(F.sum, "best"), ValueError, "laplacian: method is 'best'; give one of auto, collapsed"),
        (lambda: laplacian(F.sum).estimate(np.ones(2), 1), ValueError, "samples is 1; a variance needs 2 or more"),
        (lambda: laplacian(F.sum).estimate(np.ones(2), 2.0), TypeError, r"samples is number 2\.0; give a whole number"),
    ],
)
def test_misuse(call, error, message):
    with pytest.raises(error, match=message):
        call()
