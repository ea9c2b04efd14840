"""NumPy's own functions on Variables: the same Variable as dezero.functions gives, or an error that names them."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import UnsupportedOperation, Variable, gradients

A = np.array([[0.3, 0.8, 0.5], [0.4, 0.2, 0.7]])
B = np.array([[0.6, 0.1, 0.9], [0.4, 0.5, 0.2]])
W = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
MASK = np.array([[True, False, True], [False, True, False]])


def a():
    return Variable(A.copy())


SAME = {  # NumPy's call, ours
    "sin": (np.sin, F.sin),
    "cos": (np.cos, F.cos),
    "tan": (np.tan, F.tan),
    "tanh": (np.tanh, F.tanh),
    "exp": (np.exp, F.exp),
    "log": (np.log, F.log),
    "sqrt": (np.sqrt, F.sqrt),
    "abs": (np.abs, F.abs),
    "sign": (np.sign, F.sign),
    "negative": (np.negative, F.neg),
    "positive": (np.positive, lambda v: v * 1),
    "add": (lambda v: np.add(v, B), lambda v: F.add(v, B)),
    "add left": (lambda v: np.add(B, v), lambda v: F.add(B, v)),
    "subtract": (lambda v: np.subtract(v, B), lambda v: F.sub(v, B)),
    "multiply": (lambda v: np.multiply(2, v), lambda v: F.mul(2, v)),
    "divide": (lambda v: np.divide(1, v), lambda v: F.div(1, v)),
    "power": (lambda v: np.power(v, 3), lambda v: F.pow(v, 3)),
    "maximum": (lambda v: np.maximum(v, B), lambda v: F.maximum(v, B)),
    "minimum": (lambda v: np.minimum(0.5, v), lambda v: F.minimum(0.5, v)),
    "sum": (np.sum, F.sum),
    "sum axis": (lambda v: np.sum(v, axis=0), lambda v: F.sum(v, 0)),
    "sum keepdims": (lambda v: np.sum(v, 1, keepdims=True), lambda v: F.sum(v, 1, True)),
    "sum a=": (lambda v: np.sum(a=v), F.sum),
    "mean": (lambda v: np.mean(v, axis=(0, 1)), F.mean),
    "matmul": (lambda v: np.matmul(v, W), lambda v: F.matmul(v, W)),
    "matmul left": (lambda v: np.matmul(W, v), lambda v: F.matmul(W, v)),
    "dot": (lambda v: np.dot(v, W), lambda v: F.dot(v, W)),
    "concatenate": (lambda v: np.concatenate([B, v], axis=1), lambda v: F.concatenate([B, v], 1)),
    "where": (lambda v: np.where(MASK, v, 0), lambda v: F.where(MASK, v, 0)),
    "reshape": (lambda v: np.reshape(v, (3, 2)), lambda v: F.reshape(v, (3, 2))),
    "reshape shape=": (lambda v: np.reshape(v, shape=-1), lambda v: F.reshape(v, -1)),
    "transpose": (np.transpose, F.transpose),
    "transpose axes": (lambda v: np.transpose(v, axes=(1, 0)), lambda v: F.transpose(v, (1, 0))),
    "broadcast_to": (lambda v: np.broadcast_to(v, (4, 2, 3)), lambda v: F.broadcast_to(v, (4, 2, 3))),
    "expand_dims": (lambda v: np.expand_dims(v, -1), lambda v: F.expand_dims(v, -1)),
    "ravel": (np.ravel, lambda v: F.reshape(v, -1)),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_value_and_gradient_as_ours(name):
    numpys, ours = SAME[name]
    v = a()
    y, z = numpys(v), ours(v)
    assert type(y) is Variable
    np.testing.assert_array_equal(y.data, z.data, strict=True)
    np.testing.assert_array_equal(y.data, numpys(A), strict=True)
    weight = np.cos(np.arange(y.size)).reshape(y.shape)
    g, h = (gradients(r, v, weight, unused="none")[0] for r in (y, z))
    np.testing.assert_array_equal(g.data, h.data)


REFUSED = {
    "nextafter": (lambda v: np.nextafter(v, 1.0), "numpy.nextafter", ()),
    "copyto": (lambda v: np.copyto(np.zeros((2, 3)), v), "numpy.copyto", ()),
    "reduce": (lambda v: np.add.reduce(v), "numpy.add.reduce", ()),
    "accumulate": (lambda v: np.multiply.accumulate(v), "numpy.multiply.accumulate", ()),
    "outer": (lambda v: np.subtract.outer(v, v), "numpy.subtract.outer", ()),
    "at": (lambda v: np.add.at(v, 0, 1.0), "numpy.add.at", ()),
    "out=": (lambda v: np.sin(v, out=np.zeros((2, 3))), "numpy.sin.*out=", ()),
    "out=variable": (lambda v: np.sin(A, out=v), "numpy.sin.*out=", ()),
    "where=": (lambda v: np.sin(v, where=MASK), "numpy.sin with where=", ()),
    "dtype=": (lambda v: np.exp(v, dtype=np.float32), "numpy.exp with dtype=", ()),
    "sum where=": (lambda v: np.sum(v, where=MASK), "numpy.sum.* 'where'", ()),
    "sum dtype=": (lambda v: np.sum(v, dtype=np.float32), "numpy.sum.* 'dtype'", ()),
    "sum out=": (lambda v: np.sum(v, out=np.zeros(())), "numpy.sum.* 'out'", ()),
    "sum dtype": (lambda v: np.sum(v, 0, np.float32), "numpy.sum", ()),
    "mean dtype": (lambda v: np.mean(v, 0, np.float32), "numpy.mean", ()),
    "reshape order": (lambda v: np.reshape(v, -1, order="F"), "numpy.reshape.* 'order'", ()),
    "dot out=": (lambda v: np.dot(v, W, out=np.zeros((2, 2))), "numpy.dot.* 'out'", ()),
    "where one": (
        lambda v: np.where(v),
        "numpy.where|where:",
        (),
    ),
}


@pytest.mark.parametrize(
    ("call", "text"), [pytest.param(c, t, marks=m, id=name) for name, (c, t, m) in REFUSED.items()]
)
def test_what_is_not_supported_raises_by_name(call, text):
    v = a()
    with pytest.raises((UnsupportedOperation, TypeError, ValueError), match=text):
        call(v)
    np.testing.assert_array_equal(v.data, A)


def test_the_error_says_what_to_do():
    with pytest.raises(UnsupportedOperation, match=r"no derivative rule in dezero; use v\.data .* or write a Function"):
        np.spacing(a())


PLAIN = {
    "isnan": np.isnan,
    "isfinite": np.isfinite,
    "signbit": np.signbit,
    "less": lambda v: np.less(v, 0.5),
    "equal": lambda v: np.equal(A, v),
    "logical_and": lambda v: np.logical_and(v, MASK),
    "zeros_like": np.zeros_like,
    "argmax": lambda v: np.argmax(v, axis=1),
    "isclose": lambda v: np.isclose(v, A),
    "count_nonzero": np.count_nonzero,
    "shape": np.shape,
    "ndim": np.ndim,
    "size": np.size,
    "allclose": lambda v: np.allclose(v, B),
    "array_equal": lambda v: np.array_equal(v, v),
    "result_type": lambda v: np.result_type(v, np.float32),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_has_no_derivative_is_plain(name):
    for v in (a(), a() * 1):
        found, expected = PLAIN[name](v), PLAIN[name](A)
        assert type(found) is type(expected)
        np.testing.assert_array_equal(found, expected)


def test_errors_of_a_call_that_was_understood_are_not_relabelled():
    with pytest.raises(TypeError, match=r"sum: an argument holds no data") as caught:
        np.sum(Variable(None))
    assert not isinstance(caught.value, UnsupportedOperation)

    def mine(v):
        raise TypeError("my argument is wrong")

    with pytest.raises(TypeError, match="my argument is wrong") as caught:
        np.piecewise(a(), [MASK], [mine, 0.0])
    assert not isinstance(caught.value, UnsupportedOperation)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda v: np.sum(v, where=MASK), "numpy.sum on a Variable: .*'where'; see dezero.functions.sum"),
        (lambda v: np.sum(v, 0, None, None, True, 0), "numpy.sum on a Variable: .*'initial'"),
    ],
)
def test_what_our_function_does_not_take_is_unsupported(call, text):
    with pytest.raises(TypeError, match=text):
        call(a())
