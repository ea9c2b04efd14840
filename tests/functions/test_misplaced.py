"""A Variable or array in the place of an axis, a flag or another plain argument is no silent constant."""

import inspect

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients

A, B = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, 1.5], [2.5, 3.5]])

TOGETHER = {  # joined or compared like this nowhere but by habit, and what the message says to write
    **{name: rf"{name}\(\(a, b\)\)" for name in ("concatenate", "stack", "hstack", "vstack", "dstack", "column_stack")},
    "block": r"block\(\(a, b\)\)",
    "max": r"maximum\(a, b\)",
    "amax": r"maximum\(a, b\)",
    "min": r"minimum\(a, b\)",
    "sum": r"add\(a, b\)",
    "prod": r"mul\(a, b\)",
}


@pytest.mark.parametrize("other", [Variable(B), B, Variable(np.array(0)), Variable(np.array(1.0))], ids=repr)
@pytest.mark.parametrize("name", TOGETHER)
def test_two_arrays_in_place_of_a_sequence(name, other):
    with pytest.raises(TypeError, match=TOGETHER[name]):
        getattr(F, name)(Variable(A), other)


def second_is_an_axis():
    for name in dir(F):
        try:
            parameters = list(inspect.signature(getattr(F, name)).parameters.values())
        except ValueError:
            continue
        if (
            len(parameters) > 1 and parameters[1].name in ("axis", "axes", "n", "decimals", "ord")
        ) or name == "lambertw":
            yield name


@pytest.mark.parametrize("other", [Variable(B), Variable(np.array(0)), Variable(np.array(1.0))], ids=repr)
@pytest.mark.parametrize("name", list(second_is_an_axis()))
def test_a_variable_for_an_axis(name, other):
    with pytest.raises(TypeError, match=r"is a Variable or array|n is .* array|integer, got .* array"):
        getattr(F, name)(Variable(A), other)


FLAGS = {
    "sum": lambda v: F.sum(A, 0, v),
    "mean": lambda v: F.mean(Variable(A), 0, v),
    "max": lambda v: F.max(Variable(A), 0, v),
    "prod": lambda v: F.prod(Variable(A), 0, v),
    "median": lambda v: F.median(Variable(A), 0, v),
    "logsumexp": lambda v: F.logsumexp(Variable(A), 0, v),
    "norm": lambda v: F.norm(Variable(A), keepdims=v),
    "var": lambda v: F.var(Variable(A), keepdims=v),
    "angle": lambda v: F.angle(Variable(A), v),
    "attention causal": lambda v: F.scaled_dot_product_attention(A, A, A, causal=v),
}


@pytest.mark.parametrize("name", FLAGS)
def test_a_variable_or_array_for_a_flag(name):
    for value in (Variable(B), Variable(np.array(1.0)), B):
        with pytest.raises(
            TypeError, match=r"is a Variable or array \(.*\); (give \w+ as a plain value|for a second array use)"
        ):
            FLAGS[name](value)
    for value in (True, False, 1, 0, np.bool(True)):
        FLAGS[name](value)


NUMBERS = {  # these were constants of the derivative without a word
    "celu": lambda v: F.celu(Variable(-A), v),
    "elu": lambda v: F.elu(Variable(-A), v),
    "leaky_relu": lambda v: F.leaky_relu(Variable(-A), v),
    "hardtanh": lambda v: F.hardtanh(Variable(A), -1.0, v),
    "hardshrink": lambda v: F.hardshrink(Variable(A), v),
    "softshrink": lambda v: F.softshrink(Variable(A), v),
    "layer_norm": lambda v: F.layer_norm(Variable(A), eps=v),
    "instance_norm": lambda v: F.instance_norm(Variable(A[None]), eps=v),
    "group_norm": lambda v: F.group_norm(Variable(A), 1, eps=v),
    "batch_norm": lambda v: F.batch_norm(Variable(A), *[np.ones(2) for _ in range(4)], eps=v),
    "norm": lambda v: F.norm(Variable(A), v),
    "std": lambda v: F.std(Variable(A), ddof=v),
    "interp": lambda v: F.interp(Variable(A), np.array([0.0, 0.2]), B[0], period=v),
    "attention": lambda v: F.scaled_dot_product_attention(A, A, A, scale=v),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_in_which_there_is_no_derivative(name):
    with pytest.raises(TypeError, match=r"is a Variable.*v\.item\(\)"):
        NUMBERS[name](Variable(np.array(0.5)))
    NUMBERS[name](0.5 if name != "norm" else 1)


def test_parameters_that_have_a_derivative_keep_it():
    beta = Variable(np.array(1.5))
    (g,) = gradients(F.sum(F.softplus(Variable(A), beta)), beta)
    h = 1e-6
    slope = (F.sum(F.softplus(A, 1.5 + h)) - F.sum(F.softplus(A, 1.5 - h))) / (2 * h)
    assert g.data == pytest.approx(slope.data, rel=1e-6)
