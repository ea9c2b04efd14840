"""jet, taylor and Variable.jet: conventions, shapes, nesting and errors."""

import math
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

import dezero.functions as F
from dezero import Variable, gradients, jet, no_grad, taylor


def var(x):
    return Variable(np.array(x))


def numbers(terms):
    return [float(t) for t in terms]


# -- conventions -----------------------------------------------------------------------------------------------


def test_derivatives_along_a_curve_by_faa_di_bruno():
    y, (first, second, third) = jet(F.exp, (0.0,), ((1.0, 2.0, 3.0),))
    assert numbers([y, first, second, third]) == pytest.approx([1, 1, 2 + 1, 3 + 3 * 2 + 1])


def test_taylor_coefficients_are_derivatives_over_factorials():
    y, terms = jet(F.exp, (0.0,), ((1.0, 2.0 / 2, 3.0 / 6),), factorial_scaled=False)
    assert numbers([y, *terms]) == pytest.approx([1, 1, 3 / 2, 10 / 6])


def test_several_primals_and_shorter_series():
    y, terms = jet(lambda a, b: a * b, (0.5, 2.0), ((1.0,), (0.0, 1.0, 0)))
    assert numbers([y, *terms]) == pytest.approx([1, 2, 0.5, 3])
    assert numbers(jet(lambda a, b: a * b, (3.0, 4.0), ((1.0,), ()))[1]) == [4]
    assert jet(F.exp, (0.0,), ((),))[1] == []


def test_a_series_may_be_an_array():
    assert numbers(jet(F.exp, (0.0,), (np.array([1.0, 2.0]),))[1]) == [1, 3]


def test_terms_broadcast_to_their_primal():
    y, (first,) = jet(F.exp, (np.zeros((2, 3)),), ((np.array([1.0, 2.0, 3.0]),),))
    assert_allclose(first.data, [[1, 2, 3]] * 2)
    assert y.shape == (2, 3)
    assert jet(F.exp, (np.zeros((2, 3)),), ((1.0,),))[1][0].shape == (2, 3)


class Pair(NamedTuple):
    a: Variable
    b: Variable


@pytest.mark.parametrize("kind", [lambda a, b: (a, b), lambda a, b: [a, b], Pair])
def test_results_keep_the_functions_structure(kind):
    value, terms = jet(lambda x: kind(F.sin(x), F.cos(x)), (0.5,), ((1.0, 0.0),))
    s, c = math.sin(0.5), math.cos(0.5)
    assert type(value) is type(terms) is type(kind(1, 2))
    assert numbers(value) == pytest.approx([s, c])
    assert numbers(terms[0]) == pytest.approx([c, -s])
    assert numbers(terms[1]) == pytest.approx([-s, -c])


def test_integers_are_numbers():
    assert numbers(taylor(lambda x: x**3, 2, 4)) == [8, 12, 6, 1, 0]
    assert_allclose([c.data for c in taylor(lambda x: x**3, np.array([1, 2]), 2)], [[1, 8], [3, 12], [3, 6]])
    x = var(2)
    assert numbers((x**3).jet(x, 4)) == [8, 12, 12, 6, 0]
    assert numbers((1 / x).jet(x, 2, direction=0.5)) == [0.5, -0.125, 0.0625]


def test_float32_stays_float32():
    x = Variable(np.array([0.5, 1.0], np.float32))
    for found in ((F.exp(x) * x).jet(x, 4), taylor(lambda x: F.exp(x) / (1 + x * x), x.data, 30)):
        assert {c.dtype for c in found} == {np.dtype(np.float32)}
    directed = F.exp(x).jet(x, 3, direction=np.array([2.0, 3.0]))
    assert {c.dtype for c in directed} == {np.dtype(np.float32)}


