"""Derivatives of Fresnel's integrals where x*x has lost the digits that its sine depends on."""

import mpmath
import numpy as np
import pytest

from dezero import Variable, gradients
from dezero.functions import fresnel


def wave(x, quarters):
    """sin(pi / 2 (x*x + quarters)) of the number that x is, to 60 digits."""
    with mpmath.workdps(60):
        exact = mpmath.mpf(x)
        return float(mpmath.sinpi(((exact * exact) % 4 + quarters) / 2))


@pytest.mark.parametrize("x", [0.3, -1.7, 30.1, 700.3, -12345.678, 1e5 + 1 / 3, 1e8 + 0.125, 3e15 + 0.5, 1e20, -1e300])
@pytest.mark.parametrize("output", [0, 1])
def test_slopes_at_every_size(x, output):
    v = Variable(np.array(x))
    (g,) = gradients(fresnel(v)[output], v, create_graph=True)
    assert g.item() == pytest.approx(wave(x, output), rel=1e-12, abs=1e-14)
    expected = np.pi * x * wave(x, output + 1)
    assert gradients(g, v)[0].item() == pytest.approx(expected, rel=1e-12, abs=abs(x) * 1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.complex128])
def test_other_precisions(dtype):
    v = Variable(np.array(1.25, dtype))
    (g,) = gradients(fresnel(v)[0], v, create_graph=True)
    assert g.dtype == dtype
    assert g.item() == pytest.approx(wave(1.25, 0), rel=2e-3)


def test_slopes_at_the_ends_of_the_line_do_not_exist():
    v = Variable(np.array([np.inf, -np.inf]))
    assert np.isnan(gradients(fresnel(v)[0], v)[0].data).all()
