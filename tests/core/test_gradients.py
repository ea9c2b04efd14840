"""gradients(): derivatives returned, not stored."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, GraphError, Variable, gradients, no_grad, using_config

BOTH = pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "recorded"])


def var(x):
    return Variable(np.array(x, float))


def numbers(found):
    return [None if g is None else g.data.tolist() for g in found]


@BOTH
def test_a_tuple_with_a_variable_for_each_input(create_graph):
    x, w = var(2.0), var(3.0)
    found = gradients(x * x * w, [x, w], create_graph=create_graph)
    assert type(found) is tuple
    assert [type(g) for g in found] == [Variable, Variable]
    assert numbers(found) == [12.0, 4.0]
    assert [g.creator is not None for g in found] == [create_graph] * 2


@BOTH
def test_no_grad_is_touched(create_graph):
    x, w = var(2.0), var(3.0)
    y = x * w
    z = y * y
    for i, v in enumerate((x, w, y, z)):
        v.grad = var(float(i))
    assert numbers(gradients(z, (x, w, y), create_graph=create_graph)) == [36.0, 24.0, 12.0]
    assert [v.grad.item() for v in (x, w, y, z)] == [0.0, 1.0, 2.0, 3.0]


@BOTH
def test_unused_inputs_get_zeros_or_none(create_graph):
    x, w = var(2.0), Variable(np.ones((2, 3), np.float32))
    _, gw = gradients(x * x, (x, w), create_graph=create_graph)
    assert (gw.shape, gw.dtype) == (w.shape, w.dtype)
    assert not gw.data.any()
    assert gradients(x * x, w, create_graph=create_graph, unused="none") == (None,)
    with pytest.raises(ValueError, match="unused must be 'zeros', 'none' or 'error', got 'nan'"):
        gradients(x * x, w, unused="nan")


@BOTH
def test_grad_outputs_weigh_the_outputs(create_graph):
    x = var([1.0, 2.0])
    for weight in (np.array([10.0, 100.0]), var([10.0, 100.0])):
        assert numbers(gradients(x * x, x, weight, create_graph=create_graph)) == [[20.0, 400.0]]
    both = gradients([x * x, 3 * x], x, [None, var([1.0, 10.0])], create_graph=create_graph)
    assert numbers(both) == [[2.0 + 3.0, 4.0 + 30.0]]
    assert numbers(gradients(F.sum(x), x, 5.0, create_graph=create_graph)) == [[5.0, 5.0]]


@BOTH
def test_bad_grad_outputs_are_refused(create_graph):
    x = var([1.0, 2.0])
    with pytest.raises(ValueError, match=r"grad_outputs\[0\] has shape \(3,\), the output has shape \(2,\)"):
        gradients(x * x, x, np.ones(3), create_graph=create_graph)
    with pytest.raises(ValueError, match="2 grad_outputs for 1 outputs"):
        gradients(x * x, x, [None, None], create_graph=create_graph)


@pytest.mark.parametrize("seed", [Variable(None), "a", np.array("a"), np.array(None)], ids=repr)
def test_grad_outputs_must_be_numbers(seed):
    x = var(2.0)
    with pytest.raises((TypeError, ValueError), match=r"gradients: grad_outputs\[0\]"):
        gradients(x * x, x, [seed])


@BOTH
def test_outputs_may_be_inputs(create_graph):
    x = var(2.0)
    y = x * x
    assert numbers(gradients(y, (y, x), create_graph=create_graph)) == [1.0, 4.0]
    assert numbers(gradients(x, x, create_graph=create_graph)) == [1.0]
    assert numbers(gradients([y * y, y], y, create_graph=create_graph)) == [9.0]


@BOTH
def test_repeated_inputs_and_outputs(create_graph):
    x = var(3.0)
    y = x * x
    assert numbers(gradients(y, [x, x], create_graph=create_graph)) == [6.0, 6.0]
    assert numbers(gradients([y, y], [x], create_graph=create_graph)) == [12.0]
    assert numbers(gradients([y, y], [x], [2.0, var(3.0)], create_graph=create_graph)) == [30.0]


@BOTH
def test_intermediates_are_inputs_without_cutting_the_graph(create_graph):
    x = var(2.0)
    y = x * x
    assert numbers(gradients(y * y, (x, y), create_graph=create_graph)) == [32.0, 8.0]


@BOTH
def test_no_inputs_and_generators(create_graph):
    x = var(2.0)
    assert gradients(x * x, [], create_graph=create_graph) == ()
    assert numbers(gradients((y for y in (x, x * x)), (v for v in (x,)), create_graph=create_graph)) == [5.0]


@pytest.mark.parametrize("bad", [1.0, "x", np.ones(2), [1.0], None], ids=repr)
def test_other_outputs_and_inputs_are_refused(bad):
    x = var(2.0)
    with pytest.raises(TypeError, match="gradients: outputs"):
        gradients(bad, x)
    with pytest.raises(TypeError, match="gradients: inputs"):
        gradients(x * x, bad)


@BOTH
def test_a_cut_output_is_refused(create_graph):
    x = var(2.0)
    with no_grad():
        y = x * x
    for outputs in (y, [x * x, y]):
        with pytest.raises(GraphError, match=r"gradients: .*no_grad"):
            gradients(outputs, x, create_graph=create_graph)


def test_recorded_gradients_go_on_to_any_order():
    x = var(2.0)
    y = x**5
    found = []
    for _ in range(7):
        (y,) = gradients(y, x, create_graph=True)
        found.append(y.item())
    assert found == [80.0, 160.0, 240.0, 240.0, 120.0, 0.0, 0.0]


def test_a_recorded_cotangent_is_differentiated_through():
    x, v = var(3.0), var(2.0)
    (g,) = gradients(x**3, x, v, create_graph=True)
    assert numbers(gradients(g, (x, v))) == [2.0 * 18.0, 27.0]


def test_mixed_partial_derivatives_agree():
    x, t = var([0.3, 0.7]), var([1.1, 0.2])
    u = F.sin(x * t) * F.exp(t)
    u_x, u_t = gradients(u, (x, t), create_graph=True)
    np.testing.assert_allclose(gradients(u_x, t)[0].data, gradients(u_t, x)[0].data, rtol=1e-14)


# -- pruning -----------------------------------------------------------------------------------------------------


class Counted(Function):
    """Doubles; counts the calls of its backward."""

    def __init__(self):
        self.calls = []

    def forward(self, x):
        return x * 2.0

    def backward(self, gy):
        self.calls.append(gy)
        return gy * 2.0


@BOTH
def test_what_no_input_needs_is_not_computed(create_graph):
    x, w = var(2.0), var(3.0)
    above, beside, below = Counted(), Counted(), Counted()
    y = below(x)
    z = above(y * beside(w))
    assert numbers(gradients(z, y, create_graph=create_graph)) == [12.0]
    assert [len(f.calls) for f in (above, beside, below)] == [1, 0, 0]
    y.cleargrad()
    z.backward(inputs=[w], create_graph=create_graph)
    assert [len(f.calls) for f in (above, beside, below)] == [2, 1, 0]


@BOTH
def test_a_call_runs_once_however_many_paths_reach_it(create_graph):
    x, f = var(2.0), Counted()
    y = f(x)
    assert numbers(gradients(y * y + F.sin(y) * 0 + y, x, create_graph=create_graph)) == [2 * 2 * 4.0 + 2.0]
    assert len(f.calls) == 1


@BOTH
def test_an_output_that_no_input_reaches_is_not_swept(create_graph):
    x, w, f = var(2.0), var(3.0), Counted()
    assert numbers(gradients([x * x, f(w)], x, create_graph=create_graph)) == [4.0]
    assert f.calls == []


@pytest.mark.parametrize("times", [lambda x: x * 3, lambda x: 3 * x, lambda x: -x, lambda x: x / 2, lambda x: x * 1])
@pytest.mark.parametrize("simplify", [True, False])
def test_a_multiple_that_is_asked_for_stays_what_derivatives_mention(times, simplify):
    x = Variable(np.array(2.0))
    z = times(x)
    y = z**3 * x
    with using_config("simplify", simplify):
        (first,) = gradients(y, z, create_graph=True)
        (second,) = gradients(first, z, create_graph=True)
        (third,) = gradients(second, z)
    assert first.item() == pytest.approx(3 * z.item() ** 2 * 2)
    assert second.item() == pytest.approx(6 * z.item() * 2)
    assert third.item() == pytest.approx(12)
