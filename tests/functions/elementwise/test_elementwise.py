"""Operations on each element: values as NumPy's, derivatives as mpmath's, over shapes, dtypes and layouts."""

import contextlib
import itertools

import mpmath
import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, using_config

POINTS = np.array([-1.3, -0.4, 0.2, 0.7, 1.9])
POSITIVE = np.abs(POINTS)


def sign(x):
    return mpmath.sign(x)


# name: operation, NumPy's function, mpmath's function, points
UNARY = {
    "neg": (F.neg, np.negative, lambda x: -x, POINTS),
    "abs": (F.abs, np.abs, lambda x: sign(x) * x, POINTS),
    "sign": (F.sign, np.sign, sign, POINTS),
    "exp": (F.exp, np.exp, mpmath.exp, POINTS),
    "log": (F.log, np.log, mpmath.log, POSITIVE),
    "sqrt": (F.sqrt, np.sqrt, mpmath.sqrt, POSITIVE),
    "sin": (F.sin, np.sin, mpmath.sin, POINTS),
    "cos": (F.cos, np.cos, mpmath.cos, POINTS),
    "tan": (F.tan, np.tan, mpmath.tan, POINTS),
    "tanh": (F.tanh, np.tanh, mpmath.tanh, POINTS),
    "sigmoid": (F.sigmoid, lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + mpmath.exp(-x)), POINTS),
    "relu": (F.relu, lambda x: np.maximum(x, 0), lambda x: x if x > 0 else mpmath.mpf(0), POINTS),
    "square": (lambda x: F.pow(x, 2), np.square, lambda x: x**2, POINTS),
    "power": (lambda x: x**-1.5, lambda x: x**-1.5, lambda x: x**-1.5, POSITIVE),
    "base": (lambda x: 2.5**x, lambda x: 2.5**x, lambda x: mpmath.mpf(2.5) ** x, POINTS),
    "inverse": (lambda x: 3 / x, lambda x: 3 / x, lambda x: 3 / x, POINTS),
}
BINARY = {
    "add": (F.add, np.add, lambda a, b: a + b),
    "sub": (F.sub, np.subtract, lambda a, b: a - b),
    "mul": (F.mul, np.multiply, lambda a, b: a * b),
    "div": (F.div, np.divide, lambda a, b: a / b),
    "pow": (F.pow, np.power, lambda a, b: a**b),
    "maximum": (F.maximum, np.maximum, lambda a, b: a if a >= b else b),
    "minimum": (F.minimum, np.minimum, lambda a, b: a if a <= b else b),
    "where": (
        lambda a, b: F.where(a.data * b.data > 0.7, a, b),
        lambda a, b: np.where(a * b > 0.7, a, b),
        lambda a, b: a if a * b > 0.7 else b,
    ),
}
READINGS = ["raw", "rewritten", "plain"]
SHAPES = [(), (1,), (3,), (1, 3), (2, 1), (2, 3), (1, 1), (2, 1, 1), (1, 2, 1), (4, 1, 3), (0,), (0, 1), (2, 0)]


def partial(y, by, reading="rewritten"):
    """The partial derivative of the sum of y by each Variable in turn; the last one as the reading has it."""
    for k, x in enumerate(by, 1):
        with using_config("simplify", reading != "plain"):
            (y,) = gradients(y, x, create_graph=reading != "raw" or k < len(by))
    return y


def pairs():
    for a, b in itertools.product(SHAPES, repeat=2):
        with contextlib.suppress(ValueError):
            yield a, b, np.broadcast_shapes(a, b)


def data(shape, seed):
    """Away from zero and from the kinks of two such arrays."""
    return np.random.default_rng(seed).uniform(0.5 + seed / 5, 0.6 + seed / 5, shape)


@pytest.mark.parametrize("name", UNARY)
def test_values_and_three_derivatives(name):
    f, numpys, exact, points = UNARY[name]
    for array in (points, points.reshape(5, 1), points[None], points[::-2], points.reshape(5, 1).T, points[2]):
        array = np.asarray(array)
        y = f(Variable(array))
        np.testing.assert_allclose(y.data, numpys(array), rtol=1e-15)
        assert y.shape == array.shape
        for n, reading in itertools.product((1, 2, 3), READINGS):
            x = Variable(array)
            g = partial(f(x), [x] * n, reading)
            wanted = [float(mpmath.diff(exact, p, n)) for p in array.ravel()]
            assert g.shape == array.shape
            np.testing.assert_allclose(g.data.ravel(), wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", BINARY)
def test_values_and_mixed_partials(name):
    f, numpys, exact = BINARY[name]
    a, b = np.array([0.3, 0.9, 1.4, 2.5]), np.array([1.7, 0.4, 2.1, 0.6])
    np.testing.assert_array_equal(f(Variable(a), Variable(b)).data, numpys(a, b))
    for orders in [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3)]:
        wanted = [float(mpmath.diff(exact, (p, q), orders)) for p, q in zip(a, b, strict=True)]
        for by in set(itertools.permutations("a" * orders[0] + "b" * orders[1])):
            for reading in READINGS:
                x, z = Variable(a), Variable(b)
                g = partial(f(x, z), [x if v == "a" else z for v in by], reading)
                np.testing.assert_allclose(g.data, wanted, rtol=1e-12, atol=1e-12, err_msg=f"{by} {reading}")


