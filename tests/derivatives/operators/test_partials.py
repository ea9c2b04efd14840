"""Several partial derivatives of a computed Variable at once."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero
import dezero.functions as F
from dezero import GraphError, Variable, gradients, using_config
from dezero.derivatives.operators.lines import planned

RANDOM = np.random.default_rng(0)
POINTS = RANDOM.uniform(-1, 1, size=(5, 3))
W, V = RANDOM.normal(size=(3, 4)), RANDOM.normal(size=(4, 2))


def network(x):
    return F.tanh(x @ W) @ V


def by_gradients(u, x, index):
    """Each column of u by nested gradients without rewriting; rows do not mix, so sums over rows give every row's."""
    found = []
    with using_config("simplify", False):
        for j in range(u.shape[1]):
            y = u[:, j]
            for i, order in enumerate(index):
                for _ in range(order):
                    (g,) = gradients(F.sum(y), x, create_graph=True)
                    y = g[:, i]
            found.append(y.data)
    return np.stack(found, axis=1)


indices = st.lists(st.integers(0, 2), min_size=3, max_size=3).filter(lambda index: sum(index) < 5).map(tuple)


@settings(max_examples=25, deadline=None)
@given(st.lists(indices, min_size=1, max_size=4))
def test_any_set_of_partials_is_what_nested_gradients_give(asked):
    x = Variable(POINTS)
    u = network(x)
    for index, found in zip(asked, dezero.partials(u, x, asked), strict=True):
        np.testing.assert_allclose(found.data, by_gradients(u, x, index), rtol=1e-9, atol=1e-10)


def test_names_of_columns():
    x, t = Variable(POINTS[:, :1]), Variable(POINTS[:, 1:2])
    u = F.sin(2 * x) * F.exp(3 * t)
    u_x, u_t, u_xxt, same = dezero.partials(u, {"x": x, "t": t}, ["x", ("t",), ("x", "x", "t"), ("x", "t", "x")])
    np.testing.assert_allclose(u_x.data, 2 * np.cos(2 * x.data) * np.exp(3 * t.data))
    np.testing.assert_allclose(u_t.data, 3 * u.data)
    np.testing.assert_allclose(u_xxt.data, -12 * u.data)
    np.testing.assert_array_equal(u_xxt.data, same.data)


