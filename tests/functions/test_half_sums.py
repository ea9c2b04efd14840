"""Derivatives and values that add up many half-precision numbers in one place: rounded once, not stuck at 2048."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradients, using_config
from dezero.series.batch import Batch
from dezero.series.collapsed import CollapsedReading

N = 5000
AT = np.zeros(N, int)
ONES = np.ones(N, np.float16)
AROUND = ((0, 0), (0, 0), (49, 49), (49, 49))
PICTURE = np.ones((1, 1, 56, 56), np.float16)


# name: (function, argument, gradient of the sum of its result), all exact in half precision
GRADIENTS = {
    "index": (lambda x: x[AT], [1], [5000]),
    "index of rows": (lambda x: x[AT], [[1, 1]], [[5000, 5000]]),
    "take": (lambda x: F.take(x, AT), [1], [5000]),
    "take_along_axis": (lambda x: F.take_along_axis(x, AT, 0), [1, 1], [5000, 0]),
    "embed_id": (lambda x: F.embed_id(AT, x), [[1, 1]], [[5000, 5000]]),
    "interp": (lambda x: F.interp(np.full(N, 0.5, np.float16), np.array([0, 1], np.float16), x), [1, 1], [2500, 2500]),
    "pad, edge": (lambda x: F.pad(x, (N - 1, 0), "edge"), [1, 1], [5000, 1]),
    "pad, wrap": (lambda x: F.pad(x, (N - 2, 0), "wrap"), [1, 1], [2500, 2500]),
    "pad, reflect": (lambda x: F.pad(x, (N - 2, 0), "reflect"), [1, 1], [2500, 2500]),
    "repeat": (lambda x: F.repeat(x, [N, 1]), [1, 1], [5000, 1]),
    "tile": (lambda x: F.tile(x, N), [1], [5000]),
    "broadcast_to": (lambda x: F.broadcast_to(x, (N, 1)), [1], [5000]),
    "select": (lambda x: F.select([ONES > 0], [x]), [1], [5000]),
    "cumsum": (lambda x: F.cumsum(x)[-1], [1] * N, [1] * N),
    "cumsum, the first": (lambda x: F.cumsum(F.concatenate([x, np.zeros(N - 1, np.float16)])), [1], [5000]),
    "cummax": (lambda x: F.cummax(x), [2] + [1] * (N - 1), [5000] + [0] * (N - 1)),
    "pooling": (lambda x: F.pooling(F.pad(x, AROUND), 50), [[[[1]]]], [[[[2500]]]]),
    "conv2d in x": (lambda x: F.conv2d(F.pad(x, AROUND), np.ones((1, 1, 50, 50), np.float16)), [[[[1]]]], [[[[2500]]]]),
    "conv2d in W": (lambda W: F.conv2d(PICTURE, W), [[[[1]]]], [[[[3136]]]]),
    "deconv2d": (lambda x: F.deconv2d(x, np.ones((1, 1, 50, 50), np.float16), stride=2), [[[[1]]]], [[[[2500]]]]),
    "stack": (lambda x: F.stack([x] * 2500), [1], [2500]),
    "one leaf used often": (lambda x: sum([x * 1 for _ in range(2499)], x), [1], [2500]),
    "one result used often": (lambda x: (lambda y: F.concatenate([y] * 2500))(x * 1), [1], [2500]),
}


@pytest.mark.parametrize("way", ["raw", "recorded", "as written"])
@pytest.mark.parametrize("name", GRADIENTS)
def test_many_cotangents_in_one_place(name, way):
    f, x, right = GRADIENTS[name]
    x = Variable(np.array(x, np.float16))
    with using_config("simplify", way != "as written"):
        (g,) = gradients(f(x), x, create_graph=way != "raw")
    assert g.dtype == np.float16
    np.testing.assert_array_equal(g.data, np.array(right, np.float16))


def test_different_factors_of_one_leaf():
    """Each use has a factor of its own, so that no algebra can count the uses."""
    weights = [np.full(2, 1 + k % 3, np.float16) for k in range(3000)]
    for recorded in (False, True):
        x = Variable(np.ones(2, np.float16))
        (g,) = gradients(F.sum(F.stack([x * w for w in weights])), x, create_graph=recorded)
        np.testing.assert_array_equal(g.data, np.float16(6000))


VALUES = {
    "cumsum": (lambda x: F.cumsum(x), lambda x: np.cumsum(x)),
    "cumsum of a reversed axis": (lambda x: F.cumsum(F.stack([x, x]), axis=1)[0], lambda x: np.cumsum(x)),
    "cumprod": (lambda x: F.cumprod(1 + x / 1024), lambda x: np.cumprod(1 + x / 1024)),
    "prod": (lambda x: F.prod(1 + x / 1024), lambda x: np.prod(1 + x / 1024)),
    "logcumsumexp": (lambda x: F.logcumsumexp(x), lambda x: np.logaddexp.accumulate(x)),
    "index_add": (lambda x: F.index_add(np.zeros(2, np.float16), AT, x), lambda x: np.array([N, 0])),
    "convolve": (lambda x: F.convolve(x, ONES), lambda x: np.convolve(x, ONES.astype(float))),
    "matmul": (lambda x: x @ ONES, lambda x: x @ ONES.astype(float)),
    "einsum": (lambda x: F.einsum("i,i", x, ONES), lambda x: x @ ONES.astype(float)),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_are_rounded_once(name):
    f, right = VALUES[name]
    y = f(Variable(ONES))
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.data, right(ONES.astype(float)), rtol=2**-10)


def test_overlapping_windows_and_scattered_columns():
    columns = np.ones((50 * 50, 50 * 50), np.float16)
    y = F.col2im(Variable(columns), (1, 1, 99, 99), 50)
    assert y.data.max() == 2500


def test_derivatives_of_products_and_of_logarithms_of_sums():
    x = (1 + np.arange(N) % 5 / 4096).astype(np.float16)
    for f in (F.prod, F.cumprod, F.logcumsumexp):
        found = []
        for kind in (np.float16, np.float64):
            v = Variable(x.astype(kind) * (kind(0.25) if f is F.logcumsumexp else kind(1)))
            (g,) = gradients(f(v) if f is F.prod else f(v)[-1], v)
            found.append(g.data)
        assert found[0].dtype == np.float16
        np.testing.assert_allclose(*found, rtol=2**-9)


def test_sums_over_directions():
    over = CollapsedReading(recorded=False, count=3000, weights=None, top=2)
    bundle = Batch(over, np.ones((3000, 2), np.float16), (2,))
    np.testing.assert_array_equal(bundle.summed().array, np.float16(3000))
    np.testing.assert_array_equal(over.contracted(bundle, bundle).array, np.float16(3000))


def test_a_function_of_the_user_gets_cotangents_of_its_dtype():
    seen = []

    class Same(Function):
        def forward(self, x):
            return x * 1

        def backward(self, g):
            seen.append(g.dtype)
            return g

    x = Variable(np.ones(1, np.float16))
    (g,) = gradients(F.stack([Same()(x)] * 1 + [x] * 3), x)
    y = Same()(x)
    (g,) = gradients(F.stack([y] * 2500), x)
    assert g.data == 2500
    assert set(seen) == {np.dtype(np.float16)}


def test_more_digits_stay():
    x = Variable(np.ones(2, np.float32))
    (g,) = gradients(F.stack([x * ONES[0]] * 3000), x)
    assert g.dtype == np.float32
    np.testing.assert_array_equal(g.data, 3000)
