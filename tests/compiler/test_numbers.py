"""Python numbers among the arguments of compiled functions, and the dtypes of numbers without a value."""

import math

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import ConcretizationError, Variable, compile
from dezero.testing.problem import data

X = np.linspace(0.1, 1, 5)
FLOATS = (0.7, 1.3, 2.0, -1.5, 0.0)

INPUTS = {
    "times": lambda x, r: x * r,
    "expression": lambda x, r: r - x * (2 * r + 1) / (r - 7),
    "negative": lambda x, r: -r * x,
    "maximum": F.maximum,
    "where": lambda x, r: F.where(x.data > 0.5, x, r),
    "power": lambda x, r: (x + 2) ** r,
    "base": lambda x, r: (r + 3) ** x,
    "sine": lambda x, r: F.sin(r) * x,
    "parameter": lambda x, r: F.leaky_relu(x - 0.5, r),
    "bounds": lambda x, r: F.clip(x, r, r + 1),
    "stack": lambda x, r: F.stack([x[0], r]),
    "update": lambda x, r: F.index_update(x, 1, r),
    "plain": lambda x, r: x.data * r,
    "gradient": lambda x, r: dezero.gradients(F.sum(F.sin(x * r)), x)[0],
    "gradient of a power": lambda x, r: dezero.grad(lambda z: F.sum((z + 2) ** r))(x),
    "remainder": lambda x, r: x % (r + 0.3),
    "whole numbers": lambda x, r: (x.data > 0.5).astype(int) * r,
}
BY_VALUE = {
    "math": lambda x, r: x * math.sin(r),
    "numpy": lambda x, r: x * np.exp(r),
    "choice": lambda x, r: x if r > 1 else -x,
    "equality": lambda x, r: x * (r == 2.0),
    "float": lambda x, r: x * float(r),
    "array": lambda x, r: x + np.array([r] * 5),
    "result": lambda x, r: (x * r, r),
    "text": lambda x, r: x * len(f"{r:.3f}"),
}


def assert_equal(found, expected):
    for a, b in zip(*[y if isinstance(y, tuple) else (y,) for y in (found, expected)], strict=True):
        assert type(a) is type(b)
        a, b = data(a), data(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_allclose(a, b, rtol=4e-6 if np.asarray(b).dtype == np.float32 else 1e-14)


@pytest.mark.filterwarnings("ignore:(invalid|divide)")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", INPUTS)
def test_a_python_float_is_an_input(name, dtype):
    f, x = INPUTS[name], Variable(X.astype(dtype))
    compiled = compile(f)
    for r in FLOATS:
        assert_equal(compiled(x, r), f(x, r))
    assert compiled.cache_info().misses == 1


@pytest.mark.parametrize("name", BY_VALUE)
def test_a_float_that_is_asked_for_its_value_is_compiled_for_each(name):
    f, x = BY_VALUE[name], Variable(X)
    compiled = compile(f)
    for r in (*FLOATS, *FLOATS):
        assert_equal(compiled(x, r), f(x, r))
    assert compiled.cache_info().misses == len(FLOATS)


def test_floats_in_containers_and_by_name():
    def f(x, options, *, scale):
        return x * options["shift"] + scale[1]

    compiled = compile(f)
    for k in range(3):
        given = {"shift": 0.5 + k}
        assert_equal(compiled(Variable(X), given, scale=[1, 2.0 * k]), f(Variable(X), given, scale=[1, 2.0 * k]))
    assert compiled.cache_info().misses == 1


def test_a_static_float_is_part_of_the_program():
    compiled = compile(lambda x, r: x * r, static=1)
    for r in FLOATS:
        np.testing.assert_array_equal(compiled(X, r), X * r)
    assert compiled.cache_info().misses == len(FLOATS)


def test_an_error_of_the_function_is_the_one_that_it_raises():
    def f(x, r):
        raise ZeroDivisionError("none of ours")

    with pytest.raises(ZeroDivisionError, match="none of ours"):
        compile(f)(X, 0.5)
    with pytest.raises(ConcretizationError, match="bool"):
        compile(lambda x, r: x * r if x.sum() > 0 else x)(X, 0.5)


def test_a_number_that_outlives_its_trace_is_refused():
    kept = []
    compile(lambda x, r: (kept.append(r), x * r)[1])(X, 0.5)
    with pytest.raises(ConcretizationError, match="outside of it"):
        Variable(X) * kept[0]


NUMBERS = (np.float64(2), np.array(2.0), np.float32(2), np.int64(2), np.array(2), np.bool_(True))


@pytest.mark.parametrize("f", [INPUTS[k] for k in ("times", "maximum", "where", "power", "stack", "gradient")])
@pytest.mark.parametrize("r", NUMBERS, ids=lambda r: f"{type(r).__name__} {r.dtype}")
def test_numbers_of_numpy_take_dtypes_as_in_eager_code(f, r):
    for dtype in (np.float32, np.float64):
        x = Variable(X.astype(dtype))
        assert_equal(compile(f)(x, r), f(x, r))
