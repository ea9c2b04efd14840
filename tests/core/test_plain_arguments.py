"""Operations of plain numbers and arrays, and numbers that meet operations on matrices."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients
from dezero.core.call import apply
from dezero.core.outputs import apply_all, general
from dezero.functions.linalg.matmul import matmul

HALF = [np.float32(0.5), np.array(0.5, np.float32)]


@pytest.mark.parametrize("x", HALF, ids=["scalar", "array"])
@pytest.mark.parametrize("f", [F.sin, F.real, F.imag, F.angle, F.modulus, F.sinc, F.log1p, F.sum, F.cumsum])
def test_a_plain_array_of_no_axis_keeps_its_dtype(f, x):
    assert f(x).dtype == np.float32
    assert isinstance(f(x).data, np.ndarray)


@pytest.mark.parametrize("x", HALF, ids=["scalar", "array"])
def test_numbers_beside_plain_arrays_have_no_dtype(x):
    for y in (F.add(x, 2), F.add(2, x), F.arctan2(1.0, x), F.maximum(x, 0.25), F.pow(x, -3)):
        assert y.dtype == np.float32
        assert isinstance(y.data, np.ndarray)


def test_plain_numbers_alone_give_variables_that_hold_arrays():
    for y in (F.add(1.0, 2), F.pow(-0.5, -3), F.sin(0.5)):
        assert isinstance(y.data, np.ndarray)
        assert y.shape == ()


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_complex_number_on_the_left_of_a_scalar_gives_an_array(create_graph):
    x = Variable(np.array(0.5))
    for y in ((1 + 2j) * x, (1 + 2j) / x, (1 + 2j) - x, (1 + 2j) + x):
        assert isinstance(y.data, np.ndarray)
        (g,) = gradients(F.real(y), x, create_graph=create_graph)
        assert isinstance(g.data, np.ndarray)
        assert F.real(y).item() == y.data.real


@pytest.fixture(scope="module")
def trace_of_inverse():
    def rule(F, g, x, y):
        inverse = F.matrix_inverse_here(x)
        return -g * F.transpose(F.matmul(inverse, inverse), axes=(1, 0))

    def inverse_rule(F, g, x, y):
        turned = F.transpose(y, axes=(1, 0))
        return -F.matmul(F.matmul(turned, g), turned)

    general("matrix_inverse_here", np.linalg.inv, inverse_rule)
    return general("trace_of_inverse_here", lambda x: np.trace(np.linalg.inv(x)), rule)


def test_numbers_stay_within_operations_that_are_not_linear(trace_of_inverse):
    x = Variable(np.array([[3.0, 1], [0.5, 2]]))
    y = apply(trace_of_inverse, 2 * x)
    plain, recorded = gradients(y, x)[0], gradients(y, x, create_graph=True)[0]
    np.testing.assert_allclose(plain.data, -np.linalg.inv(x.data).T @ np.linalg.inv(x.data).T / 2)
    np.testing.assert_allclose(recorded.data, plain.data)


def test_a_cotangent_of_zero_meets_a_matrix_product():
    def rule(F, gs, x, ys):
        return F.matmul(gs[0], ys[0]) + F.matmul(gs[1], x)

    op = general("two_outputs_here", lambda x: (x + 0, x * 1), rule, outputs=2)
    x = Variable(np.eye(2))
    first, _ = apply_all(op, 2, x)
    for create_graph in (False, True):
        (g,) = gradients(first.sum(), x, create_graph=create_graph)
        np.testing.assert_array_equal(g.data, np.ones((2, 2)))


def test_reshaping_an_array_without_elements():
    x = Variable(np.ones((0, 1, 2, 2)))
    y = F.sum(F.reshape(x, (0, 2, 2)) * np.ones((0, 2, 2)))
    assert gradients(y, x, create_graph=True)[0].shape == (0, 1, 2, 2)


def test_matmul_by_a_number_times_an_array():
    x = Variable(np.eye(2))
    y = F.sum(matmul(3 * x, 2 * x))
    np.testing.assert_allclose(gradients(y, x, create_graph=True)[0].data, 12 * np.ones((2, 2)))
