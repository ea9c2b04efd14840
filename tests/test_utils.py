"""The utilities that DeZero's users import by name."""

from inspect import signature

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Function, Variable, utils

REALS = st.floats(-10, 10)


def arrays(**shape):
    return hnp.arrays(np.float64, hnp.array_shapes(**({"max_dims": 3, "max_side": 4} | shape)), elements=REALS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("get_dot_graph", "output, verbose=True"),
        ("plot_dot_graph", "output, verbose=True, to_file='graph.png'"),
        ("sum_to", "x, shape"),
        ("reshape_sum_backward", "gy, x_shape, axis, keepdims"),
        ("logsumexp", "x, axis=1"),
        ("max_backward_shape", "x, axis"),
        ("gradient_check", "f, x, *args, rtol=0.0001, atol=1e-05, **kwargs"),
        ("numerical_grad", "f, x, *args, **kwargs"),
        ("array_equal", "a, b"),
        ("array_allclose", "a, b, rtol=0.0001, atol=1e-05"),
        ("get_file", "url, file_name=None, sha256=None"),
        ("show_progress", "block_num, block_size, total_size"),
        ("pair", "x"),
        ("get_conv_outsize", "input_size, kernel_size, stride, pad"),
        ("get_deconv_outsize", "size, k, s, p"),
    ],
)
def test_the_arguments_and_defaults_are_dezero_s(name, expected):
    parameters = signature(getattr(utils, name)).parameters.values()
    plain = [p.replace(annotation=p.empty) for p in parameters]
    assert ", ".join(map(str, plain)) == expected


# -- graphs


def test_get_dot_graph_draws_the_graph():
    y = Variable(np.array(2.0), name="x") ** 2
    brief, full = utils.get_dot_graph(y, verbose=False), utils.get_dot_graph(y)
    assert brief.startswith("digraph")
    assert "pow" in brief
    assert "float64" not in brief
    assert "float64" in full


def test_plot_dot_graph_writes_the_file(tmp_path):
    path = utils.plot_dot_graph(Variable(np.array(2.0)) * 3, to_file=str(tmp_path / "graph.png"))
    assert path == tmp_path / "graph.png"
    assert path.read_bytes().startswith(b"\x89PNG")


# -- shapes


@given(x=arrays(), data=st.data())
def test_sum_to_is_the_adjoint_of_broadcasting(x, data):
    start = data.draw(st.integers(0, x.ndim))
    shape = tuple(data.draw(st.sampled_from([1, n])) for n in x.shape[start:])
    small = data.draw(hnp.arrays(np.float64, shape, elements=REALS))
    summed = utils.sum_to(x, shape)
    assert summed.shape == shape
    np.testing.assert_allclose(np.vdot(summed, small), np.vdot(x, np.broadcast_to(small, x.shape)), atol=1e-9)


def test_sum_to_takes_a_list_and_refuses_what_does_not_broadcast():
    np.testing.assert_array_equal(utils.sum_to(np.ones((2, 3)), [1, 3]), [[2.0, 2.0, 2.0]])
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2,\)"):
        utils.sum_to(np.ones((2, 3)), (2,))


def axes(ndim):
    one = st.integers(-ndim, ndim - 1)
    several = st.lists(st.integers(0, ndim - 1), unique=True, min_size=1).map(tuple)
    return st.one_of(st.none(), one, several)


@given(x=arrays(), data=st.data(), keepdims=st.booleans(), wrap=st.sampled_from([np.asarray, Variable]))
def test_reshape_sum_backward_undoes_the_loss_of_axes(x, data, keepdims, wrap):
    axis = data.draw(axes(x.ndim))
    y = np.asarray(x.sum(axis=axis, keepdims=keepdims))
    gx = utils.reshape_sum_backward(wrap(y), x.shape, axis, keepdims)
    assert isinstance(gx, type(wrap(y)))
    kept = utils.array_equal(gx, x.sum(axis=axis, keepdims=True)) and np.broadcast_shapes(gx.shape, x.shape)
    assert gx.size == y.size
    assert kept == x.shape or (axis is None and gx.shape == ())


@given(x=arrays(), data=st.data())
def test_max_backward_shape_is_that_of_keepdims(x, data):
    axis = data.draw(axes(x.ndim))
    expected = x.max(axis=axis, keepdims=True).shape
    assert utils.max_backward_shape(x, axis) == utils.max_backward_shape(Variable(x), axis) == expected


