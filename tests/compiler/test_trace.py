"""Traces: the program of a function gives what the function gives; what would be burned in is refused."""

import gc
import itertools
import random
import time
import weakref

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Function, Variable, gradients
from dezero.compiler import ConcretizationError
from dezero.compiler.tracing.trace import trace
from dezero.compiler.tracing.trees import flatten

RNG = np.random.default_rng(0)
X, BATCH = RNG.uniform(0.2, 0.9, 5), RNG.uniform(0.2, 0.9, (7, 3))


def parameters(*widths):
    rng = np.random.default_rng(1)
    return [
        Variable(p)
        for a, b in itertools.pairwise(widths)
        for p in (rng.standard_normal((a, b)) / np.sqrt(a), rng.standard_normal(b) * 0.1)
    ]


def net(x, ps):
    for i in range(0, len(ps), 2):
        x = x @ ps[i] + ps[i + 1]
        x = F.tanh(x) if i < len(ps) - 2 else x
    return x


def expsin(x):
    return F.exp(F.sin(x)) * x


def rosenbrock(x):
    return F.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def arrays(value):
    return [np.asarray(y.data if isinstance(y, Variable) else y) for y in flatten(value)[0]]


def check(f, *args, rtol=0.0):
    """The program, run on these arguments, gives what f gives: to the bit unless rtol says otherwise."""
    found, wanted = arrays(trace(f, args).replay(*args)), arrays(f(*args))
    assert len(found) == len(wanted) > 0
    for a, b in zip(found, wanted, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        if rtol:
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.max(np.abs(b), initial=0))
        else:
            assert a.tobytes() == b.tobytes()


PS3, PS2 = parameters(3, 8, 8, 1), parameters(2, 8, 8, 1)

