"""odeint_taylor at narrow smooth features that move, and towards places that no step passes."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, Variable, gradients
from dezero.optimize import odeint_taylor

CENTRE = 1.0


@pytest.mark.parametrize(
    ("f", "value", "slope"),
    [
        (lambda t, a: F.exp(-(((t - a) / 0.1) ** 2)), 0.1 * np.sqrt(np.pi), 0.0),
        (lambda t, a: F.tanh((t - a) * 1e2), 0.0, -2.0),
    ],
    ids=["peak", "step"],
)
def test_a_narrow_smooth_feature_moves_with_a_variable(f, value, slope):
    a = Variable(np.array(CENTRE))
    y = odeint_taylor(lambda y, t: f(t, a) + 0 * y, 0.0, [0.0, 2.0])
    np.testing.assert_allclose(y.data[-1], value, atol=1e-11)
    np.testing.assert_allclose(gradients(y[-1], a)[0].data, slope, atol=1e-9)


def test_a_slope_that_grows_beyond_all_bounds_is_refused_in_time():
    a = Variable(np.array(1.0))
    with pytest.raises(GraphError, match=r"f jumps at t = 1\.5\d*, .*its slope is infinite there"):
        odeint_taylor(lambda y, t: F.sqrt(F.abs(y - a)) + 0.1, 0.0, [0.0, 3.0])


def test_a_list_in_place_of_an_array_names_stack():
    with pytest.raises(ValueError, match=r"odeint_taylor: f returned a list of 2 for y0, .*F\.stack"):
        odeint_taylor(lambda y, t: [y[1], -y[0]], np.ones(2), [0.0, 1.0])
