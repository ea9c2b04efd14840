"""Transforms of transforms: any order of nesting, closures over outer arguments, graphs of any length."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero
import dezero.functions as F
from dezero import Variable, gradients
from dezero.derivatives.jacobians import jacfwd, jacobian, jacrev
from dezero.derivatives.transforms import derivative, grad, jvp, linearize, value_and_grad, vjp

FIRST = {
    "grad": grad,
    "derivative": derivative,
    "jacfwd": jacfwd,
    "jacrev": jacrev,
    "jacobian": jacobian,
    "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: vjp(f, x)[1](1.0)[0],
    "linearize": lambda f: lambda x: linearize(f, x)[1](1.0),
    "value_and_grad": lambda f: lambda x: value_and_grad(f)(x)[1],
    "jet": lambda f: lambda x: dezero.jet(f, (x,), ((1.0,),))[1][0],
}


@given(st.lists(st.sampled_from(sorted(FIRST)), min_size=1, max_size=5), st.booleans())
def test_transforms_nest_in_any_order(names, variable):
    f = F.tanh
    for name in names:
        f = FIRST[name](f)
    x = Variable(np.array(0.3)) if variable else 0.3
    with mpmath.workdps(30):
        right = float(mpmath.diff(mpmath.tanh, 0.3, len(names)))
    assert float(f(x)) == pytest.approx(right, rel=1e-11)


CLOSED_OVER = sorted(FIRST.keys() - {"jet"})  # jet sees Variables among its arguments alone


@pytest.mark.parametrize("x", [3.0, np.array(3.0), Variable(np.array(3.0))], ids=["number", "array", "Variable"])
@pytest.mark.parametrize("outer", CLOSED_OVER)
@pytest.mark.parametrize("inner", CLOSED_OVER)
def test_perturbations_are_not_confused(outer, inner, x):
    outer, inner = FIRST[outer], FIRST[inner]
    assert float(outer(lambda x: x * inner(lambda y: x + y)(1.0))(x)) == 1.0
    assert float(outer(lambda x: x * inner(lambda y: x + y)(x))(x)) == 1.0
    assert float(outer(lambda x: x * inner(lambda y: x * y)(2.0))(x)) == 6.0
    assert float(outer(lambda x: x * inner(lambda y: x * y * y)(x))(x)) == pytest.approx(54.0, rel=1e-15)
    three = outer(lambda x: inner(lambda y: y * outer(lambda z: z * z * y * x)(x))(x))  # d/dx (4 x^3)
    assert float(three(x)) == pytest.approx(108.0, rel=1e-15)
    found = outer(lambda x: inner(lambda y: F.sin(x * y))(2.0))(x)  # d/dx (x cos 2 x)
    assert float(found) == pytest.approx(math.cos(6) - 6 * math.sin(6), rel=1e-14)


def test_two_aliases_of_one_variable_stay_apart():
    """The innermost derivative leaves an alias of x behind, at the value of y's alias of x: they are not one."""

    def inner(x):
        return grad(lambda y: grad(lambda z: z**3 * y)(x) * y)(x)  # d/dy (3 x^2 y^2) = 6 x^2 y, at y = x

    for x in (2.0, Variable(np.array(2.0))):
        assert float(inner(x)) == 48.0
        assert float(grad(inner)(x)) == pytest.approx(72.0, rel=1e-15)
        assert float(grad(grad(inner))(x)) == pytest.approx(72.0, rel=1e-15)


def test_what_an_ended_derivative_leaves_behind_is_no_part_of_another():
    """sin z, left by the derivative of cos, and sin y are at the same value of x, and only y moves."""

    def f(x):
        def of_y(y):
            left = grad(F.cos)(x)
            return grad(lambda w: w * left * F.sin(y))(1.0)

        return grad(of_y)(x)

    x = 0.7
    assert float(f(Variable(np.array(x)))) == pytest.approx(-math.sin(x) * math.cos(x), rel=1e-15)
    assert float(grad(f)(x)) == pytest.approx(-math.cos(2 * x), rel=1e-14)


def test_gradients_may_be_asked_for_inside():
    def f(x):
        inner = grad(lambda y: F.sin(x * y))(2.0)  # x cos 2 x
        return gradients(inner, x, create_graph=True)[0]

    right = -4 * math.sin(1) - 2 * math.cos(1)
    for x in (0.5, Variable(np.array(0.5))):
        assert float(grad(f)(x)) == pytest.approx(right, rel=1e-14)
        assert float(derivative(f)(x)) == pytest.approx(right, rel=1e-14)


def test_derivatives_of_derivatives_in_closures_reach_variables_outside():
    x, w = Variable(np.array(2.0)), Variable(np.array(3.0))
    y = grad(lambda t: w * t**3)(x)  # 3 w x^2
    y.backward()
    assert float(x.grad) == 36.0
    assert float(w.grad) == 12.0


def test_long_graphs_need_no_recursion():
    def f(x):
        for _ in range(20_000):
            x = x + 0.0
        return x * x

    assert float(grad(f)(3.0)) == 6.0
    assert float(derivative(f, 2)(3.0)) == 2.0
    assert float(jacfwd(f)(Variable(np.array(3.0)))) == 6.0
