"""What a Variable holds, shows and refuses."""

import copy
import math
import pickle

import numpy as np
import pytest

from dezero import GraphError, Parameter, Variable, as_array, as_variable, no_grad, setup_variable


def matrix():
    return Variable(np.arange(6.0).reshape(2, 3))


# -- construction and setters ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        1.0,
        1,
        [1.0],
        (1.0,),
        np.float64(1.0),
        "1.0",
        np.array([1, None], dtype=object),
        np.array(["1"]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
    ],
    ids=repr,
)
def test_only_arrays_of_numbers_are_data(data):
    kind = data.dtype.name if isinstance(data, np.ndarray) and data.dtype == object else type(data).__name__
    with pytest.raises(TypeError, match=rf"Variable: .*({kind}|dtype).* not supported"):
        Variable(data)


def test_the_error_for_a_number_says_what_to_pass():
    with pytest.raises(TypeError, match=r"float is not supported; pass numpy\.array"):
        Variable(1.0)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float16, np.float32, np.float64, complex])
def test_every_number_dtype_is_data(dtype):
    assert Variable(np.ones(2, dtype)).dtype == dtype


def test_none_is_data_that_comes_later():
    v = Variable(None)
    assert v.data is None
    assert repr(v) == "variable(None)"
    v.data = np.ones(3)
    assert v.shape == (3,)


def test_data_is_the_very_array():
    a = np.ones(2)
    assert Variable(a).data is a


@pytest.mark.parametrize("data", [[1.0], "a", np.array([None])], ids=repr)
def test_refused_data_changes_nothing(data):
    x = Variable(np.ones(2))
    y = x * x
    for v in (x, y):
        with pytest.raises(TypeError, match=r"Variable\.data"):
            v.data = data
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [2.0, 2.0])


@pytest.mark.parametrize("value", [1.5, np.float64(1.5), np.float32(1.5)])
def test_numbers_become_0d_data_when_set(value):
    v = Variable(np.array(0.0))
    v.data = value
    assert isinstance(v.data, np.ndarray)
    assert v.data == 1.5


@pytest.mark.parametrize("grad", [1.0, np.ones(2), [1.0, 1.0], "g"], ids=repr)
def test_grad_takes_variables_only(grad):
    v = Variable(np.ones(2))
    with pytest.raises(TypeError, match=r"Variable\.grad: expected a Variable or None"):
        v.grad = grad
    assert v.grad is None


def test_grad_must_have_the_shape_of_the_data():
    v = Variable(np.ones(2))
    with pytest.raises(ValueError, match=r"shape \(3,\) differs from the data's shape \(2,\)"):
        v.grad = Variable(np.ones(3))
    v.grad = g = Variable(np.ones(2))
    assert v.grad is g
    v.cleargrad()
    assert v.grad is None


def test_grad_without_data_is_refused():
    v = Variable(np.ones(2))
    with pytest.raises((TypeError, ValueError), match=r"Variable\.grad"):
        v.grad = Variable(None)


def test_unknown_attributes_are_refused():
    with pytest.raises(AttributeError):
        Variable(np.ones(2)).gard = None


# -- shape, numbers, printing ------------------------------------------------------------------------------------


def test_shape_attributes():
    v = matrix()
    assert (v.shape, v.ndim, v.size, v.dtype, len(v)) == ((2, 3), 2, 6, np.float64, 2)
    np.testing.assert_array_equal(v.T.data, v.data.T)


def test_shape_attributes_of_a_0d_result():
    y = Variable(np.array(2.0)) * 3
    assert (y.shape, y.ndim, y.size, y.dtype) == ((), 0, 1, np.float64)
    assert isinstance(y.data, np.ndarray)
    with pytest.raises(TypeError):
        len(y)