# In a trace a derivative is recorded, which eagerly a raw sweep computes: the terms of a sum come in another order.
TRANSFORMS = {
    "grad": (dezero.grad(lambda x: F.sum(expsin(x))), X),
    "value_and_grad": (dezero.value_and_grad(rosenbrock), X),
    "derivative 1": (dezero.derivative(expsin), X),
    "derivative 10": (dezero.derivative(expsin, 10), X),
    "derivative of a power": (dezero.derivative(lambda x: x**2.5, 3), X),
    "hessian": (dezero.hessian(rosenbrock), X),
    "jacobian": (dezero.jacobian(lambda x: F.stack([F.sum(x * x), F.sum(F.sin(x))])), X),
    "jacfwd": (dezero.jacfwd(lambda x: F.stack([F.sum(x * x), F.sum(F.sin(x))])), X),
    "hvp": (lambda x, v: dezero.hvp(rosenbrock, (x,), (v,)), X, X + 1),
    "jvp": (lambda x, v: dezero.jvp(expsin, (x,), (v,)), X, X + 1),
    "vjp": (lambda x, v: dezero.vjp(expsin, x)[1](v), X, X + 1),
    "jet": (lambda x: dezero.jet(expsin, (x,), ((1.0, 0.0, 0.5),)), X),
    "jet of a Variable": (lambda x: expsin(x).jet(x, 4), Variable(X)),
    "taylor": (lambda x: dezero.taylor(expsin, x, 5), X),
    "taylor of a power": (lambda x: dezero.taylor(lambda x: x**2.5, x, 4), X),
    "laplacian": (dezero.laplacian(lambda x: net(x, PS3)[..., 0]), BATCH),
    "biharmonic": (dezero.biharmonic(lambda x: net(x, PS3)[..., 0]), BATCH),
    "divergence": (dezero.divergence(lambda x: net(x, PS3) * x), BATCH),
    "partial": (dezero.partial(lambda x, t: F.sin(x) * t * t, (1, 1)), X, X + 1),
    "derivative_tensor": (lambda x: dezero.derivative_tensor(rosenbrock, 3)(x).dense(), X),
    "vmap": (dezero.vmap(lambda x: F.sum(F.sin(x))), BATCH),
    "vmap of grad": (dezero.vmap(dezero.grad(lambda x: net(x, PS3)[0])), BATCH),
    "grad of grad": (dezero.grad(lambda x: F.sum(dezero.grad(rosenbrock)(x) ** 2)), X),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_program_of_a_transform_gives_what_the_transform_gives(name):
    f, *args = TRANSFORMS[name]
    check(f, *args, rtol=1e-11)


def burgers(x, t):
    u = net(F.concatenate([x, t], axis=1), PS2)
    u_x, u_t = gradients(u, (x, t), create_graph=True)
    (u_xx,) = gradients(u_x, x, create_graph=True)
    loss = F.mean((u_t + u * u_x - 0.01 * u_xx) ** 2)
    return [loss, *gradients(loss, PS2)]


def burgers_in_columns(xt):
    u = net(xt, PS2)
    (g,) = gradients(u, xt, create_graph=True)
    (second,) = gradients(g[:, 0:1], xt, create_graph=True)
    loss = F.mean((g[:, 1:2] + u * g[:, 0:1] - 0.01 * second[:, 0:1]) ** 2)
    return [loss, *gradients(loss, PS2)]


def test_losses_of_differential_equations_with_gradients_in_the_weights():
    check(burgers, Variable(BATCH[:, :1]), Variable(BATCH[:, 1:2]), rtol=1e-12)
    check(burgers_in_columns, Variable(BATCH[:, :2]), rtol=1e-12)


def test_a_derivative_without_create_graph_is_part_of_the_program():
    def f(x):
        (g,) = gradients(F.sum(expsin(x)), x)
        return g * 2

    check(f, Variable(X), rtol=1e-14)


PLAIN = {
    "Variable": (lambda x: F.sin(x) * x, Variable(X)),
    "array": (lambda x: F.sin(x) * x, X),
    "NumPy alone": (lambda x: np.sin(x) * x, X),
    "NumPy on data": (lambda x: x * np.exp(x.data), Variable(X)),
    "mask from data": (lambda x: F.where(x.data > 0.5, x, 0.0), Variable(X)),
    "comparison": (lambda x: F.where(x > 0.5, x, 0.0), Variable(X)),
    "containers": (lambda d: {"a": d["x"] * 2, "b": (d["y"],)}, {"x": X, "y": Variable(X)}),
    "single precision": (lambda x: F.sin(x) * 2 + np.float64(1), X.astype(np.float32)),
    "half precision": (lambda x: F.sum(x * 3), X.astype(np.float16)),
    "integers": (lambda x: x * 2, np.arange(5)),
    "booleans": (lambda x: F.where(x, 1.0, 2.0), X > 0.5),
    "complex": (lambda x: F.abs(x * 1j) ** 2, Variable(X + 1j)),
    "empty": (lambda x: F.sum(F.sin(x)), Variable(np.zeros(0))),
    "no axes": (lambda x: F.sin(x) * x, Variable(np.array(0.3))),
    "NumPy scalar": (lambda x: np.sin(x) * x, np.float64(0.3)),
    "Python number": (lambda x, a: x * a, Variable(X), 2.5),
    "shape": (lambda x: x / x.shape[0], Variable(X)),
    "rows": (lambda x: sum([row * i for i, row in enumerate(x)]), Variable(BATCH)),
    "linear algebra": (lambda x: np.linalg.norm(x) * np.outer(x, x), X),
    "Fourier transform": (lambda x: np.fft.fft(x).real, X),
    "special numbers": (lambda x: F.sin(x) / x, np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324])),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", PLAIN)
def test_the_program_of_a_function_gives_what_the_function_gives(name):
    f, *args = PLAIN[name]
    check(f, *args)
    found, wanted = [flatten(y)[0] for y in (trace(f, args).replay(*args), f(*args))]
    assert [isinstance(y, Variable) for y in found] == [isinstance(y, Variable) for y in wanted]


def test_what_runs_in_no_grad_is_part_of_the_program():
    weight = Variable(np.ones((5, 2)))

    def f(x):
        with dezero.no_grad():
            y = F.sin(x) @ weight
        return y * 2

    check(f, Variable(X))


def test_an_array_argument_meets_a_variable_as_eagerly():
    weight = Variable(np.ones(5))

    def f(x):
        y = np.sin(x) * weight + np.add(x, weight)
        return [y, *gradients(F.sum(np.concatenate([y, x * weight])), weight)]

    check(f, X, rtol=1e-15)