def test_complex_directions():
    x = var(1.0)
    assert_allclose([c.item() for c in F.exp(x).jet(x, 3, direction=1j)], np.e * 1j ** np.arange(4))
    assert_allclose([c.item() for c in taylor(F.exp, 1j, 3)], np.exp(1j) / np.array([1, 1, 2, 6]))


def test_variables_method_goes_along_a_direction():
    x = var([1.0, 2.0])
    y = F.sum(x**3)
    v = np.array([1.0, -2.0])
    expected = [9, 3 * (1 - 8), 6 * (1 + 8), 6 * (1 - 8), 0]
    assert_allclose(numbers(y.jet(x, 4, direction=v)), expected)
    assert numbers(y.jet(x, 0)) == [9]
    a = x * x  # an intermediate
    assert_allclose(F.sin(a).jet(a, 1)[1].data, np.cos(a.data))


# -- what can be differentiated --------------------------------------------------------------------------------


def test_recorded_where_an_argument_is_a_variable():
    x = var(0.5)
    assert float(gradients(jet(F.sin, (x,), ((1.0,),))[1][0], x)[0]) == pytest.approx(-math.sin(0.5))
    assert jet(F.sin, (x,), ((1.0,),), create_graph=False)[1][0].creator is None
    assert jet(F.sin, (0.5,), ((1.0,),))[1][0].creator is None
    v = var(2.0)
    assert float(gradients(jet(F.sin, (0.5,), ((v, 0.0),))[1][1], v)[0]) == pytest.approx(-4 * math.sin(0.5))
    assert float(gradients(taylor(F.sin, x, 2)[2], x)[0]) == pytest.approx(-math.cos(0.5) / 2)


def test_nested_jets():
    def slope(x):
        return jet(F.sin, (x,), ((1.0,),))[1][0]

    y, terms = jet(slope, (0.5,), ((1.0, 0.0, 0.0),))
    s, c = math.sin(0.5), math.cos(0.5)
    assert numbers([y, *terms]) == pytest.approx([c, -s, -c, s])


def test_no_perturbation_confusion():
    y, (first,) = jet(lambda x: x * jet(lambda y: x + y, (1.0,), ((1.0,),))[1][0], (2.0,), ((1.0,),))
    assert numbers([y, first]) == [2, 1]


def test_a_jet_of_a_gradient():
    y, terms = jet(lambda x: gradients(F.sin(x) * x, x, create_graph=True)[0], (0.5,), ((1.0, 0.0),))
    with mpmath.workdps(30):
        expected = [float(mpmath.diff(lambda x: mpmath.sin(x) * x, 0.5, k)) for k in (1, 2, 3)]
    assert numbers([y, *terms]) == pytest.approx(expected)


def test_under_no_grad_the_function_is_still_followed():
    with no_grad():
        y, terms = jet(F.exp, (var(1.0),), ((1.0, 0.0),), create_graph=False)
    assert numbers([y, *terms]) == pytest.approx([math.e] * 3)


# -- high orders -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "exact"),
    [
        (F.tanh, mpmath.tanh),
        (lambda x: F.exp(F.sin(x)) * x, lambda x: mpmath.exp(mpmath.sin(x)) * x),
        (lambda x: 1 / (1 + x * x), lambda x: 1 / (1 + x * x)),
    ],
    ids=["tanh", "exp(sin x) x", "1/(1+x^2)"],
)
@pytest.mark.parametrize("recorded", [False, True])
def test_order_20_against_mpmath(f, exact, recorded):
    point = 0.5
    with mpmath.workdps(60):
        expected = [float(c) for c in mpmath.taylor(exact, mpmath.mpf(point), 20)]
    assert_allclose(numbers(taylor(f, point, 20, create_graph=recorded)), expected, rtol=1e-10)


