"""Errors name the operation, the shapes and the remedy, and keep the kind of what went wrong."""

import re

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable


def var(*shape):
    return Variable(np.ones(shape))


def shapes(*found):
    return "(?s)" + "".join(rf".*{re.escape(str(s))}" for s in found)


CASES = [
    ("add", lambda: var(2) + var(3), [(2,), (3,)], ()),
    ("sub", lambda: var(2, 3) - np.ones(2), [(2, 3), (2,)], ()),
    ("mul", lambda: np.ones(3) * var(2), [(3,), (2,)], ()),
    ("div", lambda: var(2) / var(3), [(2,), (3,)], ()),
    ("pow", lambda: var(2) ** var(3), [(2,), (3,)], ()),
    ("maximum", lambda: F.maximum(var(2), var(3)), [(2,), (3,)], ()),
    ("minimum", lambda: F.minimum(var(2), np.ones(3)), [(2,), (3,)], ()),
    ("where", lambda: F.where(np.ones(2, bool), var(3), 0), [(2,), (3,)], ()),
    ("matmul", lambda: var(2, 3) @ var(2, 3), [(2, 3), (2, 3)], ()),
    ("matmul", lambda: var() @ var(2), [(), (2,)], ()),
    ("dot", lambda: F.dot(var(2, 2, 2), var(2, 2)), [(2, 2, 2), (2, 2)], ()),
    ("dot|matmul", lambda: F.dot(var(2, 3), var(2)), [(2, 3), (2,)], ()),
    ("sum", lambda: F.sum(var(2, 3), axis=2), [2, (2, 3)], ()),
    ("sum", lambda: F.sum(var(2, 3), axis=(0, 0)), [(0, 0)], ()),
    ("mean", lambda: F.mean(var(2, 3), axis=-3), [-3, (2, 3)], ()),
    ("reshape", lambda: F.reshape(var(2, 3), (4,)), [(2, 3), (4,)], ()),
    ("transpose", lambda: F.transpose(var(2, 3), (0, 0)), [(2, 3)], ()),
    ("transpose", lambda: F.transpose(var(2, 3), (0,)), [(2, 3)], ()),
    ("broadcast_to", lambda: F.broadcast_to(var(2), (3,)), [(2,), (3,)], ()),
    ("sum_to", lambda: F.sum_to(var(2), (3,)), [(2,), (3,)], ()),
    ("expand_dims", lambda: F.expand_dims(var(2), 5), [5], ()),
    ("concatenate", lambda: F.concatenate([var(1, 2), var(1, 3)]), [(1, 2), (1, 3)], ()),
    ("concatenate", lambda: F.concatenate([var(2), var(1, 2)]), [(2,), (1, 2)], ()),
    ("concatenate", lambda: F.concatenate([var(2)], axis=1), [1, (2,)], ()),
    ("concatenate", lambda: F.concatenate([]), ["at least one"], ()),
    ("get_item", lambda: var(2)[5], [(2,), 5, 2], ()),
]


@pytest.mark.parametrize(
    ("name", "call", "said"), [pytest.param(n, c, s, marks=m, id=f"{n}-{i}") for i, (n, c, s, m) in enumerate(CASES)]
)
def test_operation_and_shapes_are_named(name, call, said):
    with pytest.raises((ValueError, IndexError)) as caught:
        call()
    text = str(caught.value)
    assert re.match(rf"({name})\b", text), text
    assert re.match(shapes(*said), text), text


def test_names_of_variables_are_said():
    w = Variable(np.ones((3, 4)), name="W")
    with pytest.raises(ValueError, match=r"'W' \(float64 array of shape \(3, 4\)\)"):
        Variable(np.ones((2, 2)), name="x") @ w


EMPTY = {
    "add": (lambda v: v + 1, ()),
    "sin": (F.sin, ()),
    "sum": (F.sum, ()),
    "matmul": (lambda v: v @ v, ()),
    "get_item": (lambda v: v[0], ()),
    "mean": (F.mean, ()),
    "dot": (lambda v: F.dot(v, v), ()),
    "reshape": (lambda v: F.reshape(v, (1,)), ()),
    "transpose": (F.transpose, ()),
    "where": (lambda v: F.where(np.array(True), v, 1.0), ()),
    "astype": (lambda v: F.astype(v, float), ()),
    "broadcast_to": (lambda v: F.broadcast_to(v, (1,)), ()),
    "sum_to": (lambda v: F.sum_to(v, ()), ()),
    "expand_dims": (lambda v: F.expand_dims(v, 0), ()),
    "flatten": (F.flatten, ()),
    "concatenate": (lambda v: F.concatenate([v, v]), ()),
}


@pytest.mark.parametrize(("name", "call"), [pytest.param(n, c, marks=m, id=n) for n, (c, m) in EMPTY.items()])
def test_a_variable_without_data_is_named(name, call):
    with pytest.raises(TypeError, match=rf"{name}: .*Variable\(None\).*set its \.data"):
        call(Variable(None))


@pytest.mark.parametrize("bad", [[1.0, 2.0], "text", {}], ids=repr)
@pytest.mark.parametrize("call", [F.sin, F.add, F.matmul, F.maximum, F.sum, F.reshape], ids=lambda f: f.__name__)
def test_other_types_are_named(call, bad):
    args = {"add": (bad, var(2)), "matmul": (var(2), bad), "maximum": (bad, 1.0), "reshape": (bad, 2)}
    with pytest.raises(TypeError, match=rf"{type(bad).__name__}|dtype <U"):
        call(*args.get(call.__name__, (bad,)))


@pytest.mark.parametrize("call", [lambda x: x * x, F.exp, lambda x: 1 / (x - x)], ids=["mul", "exp", "div"])
def test_a_floating_point_error_stays_one(call):
    x = Variable(np.array([1e200]))
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match=r"\(float64 array|number 1"):
        call(x)


def test_a_warning_that_is_an_error_stays_a_warning():
    with pytest.raises(RuntimeWarning, match="overflow"):
        Variable(np.array([1e200])) ** 2


def test_a_memory_error_stays_one():
    tall, wide = (np.broadcast_to(np.array(1.0), shape) for shape in ((2**24, 1), (1, 2**24)))
    with pytest.raises(MemoryError, match="mul"):
        Variable(tall) * wide


@pytest.mark.parametrize(
    "call", [lambda x: x @ 3, lambda x: 3.5 @ x, lambda x: x.data @ Variable(np.array(3.0)), lambda x: F.matmul(x, 3)]
)
def test_a_product_of_matrices_with_a_number_says_so_in_words(call):
    with pytest.raises(ValueError, match=r"^matmul: .*number 3.*|^matmul: .*shape \(\)") as caught:
        call(var(3))
    assert "multiply by a number with *" in str(caught.value)
    assert "gufunc" not in str(caught.value)


def test_the_kind_of_an_error_is_the_most_special_that_is_known():
    from dezero.core.errors import explain

    class Odd(Exception):
        pass

    class Special(IndexError):
        pass

    kinds = {Odd: TypeError, Special: IndexError, OverflowError: OverflowError, np.linalg.LinAlgError: ValueError}
    for given, found in kinds.items():
        assert type(explain("f", (1.0,), given("why"))) is found
