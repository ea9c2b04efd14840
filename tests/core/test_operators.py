"""Operators with Variables, arrays and numbers on either side."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Parameter, Variable, gradients

OPERATORS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.floordiv,
    operator.mod,
]
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


@pytest.mark.parametrize("other", [2, 2.5, np.array([2.0, -3.0]), Variable(np.array([2.0, -3.0]))], ids=repr)
def test_divmod_on_either_side(other):
    v = Variable(np.array([-7.5, 7.5]))
    raw = other.data if isinstance(other, Variable) else other
    for found, expected in ((divmod(v, other), divmod(v.data, raw)), (divmod(other, v), divmod(raw, v.data))):
        assert [type(part) for part in found] == [Variable, Variable]
        np.testing.assert_array_equal([part.data for part in found], expected)


@pytest.mark.parametrize("other", [[1.0], "a", None], ids=repr)
def test_divmod_refuses_other_types_by_name(other):
    v = Variable(np.array([1.0]))
    for call in (lambda: divmod(v, other), lambda: divmod(other, v)):
        with pytest.raises(TypeError, match=type(other).__name__):
            call()


def test_the_derivatives_of_a_remainder_and_its_quotient():
    a, b = Variable(np.array(7.5)), Variable(np.array(2.0))
    assert [g.item() for g in gradients(a % b, (a, b))] == [1.0, -3.0]
    assert [g.item() for g in gradients(a // b, (a, b))] == [0.0, 0.0]


def test_round_is_that_of_an_array():
    v = Variable(np.array([1.25, -2.5]))
    np.testing.assert_array_equal(round(v).data, [1.0, -2.0])
    np.testing.assert_array_equal(round(v, 1).data, [1.2, -2.5])
    assert gradients(round(v).sum(), v)[0].tolist() == [0.0, 0.0]


@given(st.floats(-100, 100), st.floats(0.125, 100))
def test_quotient_and_remainder_make_the_whole(a, b):
    whole, rest = divmod(Variable(np.array(a)), b)
    assert (whole * b + rest).item() == pytest.approx(a, rel=1e-12, abs=1e-12)


MATRIX = np.array([[1.5, -2.0, 4.0], [0.5, 3.0, -1.0]])
METHODS = [
    ("max", (), {}),
    ("max", (1,), {}),
    ("max", (), {"axis": 0, "keepdims": True}),
    ("min", (), {}),
    ("min", (1,), {}),
    ("min", (), {"axis": (0, 1), "keepdims": True}),
    ("prod", (), {}),
    ("prod", (), {"axis": 1, "keepdims": True}),
    ("std", (), {}),
    ("std", (0,), {"ddof": 1}),
    ("std", (), {"axis": 0, "keepdims": True}),
    ("var", (), {}),
    ("var", (0,), {"ddof": 1, "keepdims": True}),
    ("argmax", (), {}),
    ("argmax", (1,), {"keepdims": True}),
    ("argmin", (), {}),
    ("argmin", (0,), {}),
    ("cumsum", (), {}),
    ("cumsum", (1,), {}),
    ("clip", (-1.0, 2.0), {}),
    ("clip", (), {"max": 1.0}),
    ("clip", (), {"min": 1.0}),
    ("astype", (np.float32,), {}),
    ("ravel", (), {}),
    ("ravel", ("C",), {}),
    ("squeeze", (), {}),
    ("swapaxes", (0, 1), {}),
    ("conj", (), {}),
    ("tolist", (), {}),
]


# Complex numbers have no order, no variance with a derivative, and become real only with a warning.
REAL_ONLY = {"max", "min", "argmax", "argmin", "clip", "astype", "std", "var"}
COMPLEX = MATRIX + 0.5j * MATRIX.T.reshape(2, 3)
ON_ARRAYS = [(array, *method) for array in (MATRIX, MATRIX[:, :1] + 0.5) for method in METHODS]
ON_ARRAYS += [(COMPLEX, *method) for method in METHODS if method[0] not in REAL_ONLY]


@pytest.mark.parametrize(("array", "name", "args", "keywords"), ON_ARRAYS)
def test_methods_compute_what_numpys_do(array, name, args, keywords):
    expected = getattr(array, name)(*args, **keywords)
    found = getattr(Variable(array), name)(*args, **keywords)
    if isinstance(found, Variable):
        assert found.dtype == expected.dtype
        found = found.data
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert np.shape(found) == np.shape(expected)


def test_methods_are_differentiated():
    x = Variable(np.array([1.0, 3.0, 2.0]))
    assert gradients(x.max() * x.min(), x)[0].tolist() == [3.0, 1.0, 0.0]
    assert gradients(x.cumsum().sum(), x)[0].tolist() == [3.0, 2.0, 1.0]
    assert gradients(x.clip(max=2.5).prod(), x)[0].tolist() == [5.0, 0.0, 2.5]
    assert gradients(x.var(), x)[0].tolist() == pytest.approx([-2 / 3, 2 / 3, 0.0])


def test_real_and_imaginary_parts():
    z = Variable(np.array([1 + 2j, -3.5j]))
    assert (z.real.tolist(), z.imag.tolist()) == ([1.0, 0.0], [2.0, -3.5])
    assert gradients((z * z.conj()).real.sum(), z)[0].tolist() == [2 + 4j, -7j]
    assert Variable(np.array([1.0, 2.0])).imag.tolist() == [0.0, 0.0]


def test_a_list_of_one_number_is_a_number():
    assert Variable(np.array(2.5)).tolist() == 2.5
    assert (Variable(np.array(2)) * 3).tolist() == 6


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
    calls = [lambda: op(v, other), lambda: op(other, v)]
    for call in calls[:1] if (op, other) == (operator.mod, "a") else calls:  # "a" % v is formatting
        with pytest.raises(TypeError, match=type(other).__name__):
            call()


INPLACE = [
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
    operator.ipow,
    operator.ifloordiv,
    operator.imod,
]


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

    __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = __rfloordiv__ = __rmod__ = __radd__


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