@pytest.mark.parametrize("name", BINARY)
def test_broadcasting_is_undone(name):
    """By every pair of shapes: the gradient is that of the broadcast arguments, summed over what was repeated."""
    f, numpys, _ = BINARY[name]
    for a_shape, b_shape, shape in pairs():
        a, b = data(a_shape, 1), data(b_shape, 2)
        wide = [Variable(np.broadcast_to(x, shape).copy()) for x in (a, b)]
        weights = np.random.default_rng(3).standard_normal(shape)
        wanted = []
        for u in gradients(f(*wide), wide, weights, create_graph=True):
            wanted += [u, *gradients(F.sum(u * u), wide)]
        for reading in READINGS:
            x, z = Variable(a), Variable(b)
            y = f(x, z)
            np.testing.assert_array_equal(y.data, numpys(a, b))
            with using_config("simplify", reading != "plain"):
                gs = gradients(y, (x, z), weights, create_graph=reading != "raw")
            for g, v, w in zip(gs, (x, z), (wanted[0], wanted[3]), strict=True):
                assert (type(g.data), g.shape) == (np.ndarray, v.shape)
                np.testing.assert_allclose(g.data, repeated_sum(w.data, v.shape), rtol=1e-12, atol=1e-14)
            if reading != "raw":
                h = gradients(F.sum(f(x, z) ** 3), (x, z), create_graph=True)
                k = gradients(F.sum(h[0] ** 2) + F.sum(h[1] ** 2), (x, z))
                assert [g.shape for g in k] == [a_shape, b_shape]


def repeated_sum(w, shape):
    """Sum to a shape, by its definition."""
    total = np.zeros(shape)
    for place in np.ndindex(w.shape):
        inside = place[w.ndim - len(shape) :]
        total[tuple(0 if n == 1 else i for i, n in zip(inside, shape, strict=True))] += w[place]
    return total


@pytest.mark.parametrize("name", BINARY)
def test_second_derivatives_through_broadcasting(name):
    """Of a column and a row, against central differences of the first."""
    f = BINARY[name][0]
    a, b, step = data((3, 1), 1), data((1, 4), 2), 1e-4
    directions = np.random.default_rng(4).standard_normal((3, 1)), np.random.default_rng(5).standard_normal((1, 4))

    def slope(t, reading="raw"):
        x, z = Variable(a + t * directions[0]), Variable(b + t * directions[1])
        gs = gradients(F.sin(f(x, z)), (x, z), create_graph=reading != "raw")
        return F.sum(gs[0] * gs[0]) + F.sum(gs[1] * gs[1]), (x, z)

    stencil = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}  # sixth order
    wanted = sum(c * (float(slope(k * step)[0]) - float(slope(-k * step)[0])) for k, c in stencil.items()) / step
    for reading in ("rewritten", "plain"):
        with using_config("simplify", reading != "plain"):
            y, leaves = slope(0, reading)
            gs = gradients(y, leaves, create_graph=True)
        found = sum(float((g.data * d).sum()) for g, d in zip(gs, directions, strict=True))
        assert found == pytest.approx(wanted, rel=1e-8, abs=1e-9)


# -- dtypes ----------------------------------------------------------------------------------------------------

