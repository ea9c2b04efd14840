"""Compiled operations at nan, inf, zeros of both signs, subnormal and huge numbers, in every dtype: as eager ones."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import dezero.functions as F
from dezero import Variable, compile, gradients
from dezero.testing.problem import data

pytest.importorskip("llvmlite")

UNARY = ["sin", "cos", "exp", "log", "sqrt", "tanh", "sinh", "arctan", "arcsin", "arccosh", "expm1", "log1p", "log2"]
UNARY += ["abs", "sign", "square", "reciprocal", "floor", "sigmoid", "relu", "softplus", "erf", "cbrt", "gelu", "silu"]
BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "minimum",
    "power",
    "arctan2",
    "hypot",
    "fmax",
    "copysign",
]
BINARY += ["fmin", "logaddexp", "fmod", "remainder"]
REDUCTIONS = ["sum", "max", "min", "prod", "mean", "logsumexp", "cumsum", "nansum", "argmax"]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e-300, -1e300, 1.7e308]
SPECIAL += [709.0, -745.0, 88.0, np.pi, 1e16, -1e-10]
ROUNDING = {np.dtype(np.float64): (2e-13, 4e-323), np.dtype(np.float32): (2e-5, 1e-44)}  # relative, and absolute


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def with_gradients(f, order):
    def derivatives(*leaves):
        found = [f(*leaves)]
        last = found[-1:]
        for _ in range(order):
            total = sum([y.sum() for y in last])
            last = gradients(total, leaves, create_graph=True)
            found += last
        return found

    return derivatives


def assert_alike(f, *arrays_, order=0):
    """Equal dtypes, shapes, places of nan, infinities and signs of zeros; other numbers to some roundings."""
    leaves = [Variable(np.asarray(a)) for a in arrays_]
    g = with_gradients(f, order)
    for found, expected in zip(compile(g)(*leaves), g(*leaves), strict=True):
        found, expected = data(found), data(expected)
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        if expected.dtype not in ROUNDING:
            np.testing.assert_array_equal(found, expected)
            continue
        relative, least = ROUNDING[expected.dtype]
        np.testing.assert_allclose(found, expected, rtol=relative, atol=least)
        zero = (found == 0) & (expected == 0)
        np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(expected[zero]))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("times", [1, 50])
@pytest.mark.parametrize("name", UNARY)
def test_functions_of_special_numbers(name, times, dtype):
    assert_alike(getattr(F, name), np.tile(np.array(SPECIAL).astype(dtype), times), order=2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", BINARY)
def test_functions_of_pairs_of_special_numbers(name, dtype):
    a, b = [x.ravel().astype(dtype) for x in np.meshgrid(SPECIAL, SPECIAL)]
    assert_alike(getattr(F, name), a, b, order=1)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_functions_of_integers_and_booleans(name):
    f, count = getattr(F, name), 1 + (name in BINARY)
    for first in (np.int64, np.int8, np.uint8, np.bool_):
        for second in (np.float32, np.float64, np.int64, np.bool_)[: 4 if count == 2 else 1]:
            given = [np.array([0, 1, 2, 3, 100]).astype(first), np.array([3, 0, 1, 2, 5]).astype(second)][:count]
            try:
                f(*map(Variable, given))
            except TypeError:  # NumPy has no such function of these dtypes
                continue
            assert_alike(f, *given)


@pytest.mark.parametrize("times", [1, 300])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_of_special_numbers(name, dtype, times):
    for row in (SPECIAL, [0.0, -0.0], [-0.0, -0.0], [np.inf, 1], [-np.inf, np.nan, 1], [5e-324, 1e-300]):
        x = np.tile(np.array(row).astype(dtype), (times, 1))
        assert_alike(lambda v: getattr(F, name)(v, axis=-1), x)


NUMBERS = st.sampled_from(SPECIAL) | st.floats(-5, 5)


@settings(max_examples=25, deadline=None)
@given(
    arrays(np.float64, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), elements=NUMBERS),
    st.lists(st.sampled_from(["sin", "exp", "abs", "square", "sigmoid", "floor", "relu"]), min_size=1, max_size=3),
    st.sampled_from([None, "sum", "mean"]),
)
def test_chains_in_any_shape_and_layout(x, names, reduction):
    def f(v):
        for name in names:
            v = getattr(F, name)(v) * 0.5
        return v if reduction is None else getattr(F, reduction)(v)

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for a in (x, x.T, np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x, x[::-1] if x.ndim else x):
            assert_alike(f, a)


def test_the_exponents_derivative_stays_in_float32_where_the_base_is_zero():
    a, b = Variable(np.zeros(2, np.float32)), Variable(np.array([1.0, 2.0], np.float32))
    assert gradients(F.power(a, b).sum(), b, create_graph=True)[0].dtype == np.float32


def test_derivatives_to_order_four():
    x = Variable(np.array([0.3, -0.7, 1.9]))
    for f in (lambda x: F.exp(F.sin(x)) * x, lambda x: F.tanh(x) / (1 + x * x), lambda x: F.log1p(x * x)):
        g = with_gradients(f, 4)
        for found, expected in zip(compile(g)(x), g(x), strict=True):
            np.testing.assert_allclose(found.data, expected.data, rtol=1e-12)
