"""Derivatives through integers, booleans and halves: nothing wraps around, and no number leaves its range."""

import itertools

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, Variable, gradients, using_config
from dezero.core.errors import UnsupportedOperation
from dezero.core.op import ELEMENTWISE, declared

IMAGE = np.array([200, 100, 3], np.uint8)
KINDS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bool", "float16"]
PROGRAMS = {  # linear in x, whose derivative combines plain arrays with numbers and with each other
    "times": lambda x, a: x * a * 3,
    "times large": lambda x, a: x * a * 100000,
    "complement": lambda x, a: 1 - x * a,
    "negated": lambda x, a: -(x * a),
    "sum": lambda x, a: x * a + x * a,
    "difference": lambda x, a: x * a - 3 * (x * a),
    "sum and constant": lambda x, a: x * a + x * 3,
    "product": lambda x, a: x * a * a * 7,
    "quotient": lambda x, a: x * a / 7,
    "mean": lambda x, a: F.mean(x * a * 3),
    "chain of sums": lambda x, a: (x * a + x * a) * a + x * a,
}


def largest(kind):
    """Numbers near the end of a dtype's range, and small ones."""
    if kind == "bool":
        return np.array([True, False, True])
    return np.array([6e4 if kind == "float16" else np.iinfo(kind).max, 3, 1], kind)


@pytest.mark.parametrize("wide", [np.float64, np.float32])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_plain_arrays_of_narrow_dtype(program, kind, wide):
    a = largest(kind)
    x = Variable(np.array([1.0, 2.0, 3.0], wide))
    exact = Variable(np.array([1.0, 2.0, 3.0]))
    (expected,) = gradients(F.sum(PROGRAMS[program](exact, a.astype(float))), exact)
    if wide is np.float32 and np.abs(expected.data).max() > np.finfo(wide).max:
        a = a[1:].repeat(2)[:3]  # without the number whose square float32 cannot hold
        (expected,) = gradients(F.sum(PROGRAMS[program](exact, a.astype(float))), exact)
    for create_graph in (True, False):
        (g,) = gradients(F.sum(PROGRAMS[program](x, a)), x, create_graph=create_graph)
        assert g.dtype == wide
        np.testing.assert_allclose(g.data, expected.data, rtol=1e-6 if wide is np.float32 else 1e-14)


@pytest.mark.parametrize("kind", KINDS[:8])
@pytest.mark.parametrize("program", PROGRAMS)
def test_variables_of_integers(program, kind):
    n, x = Variable(largest(kind)), Variable(np.array([1.0, 2.0, 3.0]))
    as_floats = Variable(n.data.astype(float))
    (expected,) = gradients(F.sum(PROGRAMS[program](x, as_floats)), x)
    for _ in range(2):
        (g,) = gradients(F.sum(PROGRAMS[program](x, n)), x, create_graph=True)
        np.testing.assert_allclose(g.data, expected.data, rtol=1e-14)


@pytest.mark.parametrize("create_graph", [False, True])
def test_values_that_wrapped_around_have_the_derivative_of_the_function(create_graph):
    x = Variable(np.array([1, 2], np.uint8))
    y = F.sum((x - 2) ** 2)
    y.backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, [-2, 0])
    (g,) = gradients(y, x, grad_outputs=np.array(3.0), create_graph=create_graph)
    np.testing.assert_array_equal(g.data, [-6, 0])
    w = Variable(np.array([0.5, 2.0]))
    (g,) = gradients(F.sum(F.sin((x - 2) * w)), x, create_graph=create_graph)
    np.testing.assert_allclose(g.data, np.cos([-0.5, 0.0]) * w.data)


def test_the_second_derivative_in_narrow_integers():
    x = Variable(np.array([1, 2], np.uint8))
    (g,) = gradients(F.sum((x - 2) ** 3), x, create_graph=True)
    np.testing.assert_array_equal(g.data, [3, 0])
    np.testing.assert_array_equal(gradients(g, x)[0].data, [-6, 0])


