"""A graph that was cut, overwritten or rebuilt: never a wrong gradient silently."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, GraphError, Variable, gradients, no_grad

BOTH = pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "recorded"])


def var(x, name=None):
    return Variable(np.array(x, float), name)


def values(*variables):
    return [None if v.grad is None else v.grad.data.tolist() for v in variables]


class Square(Function):
    def forward(self, x):
        return x * x

    def backward(self, gy):
        (x,) = self.inputs
        return gy * 2 * x


class Parts(Function):
    def forward(self, x):
        return x * 2, x * 3

    def backward(self, a, b):
        return a * 2 + b * 3


def rebind(v):
    v.data = v.data * 2


def in_place(v):
    v.data -= 0.5


def same(v):
    v.data = v.data


def renewed(v):
    v.data[...] = 0
    v._renewed()


# -- data rebound between forward and backward -------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("change", [rebind, in_place, same, renewed])
@pytest.mark.parametrize("f", [lambda x: x * x, Square(), lambda x: F.sum(x), lambda x: F.concatenate([x, x])])
def test_a_leaf_rebound_after_use(create_graph, change, f):
    x = var([1.0, 2.0], name="speed")
    y = f(x)
    change(x)
    with pytest.raises(GraphError, match=r"'speed' \(float64 array of shape \(2,\)\) had its \.data rebound"):
        y.backward(create_graph=create_graph)
    with pytest.raises(GraphError, match="speed"):
        gradients(y, x, create_graph=create_graph)
    assert x.grad is None


@BOTH
@pytest.mark.parametrize("change", [rebind, renewed])
@pytest.mark.parametrize("f", [lambda x: x * x, Square()])
def test_an_intermediate_rebound(create_graph, change, f):
    x = var([1.0, 2.0])
    y = f(x)
    z = y * 3
    y.name = "square"
    change(y)
    for root in (z, y, y * 3):
        with pytest.raises(GraphError, match=r"'square' .* had its \.data rebound"):
            root.backward(create_graph=create_graph)
    assert values(x, y) == [None, None]


@BOTH
@pytest.mark.parametrize("data", [np.array(4.0), None], ids=["array", "none"])
def test_an_intermediate_rebound_again_and_again(create_graph, data):
    x = var(1.0)
    y = x * 2
    z = y * 3
    y.data, y.name = np.array(3.0), "twice"
    y.data = data
    y.data = np.array([5.0, 6.0])
    np.testing.assert_array_equal(y.data, [5.0, 6.0])
    for root in (y, z):
        with pytest.raises(GraphError, match=r"the result of mul, .* had its \.data rebound|'twice'"):
            root.backward(create_graph=create_graph)


@BOTH
@pytest.mark.parametrize("f", [lambda x: x * x, Square()])
def test_what_no_grad_computed_stays_cut_when_rebound(create_graph, f):
    x = var([1.0, 2.0])
    with no_grad():
        y = f(x)
    for _ in range(2):
        rebind(y)
    np.testing.assert_array_equal(y.data, [4.0, 16.0])
    assert y.creator is None
    with pytest.raises(GraphError, match="no_grad"):
        y.backward(create_graph=create_graph)
    (y * x).backward(create_graph=create_graph)
    assert values(x) == [[4.0, 16.0]]


@pytest.mark.parametrize("overwrite", [False, True], ids=["leaf", "intermediate"])
def test_an_error_of_gradients_does_not_speak_of_backward(overwrite):
    x = var(1.0)
    y = x * 2
    rebind(y if overwrite else x)
    with pytest.raises(GraphError, match=r"^gradients: .* had its \.data rebound"):
        gradients(y, x)


def test_collect_puts_the_callers_name_first():
    from dezero.core.graph import collect

    x = var(1.0)
    y, z = x * 2, x * 3
    rebind(z)
    with pytest.raises(GraphError, match=r"^jet: the result of mul"):
        collect([z], "jet")
    rebind(x)
    with pytest.raises(GraphError, match=r"^jet: .* had its \.data rebound after mul"):
        collect([y], "jet")


# -- moved to where it is already ----------------------------------------------------------------------------------


@BOTH
def test_data_that_need_not_move_leaves_the_graph_alone(create_graph):
    x = var([1.0, 2.0])
    y = F.sum(x * 3)  # a NumPy scalar inside
    x.to_cpu()
    y.to_cpu()
    y.backward(create_graph=create_graph)
    assert values(x) == [[3.0, 3.0]]


def test_data_on_the_device_need_not_move_there(cupy):
    x = Variable(cupy.asarray(np.ones(2)))
    before, age = x.data, x._age
    x.to_gpu()
    assert (x.data, x._age) == (before, age)


def test_data_that_moves_is_new_data(cupy):
    x = var([1.0, 2.0])
    y = x * 3
    y.to_gpu()
    assert isinstance(y.data, cupy.ndarray)
    with pytest.raises(GraphError, match="rebound"):
        y.backward()
    y.to_cpu()
    np.testing.assert_array_equal(y.data, [3.0, 6.0])
    x.to_gpu()
    x.to_cpu()
    with pytest.raises(GraphError, match="rebound"):
        (y * x).backward()


@BOTH
def test_an_output_of_several_rebound(create_graph):
    x = var([1.0, 2.0])
    a, _ = Parts()(x)
    rebind(a)
    with pytest.raises(GraphError, match="rebound"):
        a.backward(create_graph=create_graph)


def test_an_output_of_several_rebound_names_its_function():
    a, _ = Parts()(var([1.0, 2.0]))
    rebind(a)
    with pytest.raises(GraphError, match="Parts"):
        a.backward()


@BOTH
def test_a_stale_derivative_is_refused_too(create_graph):
    x = var([1.0, 2.0])
    (x**3).backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    x.data -= 0.1
    with pytest.raises(GraphError, match="rebound"):
        g.backward(create_graph=create_graph)


@BOTH
def test_updates_between_steps_are_fine(create_graph):
    x = var([1.0, 2.0])
    for _ in range(3):
        x.cleargrad()
        (x * x).backward(create_graph=create_graph)
        x.data -= 0.25 * x.grad.data
    np.testing.assert_array_equal(x.data, [0.125, 0.25])


@BOTH
def test_a_rebound_variable_outside_the_graph_is_fine(create_graph):
    x, w = var(2.0), var(3.0)
    y, z = x * x, x * w
    w.data = np.array(5.0)
    y.backward(create_graph=create_graph)
    assert values(x) == [4.0]
    with pytest.raises(GraphError):
        z.backward(create_graph=create_graph)


@BOTH
def test_an_overwritten_intermediate_made_a_leaf_is_fine(create_graph):
    x = var([1.0, 2.0])
    y = x * x
    rebind(y)
    assert y.creator is None
    y.unchain()
    (y * 3).backward(create_graph=create_graph)
    assert values(x, y) == [None, [3.0, 3.0]]


def test_data_taken_away():
    x = var([1.0, 2.0])
    y = x * x
    x.data = None
    with pytest.raises(GraphError, match="rebound"):
        y.backward()


# -- cut by no_grad ----------------------------------------------------------------------------------------------


@BOTH
def test_backward_of_what_no_grad_computed(create_graph):
    x = var([1.0, 2.0])
    with no_grad():
        y = x * x
    with pytest.raises(GraphError, match=r"backward: float64 array of shape \(2,\) was computed .*no_grad"):
        y.backward(create_graph=create_graph)
    assert (y.creator, y.generation, x.grad) == (None, 0, None)


@BOTH
def test_what_no_grad_computed_is_a_constant_further_up(create_graph):
    x = var(2.0)
    with no_grad():
        c = x * x
    (c * x).backward(create_graph=create_graph)
    assert values(x) == [4.0]


def test_an_expression_of_numbers_is_a_leaf():
    y = F.add(1.0, 2.0)
    assert y.creator is None
    y.backward()
    assert values(y) == [1.0]


# -- unchain -----------------------------------------------------------------------------------------------------


@BOTH
def test_unchain_makes_a_leaf(create_graph):
    x = var(2.0)
    y = x * x
    z = y * 3
    y.unchain()
    z.backward(create_graph=create_graph)
    assert (y.creator, y.generation, z.generation) == (None, 0, 1)
    assert values(x, y) == [None, 3.0]


@BOTH
def test_unchain_of_the_root(create_graph):
    x = var(2.0)
    y = x * x
    y.unchain()
    y.backward(create_graph=create_graph)
    assert values(x, y) == [None, 1.0]


@BOTH
def test_unchain_backward_makes_leaves_of_all_below(create_graph):
    x = var(2.0)
    y = x * x
    z = y * 3
    w = z * 2
    w.unchain_backward()
    assert [v.creator for v in (x, y, z)] == [None] * 3
    w.backward(create_graph=create_graph)
    assert values(x, y, z) == [None, None, 2.0]


@BOTH
def test_unchain_backward_through_several_outputs(create_graph):
    x = var(2.0)
    a, b = Parts()(x * 1)
    y = a * b
    y.unchain_backward()
    y.backward(create_graph=create_graph)
    assert (a.creator, b.creator) == (None, None)
    assert values(x, a, b) == [None, 6.0, 4.0]


@BOTH
def test_unchain_of_one_of_several_outputs(create_graph):
    x = var(2.0)
    a, b = Parts()(x)
    a.unchain()
    (a * b).backward(create_graph=create_graph)
    assert values(x, a) == [4.0 * 3, 6.0]


@BOTH
def test_an_unchained_derivative_starts_afresh(create_graph):
    x = var(2.0)
    (g,) = gradients(x**3, x, create_graph=True)
    g.unchain()
    (h,) = gradients(g * g * x, x, create_graph=create_graph)
    assert h.item() == 144.0
    assert gradients(g * g, g, create_graph=create_graph)[0].item() == 24.0


# -- set_creator -------------------------------------------------------------------------------------------------


@BOTH
def test_set_creator_records_a_function(create_graph):
    x, f = var(2.0), Square()
    f(x)
    v = var(4.0)
    v.set_creator(f)
    assert (v.creator, v.generation) == (f, 1)
    (v * 3).backward(create_graph=create_graph)
    assert values(x, v) == [12.0, None]


def test_set_creator_cannot_close_a_circle():
    x, f = var(2.0), Square()
    y = f(x)
    x.set_creator(f)
    for v in (x, y):
        with pytest.raises(GraphError):
            v.backward()


@pytest.mark.parametrize("creator", [None, Square(), (var(2.0) * var(3.0)).creator, F.sin], ids=lambda c: str(c)[:12])
def test_set_creator_takes_a_called_function_only(creator):
    with pytest.raises((TypeError, GraphError), match="set_creator"):
        var(4.0).set_creator(creator)


def test_a_derivative_that_was_not_recorded_has_none_of_its_own():
    x = Variable(np.array(2.0))
    (g,) = gradients(x**3, x)
    for again in (lambda: gradients(g, x), lambda: g.backward(), lambda: g.jet(x, 2)):
        with pytest.raises(GraphError, match="without create_graph=True"):
            again()
    (x**3).backward()
    with pytest.raises(GraphError, match="without create_graph=True"):
        x.grad.backward()


def test_a_derivative_that_was_not_recorded_is_a_constant():
    x = Variable(np.array(2.0))
    (g,) = gradients(x**3, x)
    assert gradients(g * x, x)[0].item() == 12
    assert gradients(g * x, g)[0].item() == 2
    assert g.creator is None
    assert np.asarray(g) == 12


def test_true_is_no_cotangent():
    x = Variable(np.array(2.0))
    with pytest.raises(TypeError, match="create_graph=True"):
        gradients(x**3, x, True)