def test_an_axis_out_of_range_is_refused():
    with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
        utils.max_backward_shape(np.ones((2, 3)), 2)
    with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
        utils.reshape_sum_backward(np.ones(3), (2, 3), 2, False)


@pytest.mark.parametrize(
    ("x", "expected"), [(3, (3, 3)), (np.int64(3), (3, 3)), ((1, 2), (1, 2)), ([1, 2], (1, 2)), (0, (0, 0))]
)
def test_pair(x, expected):
    assert utils.pair(x) == expected
    assert all(type(n) is int for n in utils.pair(x))


@pytest.mark.parametrize("x", [(1,), (1, 2, 3), (), 1.5, (1, 2.0), "12", None])
def test_pair_refuses_what_is_no_pair(x):
    with pytest.raises(ValueError, match="pair: expected an integer or two of them"):
        utils.pair(x)


@given(size=st.integers(1, 40), kernel=st.integers(1, 7), stride=st.integers(1, 5), pad=st.integers(0, 3))
def test_conv_outsize_counts_the_places_of_the_kernel(size, kernel, stride, pad):
    places = range(0, size + 2 * pad - kernel + 1, stride)
    if not places:
        with pytest.raises(ValueError, match="has no place"):
            utils.get_conv_outsize(size, kernel, stride, pad)
    else:
        assert utils.get_conv_outsize(size, kernel, stride, pad) == len(places)


@given(size=st.integers(1, 40), kernel=st.integers(1, 7), stride=st.integers(1, 5), pad=st.integers(0, 3))
def test_deconv_outsize_is_the_shortest_input_that_convolves_to_the_size(size, kernel, stride, pad):
    shortest = next((n for n in range(1, 300) if n + 2 * pad - kernel == (size - 1) * stride), None)
    if shortest is None:
        with pytest.raises(ValueError, match="leave no output"):
            utils.get_deconv_outsize(size, kernel, stride, pad)
    else:
        assert utils.get_deconv_outsize(size, kernel, stride, pad) == shortest
        assert utils.get_conv_outsize(shortest, kernel, stride, pad) == size


def test_a_stride_of_zero_is_refused():
    with pytest.raises(ValueError, match="stride 0"):
        utils.get_conv_outsize(4, 3, 0, 1)
    with pytest.raises(ValueError, match="stride 0"):
        utils.get_deconv_outsize(4, 3, 0, 1)


# -- numbers


@given(x=arrays(min_dims=2, max_dims=2), shift=st.sampled_from([0.0, 1e3, -1e3]))
def test_logsumexp_agrees_with_the_formula_wherever_that_is_finite(x, shift):
    expected = np.log(np.exp(x).sum(axis=1, keepdims=True)) + shift
    np.testing.assert_allclose(utils.logsumexp(x + shift), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([-np.inf, -np.inf], -np.inf),
        ([-np.inf, 2.0], 2.0),
        ([np.inf, 0.0], np.inf),
        ([np.inf, -np.inf], np.inf),
        ([np.nan, 1000.0], np.nan),
        ([-1e308, -1e308], -1e308),
    ],
)
def test_logsumexp_at_the_edges(row, expected):
    np.testing.assert_array_equal(utils.logsumexp(np.array([row])), [[expected]])


def test_logsumexp_keeps_float32_and_takes_other_axes():
    x = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    assert utils.logsumexp(x).dtype == np.float32
    assert utils.logsumexp(x).shape == (1, 1, 3)
    assert utils.logsumexp(x, axis=(-1, 1)).shape == (1, 1, 1)
    np.testing.assert_allclose(utils.logsumexp(x, axis=(1, 2)).item(), np.log(np.exp(x.astype(float)).sum()), rtol=1e-6)


@pytest.mark.parametrize("a", [np.array([1.0, 2.0]), Variable(np.array([1.0, 2.0]))])
@pytest.mark.parametrize("b", [np.array([1.0, 2.0]), Variable(np.array([1.0, 2.0])), [1.0, 2.0]])
def test_arrays_and_variables_compare(a, b):
    assert utils.array_equal(a, b)
    assert utils.array_allclose(a, b)
    assert not utils.array_equal(a, utils.as_numpy(b) + 1e-9)
    assert utils.array_allclose(a, utils.as_numpy(b) + 1e-9)
    assert not utils.array_allclose(a, utils.as_numpy(b) + 1e-3)
    assert utils.array_allclose(a, utils.as_numpy(b) + 1e-3, atol=1e-2)
    assert not utils.array_equal(a, np.array([1.0, 2.0, 3.0]))


# -- derivatives