def test_factorials_beyond_the_dtype_are_refused():
    x, narrow = var(0.0), Variable(np.array(0.0, np.float32))
    assert float(F.exp(x).jet(x, 170)[170]) == pytest.approx(1)
    with pytest.raises(OverflowError, match=r"jet: 171! is beyond float64; ask for Taylor coefficients"):
        F.exp(x).jet(x, 171)
    with pytest.raises(OverflowError, match=r"jet: 35! is beyond float32"):
        F.exp(narrow).jet(narrow, 35)
    with pytest.raises(OverflowError, match=r"jet: 171! is beyond float64"):
        jet(F.exp, (0.0,), ([1.0] + [0.0] * 170,))
    assert float(taylor(lambda x: 1 / (1 - x), 0.0, 300)[300]) == 1


# -- errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: jet(F.exp, 1.0, ((1.0,),)), TypeError, "primals and series are a float and a tuple; give tuples"),
        (lambda: jet(F.exp, (1.0,), 1.0), TypeError, "primals and series are a tuple and a float; give tuples"),
        (lambda: jet(F.exp, (1.0,), (1.0,)), TypeError, r"series 0 is number 1\.0; give a tuple of terms"),
        (lambda: jet(F.exp, (1.0,), (np.array(1.0),)), TypeError, "series 0 is .*; give a tuple of terms"),
        (lambda: jet(F.exp, (1.0,), ((1.0,), ())), ValueError, "1 primals and 2 series; give one series for each"),
        (lambda: jet(F.exp, ("a",), ((1.0,),)), TypeError, "str is not a Variable, array or number"),
        (lambda: jet(F.exp, (1.0,), (("a",),)), TypeError, "str is not a Variable, array or number"),
        (lambda: jet(F.exp, (1.0,), ((np.array("a"),),)), TypeError, "arrays of dtype <U1 are not supported"),
        (
            lambda: jet(F.exp, (np.zeros(3),), ((np.ones((2, 3)),),)),
            ValueError,
            r"term 1 of a series has shape \(2, 3\), which does not broadcast to x's shape \(3,\)",
        ),
        (lambda: jet(lambda x: 3.0, (1.0,), ((1.0,),)), TypeError, r"the function returned number 3\.0"),
        (lambda: jet(lambda x: (x, 3.0), (1.0,), ((1.0,),)), TypeError, r"the function returned number 3\.0"),
        (lambda: F.exp(var(1.0)).jet(0.5, 2), TypeError, r"x is number 0\.5; give the Variable that moves"),
        (lambda: Variable(None).jet(var(1.0), 2), TypeError, "holds no data"),
        (lambda: var(1.0).jet(Variable(None), 2), TypeError, "holds no data"),
        (lambda: var(1.0).jet(var(1.0), -1), ValueError, "order is -1; give 0 or more"),
        (lambda: var(1.0).jet(var(1.0), 2.0), TypeError, r"order is number 2\.0; give a whole number"),
        (lambda: var(1.0).jet(var(1.0), True), TypeError, "order is number True; give a whole number"),
        (lambda: var(1.0).jet(var(1.0), 1, "a"), TypeError, "str is not a Variable, array or number"),
        (
            lambda: var(1.0).jet(var(1.0), 1, np.ones(2)),
            ValueError,
            r"direction has shape \(2,\), which does not broadcast to x's shape \(\)",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(("order", "error"), [(-1, ValueError), (1.0, TypeError), (False, TypeError)])
def test_taylor_names_itself(order, error):
    with pytest.raises(error, match="taylor: order is"):
        taylor(F.exp, 0.0, order)


def test_a_series_of_variables_that_carry_a_graph():
    """A jet inside of a function that is differentiated: along (x^2, x) exp has x e^x + x^4 e^x as its second."""
    x = var([0.3, -0.8])
    _, (_, second) = jet(F.exp, (x * 1.0,), ((x**2, x),))
    (slope,) = gradients(F.sum(second), x)
    e, v = np.exp(x.data), x.data
    assert_allclose(second.data, e * (v + v**4), rtol=1e-14)
    assert_allclose(slope.data, e * (1 + v + 4 * v**3 + v**4), rtol=1e-14)
