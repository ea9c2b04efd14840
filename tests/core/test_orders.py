"""The n-th derivative by repeated backward(create_graph=True): right to order 20, and cheap to order 30."""

import functools
import math

import mpmath
import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients

ORDERS = 20


class Exact:
    """The operations at 60 digits, under dezero's names."""

    exp, log, sqrt, sin, cos, tan, tanh = (
        getattr(mpmath, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh")
    )
    abs = staticmethod(abs)
    maximum, minimum = staticmethod(max), staticmethod(min)

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + mpmath.exp(-x))

    @staticmethod
    def relu(x):
        return max(x, mpmath.mpf(0))


# name: function of (operations, x), the points, and nodes allowed in the graph of the 20th derivative
FUNCTIONS = {
    "tanh": (lambda m, x: m.tanh(x), (-0.8, 0.3, 1.1), 150),
    "sin": (lambda m, x: m.sin(x), (-0.8, 0.3, 2.5), 5),
    "cos": (lambda m, x: m.cos(x), (-0.8, 0.3, 2.5), 5),
    "exp sin": (lambda m, x: m.exp(m.sin(x)), (-0.8, 0.5, 2.5), 80),
    "1/(1+x²)": (lambda m, x: 1 / (1 + x**2), (-0.8, 0.5, 1.1), 80),
    "1/(1+x·x)": (lambda m, x: 1 / (1 + x * x), (-0.8, 0.5, 2.5), 80),
    "sigmoid": (lambda m, x: m.sigmoid(x), (-0.8, 0.5, 1.1), 170),
    "1/(1+exp(-x))": (lambda m, x: 1 / (1 + m.exp(-x)), (-0.8, 0.5, 1.1), 80),
    "log(2+cos x)": (lambda m, x: m.log(2 + m.cos(x)), (-0.8, 0.5, 2.5), 100),
    "sqrt(1+x·x)": (lambda m, x: m.sqrt(1 + x * x), (-0.8, 0.4, 1.1), 160),
    "x**x": (lambda m, x: x**x, (0.3, 1.1, 2.5), 1500),
    "x**2.5": (lambda m, x: x**2.5, (0.3, 1.1, 2.5), 5),
    "x**-1.5": (lambda m, x: x**-1.5, (0.3, 1.1, 2.5), 5),
    "(1+x)**35": (lambda m, x: (1 + x) ** 35, (-0.8, 0.3, 1.1), 5),
    "sin x/(1+x·x)": (lambda m, x: m.sin(x) / (1 + x * x), (-0.8, 0.5, 1.1), 80),
    "tan": (lambda m, x: m.tan(x), (-0.8, 0.3, 1.1), 150),
    "Rosenbrock of tanh": (
        lambda m, x: 100 * (m.tanh(x) - x**2) ** 2 + (1 - x) ** 2,
        (-0.8, 0.5, 0.7),
        170,
    ),
    "2**x": (lambda m, x: 2**x, (-0.8, 0.3, 2.5), 5),
    "exp(-x·x)": (lambda m, x: m.exp(-x * x), (-0.8, 0.5, 2.5), 60),
    "log": (lambda m, x: m.log(x), (0.3, 1.1, 2.5), 30),
    "log(1+exp x)": (lambda m, x: m.log(1 + m.exp(x)), (-0.8, 0.5, 1.1), 80),
    "tanh tanh": (lambda m, x: m.tanh(m.tanh(x)), (-0.8, 0.3, 0.7), 600),
    "sin³": (lambda m, x: m.sin(x) ** 3, (-0.8, 0.3, 2.5), 20),
    "|x| sin x": (lambda m, x: m.abs(x) * m.sin(x), (-0.8, 0.3, 2.5), 15),
    "relu x exp x": (lambda m, x: m.relu(x) * m.exp(x), (-0.8, 0.3, 2.5), 15),
    "maximum": (lambda m, x: m.maximum(m.sin(x), x - 5) * m.tanh(x), (-0.8, 0.3, 0.7), 200),
    "minimum": (lambda m, x: m.minimum(x * x, 9) * m.exp(x), (-0.8, 0.3, 2.5), 40),
}


@functools.cache
def exact(name, point):
    """Derivatives of orders 0 to ORDERS at 60 digits."""
    with mpmath.workdps(60):
        f = FUNCTIONS[name][0]
        series = mpmath.taylor(lambda x: f(Exact, x), mpmath.mpf(point), ORDERS)
        return [c * math.factorial(k) for k, c in enumerate(series)]


