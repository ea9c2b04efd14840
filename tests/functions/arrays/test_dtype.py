"""astype: linear between kinds of numbers that have derivatives, a step function into those that have none."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients

BOTH = pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "recorded"])


@BOTH
@pytest.mark.parametrize("dtype", [int, np.uint8, bool])
def test_what_is_cut_to_whole_numbers_is_constant(dtype, create_graph):
    x = Variable(np.array([2.7, 1.2], np.float32))
    whole = x.data.astype(dtype)
    (g,) = gradients(F.sum(F.astype(x, dtype) * x), x, create_graph=create_graph)
    assert g.dtype == np.float32
    np.testing.assert_array_equal(g.data, whole)
    (g,) = gradients(F.astype(x, dtype), x, create_graph=create_graph)
    np.testing.assert_array_equal(g.data, [0.0, 0.0])


def test_higher_orders_of_what_is_cut_to_whole_numbers():
    x = y = Variable(np.array(2.7))
    y = F.astype(x, int) * x**3
    for wanted in (3 * 2 * 2.7**2, 6 * 2 * 2.7, 6 * 2, 0):
        (y,) = gradients(y, x, create_graph=True)
        assert y.item() == pytest.approx(wanted, rel=1e-14)


def test_taylor_mode_sees_steps_too():
    x = Variable(np.array(2.7))
    found = (F.astype(x, int) * x**2).jet(x, 3)
    np.testing.assert_allclose([c.item() for c in found], [2 * 2.7**2, 4 * 2.7, 4, 0], rtol=1e-14)


@BOTH
@pytest.mark.parametrize("dtypes", [(np.float64, np.float32), (np.int32, np.int64), (np.int64, np.float32)])
def test_what_keeps_its_numbers_keeps_its_derivative(dtypes, create_graph):
    x = Variable(np.array([2, 3], dtypes[0]))
    (g,) = gradients(F.astype(x, dtypes[1]) * x, x, create_graph=create_graph)
    np.testing.assert_array_equal(g.data, [4, 6])


@pytest.mark.parametrize("dtype", ["S3", "U2", object, "datetime64[s]", "i4,f8"], ids=str)
def test_a_dtype_without_numbers_is_refused(dtype):
    with pytest.raises(TypeError, match=r"astype: .*dtype .*number"):
        F.astype(Variable(np.ones(2)), dtype)