MIXTURES = [2, 0.5, True, np.float64(0.5), np.float32(0.5), np.int64(2), np.array(0.5), np.array(2)]


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", UNARY)
def test_single_precision_stays_single(name, reading):
    f, numpys, _, _ = UNARY[name]
    for array in (np.float32(POSITIVE), np.array(0.7, np.float32)):
        x = Variable(array)
        y = f(x)
        assert y.dtype == np.float32
        np.testing.assert_allclose(y.data, numpys(array), rtol=1e-6)
        double = Variable(np.array(array, np.float64))
        for n in (1, 2, 3):
            g = partial(f(x), [x] * n, reading)
            assert (g.dtype, g.shape) == (np.float32, x.shape)
            np.testing.assert_allclose(g.data, partial(f(double), [double] * n).data, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", BINARY)
def test_a_number_never_changes_the_dtype(name, reading):
    f = F.where if name == "where" else BINARY[name][0]
    for number, array in itertools.product(MIXTURES, (np.float32(POSITIVE), np.array(0.7, np.float32))):
        for args in ((0, 1), (1, 0)):
            x = Variable(array)
            mixed = [(x, number)[i] for i in args]
            y = f(np.asarray(array > 0.5), *mixed) if name == "where" else f(*mixed)
            assert y.dtype == np.float32, (number, args)
            assert y.shape == x.shape
            for n in (1, 2):
                g = partial(y, [x] * n, reading)
                assert (g.dtype, g.shape) == (np.float32, x.shape), (number, args)


@pytest.mark.parametrize("name", BINARY)
def test_single_and_double_precision_meet(name):
    f = BINARY[name][0]
    x, z = Variable(np.float32(data(3, 1))), Variable(data(3, 2))
    assert f(x, z).dtype == np.float64
    for reading in READINGS:
        with using_config("simplify", reading != "plain"):
            gs = gradients(f(x, z), (x, z), create_graph=reading != "raw")
        assert [g.dtype for g in gs] == [np.float32, np.float64]


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", [n for n in UNARY if n != "power"])
def test_integers_have_the_derivatives_of_their_floats(name, reading):
    assert_as_floats(UNARY[name][0], reading)


@pytest.mark.parametrize(
    "reading",
    [
        "raw",
        "rewritten",
        "plain",
    ],
)
def test_integers_to_negative_powers(reading):
    assert_as_floats(lambda x: x**-2, reading)


def assert_as_floats(f, reading):
    x, z = Variable(np.array([1, 2, 3])), Variable(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(f(x).data, f(z).data, rtol=1e-15)
    for n in (1, 2):
        g, h = partial(f(x), [x] * n, reading), partial(f(z), [z] * n, reading)
        np.testing.assert_allclose(g.data, h.data, rtol=1e-12, atol=1e-15)


# -- edges -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(
    ("f", "at", "slope"),
    [
        (F.abs, 0.0, 0.0),
        (F.sign, 0.0, 0.0),
        (F.relu, 0.0, 0.0),
        (lambda x: F.maximum(x, 1.0), 1.0, 0.5),
        (lambda x: F.maximum(1.0, x), 1.0, 0.5),
        (lambda x: F.minimum(x, 1.0), 1.0, 0.5),
        (lambda x: F.minimum(1.0, x), 1.0, 0.5),
        (lambda x: F.maximum(x, x), 1.0, 1.0),
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**1, 0.0, 1.0),
        (lambda x: x**2, 0.0, 0.0),
        (lambda x: F.pow(x, np.array([2.0])), 0.0, 0.0),
        (lambda x: F.pow(x, np.array([0.0])), 0.0, 0.0),
        (lambda x: F.pow(0.0, x), 2.0, 0.0),
        (lambda x: F.pow(np.array([0.0]), x), 2.0, 0.0),
        (F.sigmoid, 800.0, 0.0),
        (F.sigmoid, -800.0, 0.0),
        (F.tanh, 800.0, 0.0),
    ],
)
def test_kinks_and_ends_have_the_documented_slope(f, at, slope, reading):
    for array in (np.array([at]), np.array([at, at])):
        x = Variable(array)
        np.testing.assert_array_equal(partial(f(x), [x], reading).data, np.full(array.shape, slope))


@pytest.mark.parametrize("reading", READINGS)
def test_derivatives_of_kinks_add_up(reading):
    """Comparisons in a rule are numbers, not truth values."""
    cases = {
        "sum": (lambda x: F.relu(x) + F.relu(x + 10), [1, 2]),
        "difference": (lambda x: F.relu(x) - F.relu(x + 10), [-1, 0]),
        "negative": (lambda x: -F.relu(x), [0, -1]),
        "maximum": (lambda x: F.maximum(x, -5) + F.maximum(x, -6) + F.minimum(x, 9), [3, 3]),
        "read twice": (lambda x: F.relu(x[[0, 1, 1]] + 5), [1, 2]),
        "mean": (lambda x: F.mean(F.relu(x)) * 4, [0, 2]),
        "tie": (lambda x: F.maximum(x, x * 1.0) + F.minimum(x * 1.0, x), [2, 2]),
    }
    for name, (f, wanted) in cases.items():
        x = Variable(np.array([-1.0, 2.0]))
        np.testing.assert_array_equal(partial(f(x), [x], reading).data, wanted, err_msg=name)
        if f(x).shape == x.shape and name != "read twice":  # (f x)'' = 2 f' where f'' = 0
            twice = partial(f(x) * x, [x, x], reading).data
            np.testing.assert_array_equal(twice, 2 * np.array(wanted), err_msg=name)


@pytest.mark.parametrize("f", [F.add, F.sub, F.mul, F.div, F.pow, F.maximum, F.minimum])
def test_shapes_that_do_not_broadcast(f):
    with pytest.raises(ValueError, match=rf"{f.__name__}: .*\(2, 3\).*\(2,\).* do not broadcast"):
        f(Variable(np.ones((2, 3))), np.ones(2))
    with pytest.raises(ValueError, match=rf"{f.__name__}: .*\(2,\).*\(2, 3\).* do not broadcast"):
        f(np.ones(2), Variable(np.ones((2, 3))))


@pytest.mark.parametrize("f", [F.add, F.mul, F.pow, F.maximum])
def test_what_is_no_array(f):
    for wrong in ("text", None, [1.0], {}, object()):
        with pytest.raises(TypeError, match=f.__name__):
            f(Variable(np.ones(1)), wrong)


@pytest.mark.parametrize("name", UNARY)
def test_unary_operations_refuse_what_is_no_array(name):
    f = UNARY[name][0]
    for wrong in ("text", None, [1.0]):
        with pytest.raises(TypeError):
            f(wrong)
    if isinstance(f, type(F.sin)) and f.__name__ != "<lambda>":
        with pytest.raises(TypeError, match=f.__name__):
            f(Variable(None))