@pytest.mark.parametrize("shape", [(5,), (5, 1), (5, 2)])
def test_shapes_of_results(shape):
    x = Variable(POINTS)
    u = F.reshape(network(x)[:, : math.prod(shape) // 5], shape)
    found = dezero.partials(u, x, [(0, 0, 0), (1, 0, 0), (1, 0, 1)])
    assert [y.shape for y in found] == [shape] * 3
    np.testing.assert_array_equal(found[0].data, u.data)
    assert found[0] is not u


def test_one_point_and_columns_without_a_second_axis():
    x = Variable(POINTS[0])
    assert dezero.partials(F.prod(x), x, [(1, 1, 1)])[0].item() == pytest.approx(1.0)
    a, b = Variable(POINTS[:, 0]), Variable(POINTS[:, 1])
    (found,) = dezero.partials(a**2 * b, {0: a, 1: b}, [(0, 1)])
    np.testing.assert_allclose(found.data, 2 * a.data)


def test_sums_with_coefficients_that_vary_from_row_to_row():
    x, k = Variable(POINTS), Variable(POINTS[:, :1])
    u, speed = network(x), np.arange(5.0)[:, None]
    laplacian = {(2, 0, 0): 1, (0, 2, 0): 1.0, (0, 0, 2): 1}
    value, slope, total, mixed = dezero.partials(
        u, x, [(0, 0, 0), (1, 0, 0), laplacian, {(1, 0, 0): speed, (1, 1, 0): k, (0, 0, 0): np.array([2.0, 3.0])}]
    )
    np.testing.assert_array_equal(value.data, u.data)
    expected = sum([by_gradients(u, x, index) for index in laplacian])
    np.testing.assert_allclose(total.data, expected, rtol=1e-10, atol=1e-12)
    parts = speed * by_gradients(u, x, (1, 0, 0)) + k.data * by_gradients(u, x, (1, 1, 0)) + u.data * [2.0, 3.0]
    np.testing.assert_allclose(mixed.data, parts, rtol=1e-10, atol=1e-12)
    (in_k,) = gradients(F.sum(mixed), k)
    np.testing.assert_allclose(in_k.data, by_gradients(u, x, (1, 1, 0)).sum(axis=1, keepdims=True), rtol=1e-10)
    assert slope.shape == u.shape


def test_sums_by_names():
    x, t = Variable(POINTS[:, :1]), Variable(POINTS[:, 1:2])
    u = F.sin(2 * x - 3 * t)
    (wave,) = dezero.partials(u, {"x": x, "t": t}, [{("t", "t"): 1.0, ("x", "x"): -(9 / 4)}])
    np.testing.assert_allclose(wave.data, np.zeros((5, 1)), atol=1e-13)


def test_they_are_recorded_and_reach_the_weights():
    x, w = Variable(POINTS), Variable(W)
    u = F.tanh(x @ w) @ V
    u_xx, u_xy = dezero.partials(u, x, [(2, 0, 0), (1, 1, 0)])
    (found,) = gradients(F.sum(u_xx**2) + F.sum(u_xy), w)
    with using_config("simplify", False):
        (g,) = gradients(F.sum(u[:, 0]), x, create_graph=True)
        (h,) = gradients(F.sum(g[:, 0]), x, create_graph=True)
        (k,) = gradients(F.sum(u[:, 1]), x, create_graph=True)
        (m,) = gradients(F.sum(k[:, 0]), x, create_graph=True)
        loss = F.sum(h[:, 0] ** 2) + F.sum(m[:, 0] ** 2) + F.sum(h[:, 1]) + F.sum(m[:, 1])
        (expected,) = gradients(loss, w)
    np.testing.assert_allclose(found.data, expected.data, rtol=1e-10, atol=1e-12)


def test_without_create_graph_nothing_is_recorded():
    x = Variable(POINTS)
    for y in dezero.partials(network(x), x, [(0, 0, 0), (1, 0, 0), (1, 1, 0)], create_graph=False):
        assert y.creator is None


def test_no_weights_needed_means_no_ray():
    assert planned(((1, 0), (2, 0), (0, 2), (1, 1))).bundles() == [(2, [(1, 0), (0, 1), (1, 1)])]
    assert [len(rays) for _, rays in planned(((3, 1),)).bundles()] == [4]
    assert [len(rays) for _, rays in planned(((4, 0), (2, 2), (0, 4))).bundles()] == [4]
    assert planned(((1, 0), (0, 4))).bundles() == [(1, [(1, 0)]), (4, [(0, 1)])]
    assert planned(((0, 0),)).bundles() == []


def test_a_high_order_in_many_components():
    x = Variable(np.linspace(0.1, 0.9, 9))
    (found,) = dezero.partials(F.exp(F.sum(x) / 3), x, [(1,) * 9])
    assert found.item() == pytest.approx(math.exp(4.5 / 3) / 3**9, rel=1e-9)


def test_a_column_that_a_ray_leaves_still_has_no_series():
    x, t = Variable(np.zeros((2, 1))), Variable(np.ones((2, 1)))
    (found,) = dezero.partials(F.sqrt(x) * t**2, {"x": x, "t": t}, [("t", "t")])
    np.testing.assert_array_equal(found.data, np.zeros((2, 1)))


def test_what_is_refused():
    x = Variable(POINTS)
    u, column = network(x), Variable(POINTS[:, :1])
    with pytest.raises(ValueError, match=r"partials: index \(1, 0\); give 3 orders from 0 up, one for each component"):
        dezero.partials(u, x, [(1, 0)])
    with pytest.raises(ValueError, match="give 3 orders from 0 up"):
        dezero.partials(u, x, [(1, 0, -1)])
    with pytest.raises(TypeError, match=r"partials: index 1 is no tuple of 3 orders"):
        dezero.partials(u, x, [1])
    for one in ((1, 0, 0), {(2, 0, 0): 1.0}, 3):
        with pytest.raises(TypeError, match=r"partials: indices is .*; give a list of what is asked for"):
            dezero.partials(u, x, one)
    for one in ("x", ("x", "x")):
        with pytest.raises(TypeError, match=r"partials: indices is .*such as \[\('x', 'x'\)\]"):
            dezero.partials(column * 2, {"x": column}, one)
    with pytest.raises(ValueError, match=r"partials: u has shape \(\), and x holds 5 points; give u of shape \(N,\)"):
        dezero.partials(F.mean(u), x, [(1, 0, 0)])
    with pytest.raises(ValueError, match=r"partials: the coefficient of \(1, 0, 0\) has shape \(3,\), which does not"):
        dezero.partials(u, x, [{(1, 0, 0): np.ones(3)}])
    with pytest.raises(ValueError, match="partials: a sum of no partials is asked for"):
        dezero.partials(u, x, [{}])
    with pytest.raises(KeyError, match=r"'y' is no column of x, which has \['x'\]"):
        dezero.partials(column * 2, {"x": column}, ["y"])
    with pytest.raises(TypeError, match="partials: x is float64 array of shape"):
        dezero.partials(u, POINTS, [(1, 0, 0)])
    with pytest.raises(TypeError, match="partials: u is function"):
        dezero.partials(network, x, [(1, 0, 0)])
    with pytest.raises(TypeError, match=r"partials: column 'x' is float64 array of shape \(5, 3\)"):
        dezero.partials(u, {"x": x}, ["x"])
    with pytest.raises(ValueError, match="partials: the result at one point of the batch"):
        dezero.partials(u - u.mean(axis=0), x, [(1, 0, 0)])
    with pytest.raises(
        GraphError, match=r"partials: u was not computed from column 'y', float64 array of shape \(5, 1\)"
    ):
        dezero.partials(column * 2, {"x": column, "y": x[:, 1:2]}, ["x"])
    with pytest.raises(GraphError, match=r"partials: u was not computed from x, float64 array of shape \(5, 3\)"):
        dezero.partials(u, Variable(POINTS), [(1, 0, 0)])
    with dezero.no_grad():
        cut = network(x)
    with pytest.raises(GraphError, match="no_grad"):
        dezero.partials(cut, x, [(1, 0, 0)])


def test_columns_that_depend_on_each_other_are_refused():
    x = Variable(np.array([[0.5]]))
    t = 2 * x
    with pytest.raises(ValueError, match="partials: column 't' was computed from column 'x'"):
        dezero.partials(F.sin(x) * t, {"x": x, "t": t}, [("x", "t")])
    with pytest.raises(ValueError, match="partials: column 'x' is the same Variable as column 't'"):
        dezero.partials(F.sin(x) * x, {"x": x, "t": x}, [("x", "t")])
