"""Derivatives element by element, and point by point of a batch: proved, or refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import dezero.functions as F
from dezero import Function, Variable, curl, derivative, divergence, jacobian, laplacian, taylor, using_config
from dezero.derivatives.operators.linear import biharmonic, operator
from dezero.series import independence

RNG = np.random.default_rng(3)
X = RNG.uniform(0.3, 1.2, (5, 3))
W = RNG.normal(size=(3, 4))


class Sine(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * F.cos(self.inputs[0])


class Centred(Function):
    def forward(self, x):
        return x - x.mean(axis=0)

    def backward(self, gy):
        return gy - F.mean(gy, axis=0)


def batch_norm(x):
    return F.batch_norm(x, np.ones(3), np.zeros(3), np.zeros(3), np.ones(3))


def layer_norm(x):
    return F.layer_norm(x, np.ones(3), np.zeros(3))


MIXING = {
    "softmax": F.softmax,
    "sum": lambda x: x * F.sum(x),
    "mean": lambda x: x - F.mean(x, axis=0),
    "cumsum": lambda x: F.cumsum(x, 0),
    "matmul": lambda x: x @ np.ones((3, 3)),
    "norm": lambda x: x / F.norm(x),
    "sort": lambda x: x + F.max(x, axis=1, keepdims=True),
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "function": lambda x: Centred()(x),
    "flip": lambda x: x * x[::-1],
    "triangle": lambda x: np.tril(np.ones((5, 5))) @ x,
}
APART = {
    "elementwise": lambda x: F.tanh(x) * x,
    "function": lambda x: Sine()(x) * x,
    "transposed": lambda x: x.T**3,
    "reversed": lambda x: x[::-1] ** 3,
    "permuted": lambda x: x[[2, 0, 1, 4, 3]] ** 3,
    "repeated": lambda x: F.stack([x, x**2, Sine()(x)]),
    "flat": lambda x: F.exp(F.reshape(x, (-1,))),
    "constant factor": lambda x: x * np.arange(15.0).reshape(5, 3),
}


@pytest.mark.parametrize("name", MIXING)
def test_elements_that_mix_are_refused(name):
    f = MIXING[name]
    for ask in (lambda: derivative(f)(X), lambda: derivative(f, 3)(Variable(X)), lambda: taylor(f, X, 2)):
        with pytest.raises(ValueError, match=r"several elements of the argument, of shape \(5, 3\).*jacobian"):
            ask()
    x = Variable(X)
    with pytest.raises(ValueError, match=r"jet: an element of the result.*direction=numpy\.ones"):
        f(x).jet(x, 2)
    along_ones = f(x).jet(x, 1, direction=np.ones(X.shape))[1].data
    assert_allclose(along_ones, jacobian(f)(X).data.sum(axis=(-1, -2)), atol=1e-12)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", APART)
def test_elements_that_stay_apart_have_their_derivatives(name, order):
    f = APART[name]
    h = 1e-3
    steps = {1: (0.5, 0.0, -0.5), 2: (1.0, -2.0, 1.0)}[order]
    expected = sum(w * f(Variable(X + s * h)).data for s, w in zip((1, 0, -1), steps, strict=True)) / h**order
    for x in (X, Variable(X)):
        assert_allclose(derivative(f, order)(x).data, expected, rtol=1e-4, atol=1e-4)


def number(x):
    return F.sum(F.tanh(x @ W) ** 2, axis=-1)


@pytest.mark.parametrize("x", [X, Variable(X)], ids=["array", "Variable"])
@pytest.mark.parametrize("method", ["collapsed", "taylor", "reverse"])
def test_points_of_a_batch_that_mix_are_refused(method, x):
    for f in (
        lambda x: number(batch_norm(x)),
        lambda x: number(Centred()(x)),
        lambda x: F.sum(number(x)) * x[:, 0],
        lambda x: number(x)[::-1],
        lambda x: number(x) * x[[1, 2, 3, 4, 0], 0],
    ):
        for make in (laplacian, biharmonic):
            with pytest.raises(ValueError, match=r"of the batch \(5, 3\) depends on other points \(through \w+\)"):
                make(f, method)(x)
        with pytest.raises(ValueError, match="operator: the result at one point"):
            operator(f, {(1, 0, 0): 1.0}, method)(x)
    for field in (divergence, curl):
        with pytest.raises(ValueError, match=f"{field.__name__}: the result at one point.*test_mode"):
            field(batch_norm)(x)


@pytest.mark.parametrize(
    "f",
    [
        number,
        lambda x: number(layer_norm(x)),
        lambda x: F.sum(Sine()(x) * x, axis=-1),
        lambda x: F.sum(F.softmax(x, axis=-1) ** 2, axis=-1),
        lambda x: F.reshape(F.tanh(F.reshape(x, (-1,))), (-1, 3)) @ np.ones(3),
        lambda x: F.slogdet(F.reshape(x, (-1, 3, 1)) * F.reshape(x, (-1, 1, 3)) + np.eye(3))[1],
        lambda x: F.norm(x, axis=-1),
    ],
    ids=["network", "layer norm", "function", "softmax", "flat and back", "slogdet", "norm"],
)
def test_a_batch_gives_what_its_points_give(f):
    one_by_one = np.array([laplacian(lambda x: f(F.reshape(x, (1, 3)))[0])(row).item() for row in X])
    assert_allclose(laplacian(f)(X).data, one_by_one, rtol=1e-9, atol=1e-9)


def test_running_statistics_keep_points_apart():
    with using_config("train", False):
        found = laplacian(lambda x: number(batch_norm(x)))(X).data
    assert_allclose(found, laplacian(lambda x: number(x / np.sqrt(1 + 2e-5)))(X).data, rtol=1e-12)


def test_what_vanishes_at_the_point_but_not_beside_it_is_seen():
    x = np.zeros((4, 2))
    for f in (lambda x: F.flip(x, 0)[:, 0] ** 2, lambda x: F.flip(x, 0)[:, 0] * x[:, 0] + F.sum(x**2, axis=1)):
        with pytest.raises(ValueError, match="depends on other points"):
            laplacian(f)(x)
    with pytest.raises(ValueError, match="depends on several elements"):
        derivative(lambda x: x * x[::-1], 2)(np.zeros(4))


def test_numbers_single_points_and_nothing_are_not_asked(monkeypatch):
    monkeypatch.setattr(independence, "proved_rows", None)
    assert derivative(lambda x: x * F.sum(x))(np.ones((1, 1))).item() == 2
    assert laplacian(lambda x: F.sum(x) ** 2)(np.ones(3)).item() == 6
    assert derivative(F.softmax)(np.ones((0, 3))).shape == (0, 3)
    assert taylor(F.softmax, np.ones((2, 2)), 0)[0].shape == (2, 2)
    assert laplacian(lambda x: batch_norm(x)[:, 0])(np.ones((1, 3))).shape == (1,)


def test_a_proof_by_the_operations_asks_no_series(monkeypatch):
    monkeypatch.setattr(independence, "_seen", None)
    assert derivative(lambda x: F.tanh(x @ np.ones((1, 8))) @ np.ones((8, 2)), 4)(X[:, :1]).shape == (5, 2)
    assert laplacian(number)(X).shape == (5,)


def test_nan_in_a_row_is_no_dependence():
    x = X.copy()
    x[2] = np.nan
    found = laplacian(lambda x: F.sum(Sine()(x), axis=-1))(x).data
    assert np.isnan(found[2])
    assert_allclose(np.delete(found, 2), -np.delete(np.sin(x).sum(axis=1), 2))


@settings(max_examples=25)
@given(n=st.integers(2, 300))
def test_no_word_of_the_code_contains_another(n):
    words = independence._words(n).T.astype(bool)
    some = np.random.default_rng(n).choice(n, (50, 2))
    for i, j in some[some[:, 0] != some[:, 1]]:
        assert not (words[i] <= words[j]).all()


# -- small parts, and rounding -----------------------------------------------------------------------------------


class Mixed(Function):
    """x, and a small weight times some of its rows, permuted."""

    def __init__(self, weight, order):
        self.weight, self.order = weight, order

    def forward(self, x):
        return x + x.dtype.type(self.weight) * x[self.order]

    def backward(self, gy):
        return gy + F.get_item(gy, np.argsort(self.order)) * self.weight


ORDER = np.array([2, 0, 1, 4, 3])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("weight", [1e-3, 1e-5, 1e-7])
def test_a_small_part_of_others_is_seen_in_every_precision(dtype, weight):
    x = X.astype(dtype)
    for f in (
        lambda x: x + weight * x[ORDER],
        lambda x: F.exp(x) + weight * F.exp(x[ORDER]),
        lambda x: x + weight * F.softmax(x),
        lambda x: x * np.array([1, 1e4, 1, 1, 1], x.dtype)[:, None] + weight * x[ORDER],
    ):
        with pytest.raises(ValueError, match="depends on several elements"):
            derivative(f)(x)
    if dtype != np.float16:  # its smallest weights leave nothing in the Function's own numbers
        with pytest.raises(ValueError, match="depends on several elements"):
            derivative(lambda x: Mixed(weight, ORDER)(x))(x)
        with pytest.raises(ValueError, match="depends on other points"):
            laplacian(lambda x: F.sum(Mixed(weight, ORDER)(x) ** 2, axis=-1))(x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_part_of_a_high_order_beside_large_low_ones_is_seen(dtype):
    x = X.astype(dtype)
    for f in (
        lambda x: 1e6 * x + 1e-4 * x * x[ORDER] ** 2,
        lambda x: 1e6 * x[ORDER][np.argsort(ORDER)] + 1e-4 * x[ORDER] ** 2 * x,
    ):
        for ask in (lambda: derivative(f, 3)(x), lambda: taylor(f, x, 3)):  # noqa: B023
            with pytest.raises(ValueError, match="depends on several elements"):
                ask()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_rounding_is_not_taken_for_a_part_of_others(dtype, order):
    x = X.astype(dtype)
    back = np.argsort(ORDER)
    for f, plain in (
        (lambda x: F.exp(x[ORDER])[back], F.exp),
        (lambda x: F.tanh(x[ORDER] * 3)[back] * Sine()(x), lambda x: F.tanh(x * 3) * F.sin(x)),
        (lambda x: (x + F.sum(x)) - F.sum(x), lambda x: x),
        (lambda x: F.exp(x + F.mean(x)) / F.exp(F.mean(x)), F.exp),
        (lambda x: F.log(F.exp(x[ORDER] * 2))[back], lambda x: 2 * x),
    ):
        found, expected = derivative(f, order)(x), derivative(plain, order)(x)
        assert found.dtype == dtype
        assert_allclose(found.data, expected.data, rtol=0, atol=4e3 * np.finfo(dtype).eps)


def test_a_random_function_keeps_its_first_value():
    class Noisy(Function):
        def forward(self, x):
            self.mask = RNG.uniform(0.5, 1.5, x.shape)
            return x * self.mask

        def backward(self, gy):
            return gy * self.mask

    for dtype in (np.float32, np.float64):
        x, noisy = Variable(X.astype(dtype)), Noisy()
        y = noisy(x)
        assert_allclose(y.jet(x, 1)[1].data, noisy.mask, rtol=1e-6)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: derivative(lambda x: F.softmax(x, axis=0) + F.sqrt(x))(np.array([0.0, 1.0, 2.0])),
        lambda: laplacian(lambda X: F.sum((X - F.mean(X, 0)) ** 2, 1) + F.sum(F.sqrt(X), 1))(
            np.array([[0.0, 0.0], [3.0, 4.0], [5.0, 6.0]])
        ),
    ],
)
def test_one_infinite_element_hides_nothing_of_the_others(ask):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="depends on"):
        ask()


def test_one_infinite_element_refuses_nothing():
    with np.errstate(all="ignore"):
        found = derivative(lambda x: F.sqrt(x[::-1])[::-1])(np.array([0.0, 1.0, 4.0]))
    np.testing.assert_allclose(found.data, [np.inf, 0.5, 0.25])