@pytest.mark.parametrize("attribute", ["shape", "ndim", "size", "dtype"])
def test_without_data_there_is_no_shape(attribute):
    with pytest.raises((TypeError, AttributeError, ValueError), match=r"Variable\(None\)|no data"):
        getattr(Variable(None), attribute)


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(24.0), "variable(24.0)"),
        (np.array(1.000000000002289), "variable(1.000000000002289)"),
        (np.array(3), "variable(3)"),
        (np.array([1.0, 2.0]), "variable([1. 2.])"),
        (np.array([[1, 2, 3], [4, 5, 6]]), "variable([[1 2 3]\n          [4 5 6]])"),
        (np.zeros((2, 1, 1)), "variable([[[0.]]\n         \n          [[0.]]])"),
    ],
)
def test_repr_aligns_rows_under_the_first(array, text):
    assert repr(Variable(array)) == text
    assert str(Variable(array)) == text


def test_repr_is_the_same_before_and_after_data_is_looked_at():
    y = Variable(np.array(2.0)) * 1.1
    before = repr(y)
    assert y.data is y.data
    assert repr(y) == before == "variable(2.2)"


def test_format_takes_a_number_format():
    v = Variable(np.array(1.23456))
    assert f"{v:.2f}" == "1.23"
    assert f"{v}" == "variable(1.23456)"


@pytest.mark.parametrize("array", [np.array(2.5), np.array([2.5]), np.array([[2.5]])])
def test_one_element_converts_to_a_number(array):
    v = Variable(array)
    assert (float(v), int(v), bool(v), v.item()) == (2.5, 2, True, 2.5)
    assert [type(x) for x in (float(v), int(v), bool(v), v.item())] == [float, int, bool, float]
    assert math.sqrt(Variable(np.array(4.0))) == 2.0


@pytest.mark.parametrize("convert", [float, int, bool, Variable.item])
@pytest.mark.parametrize("array", [np.ones(2), np.ones(0)])
def test_other_sizes_do_not(convert, array):
    with pytest.raises(ValueError, match=r"only one element .* shape \([20],\)"):
        convert(Variable(array))


def test_integers_index():
    assert [10, 20, 30][Variable(np.array(1))] == 20
    assert list(range(Variable(np.array(3)))) == [0, 1, 2]
    with pytest.raises(TypeError, match="float64 is no index"):
        [10, 20, 30][Variable(np.array(1.0))]


def test_iteration_gives_rows_with_gradients():
    v = matrix()
    first, second = v
    (first * 2 + second).sum().backward()
    np.testing.assert_array_equal(v.grad.data, [[2.0] * 3, [1.0] * 3])


def test_0d_is_not_iterable():
    with pytest.raises(TypeError, match="0-d"):
        iter(Variable(np.array(1.0)))


# -- identity and comparison -------------------------------------------------------------------------------------


def test_hash_is_identity():
    a, b = Variable(np.array(1.0)), Variable(np.array(1.0))
    assert hash(a) == hash(a)
    assert len({a, b, a}) == 2
    assert {a: "a", b: "b"}[a] == "a"


@pytest.mark.parametrize(
    ("compare", "expected"),
    [
        (lambda a, b: a == b, [False, True, False]),
        (lambda a, b: a != b, [True, False, True]),
        (lambda a, b: a < b, [True, False, False]),
        (lambda a, b: a <= b, [True, True, False]),
        (lambda a, b: a > b, [False, False, True]),
        (lambda a, b: a >= b, [False, True, True]),
    ],
)
def test_comparisons_are_plain_boolean_arrays(compare, expected):
    a, b = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0])
    for left, right in [(Variable(a), Variable(b)), (Variable(a), b), (a, Variable(b)), (Variable(a), 2.0)]:
        found = compare(left, right)
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, expected, strict=True)


# -- leaving the graph -------------------------------------------------------------------------------------------


def test_numpy_and_detach_share_the_data_and_leave_the_graph():
    x = Variable(np.ones(2), name="x")
    y = x * 2
    assert y.numpy() is y.data
    d = y.detach()
    assert (d.creator, d.data is y.data) == (None, True)
    (d * 3).backward()
    assert x.grad is None
    assert x.detach().name == "x"