def test_an_array_that_the_function_makes_and_fills_is_right_at_each_use():
    def f(x):
        y = np.zeros_like(x)
        y += x
        first = F.sin(y)
        y[1:] = 2.0
        return first + F.sin(y)

    check(f, X)


# -- from outside ----------------------------------------------------------------------------------------------------


def test_captured_variables_and_arrays_are_read_at_each_run():
    weight, factor = Variable(np.ones((5, 2))), np.ones(2)
    found = trace(lambda x: (x @ weight) * factor * weight.data.sum(), (X,))
    weight.data = np.full((5, 2), 2.0)
    factor[:] = 3.0
    np.testing.assert_array_equal(found.replay(X).data, (X @ weight.data) * 3.0 * 20.0)
    weight.data[...] = 1.0
    np.testing.assert_array_equal(found.replay(X).data, (X @ weight.data) * 3.0 * 10.0)


def test_parameters_that_a_layer_makes_at_its_first_call_are_captured():
    layer = dezero.layers.Linear(2)
    found = trace(layer, (X[None],))
    layer.W.data = layer.W.data * 2
    np.testing.assert_allclose(found.replay(X[None]).data, layer(X[None]).data, rtol=1e-7)


def test_arrays_that_a_function_may_have_computed_with_are_named():
    table = np.arange(5.0)
    found = trace(lambda x: x * np.sin(table), (X,))
    assert any([a is table for a in found.assumed])
    assert not found.captured


def test_a_trace_leaves_everything_from_outside_as_it_was():
    weight = Variable(np.ones(5))
    data, age = weight.data, weight._age

    def f(x):
        weight.cleargrad()
        y = F.sum(x * weight)
        y.backward()
        weight.data = weight.data - weight.grad.data
        return y

    trace(f, (X,))
    assert weight.data is data
    assert weight.grad is None
    assert weight._age == age
    with pytest.raises(ZeroDivisionError):
        trace(lambda x: [f(x), 1 / 0], (X,))
    assert weight.data is data
    assert weight.grad is None
    assert weight._age == age


def test_a_trace_is_freed():
    found = trace(lambda x: F.sin(x), (X,))
    gone = weakref.ref(found.program)
    del found
    gc.collect()
    assert gone() is None


# -- gradients in place ----------------------------------------------------------------------------------------------


def test_backward_gives_gradients_to_arguments_and_captured_variables():
    weight, x = Variable(np.ones(5)), Variable(X)

    def f(x):
        y = F.sum(F.sin(x) * weight)
        y.backward()
        return y

    first = trace(f, (x,))
    assert weight.grad is None
    assert x.grad is None
    first.replay(x)
    np.testing.assert_array_equal(weight.grad.data, np.sin(X))
    np.testing.assert_array_equal(x.grad.data, np.cos(X))
    second = trace(f, (x,))  # now there is a gradient, to which backward adds
    second.replay(x)
    np.testing.assert_array_equal(weight.grad.data, 2 * np.sin(X))
    np.testing.assert_array_equal(x.grad.data, 2 * np.cos(X))


# -- users' Functions ------------------------------------------------------------------------------------------------


class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        return gy * 3 * self.inputs[0] ** 2


class Saving(Function):
    def forward(self, x):
        self.y = np.exp(x)
        return self.y

    def backward(self, gy):
        return gy * self.y


class Looping(Function):
    def forward(self, x):
        return np.array([float(a) ** 2 for a in x])

    def backward(self, gy):
        return gy * 2 * self.inputs[0]


class Both(Function):
    def forward(self, x):
        return np.sin(x), np.cos(x)

    def backward(self, gs, gc):
        sin, cos = Both()(self.inputs[0])
        return gs * cos - gc * sin


@pytest.mark.parametrize("kind", [Cube, Saving, Looping, Both])
def test_users_functions_and_their_derivatives_are_part_of_the_program(kind):
    def f(x):
        y = kind()(x)
        y = y[0] * y[1] if isinstance(y, list) else y
        return [y, *gradients(F.sum(y * y), x)]

    check(f, Variable(X), rtol=1e-14)


