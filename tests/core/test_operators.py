"""Operators with Variables, arrays and numbers on either side."""

import operator

import numpy as np
import pytest

import dezero.functions as F
from dezero import Parameter, Variable, gradients

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
NUMBERS = [2, 2.5, True, np.float64(2.5), np.float32(2.5), np.int64(2), np.float16(2.5), np.array(2.5), np.array(2)]


def both_sides(op, v, other):
    return [(op(v, other), lambda a: op(a, other)), (op(other, v), lambda a: op(other, a))]


@pytest.mark.parametrize("other", [*NUMBERS, np.array([2.0, 3.0])], ids=lambda n: f"{type(n).__name__}-{n}")
@pytest.mark.parametrize("op", OPERATORS)
def test_values_are_numpys(op, other):
    v = Variable(np.array([1.5, 2.5]))
    for result, reference in both_sides(op, v, other):
        assert type(result) is Variable
        np.testing.assert_allclose(result.data, reference(v.data), rtol=1e-15)


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("left", [np.ones((3, 2)), np.array(2.0)])
def test_arrays_on_the_left_defer(op, left):
    v = Variable(np.array([1.5, 2.5]))
    result = op(left, v)
    assert type(result) is Variable
    assert result.creator.inputs == [v]
    assert result.shape == np.broadcast_shapes(left.shape, (2,))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: f"{type(n).__name__}-{n}")
def test_no_number_changes_a_narrow_dtype(dtype, shape, number):
    v = Variable(np.ones(shape, dtype))
    for op in OPERATORS:
        for result, _ in both_sides(op, v, number):
            assert result.dtype == dtype, op
            for create_graph in (False, True):
                (g,) = gradients(result, v, create_graph=create_graph)
                assert (g.dtype, g.shape) == (dtype, shape), op


def test_an_array_of_its_own_shape_does_change_the_dtype_but_not_the_gradients():
    v = Variable(np.ones(3, np.float32))
    y = v * np.ones(3)
    assert y.dtype == np.float64
    assert gradients(y, v)[0].dtype == np.float32


def test_matmul_and_unary_operators():
    a, w = Variable(np.ones((2, 3))), Variable(np.ones((3, 4)))
    assert (a @ w).shape == (a.data @ w).shape == (a @ w.data).shape == (2, 4)
    assert type(a.data @ w) is Variable
    v = Variable(np.array([-1.0, 2.0]))
    np.testing.assert_array_equal((-v).data, [1.0, -2.0])
    np.testing.assert_array_equal((+v).data, [-1.0, 2.0])
    np.testing.assert_array_equal(abs(v).data, [1.0, 2.0])


def test_plain_operands_stay_raw_in_the_graph():
    v, a = Variable(np.ones(2)), np.ones(2)
    assert (v * 2).creator.args == (v, 2)
    assert (2.5 - v).creator.args[0] == 2.5
    assert (v + a).creator.args[1] is a
    assert (v + a).creator.inputs == [v]


@pytest.mark.parametrize("op", [*OPERATORS, operator.matmul])
@pytest.mark.parametrize("other", [[1.0, 2.0], "a", None], ids=repr)
def test_other_types_are_refused_by_name(op, other):
    v = Variable(np.array([1.0, 2.0]))
    for call in (lambda: op(v, other), lambda: op(other, v)):
        with pytest.raises(TypeError, match=type(other).__name__):
            call()


INPLACE = [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow]


@pytest.mark.parametrize("op", INPLACE)
def test_augmented_assignment_makes_a_new_variable(op):
    x = Variable(np.array([1.0, 2.0]))
    y = op(x, 2.0)
    assert y is not x
    np.testing.assert_array_equal(x.data, [1.0, 2.0])
    assert y.creator.inputs == [x]


@pytest.mark.parametrize("op", [*INPLACE, operator.imatmul])
def test_augmented_assignment_to_an_array_is_refused(op):
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(TypeError, match="cannot be written into an array"):
        op(array, Variable(np.ones((2, 2))))
    np.testing.assert_array_equal(array, [[1.0, 2.0], [3.0, 4.0]])


