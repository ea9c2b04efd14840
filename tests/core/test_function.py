"""Functions of the user: several inputs and outputs, None, mistakes, and instances called again."""

import gc
import weakref

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, GraphError, Variable, gradients, no_grad, using_config

BOTH = pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "recorded"])


def var(x):
    return Variable(np.array(x, float))


def values(*variables):
    return [None if v.grad is None else v.grad.data.tolist() for v in variables]


class Square(Function):
    def forward(self, x):
        return x * x

    def backward(self, gy):
        (x,) = self.inputs
        return gy * 2 * x


class ProductAndSum(Function):
    def forward(self, x, y):
        return x * y, x + y

    def backward(self, gp, gs):
        x, y = self.inputs
        self.got = gp, gs
        return gp * y + gs, gp * x + gs


# -- several inputs and outputs ----------------------------------------------------------------------------------


@BOTH
def test_two_outputs(create_graph):
    x, y = var(2.0), var(3.0)
    p, s = ProductAndSum()(x, y)
    (p * s).backward(create_graph=create_graph)
    assert values(x, y, p, s) == [5 * 3.0 + 6.0, 5 * 2.0 + 6.0, None, None]
    assert [v.generation for v in (x, p, s, p * s)] == [0, 1, 1, 2]
    assert p.creator is s.creator


@BOTH
def test_two_outputs_differentiate_again(create_graph):
    x, y = var(2.0), var(3.0)
    p, s = ProductAndSum()(x, y)
    (p * s).backward(create_graph=True)
    g = x.grad  # d/dx (x y (x + y)) = 2 x y + y^2
    x.cleargrad()
    y.cleargrad()
    g.backward(create_graph=create_graph)
    assert values(x, y) == [2 * 3.0, 2 * 2.0 + 2 * 3.0]


def test_several_outputs_come_as_a_list():
    assert type(ProductAndSum()(var(2.0), var(3.0))) is list


class FromData(Function):
    """x³ with the mistake that the documentation warns of: a raw array in backward."""

    def forward(self, x):
        return x**3

    def backward(self, gy):
        return gy * (3 * self.inputs[0].data ** 2)


def test_an_array_in_backward_is_a_constant_to_the_next_derivative():
    x = var(2.0)
    (g,) = gradients(FromData()(x), x, create_graph=True)
    (second,) = gradients(g * x, x)
    assert g.item() == 12.0
    assert second.item() == 12.0  # and not 36: the derivative of g is lost


@BOTH
def test_an_unused_output_gets_zeros(create_graph):
    x, y, f = var([1.0, 2.0]), var([3.0, 4.0]), ProductAndSum()
    p, _ = f(x, y)
    p.backward(create_graph=create_graph)
    assert values(x, y) == [[3.0, 4.0], [1.0, 2.0]]
    assert [type(g) for g in f.got] == [Variable, Variable]
    np.testing.assert_array_equal(f.got[1].data, [0.0, 0.0], strict=True)


@BOTH
def test_an_unused_output_may_be_gone(create_graph):
    x, y = var(2.0), var(3.0)
    p = ProductAndSum()(x, y)[0]
    p.backward(create_graph=create_graph)
    assert values(x, y) == [3.0, 2.0]


@BOTH
def test_outputs_retain_and_carry_gradients(create_graph):
    x, y = var(2.0), var(3.0)
    p, s = ProductAndSum()(x, y)
    z = p * s
    for times in (1, 2):  # what an intermediate retained is part of the next cotangent
        x.cleargrad()
        z.backward(retain_grad=True, create_graph=create_graph)
        assert values(x, p, s) == [21.0 * times, 5.0 * times, 6.0 * times]


@BOTH
def test_gradients_in_the_outputs_of_a_call(create_graph):
    x, y = var(2.0), var(3.0)
    p, s = ProductAndSum()(x, y)
    found = gradients(p * s, (x, y, p, s), create_graph=create_graph)
    assert [g.item() for g in found] == [21.0, 16.0, 5.0, 6.0]
    assert [g.item() for g in gradients((p, s), (x, y), create_graph=create_graph)] == [4.0, 3.0]


@BOTH
def test_one_variable_for_two_inputs(create_graph):
    x = var(2.0)
    p, s = ProductAndSum()(x, x)
    (p * s).backward(create_graph=create_graph)
    assert values(x) == [6 * 2.0**2]