@given(x=arrays(min_dims=0))
def test_numerical_grad_of_a_polynomial(x):
    before = x.copy()
    found = utils.numerical_grad(lambda x: x**4 - 2 * x**2, x)
    assert found.shape == x.shape
    np.testing.assert_allclose(found, 4 * x**3 - 4 * x, rtol=1e-6, atol=1e-5)
    np.testing.assert_array_equal(x, before)


def test_numerical_grad_hands_over_what_it_was_given():
    kinds = []

    def f(x, power, scale=1.0):
        kinds.append(type(x))
        assert x.dtype == np.float64
        return scale * x**power

    x = np.array([1, 2], dtype=np.int64)
    for kind in (np.asarray, Variable):
        np.testing.assert_allclose(utils.numerical_grad(f, kind(x), 3, scale=2.0), [6.0, 24.0], rtol=1e-8)
    assert kinds == [np.ndarray] * 4 + [Variable] * 4


def test_numerical_grad_sees_float32_data_in_float64():
    x = np.array([0.5], dtype=np.float32)
    np.testing.assert_allclose(utils.numerical_grad(np.exp, x), np.exp([0.5]), rtol=1e-9)


def test_numerical_grad_is_relative_for_large_arguments():
    np.testing.assert_allclose(utils.numerical_grad(lambda x: x**2, np.array(1e8)), 2e8, rtol=1e-8)


def test_numerical_grad_sums_over_the_output():
    x = Variable(np.array([1.0, 2.0]))
    np.testing.assert_allclose(utils.numerical_grad(lambda x: F.broadcast_to(x, (3, 2)), x), [3.0, 3.0], rtol=1e-9)


def test_numerical_grad_records_nothing():
    recorded = []
    utils.numerical_grad(lambda x: (recorded.append((x * x).creator), x)[1], Variable(np.array(2.0)))
    assert recorded == [None, None]


@pytest.mark.parametrize("check", [utils.numerical_grad, utils.gradient_check])
def test_complex_data_is_refused(check):
    with pytest.raises(TypeError, match=rf"{check.__name__}: x must be real, not complex128"):
        check(lambda x: x, np.array([1j]))


class WrongSin(Function):
    """Its derivative lacks a factor two in the second element."""

    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * F.cos(x) * np.array([1.0, 0.5])


@given(x=arrays(min_dims=0))
def test_gradient_check_accepts_the_library_s_own_gradients(x):
    assert utils.gradient_check(lambda x: F.tanh(x) * F.sin(x) + x**2, x)


def test_gradient_check_names_where_the_gradient_is_wrong(capsys):
    assert not utils.gradient_check(WrongSin(), np.array([0.5, 0.25]))
    message = capsys.readouterr().err
    assert "at (1,)" in message
    assert f"{np.cos(0.25) / 2:.6f}" in message
    assert f"{np.cos(0.25):.6f}" in message


def test_gradient_check_fails_on_nan():
    class Nan(WrongSin):
        def backward(self, gy):
            return gy * np.nan

    assert not utils.gradient_check(Nan(), np.array([0.5, 0.25]))


def test_gradient_check_obeys_its_tolerances():
    assert utils.gradient_check(WrongSin(), np.array([0.5, 0.25]), rtol=0.6)
    assert utils.gradient_check(WrongSin(), np.array([0.5, 0.25]), rtol=0, atol=0.6)
    assert not utils.gradient_check(lambda x: x**3, np.array([1.0, 2.0]), rtol=0, atol=0)


def test_gradient_check_leaves_the_variable_alone():
    x = Variable(np.array([1.0, 2.0], dtype=np.float32))
    assert utils.gradient_check(lambda x, c, power: c * x**power, x, 2.0, power=3)
    assert x.grad is None
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


def test_gradient_check_of_a_function_that_ignores_its_argument():
    assert utils.gradient_check(lambda x: Variable(np.array(1.0)) * 2, np.array([1.0, 2.0]))


def test_gradient_check_needs_a_variable_back():
    with pytest.raises(TypeError, match="f must return a Variable, not ndarray"):
        utils.gradient_check(lambda x: x.data**2, np.ones(2))


# -- downloads


def test_cache_dir_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("DEZERO_DATA", str(tmp_path / "data"))
    assert utils.cache_dir == str(tmp_path / "data")
    monkeypatch.delenv("DEZERO_DATA")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert utils.cache_dir == str(tmp_path / ".dezero")
    with pytest.raises(AttributeError, match="no attribute 'cache_directory'"):
        _ = utils.cache_directory