def test_broadcasting_is_undone_on_both_sides():
    a, b = Variable(np.ones((3, 1))), Variable(np.full((1, 4), 2.0))
    for create_graph in (False, True):
        ga, gb = gradients(a * b, (a, b), create_graph=create_graph)
        np.testing.assert_array_equal(ga.data, np.full((3, 1), 8.0))
        np.testing.assert_array_equal(gb.data, np.full((1, 4), 3.0))


def test_parameters_compute_to_variables():
    assert type(Parameter(np.ones(2)) * 2) is Variable


@pytest.mark.parametrize(
    ("f", "dtype", "create_graph", "expected"),
    [
        (lambda x: 2 - x, np.uint8, False, -1),
        (lambda x: 2 - x, np.uint8, True, -1),
        (lambda x: x * x, np.int8, False, 200),
        (lambda x: x * x, np.int8, True, 200),
    ],
)
def test_gradients_of_narrow_integers_do_not_wrap(f, dtype, create_graph, expected):
    x = Variable(np.array([100, 100], dtype))
    (g,) = gradients(f(x).sum(), x, create_graph=create_graph)
    np.testing.assert_array_equal(g.data, [expected] * 2)


INTEGER_CASES = {
    "relu": F.relu,
    "maximum": lambda x: F.maximum(x, 2),
    "mean": lambda x: F.mean(x, axis=-1),
    "abs": F.abs,
    "cube": lambda x: x**3,
    "quotient": lambda x: x / 2,
    "sin": F.sin,
}


@pytest.mark.parametrize("f", INTEGER_CASES.values(), ids=INTEGER_CASES)
def test_integer_data_has_one_gradient_dtype_in_both_sweeps(f):
    x = Variable(np.array([[3], [4]]))
    plain, recorded = (gradients(f(x), x, create_graph=c)[0] for c in (False, True))
    assert plain.dtype == recorded.dtype
    np.testing.assert_array_equal(plain.data, recorded.data)


# -- foreign classes that answer operators themselves --------------------------------------------------------------


class Answers:
    """A class that opts out of NumPy's functions, and is as an array in all else."""

    __array_ufunc__ = None
    shape, dtype = (2,), np.dtype(float)

    def __radd__(self, other):
        return "reflected", other

    __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = __radd__


class Silent:
    __array_ufunc__ = None


ALL = pytest.mark.parametrize("op", [*OPERATORS, operator.matmul])
KINDS = pytest.mark.parametrize("kind", [Variable, Parameter])


@ALL
@KINDS
def test_a_class_that_opts_out_of_numpys_functions_answers_itself(op, kind):
    v = kind(np.array([1.5, 2.5]))
    told, given = op(v, Answers())
    assert told == "reflected"
    assert given is v
    assert op(v.data, Answers())[1] is v.data  # as it does beside an array


@ALL
@pytest.mark.parametrize("sides", [lambda a, b: (a, b), lambda a, b: (b, a)], ids=["left", "right"])
def test_a_class_that_opts_out_and_answers_nothing_gets_pythons_error(op, sides):
    with pytest.raises(TypeError, match="unsupported operand type"):
        op(*sides(Variable(np.array([1.5, 2.5])), Silent()))


def test_in_place_operators_ask_a_class_that_opts_out_too():
    y = v = Variable(np.array([1.5, 2.5]))
    y *= Answers()
    assert y == ("reflected", v)


@ALL
def test_a_class_that_does_not_opt_out_is_refused_by_name_although_it_could_answer(op):
    class Other:
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = Answers.__radd__

    with pytest.raises(TypeError, match="Other is not a Variable, array or number"):
        op(Variable(np.array([1.5, 2.5])), Other())


@pytest.mark.parametrize("name", ["add", "radd", "truediv", "rmatmul"])
def test_operators_have_their_own_names(name):
    assert getattr(Variable, f"__{name}__").__name__ == f"__{name}__"