@BOTH
def test_outputs_that_are_one_array(create_graph):
    class Twice(Function):
        def forward(self, x):
            return x, x

        def backward(self, a, b):
            return a + 2 * b

    x = var([1.0, 2.0])
    a, b = Twice()(x)
    (a * 10 + b).backward(create_graph=create_graph)
    assert values(x) == [[12.0, 12.0]]


@BOTH
def test_numbers_and_arrays_are_inputs(create_graph):
    x = var(2.0)
    ProductAndSum()(x, 3.0)[0].backward(create_graph=create_graph)
    ProductAndSum()(np.array(4.0), x)[0].backward(create_graph=create_graph)
    assert values(x) == [7.0]


@BOTH
def test_none_is_no_gradient(create_graph):
    class Scale(Function):
        def forward(self, x, k):
            return x * k

        def backward(self, gy):
            return gy * self.inputs[1], None

    x, k = var(2.0), var(3.0)
    Scale()(x, k).backward(create_graph=create_graph)
    assert values(x, k) == [3.0, None]
    Scale()(x, x).backward(create_graph=create_graph)
    assert values(x) == [5.0]
    assert gradients(Scale()(x, k), k, create_graph=create_graph, unused="none") == (None,)


def test_forward_may_return_numbers():
    class Stats(Function):
        def forward(self, x):
            return x.sum(), 3, 4.5

    outputs = Stats()(var([1.0, 2.0]))
    assert [o.data.tolist() for o in outputs] == [3.0, 3, 4.5]
    assert all(isinstance(o.data, np.ndarray) for o in outputs)


def test_a_tuple_of_one_is_one_output():
    class One(Function):
        def forward(self, x):
            return (x * 2,)

    assert One()(var(2.0)).data == 4.0


@BOTH
def test_a_function_without_inputs_is_a_constant(create_graph):
    class Two(Function):
        def forward(self):
            return np.array(2.0)

        def backward(self, gy):
            return ()

    x = var(3.0)
    (Two()() * x).backward(create_graph=create_graph)
    assert values(x) == [2.0]


# -- instances ---------------------------------------------------------------------------------------------------


@BOTH
def test_one_instance_called_on_its_own_result(create_graph):
    f, x = Square(), var(3.0)
    y = f(x)
    z = f(y)
    z.backward(create_graph=create_graph)
    assert (z.data, values(x)) == (81.0, [108.0])
    assert (y.creator.inputs, z.creator.inputs) == ([x], [y])


@BOTH
def test_one_instance_called_on_two_leaves(create_graph):
    f, x, w = Square(), var(3.0), var(4.0)
    a, b = f(x), f(w)
    (a + 10 * b).backward(create_graph=create_graph)
    assert values(x, w) == [6.0, 80.0]


@BOTH
def test_what_forward_keeps_on_self_belongs_to_the_call(create_graph):
    class Relu(Function):
        def forward(self, x):
            self.mask = x > 0
            return x * self.mask

        def backward(self, gy):
            return gy * self.mask

    f, x, w = Relu(), var([1.0, -1.0]), var([-1.0, 1.0])
    a, b = f(x), f(w)
    (a + b).backward(create_graph=create_graph)
    assert values(x, w) == [[1.0, 0.0], [0.0, 1.0]]


def test_outputs_are_weak():
    gc.disable()
    try:
        f = ProductAndSum()
        p, s = f(var(1.0), var(2.0))
        assert [ref() for ref in f.outputs] == [p, s]
        del s
        assert f.outputs[1]() is None
        ref = weakref.ref(f)
        del f
        assert ref() is p.creator
        del p
        assert ref() is None
    finally:
        gc.enable()


def test_without_recording_there_is_no_creator():
    with no_grad():
        y = Square()(var(2.0))
        p, s = ProductAndSum()(var(2.0), var(3.0))
    assert [v.creator for v in (y, p, s)] == [None] * 3
    with pytest.raises(GraphError, match="no_grad"):
        y.backward()


# -- mistakes ----------------------------------------------------------------------------------------------------


def function(forward=lambda x: x * 1.0, backward=lambda gy: gy):
    return type("Mistaken", (Function,), {"forward": lambda s, *x: forward(*x), "backward": lambda s, *g: backward(*g)})


