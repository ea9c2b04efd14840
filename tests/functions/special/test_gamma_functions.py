"""The gamma function and its kin: where their derivatives are hard to get right, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from scipy import special

from dezero import Variable, gradients
from dezero.core import UnsupportedOperation
from dezero.functions.special import gamma_functions as F
from tests.functions.orders import assert_orders, derivatives, rows

HARD = [
    *rows("gamma", F.gamma, mp.gamma, 1e-3, 1.0, 2.0, 30.0, 150.0, -0.5, -2.7, -10.5),
    *rows("gammaln", F.gammaln, lambda t: mp.log(abs(mp.gamma(t))), 1e-3, 1.0, 1e5, -3.3),
    *rows("digamma", F.digamma, mp.digamma, 1e-3, 1.4616321449683622, 1e5, -3.3),
    *rows("trigamma", lambda t: F.polygamma(1, t), lambda t: mp.psi(1, t), 1e-3, -3.3),
    *rows("beta in a", lambda t: F.beta(t, 2.0), lambda t: mp.beta(t, 2), 0.01, 50.0),
    *rows("beta in b", lambda t: F.beta(50.0, t), lambda t: mp.beta(50, t), 0.01, 0.5),
    *rows("beta in both", lambda t: F.beta(t, t), lambda t: mp.beta(t, t), 0.01, 3.0),
    *rows("zeta", lambda t: F.zeta(2.5, t), lambda t: mp.zeta(2.5, t), 1e-3, 50.0),
]


@pytest.mark.parametrize(("f", "form", "x"), HARD)
def test_orders_to_ten_where_they_are_hard(f, form, x):
    assert_orders(f, form, x)


@given(st.floats(-4.5, 30).filter(lambda x: abs(x - round(x)) > 0.01))
def test_the_recurrence_of_gamma_holds_to_third_order(x):
    found = derivatives(lambda t: F.gamma(t + 1) / (t * F.gamma(t)), x, 3)
    np.testing.assert_allclose(found, [1, 0, 0, 0], atol=1e-8 if x < 1 else 1e-11)


@given(st.floats(0.1, 20), st.floats(0.1, 20))
def test_betaln_is_the_logarithm_of_beta(a, b):
    x, y = Variable(np.array(a)), Variable(np.array(b))
    beta = F.beta(x, y)
    direct, through = gradients(F.betaln(x, y), (x, y)), gradients(beta, (x, y))
    for d, t in zip(direct, through, strict=True):
        np.testing.assert_allclose(t.item() / beta.item(), d.item(), rtol=1e-13)


def test_polygamma_counts_from_digamma():
    x = Variable(np.array([0.5, 2.0]))
    np.testing.assert_array_equal(F.polygamma(0, x).data, special.digamma(x.data))
    np.testing.assert_array_equal(F.polygamma(3, x).data, special.polygamma(3, x.data))
    assert F.psi is F.digamma


@pytest.mark.parametrize("n", [-1, 1.5, Variable(np.array(1)), np.array([1, 2])])
def test_polygamma_refuses_what_is_no_order(n):
    with pytest.raises(UnsupportedOperation, match=r"polygamma: n must be a whole number from 0 on"):
        F.polygamma(n, Variable(np.array(1.0)))


def test_zeta_has_its_derivative_in_q_alone():
    x, q = Variable(np.array(2.5)), Variable(np.array(1.5))
    y = F.zeta(x, q)
    with pytest.raises(UnsupportedOperation, match=r"zeta: there is no derivative in x.*in q alone"):
        y.backward()
    assert (x.grad, q.grad) == (None, None)
    y.backward(inputs=[q])
    np.testing.assert_allclose(q.grad.data, -2.5 * special.zeta(3.5, 1.5))