# -- refusals --------------------------------------------------------------------------------------------------------


COUNT = itertools.count()


def counting(x):
    return x * next(COUNT)


def changing(x):
    table = np.zeros(5)
    y = x * table
    table[:] = 1
    return y + x * table


def overwriting(x):
    data = x.data
    data += 1
    return x * 2


class Holder:
    def __init__(self, value):
        self.value = value


class Keeping(Function):
    """Its backward reads numbers that a loop has made, which in a trace are not those of any argument."""

    def forward(self, x):
        self.saved = np.array([float(a) for a in x])
        return self.saved**2

    def backward(self, gy):
        return gy * 2 * self.saved


def alternating(factor):
    numbers = itertools.cycle([np.full(5, 0.1), np.full(5, 0.1) * factor])
    return lambda x: x * next(numbers)


def test_constants_may_be_rounded_in_two_ways():
    found = trace(alternating(1 + 2.0**-52), (X,))
    np.testing.assert_allclose(found.replay(X), 0.1 * X, rtol=1e-15)


REFUSED = {
    "two numbers in turn": (alternating(1 + 1e-12), "mul.* takes float64 array of shape .5,., which differs"),
    "numbers kept by a Function": (lambda x: gradients(F.sum(Keeping()(x)), x), "mul takes .*differs from run to run"),
    "float": (lambda x: x * float(F.sum(x)), "test_trace.py:.*dezero.functions.where"),
    "if": (lambda x: x if F.sum(x) > 0 else -x, "bool"),
    "item": (lambda x: x * x[0].item(), "item"),
    "mask as index": (lambda x: x[x.data > 0.5], "test_trace.py"),
    "numpy.random": (lambda x: x * np.random.rand(5), "mul takes float64 array of shape .5,., which differs"),
    "random": (lambda x: x * random.random(), "mul takes number"),
    "clock": (lambda x: x + time.perf_counter_ns(), "add takes number"),
    "counter": (counting, "mul takes number .*differs from run to run"),
    "changed array": (changing, "changed in place after an operation took it"),
    "argument in place": (overwriting, "array 0 of its arguments in place"),
    "object returned": (Holder, "returns a Holder"),
    "sparse derivatives": (dezero.sparse_hessian(rosenbrock), "asarray|numbers"),
    "rows that mix": (dezero.derivative(lambda x: F.cumsum(x)), "mixes rows|depends on several"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_program_cannot_hold_is_refused(name):
    f, message = REFUSED[name]
    with pytest.raises((ConcretizationError, ValueError), match=message):
        trace(f, (Variable(X),))


def test_a_static_argument_stays_what_it_is():
    def f(x, n, flag=False):
        return x**n if flag else F.where(n > x, x, n)

    assert trace(f, (Variable(X), 3), {"flag": True}, static=(1, "flag")).arguments != (
        trace(f, (Variable(X), 4), {"flag": True}, static=(1, "flag")).arguments
    )
    array = np.ones(5)
    found = trace(f, (Variable(X), array), static=(1,))
    assert len(found.types) == 1
    inputs = [X, *[source.read() for source in found.captured]]
    np.testing.assert_array_equal(found.program.run(lambda op, *a: op.value(*a), inputs)[0], X)


def test_an_error_of_the_users_is_the_one_that_the_function_raises():
    with pytest.raises(ValueError, match=r"add: the shapes of .*\(5,\).*\(4,\).* do not broadcast"):
        trace(lambda x: x + np.ones(4), (Variable(X),))
    with pytest.raises(KeyError):
        trace(lambda x: {}["missing"], (Variable(X),))


@pytest.mark.parametrize(
    "f", [dezero.derivative(expsin, 10), dezero.grad(lambda x: F.sum(expsin(x))), lambda x: dezero.taylor(expsin, x, 6)]
)
def test_a_trace_of_a_million_elements_makes_no_arrays_of_them(f):
    import tracemalloc

    x = np.zeros(10**6)
    trace(f, (np.zeros(10),))
    tracemalloc.start()
    try:
        found = trace(f, (x,))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < x.nbytes / 2
    assert found.types[0].shape == x.shape
