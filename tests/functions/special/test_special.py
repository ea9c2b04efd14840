"""Logarithmic products, integrals and inverses: where their derivatives are hard to get right, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

import dezero.functions as F
from dezero import Variable, gradients
from dezero.core import UnsupportedOperation
from tests.functions.orders import assert_orders, derivatives, rows

HARD = [
    *rows("logit", F.logit, lambda t: mp.log(t / (1 - t)), 1e-9, 0.5, 1 - 1e-6),
    *rows("xlogy in x", lambda t: F.xlogy(t, 2.0), lambda t: t * mp.log(2), 0.0),
    *rows("xlogy in both", lambda t: F.xlogy(t, 1 + t), lambda t: t * mp.log(1 + t), 0.0, 3.0),
    *rows("xlogy(t, t)", lambda t: F.xlogy(t, t), lambda t: t * mp.log(t), 1e-9, 1.0),
    *rows("xlog1py", lambda t: F.xlog1py(t, t), lambda t: t * mp.log(1 + t), 0.0, 1e-9),
    *rows("entr", F.entr, lambda t: -t * mp.log(t), 1e-9, 1.0),
    *rows("rel_entr", lambda t: F.rel_entr(t, 1 - t), lambda t: t * mp.log(t / (1 - t)), 1e-9, 0.5, 1 - 1e-6),
    *rows("expi", F.expi, mp.ei, -30.0, 0.1, 5.0, 30.0),
    *rows("exp1", F.exp1, mp.e1, 0.01, 30.0),
    *rows("Si", lambda t: F.sici(t)[0], mp.si, 0.0, 1e-9, 50.0),
    *rows("Ci", lambda t: F.sici(t)[1], mp.ci, 0.01, 50.0),
    *rows("S", lambda t: F.fresnel(t)[0], mp.fresnels, 0.0, 1e-9, 3.0),
    *rows("C", lambda t: F.fresnel(t)[1], mp.fresnelc, 0.0, 1e-9, 3.0),
    *rows("spence", F.spence, lambda t: mp.polylog(2, 1 - t), 1e-3, 0.999, 1.0, 1 + 1e-9, 1e3),
    *rows("lambertw", F.lambertw, mp.lambertw, 0.0, 1e-9, -0.3678, 1e6),
    *rows("lambertw -1", lambda t: F.lambertw(t, -1), lambda t: mp.lambertw(t, -1), -0.1, -1e-6, -0.3678),
]


@pytest.mark.parametrize(("f", "form", "x"), HARD)
def test_orders_to_ten_where_they_are_hard(f, form, x):
    assert_orders(f, form, x)


@given(st.floats(-0.9, 3))
def test_lambertw_undoes_its_equation(w):
    def back(t):
        return F.lambertw(t * np.exp(t))

    np.testing.assert_allclose(derivatives(back, w, 3), [w, 1, 0, 0], atol=1e-7)


def test_lambertw_has_no_real_value_beyond_its_branch_point():
    x = Variable(np.array([-0.5, -0.3, 0.5]))
    np.testing.assert_array_equal(np.isnan(F.lambertw(x).data), [True, False, False])
    np.testing.assert_array_equal(np.isnan(F.lambertw(x, -1).data), [True, False, True])
    with pytest.raises(UnsupportedOperation, match=r"lambertw: branch k=2 has no real values.*0 and -1"):
        F.lambertw(x, 2)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_relative_entropy_is_a_difference_of_entropies(x, y):
    a, b = Variable(np.array(x)), Variable(np.array(y))
    direct = gradients(F.rel_entr(a, b), (a, b))
    through = gradients(-F.entr(a) - F.xlogy(a, b), (a, b))
    for d, t in zip(direct, through, strict=True):
        np.testing.assert_allclose(d.item(), t.item(), rtol=1e-12, atol=1e-13)


def test_products_with_logarithms_at_zero():
    x, y = Variable(np.array(0.0)), Variable(np.array(2.0))
    in_x, in_y = gradients(F.xlogy(x, y), (x, y), create_graph=True)
    assert (in_x.item(), in_y.item()) == (np.log(2), 0)
    assert gradients(in_x, y)[0].item() == gradients(in_y, x)[0].item() == 0.5
    with np.errstate(divide="ignore", over="ignore"):
        x, y = Variable(np.array(0.0)), Variable(np.array(0.0))
        in_x, in_y = gradients(F.xlogy(x, y), (x, y), create_graph=True)
        assert (in_x.item(), in_y.item()) == (-np.inf, 0)
        assert gradients(in_x, y)[0].item() == gradients(in_y, x)[0].item() == np.inf


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_nought_over_nought_is_nought_in_every_precision(kind):
    x, y = Variable(np.zeros(2, kind)), Variable(np.array([0.0, 1.0], kind))
    with np.errstate(divide="ignore", over="ignore"):
        (slope,) = gradients(F.xlogy(x, y), y, create_graph=True)
        assert slope.dtype == kind
        np.testing.assert_array_equal(slope.data, 0)
        np.testing.assert_array_equal(gradients(slope, x)[0].data, [np.inf, 1])


def test_integrals_with_two_results_give_both_gradients():
    x = Variable(np.array([0.5, 2.0]))
    si, ci = F.sici(x)
    (slope,) = gradients(si + ci, x)
    np.testing.assert_allclose(slope.data, (np.sin(x.data) + np.cos(x.data)) / x.data, rtol=1e-15)


def test_spence_is_nan_below_zero_to_every_order():
    assert np.isnan(derivatives(F.spence, -1.0, 3)).all()
