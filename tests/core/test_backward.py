"""backward: accumulation, seeds, retained and asked-for gradients, the shapes that graphs take."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, Variable, using_config

pytestmark = pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "recorded"])


def var(x):
    return Variable(np.array(x, float))


def values(*variables):
    return [None if v.grad is None else v.grad.data.tolist() for v in variables]


# -- accumulation ------------------------------------------------------------------------------------------------


def test_gradients_accumulate_until_cleared(create_graph):
    x = var(3.0)
    (x * x).backward(create_graph=create_graph)
    (x * 2).backward(create_graph=create_graph)
    assert values(x) == [8.0]
    x.cleargrad()
    assert x.grad is None
    (x * 2).backward(create_graph=create_graph)
    assert values(x) == [2.0]


def test_a_second_backward_of_the_same_graph_adds_the_same_again(create_graph):
    x = var(3.0)
    y = x * x
    y.backward(create_graph=create_graph)
    first = x.grad
    y.backward(create_graph=create_graph)
    assert values(x) == [12.0]
    assert first.data == 6.0  # a gradient in the user's hand does not change


def test_accumulated_recorded_gradients_stay_differentiable(create_graph):
    x = var(3.0)
    (x**3).backward(create_graph=True)
    (x**2).backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    g.backward(create_graph=create_graph)
    assert values(x) == [18.0 + 2.0]


def test_no_graph_is_recorded_unless_asked(create_graph):
    x = var(3.0)
    (x**3).backward(create_graph=create_graph)
    assert (x.grad.creator is not None) is create_graph


@pytest.mark.parametrize("recording", [False, True])
def test_create_graph_does_not_ask_the_config(create_graph, recording):
    x = var(3.0)
    y = x**3
    with using_config("enable_backprop", recording):
        y.backward(create_graph=create_graph)
    assert (x.grad.creator is not None) is create_graph


# -- seeds -------------------------------------------------------------------------------------------------------


def test_the_seed_is_the_grad_of_the_root(create_graph):
    x = var([1.0, 2.0])
    y = x * x
    y.grad = var([10.0, 100.0])
    y.backward(create_graph=create_graph)
    assert values(x, y) == [[20.0, 400.0], None]


def test_without_a_seed_a_tensor_is_summed(create_graph):
    x = var([[1.0, 2.0], [3.0, 4.0]])
    (x * x).backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, 2 * x.data)


def test_a_seed_that_is_a_variable_is_differentiated_through(create_graph):
    x, s = var(3.0), var(5.0)
    y = x**3
    y.grad = s
    y.backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    g.backward(create_graph=create_graph)
    assert values(x, s) == [5.0 * 18.0, 27.0]


def test_backward_on_a_leaf_gives_it_ones(create_graph):
    x = var([1.0, 2.0])
    x.backward(create_graph=create_graph)
    assert values(x) == [[1.0, 1.0]]


def test_backward_on_a_leaf_adds_ones_each_time(create_graph):
    x = var(1.0)
    found = []
    for _ in range(3):
        x.backward(create_graph=create_graph)
        found.append(x.grad.item())
    assert found == [1.0, 2.0, 3.0]


def test_a_variable_without_data_is_refused(create_graph):
    with pytest.raises(GraphError, match="no data"):
        Variable(None).backward(create_graph=create_graph)


# -- intermediates -----------------------------------------------------------------------------------------------


def test_intermediate_gradients_are_dropped(create_graph):
    x = var(2.0)
    y = x * x
    z = 3 * y
    z.backward(create_graph=create_graph)
    assert values(x, y, z) == [12.0, None, None]


def test_retain_grad_keeps_them(create_graph):
    x = var(2.0)
    y = x * x
    z = 3 * y
    z.backward(retain_grad=True, create_graph=create_graph)
    assert values(x, y, z) == [12.0, 3.0, 1.0]


@pytest.mark.parametrize(("retain", "kept"), [(False, None), (True, 13.0)])
def test_a_gradient_that_an_intermediate_carries_is_part_of_its_cotangent(create_graph, retain, kept):
    x = var(2.0)
    y = x * x
    z = 3 * y
    y.grad = var(10.0)
    z.backward(retain_grad=retain, create_graph=create_graph)
    assert values(x, y) == [(10.0 + 3.0) * 4.0, kept]


# -- inputs= -----------------------------------------------------------------------------------------------------


def test_inputs_accumulate_alone(create_graph):
    x, w = var(2.0), var(3.0)
    x.grad = var(100.0)
    y = x * w
    z = y * x
    y.grad = var(10.0)
    z.backward(create_graph=create_graph, inputs=[x])
    assert values(x, w, y, z) == [100.0 + 12.0, None, 10.0, None]


@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: (v,), lambda v: [v], lambda v: [v, v], lambda v: {v}])
def test_inputs_may_be_a_variable_or_a_sequence(create_graph, wrap):
    x, w = var(2.0), var(3.0)
    (x * w).backward(create_graph=create_graph, inputs=wrap(x))
    assert values(x, w) == [3.0, None]


def test_intermediates_and_the_root_may_be_inputs(create_graph):
    x = var(2.0)
    y = x * x
    z = y * y
    z.backward(create_graph=create_graph, inputs=(z, y, x))
    assert values(x, y, z) == [32.0, 8.0, 1.0]


def test_an_intermediate_input_accumulates_and_does_not_pass_its_old_gradient_on(create_graph):
    x = var(2.0)
    y = x * x
    z = y * y
    y.grad = var(100.0)
    z.backward(create_graph=create_graph, inputs=(y, x))
    assert values(x, y) == [32.0, 108.0]


def test_an_input_without_a_path_is_left_alone(create_graph):
    x, w, v = var(2.0), var(3.0), var(4.0)
    v.grad = var(5.0)
    (x * x).backward(create_graph=create_graph, inputs=[w, v])
    assert values(x, w, v) == [None, None, 5.0]


@pytest.mark.parametrize("inputs", [1.0, [1.0], "x", np.ones(2)], ids=repr)
def test_other_inputs_are_refused(create_graph, inputs):
    x = var(2.0)
    with pytest.raises(TypeError, match="backward: inputs"):
        (x * x).backward(create_graph=create_graph, inputs=inputs)
    assert x.grad is None


# -- shapes of graphs --------------------------------------------------------------------------------------------


def test_a_variable_used_twice_gets_both_parts(create_graph):
    x = var(3.0)
    (x + x).backward(create_graph=create_graph)
    assert values(x) == [2.0]
    x.cleargrad()
    y = x * 2
    (y * y + y).backward(create_graph=create_graph)
    assert values(x) == [8 * 3.0 + 2]


def test_a_diamond_runs_in_order_of_generation(create_graph):
    x = var(2.0)
    a = x**2
    y = a**2 + a**2
    y.backward(create_graph=create_graph)
    assert y.data == 32.0
    assert values(x) == [64.0]
    assert [v.generation for v in (x, a, y)] == [0, 1, 3]


def test_a_late_join_of_an_early_result(create_graph):
    x = var(0.5)
    early = F.sin(x)
    late = early
    for _ in range(5):
        late = F.cos(late)
    (late * early).backward(create_graph=create_graph)
    h = 1e-6

    def f(t):
        e = np.sin(t)
        c = e
        for _ in range(5):
            c = np.cos(c)
        return c * e

    assert x.grad.item() == pytest.approx((f(0.5 + h) - f(0.5 - h)) / (2 * h), rel=1e-8)


def test_a_ladder_of_sums_costs_one_visit_each(create_graph):
    """2**60 paths: a sweep that follows paths rather than nodes never ends."""
    x = var(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward(create_graph=create_graph)
    assert values(x) == [2.0**60]


def test_two_roots_one_after_the_other(create_graph):
    x = var(2.0)
    a = x * x
    y, z = a * 3, a * 5
    y.backward(create_graph=create_graph)
    z.backward(create_graph=create_graph)
    assert values(x, a) == [4 * 3.0 + 4 * 5.0, None]


def test_leaves_that_are_not_reached_keep_what_they_have(create_graph):
    x, w = var(2.0), var(3.0)
    w.grad = g = var(1.0)
    (x * x).backward(create_graph=create_graph)
    assert w.grad is g


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gradients_have_their_variables_dtype(create_graph, dtype):
    x, w = Variable(np.ones(2, dtype)), Variable(np.ones(2))
    y = x * w
    F.sum(y * 3 + x).backward(create_graph=create_graph, retain_grad=True)
    assert (x.grad.dtype, w.grad.dtype, y.grad.dtype) == (dtype, np.float64, np.float64)


@pytest.mark.parametrize("data", [np.array(1.0), np.ones(3)], ids=["broadcasts", "raises"])
def test_a_stale_gradient_of_another_shape_is_refused_before_anything_changes(create_graph, data):
    x, w = var([1.0, 2.0]), var([1.0, 2.0])
    x.grad, w.grad = var([5.0, 5.0]), var([1.0, 1.0])
    w.data = data
    for y in (x.sum() * w.sum(), w.sum() * x.sum()):
        with pytest.raises((ValueError, GraphError), match=r"\(2,\)"):
            y.backward(create_graph=create_graph)
        assert values(x, w) == [[5.0, 5.0], [1.0, 1.0]]
