"""At the kink of a norm, a deviation or an absolute value: a first derivative by convention, none of a higher order."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable, gradients, using_config

KINKS = {
    "norm": (lambda x: F.norm(x), [0.0, 0.0]),
    "norm 1": (lambda x: F.norm(x, 1), [0.0, 2.0]),
    "norm 3": (lambda x: F.norm(x, 3), [0.0, 0.0]),
    "norm of a matrix": (lambda x: F.norm(F.reshape(x, (2, 1)), "fro"), [0.0, 0.0]),
    "half the square of the norm": (lambda x: 0.5 * F.norm(x) ** 2, [0.0, 0.0]),
    "std": (lambda x: F.std(x), [3.0, 3.0]),
    "square of std": (lambda x: F.std(x) ** 2, [3.0, 3.0]),
    "abs": (lambda x: F.sum(F.abs(x)), [0.0, 1.0]),
    "square of abs": (lambda x: F.sum(F.abs(x) ** 2), [0.0, 1.0]),
    "fabs": (lambda x: F.sum(F.fabs(x) * x), [0.0, 1.0]),
    "copysign": (lambda x: F.sum(F.copysign(x, np.array([1.0, -1.0]))), [0.0, 1.0]),
}


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("kink", KINKS)
def test_the_second_derivative_is_nan(kink, simplify):
    f, x = KINKS[kink]
    with using_config("simplify", simplify):
        x = Variable(np.array(x))
        (g,) = gradients(f(x), x, create_graph=True)
        assert np.all(np.isfinite(g.data))
        np.testing.assert_array_equal(g.data[x.data == 0], 0)
        h = dezero.hessian(f)(x.data).data
        assert np.isnan(h[0, 0])
        assert np.isnan(gradients(g, x, grad_outputs=np.array([1.0, 0.0]))[0].data[0])


@pytest.mark.parametrize("kink", ["norm", "half the square of the norm", "std", "abs", "square of abs"])
def test_other_ways_of_the_second_derivative(kink):
    f, x = KINKS[kink]
    x, v = np.array(x), np.array([1.0, 0.0])
    along = {
        "hvp": dezero.hvp(f, (x,), (v,)).data[0],
        "jvp of jvp": dezero.jvp(lambda x: dezero.jvp(f, (x,), (v,))[1], (x,), (v,))[1].data,
        "jet": dezero.jet(f, (x,), ((v, np.zeros(2)),))[1][1].data,
    }
    assert {way: bool(np.isnan(h)) for way, h in along.items()} == dict.fromkeys(along, True)


def test_other_rows_keep_their_derivatives():
    x = Variable(np.array([[0.0, 0.0], [3.0, 4.0]]))
    (g,) = gradients(F.norm(x, axis=1), x, create_graph=True)
    np.testing.assert_allclose(g.data, [[0, 0], [0.6, 0.8]])
    (h,) = gradients(g, x)
    assert np.all(np.isnan(h.data[0]))
    np.testing.assert_allclose(h.data[1], [(0.64 - 0.48) / 5, (0.36 - 0.48) / 5], rtol=1e-14)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-8, 1e8 / 3])
@pytest.mark.parametrize("count", [3, 7, 10])
def test_equal_elements_have_no_deviation_though_their_mean_is_rounded(value, count):
    x = Variable(np.full(count, value))
    assert (F.std(x).item(), F.var(x).item()) == (0.0, 0.0)
    np.testing.assert_array_equal(gradients(F.std(x), x)[0].data, np.zeros(count))
    np.testing.assert_array_equal(gradients(F.var(x), x, create_graph=True)[0].data, np.zeros(count))


def test_a_constant_row_is_normalised_to_zeros():
    x = np.stack([np.full(7, 0.1), np.arange(7.0)])
    y = F.layer_norm(Variable(x), eps=0.0 + 1e-12)
    np.testing.assert_array_equal(y.data[0], np.zeros(7))