def test_asarray_of_what_nobody_differentiates_in_is_its_array():
    x = Variable(np.ones(2))
    d = x.detach()
    assert np.asarray(d) is x.data
    assert not np.shares_memory(np.array(d), x.data)
    assert np.asarray(d, dtype=np.float32).dtype == np.float32
    with no_grad():
        y = x * 2
        assert np.asarray(x) is x.data
    np.testing.assert_array_equal(np.asarray(y), [2.0, 2.0])
    np.testing.assert_array_equal(np.asarray(Variable(np.array([True, False]))), [True, False])
    with pytest.raises(ValueError, match="holds no data yet"):
        np.asarray(Variable(None))


@pytest.mark.parametrize("convert", [np.asarray, np.array, lambda y: np.array([y, y])])
@pytest.mark.parametrize("data", [np.ones(2), np.array(1.0), np.array(1)])
@pytest.mark.parametrize("make", [Variable, Parameter, lambda data: Variable(data) * 2])
def test_asarray_of_what_takes_part_in_recording_is_refused(make, convert, data):
    with pytest.raises(GraphError, match=r"make a constant of a Variable .* use v\.data"):
        convert(make(data))


@pytest.mark.parametrize("kind", [Variable, Parameter])
def test_attributes_that_a_variable_does_not_have_cannot_be_set(kind):
    v = kind(np.ones(2))
    with pytest.raises(AttributeError, match="learning_rate"):
        v.learning_rate = 0.1


def test_elements_cannot_be_assigned():
    x = Variable(np.ones(2))
    with pytest.raises(TypeError, match=r"cannot be assigned.*where or concatenate"):
        x[0] = 1.0


@pytest.mark.parametrize("kind", [Variable, Parameter])
@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_leaves_copy_and_pickle_with_name_and_gradient(kind, clone):
    x = kind(np.array([1.0, 2.0]), name="x")
    (x * x).backward()
    y = clone(x)
    assert (type(y), y.name) == (kind, "x")
    np.testing.assert_array_equal(y.data, x.data)
    np.testing.assert_array_equal(y.grad.data, [2.0, 4.0])
    y.cleargrad()
    assert x.grad is not None


def test_a_deep_copy_shares_nothing():
    x = Variable(np.array([1.0, 2.0]))
    (x * x).backward()
    y = copy.deepcopy(x)
    y.data[0] = y.grad.data[0] = 99.0
    assert (x.data[0], x.grad.data[0]) == (1.0, 2.0)


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, pickle.dumps])
def test_graphs_do_not_copy_or_pickle(clone):
    x = Variable(np.array(2.0))
    with pytest.raises(GraphError, match=r"copied or pickled; use v\.detach\(\)"):
        clone(x * x)


def test_a_copied_leaf_is_a_leaf_of_its_own():
    x = Variable(np.array(2.0))
    y = copy.deepcopy(x)
    (x * y).backward()
    assert (x.grad.data, y.grad.data) == (2.0, 2.0)


# -- helpers -----------------------------------------------------------------------------------------------------


def test_as_variable_and_as_array():
    v = Variable(np.ones(1))
    assert as_variable(v) is v
    assert as_variable(v.data).data is v.data
    assert (as_variable(1.5).data, as_array(1.5), as_array(np.float64(1.5))) == (1.5, 1.5, 1.5)
    assert isinstance(as_array(np.float64(1.5)), np.ndarray)
    with pytest.raises(TypeError, match="list is not supported"):
        as_variable([1.0])


def test_setup_variable_is_kept_for_old_scripts():
    assert setup_variable() is None


def test_an_empty_variable_works():
    x = Variable(np.zeros((0, 3)))
    (x * x).sum().backward()
    assert x.grad.shape == (0, 3)


def test_a_copy_of_a_leaf_has_its_gradient_without_its_graph():
    import copy

    x = Variable(np.array([1.0, 2.0]), name="x")
    (x**3).sum().backward(create_graph=True)
    other = copy.deepcopy(x)
    assert other.name == "x"
    np.testing.assert_array_equal(other.grad.data, [3, 12])
    assert other.grad.creator is None
    other.grad.data[0] = 0
    assert x.grad.data[0] == 3
