"""LBFGS: what it remembers, and the steps it makes of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero.functions as F
from dezero import Parameter
from dezero.layers import Layer
from dezero.optimizers.lbfgs import LBFGS, direction

rows = hnp.arrays(np.float64, (3, 5), elements=st.floats(-2, 2))


def at(*w):
    layer = Layer()
    layer.w = Parameter(np.array(w, float))
    return layer


def rosenbrock(w):
    return F.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2)


@given(rows, hnp.arrays(np.float64, 5, elements=st.floats(-2, 2)))
def test_two_loops_multiply_by_the_matrix_of_the_bfgs_update(steps, slope):
    steps = [s for s in steps if np.linalg.norm(s) > 0.1]
    if not steps:
        return
    a = np.diag([1.0, 2.0, 3.0, 5.0, 8.0]) + 0.3
    changes = [a @ s for s in steps]
    inverse = np.eye(5) * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
    for s, y in zip(steps, changes, strict=True):  # Nocedal and Wright, (6.17)
        rho = 1 / (y @ s)
        left = np.eye(5) - rho * np.outer(s, y)
        inverse = left @ inverse @ left.T + rho * np.outer(s, s)
    expected = -inverse @ slope
    np.testing.assert_allclose(direction(steps, changes, slope), expected, atol=1e-9 * (1 + np.abs(expected).max()))


@pytest.mark.parametrize("n", [2, 20])
def test_rosenbrocks_valley(n):
    layer = at(*np.linspace(-1, 0.5, n))
    optimizer = LBFGS(max_iter=50, tol=1e-10).setup(layer)
    for _ in range(6):
        optimizer.update(lambda: rosenbrock(layer.w))
    np.testing.assert_allclose(layer.w.data, 1, rtol=1e-8)


def test_twenty_iterations_are_twenty_updates_of_one():
    many, one = at(-1.2, 1.0), at(-1.2, 1.0)
    LBFGS(max_iter=20).setup(many).update(lambda: rosenbrock(many.w))
    optimizer = LBFGS(max_iter=1).setup(one)
    for _ in range(20):
        optimizer.update(lambda: rosenbrock(one.w))
    np.testing.assert_allclose(many.w.data, one.w.data, rtol=1e-9)


def test_it_takes_about_one_evaluation_an_iteration():
    layer, calls = at(*np.linspace(-1, 1, 10)), []

    def loss():
        calls.append(1)
        return F.sum(np.arange(1, 11) * F.cosh(layer.w))

    LBFGS(max_iter=15).setup(layer).update(loss)
    assert len(calls) < 25


def test_no_more_pairs_are_kept_than_asked_for():
    layer = at(*np.linspace(-1, 1, 6))
    optimizer = LBFGS(history=3, max_iter=8).setup(layer)
    optimizer.update(lambda: rosenbrock(layer.w))
    assert {key: a.shape for key, a in optimizer.state_dict()["state"]["w"].items()} == {
        "steps": (3, 6),
        "changes": (3, 6),
    }


def test_it_ends_where_the_gradient_is_below_tol():
    layer = at(1.0, 2.0)
    optimizer = LBFGS(tol=1e-3, max_iter=100).setup(layer)
    optimizer.update(lambda: rosenbrock(layer.w))
    loss = rosenbrock(layer.w)
    loss.backward()
    assert 1e-12 < np.max(np.abs(layer.w.grad.data)) <= 1e-3
    data = layer.w.data
    optimizer.update(lambda: rosenbrock(layer.w))
    np.testing.assert_array_equal(layer.w.data, data)


def test_pairs_of_a_parameter_of_another_shape_are_forgotten():
    layer = at(1.0, 2.0)
    optimizer = LBFGS(max_iter=3).setup(layer)
    optimizer.update(lambda: rosenbrock(layer.w))
    layer.w.data = np.array([3.0, 1.0, 2.0])
    for _ in range(20):
        optimizer.update(lambda: F.sum(F.cosh(layer.w)))
    np.testing.assert_allclose(layer.w.data, 0, atol=1e-6)


def test_pairs_that_mislead_are_forgotten():
    layer = at(1.0, 2.0)
    optimizer = LBFGS(max_iter=1).setup(layer)
    optimizer.states[layer.w] = {"steps": np.array([[1.0, 2.0]]), "changes": np.array([[-3.0, -5.0]])}
    before = float(optimizer.update(lambda: F.sum(F.cosh(layer.w))))
    assert np.sum(np.cosh(layer.w.data)) < before
    (steps,) = optimizer.states[layer.w]["steps"]
    np.testing.assert_allclose(steps, layer.w.data - [1, 2])


def test_a_gradient_whose_square_vanishes_in_single_precision_ends_the_search():
    layer = Layer()
    layer.w = Parameter(np.array([1.0, -2.0], np.float32))
    LBFGS(tol=0).setup(layer).update(lambda: F.sum(F.cosh(layer.w)) * 1e-24)
    np.testing.assert_array_equal(layer.w.data, [1, -2])


def test_negative_curvature_on_the_way_does_not_stop_it():
    layer = at(0.01, 0.5)
    optimizer = LBFGS(max_iter=60).setup(layer)
    optimizer.update(lambda: layer.w[1] ** 2 - 2 * layer.w[0] ** 2 + layer.w[0] ** 4)
    np.testing.assert_allclose(layer.w.data, [1, 0], atol=1e-6)


@pytest.mark.parametrize(
    "state",
    [
        {"steps": np.zeros((2, 3)), "changes": np.zeros((2, 3))},
        {"steps": np.zeros((2, 2)), "changes": np.zeros((1, 2))},
        {"steps": np.zeros((2, 2))},
        {"steps": np.zeros(()), "changes": np.zeros(())},
    ],
)
def test_a_state_that_does_not_fit_is_refused(state):
    optimizer = LBFGS().setup(at(1.0, 2.0))
    saved = optimizer.state_dict() | {"state": {"w": state}}
    with pytest.raises(ValueError, match=r"LBFGS.load_state_dict: .*w"):
        optimizer.load_state_dict(saved)


@pytest.mark.parametrize("wrong", [{"history": 0}, {"max_iter": 0}])
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="LBFGS: history is"):
        LBFGS(**wrong)