def by_backward(f, x, orders=ORDERS):
    """Derivatives of orders 1 to `orders`, each by backward from the one before."""
    x.cleargrad()
    y, found = f(F, x), []
    for _ in range(orders):
        y.backward(create_graph=True)
        y = x.grad
        x.cleargrad()
        found.append(y)
    return found


def count_nodes(variable):
    found, waiting = {id(variable)}, [variable]
    while waiting:
        creator = waiting.pop().creator
        for a in () if creator is None else creator.args:
            if isinstance(a, Variable) and id(a) not in found:
                found.add(id(a))
                waiting.append(a)
    return len(found)


def assert_close(found, name, point, rtol=1e-11):
    for k, (y, r) in enumerate(zip(found, exact(name, point)[1:], strict=True), 1):
        assert abs(float(y) - float(r)) <= rtol * abs(float(r)), (k, float(y), float(r))


@pytest.mark.parametrize(("name", "point"), [(name, p) for name, (_, points, _) in FUNCTIONS.items() for p in points])
def test_twenty_orders_against_sixty_digits(name, point):
    found = by_backward(FUNCTIONS[name][0], Variable(np.array(point)))
    assert_close(found, name, point)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nodes_at_order_twenty(name):
    f, points, most = FUNCTIONS[name]
    assert count_nodes(by_backward(f, Variable(np.array(points[1])))[-1]) <= most


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nodes_grow_as_a_polynomial(name):
    """Reverse over reverse grows as 2.9^n, which would be an exponent of 20 here."""
    f, points, _ = FUNCTIONS[name]
    found = by_backward(f, Variable(np.array(points[1])), 30)
    orders = np.array([10, 15, 20, 25, 30])
    nodes = np.array([count_nodes(found[n - 1]) for n in orders])
    assert np.polyfit(np.log(orders), np.log(nodes), 1)[0] < 3.5
    assert (nodes[1:] / nodes[:-1] < (orders[1:] / orders[:-1]) ** 3.5).all()  # no bend upwards at the end


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_gives_what_backward_gives(name):
    f, points, _ = FUNCTIONS[name]
    x = Variable(np.array(points[1]))
    y, found = f(F, x), []
    for _ in range(ORDERS):
        (y,) = gradients(y, x, create_graph=True)
        found.append(y)
    assert x.grad is None
    assert_close(found, name, points[1])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_that_accumulate(name):
    """Without cleargrad each backward adds a derivative to what is there: the n-th .grad is (1 + D)^(n-1) D y."""
    f, points, _ = FUNCTIONS[name]
    x = Variable(np.array(points[1]))
    y, derivatives = f(F, x), [float(d) for d in exact(name, points[1])]
    for n in range(1, 13):
        y.backward(create_graph=True)
        y = x.grad
        terms = [math.comb(n - 1, j) * derivatives[j + 1] for j in range(n)]
        assert abs(float(y) - math.fsum(terms)) <= 1e-11 * sum(map(abs, terms)), n


@pytest.mark.parametrize("shape", [(5,), (5, 1), (1, 5)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays_give_what_their_elements_give(name, shape):
    f, (first, *_, last), _ = FUNCTIONS[name]
    points = np.linspace(abs(first), last, 5)
    arrays = by_backward(f, Variable(points.reshape(shape)))
    for i, point in enumerate(points):
        numbers = by_backward(f, Variable(np.array(point)))
        for k, (whole, one) in enumerate(zip(arrays, numbers, strict=True), 1):
            assert whole.shape == shape
            # numpy's functions of arrays differ from those of numbers in the last digits, which high orders magnify
            assert whole.data.ravel()[i] == pytest.approx(float(one), rel=1e-9, abs=1e-12 * math.factorial(k))


@pytest.mark.parametrize("shape", [(), (2,), (2, 1), (1, 1)])
def test_past_the_degree_of_a_polynomial_all_derivatives_are_zero(shape):
    x = Variable(np.full(shape, 2.0))
    for f in (lambda x: x**3, lambda x: x * x * x, lambda x: 2 * x - x * (1 - x) * x, lambda x: F.sum(x**2) * 1):
        found = by_backward(lambda m, x, f=f: f(x), x, 7)
        assert [y.shape for y in found] == [shape] * 7
        assert not any(y.data.any() for y in found[3:])


def test_orders_in_single_precision_stay_single():
    for f, points, _ in FUNCTIONS.values():
        x = Variable(np.array([points[1]], np.float32))
        for y, r in zip(by_backward(f, x, 6), by_backward(f, Variable(np.array([points[1]])), 6), strict=True):
            assert y.dtype == np.float32
            assert y.data == pytest.approx(r.data, rel=1e-3)
