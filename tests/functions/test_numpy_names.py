"""NumPy's own functions on Variables, under all their names."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.core.op import declared
from dezero.functions.elementwise import numpy_names

X, Y = np.array([0.3, 0.6]), np.array([0.5, 0.2])
ONE = """arcsin arccos arctan sinh cosh arcsinh arctanh exp2 expm1 log2 log10 log1p square cbrt reciprocal fabs
    floor ceil trunc rint positive negative absolute degrees radians deg2rad rad2deg asin acos atan asinh atanh
    sinc fix round around nan_to_num""".split()  # noqa: SIM905
TWO = """arctan2 hypot logaddexp logaddexp2 fmod mod remainder floor_divide copysign heaviside fmax fmin power
    float_power add subtract multiply divide true_divide atan2""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", ONE)
def test_of_one_array(name):
    y = getattr(np, name)(Variable(X))
    assert isinstance(y, Variable)
    np.testing.assert_array_equal(y.data, getattr(np, name)(X))


@pytest.mark.parametrize("name", TWO)
def test_of_two_arrays(name):
    f = getattr(np, name)
    for y in (f(Variable(X), Variable(Y)), f(Variable(X), Y), f(X, Variable(Y)), f(Variable(X), 0.5)):
        assert isinstance(y, Variable)
    np.testing.assert_array_equal(f(X, Variable(Y)).data, f(X, Y))


@pytest.mark.parametrize("call", [np.modf, np.frexp, lambda x: np.divmod(x, 0.25)])
def test_of_two_results(call):
    for found, expected in zip(call(Variable(X)), call(X), strict=True):
        np.testing.assert_array_equal(getattr(found, "data", found), expected)


@pytest.mark.parametrize(
    "call",
    [
        np.arccosh,
        lambda x: np.round(x, 1),
        lambda x: np.round(x, decimals=-1),
        lambda x: np.clip(x, 12, 14),
        lambda x: np.clip(x, a_min=None, a_max=14),
        lambda x: np.clip(x, min=12),
        lambda x: np.ldexp(x, 3),
        lambda x: np.ldexp(x, np.array([1, 2])),
        lambda x: np.nan_to_num(x, nan=3.0),
    ],
)
def test_with_parameters(call):
    x = 40 * X
    y = call(Variable(x))
    assert isinstance(y, Variable)
    np.testing.assert_array_equal(y.data, call(x))


def test_another_name_is_the_same_function():
    assert numpy_names.deg2rad is F.radians
    assert numpy_names.mod is F.remainder
    assert "subtract" not in declared
    assert "power" not in declared
    assert F.fabs is not numpy_names.absolute  # of integers the one gives floats, the other integers