def test_what_cannot_be_computed_in_wider_integers_raises():
    x = Variable(np.array([1, 2], np.uint8))
    u = x - 2
    y = F.sum(u**2)
    with pytest.raises(GraphError, match=r"gradients: uint8 array of shape \(2,\) is computed in integers that wrap"):
        gradients(y, (x, u))
    with pytest.raises(GraphError, match="convert them to float64 or int64 first"):
        y.backward(retain_grad=True)
    narrowed = F.sum((F.astype(x * 1.5, np.uint8) - 7) * x)
    with pytest.raises(GraphError, match="convert them to float64 or int64 first"):
        narrowed.backward()
    assert x.grad is None


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("create_graph", [False, True])
def test_integer_arithmetic_within_its_range_has_a_derivative_beyond_it(create_graph, simplify):
    with using_config("simplify", simplify):
        x = Variable(np.array([2, 1], np.uint8))
        (g,) = gradients(F.sum(x**7), x, create_graph=create_graph)
        np.testing.assert_array_equal(g.data, [448, 7])


def test_images_of_bytes_are_no_arithmetic_in_bytes():
    x, w = Variable(IMAGE), Variable(np.array([0.5, 1.0, 2.0]))
    loss = F.sum((F.reshape(x, (1, 3)) * w) ** 2)
    loss.backward()
    np.testing.assert_allclose(w.grad.data, 2 * IMAGE.astype(float) ** 2 * w.data)
    np.testing.assert_allclose(x.grad.data, 2 * IMAGE.astype(float) * w.data**2)


SCALED = [5e-9, 1e-5, 1.0, 3.0, 1e5, 1e20]


@pytest.mark.parametrize("x", [1e-5, 1e-2, 1.0, 1e4])
@pytest.mark.parametrize("inner", SCALED)
@pytest.mark.parametrize("outer", SCALED)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_numbers_leave_no_range_that_the_rules_keep(outer, inner, x, kind):
    def orders(simplify):
        with using_config("simplify", simplify), np.errstate(all="ignore"):
            v = Variable(np.array(x, kind))
            y, found = outer * (inner / v), []
            for _ in range(4):
                (y,) = gradients(y, v, create_graph=True)
                found.append(y.item())
            return np.array(found)

    by_rules, rewritten = orders(False), orders(True)
    exact = np.array([outer * inner * c / x ** (k + 2) for k, c in enumerate([-1.0, 2.0, -6.0, 24.0])])
    held = np.isclose(by_rules, exact, rtol=1e-4, atol=0)  # what the rules themselves keep within the range
    np.testing.assert_allclose(rewritten[held], exact[held], rtol=1e-4 if kind is np.float32 else 1e-12)


def test_an_overflow_that_the_rules_avoid_does_not_warn():
    x = Variable(np.array(1e-5, np.float32))
    y = 5e-9 * (1e20 / x)
    for _ in range(2):
        z = y
        for _ in range(3):
            (z,) = gradients(z, x, create_graph=True)
        assert z.item() == pytest.approx(-3e32, rel=1e-5)


def two_argument_operations():
    for name in dir(F):
        getattr(F, name)  # loads its family, which declares it
    return sorted(
        name
        for name, op in declared.items()
        if op.kind == ELEMENTWISE and hasattr(op.rules, "__len__") and len(op.rules) == 2 and hasattr(F, name)
    )


@pytest.mark.parametrize("kind", [*KINDS, "float32"])
def test_a_narrow_argument_beside_float64_loses_no_digits(kind):
    narrow = np.array([3, 1, 2]).astype(kind)
    wrong = []
    for name in two_argument_operations():
        for place, wrapped, create_graph in itertools.product((0, 1), (False, True), (False, True)):

            def found(other, name=name, place=place, create_graph=create_graph):
                x = Variable(np.array([0.3, 0.6, 0.9]))
                args = (x, other) if place == 0 else (other, x)
                with np.errstate(all="ignore"):
                    return gradients(F.sum(getattr(F, name)(*args)), x, create_graph=create_graph)[0].data

            try:
                expected = found(narrow.astype(float))
            except UnsupportedOperation:
                continue
            if not np.allclose(found(Variable(narrow) if wrapped else narrow), expected, rtol=1e-13, equal_nan=True):
                wrong.append((name, place, wrapped, create_graph))
    assert not wrong