@BOTH
@pytest.mark.parametrize(
    ("backward", "error", "text"),
    [
        (lambda gy: (gy, gy), ValueError, "Mistaken.backward returned 2 gradients for 1 inputs"),
        (lambda gy: (), ValueError, "Mistaken.backward returned 0 gradients for 1 inputs"),
        (lambda gy: F.sum(gy), ValueError, r"Mistaken.backward .* shape \(\) for input 0 of shape \(2,\)"),
        (lambda gy: F.broadcast_to(gy, (3, 2)), ValueError, r"shape \(3, 2\) for input 0 of shape \(2,\)"),
        (lambda gy: "gradient", (TypeError, ValueError), "Mistaken.backward returned"),
        (lambda gy: {}["missing"], KeyError, "missing"),
    ],
)
def test_a_backward_that_fails_changes_nothing(create_graph, backward, error, text):
    x, w = var([1.0, 2.0]), var([3.0, 4.0])
    x.grad = var([10.0, 20.0])
    y = w * x
    y.grad = kept = var([7.0, 7.0])
    bad = function(backward=backward)()(x)
    z = F.sum(y) + F.sum(bad)
    with pytest.raises(error, match=text):
        z.backward(create_graph=create_graph)
    assert values(x, w, bad, z) == [[10.0, 20.0], None, None, None]
    assert y.grad is kept

    F.sum(w * x).backward(create_graph=create_graph)
    assert values(x, w) == [[13.0, 24.0], [1.0, 2.0]]
    assert (x * 1).creator is not None  # recording is on again


@pytest.mark.parametrize(
    "gradient", [lambda gy: gy.data * 2, lambda gy: np.ones(2), lambda gy: 2.0], ids=["data", "array", "number"]
)
def test_a_raw_gradient_is_fine_at_first_order_only(gradient):
    x = var([1.0, 2.0])
    y = function(backward=gradient)()(x)
    with pytest.raises(TypeError, match=r"Mistaken\.backward returned .* input 0 while a graph is created"):
        y.backward(create_graph=True)
    assert x.grad is None


def test_a_raw_gradient_at_first_order():
    x = var([1.0, 2.0])
    function(backward=lambda gy: gy.data * 2)()(x).backward()
    assert values(x) == [[2.0, 2.0]]


@pytest.mark.parametrize(
    ("forward", "text"),
    [
        (lambda x: Variable(x), "Mistaken.forward returned a Variable"),
        (lambda x: [x, x], "Mistaken.forward returned list"),
        (lambda x: "text", "Mistaken.forward returned"),
        (lambda x: np.array([None]), "Mistaken.forward returned object array"),
        pytest.param(
            lambda x: None,
            "Mistaken.forward returned NoneType",
        ),
        pytest.param(
            lambda x: (),
            "Mistaken.forward returned",
        ),
    ],
)
def test_forward_must_return_arrays(forward, text):
    with pytest.raises(TypeError, match=text):
        function(forward=forward)()(var(1.0))


def test_missing_methods_are_named():
    class Half(Function):
        def forward(self, x):
            return x / 2

    with pytest.raises(NotImplementedError, match="Function has no forward"):
        Function()(var(1.0))
    with pytest.raises(NotImplementedError, match="Half has no backward"):
        Half()(var(1.0)).backward()


@pytest.mark.parametrize("bad", [[1.0], "x", None], ids=repr)
def test_other_inputs_are_refused(bad):
    with pytest.raises(TypeError):
        Square()(bad)


@BOTH
def test_config_inside_backward(create_graph):
    seen = []

    class Watch(Function):
        def forward(self, x):
            return x * 1.0

        def backward(self, gy):
            seen.append((gy * 1).creator is not None)
            return gy

    x = var(1.0)
    with using_config("enable_backprop", True):
        y = Watch()(x)
    with using_config("enable_backprop", not create_graph):
        y.backward(create_graph=create_graph)
    assert seen == [create_graph]


@BOTH
@pytest.mark.parametrize("simplify", [True, False])
def test_functions_mix_with_operations_of_every_kind(create_graph, simplify):
    x, w = var([[0.1, 0.2], [0.3, 0.4]]), var([[1.0, 2.0], [3.0, 4.0]])
    with using_config("simplify", simplify):
        h = Square()(x @ w)
        y = F.sum(F.sin(h[0]) * F.concatenate([h, x])[2])
        found = gradients(y, (x, w), create_graph=create_graph)
    a = x.data @ w.data
    gh = np.zeros((2, 2))
    gh[0] = np.cos(a[0] ** 2) * x.data[0]
    ga = gh * 2 * a
    expected = ga @ w.data.T
    expected[0] += np.sin(a[0] ** 2)
    np.testing.assert_allclose(found[0].data, expected, rtol=1e-12)
    np.testing.assert_allclose(found[1].data, x.data.T @ ga, rtol=1e-12)
