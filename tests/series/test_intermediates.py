"""Series in an intermediate, or in narrow integers: what a derivative may have been rewritten without raises."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, Variable, gradients, using_config
from dezero.series import Expansion


def V(x):
    return Variable(np.array(x))


def test_a_series_in_an_intermediate_of_a_rewritten_derivative_raises():
    x = V(1.5)
    m = 2 * x
    (g,) = gradients(m**3 * x, x, create_graph=True)
    with pytest.raises(GraphError, match="is an intermediate"):
        g.jet(m, 2)
    with pytest.raises(GraphError, match="is an intermediate"):
        Expansion(g, {m: [1.0]})


def test_a_series_in_an_intermediate_that_stands_for_two_raises():
    x = V(0.5)
    c = F.cos(x)
    (g,) = gradients(F.sin(x) * c, x, create_graph=True)
    with pytest.raises(GraphError, match="is an intermediate"):
        g.jet(c, 2)
    with using_config("simplify", False):
        (g,) = gradients(F.sin(x) * c, x, create_graph=True)
        _, first, second = g.jet(c, 2)
    assert first.item() == pytest.approx(np.cos(0.5))
    assert second.item() == 0


def test_a_series_in_integers_that_wrap_around_raises():
    x = Variable(np.array([100, 2], np.int8))
    with pytest.raises(GraphError, match="narrow integers"):
        (x**3).jet(x, 1)


def test_a_power_of_a_derivative_that_is_a_number():
    x = V([1.0, 2.0])
    (g,) = gradients((3 * x).sum(), x, create_graph=True)
    W = np.array([[1.0, 2.0], [3.0, 4.0]])
    (h,) = gradients((g**-1 * F.matmul(x, W)).sum(), x, create_graph=True)
    np.testing.assert_allclose(h.data, [1, 7 / 3])
