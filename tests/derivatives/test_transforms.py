"""grad, value_and_grad, derivative, jvp, vjp, linearize, hvp: values, structures, nesting, laws, errors."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero
import dezero.functions as F
from dezero import GraphWarning, Parameter, Variable, no_grad
from dezero.derivatives.jacobians import hessian
from dezero.derivatives.transforms import derivative, grad, hvp, jvp, linearize, value_and_grad, vjp

POINT = np.array([0.3, -0.7, 1.1])


def smooth(x):
    """R^3 -> R^3, with every element coupled to others."""
    return F.sin(x[::-1] * x) + F.exp(-x) * F.sum(x * x)


def kinds(value):
    """The same number or array as what users may pass."""
    return [value, np.asarray(value), Variable(np.asarray(value))]


# -- values and structures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", kinds(2.0))
def test_gradient_of_numbers_arrays_and_variables(x):
    found = grad(lambda x: x**4 - 2 * x**2)(x)
    assert isinstance(found, Variable)
    assert found.shape == ()
    assert float(found) == 24.0


def test_gradients_have_the_structure_of_the_argument():
    params = {"w": (np.ones((2, 3)), [2.0]), "none": None, "b": Variable(np.array([1.0, 2.0]))}
    found = grad(lambda p: F.sum(p["w"][0]) * p["w"][1][0] + F.sum(p["b"] ** 2))(params)
    assert list(found) == ["w", "none", "b"]
    np.testing.assert_array_equal(found["w"][0].data, np.full((2, 3), 2.0))
    assert float(found["w"][1][0]) == 6.0
    assert found["none"] is None
    np.testing.assert_array_equal(found["b"].data, [2.0, 4.0])


def test_argnums_choose_arguments():
    def f(x, y, z=1.0):
        return x * y**2 * z

    assert float(grad(f, 1)(3.0, 5.0, z=2.0)) == 60.0
    assert [float(g) for g in grad(f, (1, 0))(3.0, 5.0)] == [30.0, 25.0]
    assert float(grad(f, -1)(3.0, 5.0)) == 30.0
    assert isinstance(grad(f, (0,))(3.0, 5.0), tuple)


def test_an_argument_that_takes_no_part_gets_zeros():
    found = grad(lambda x, y: F.sum(y), (0, 1))(np.ones(3), np.ones(2))
    assert [g.data.tolist() for g in found] == [[0.0, 0.0, 0.0], [1.0, 1.0]]
    x = Variable(np.array([1.0, 2.0]))  # what f reads is the closure's x, and not its argument
    with pytest.warns(GraphWarning, match="grad: the function uses a Variable that was given as an argument"):
        assert grad(lambda y: F.sum(x * grad(lambda z: F.sum(z * x))(x)))(x).data.tolist() == [0.0, 0.0]


def test_value_and_aux():
    def f(x):
        return F.sum(x**2), {"seen": 7}

    x = np.array([1.0, 2.0])
    (value, aux), found = value_and_grad(f, has_aux=True)(x)
    assert float(value) == 5.0
    assert aux == {"seen": 7}
    np.testing.assert_array_equal(found.data, [2.0, 4.0])
    found, aux = grad(f, has_aux=True)(x)
    assert aux == {"seen": 7}
    np.testing.assert_array_equal(found.data, [2.0, 4.0])
    value, tangent, aux = jvp(f, (x,), (np.ones(2),), has_aux=True)
    assert (float(value), float(tangent), aux) == (5.0, 6.0, {"seen": 7})
    value, pullback, aux = vjp(f, x, has_aux=True)
    assert (float(value), aux) == (5.0, {"seen": 7})
    np.testing.assert_array_equal(pullback(2.0)[0].data, [4.0, 8.0])


def test_jvp_of_structures():
    primals = ({"a": np.array([1.0, 2.0])}, 3.0)
    tangents = ({"a": np.array([10.0, 20.0])}, 5.0)
    value, found = jvp(lambda p, s: {"product": p["a"] * s, "sum": (F.sum(p["a"]),)}, primals, tangents)
    np.testing.assert_array_equal(value["product"].data, [3.0, 6.0])
    np.testing.assert_array_equal(found["product"].data, [35.0, 70.0])
    assert float(found["sum"][0]) == 30.0


def test_vjp_of_structures_pulls_back_more_than_once():
    value, pullback = vjp(lambda x, p: [x * p["a"], F.sum(x)], np.array([1.0, 2.0]), {"a": 3.0})
    np.testing.assert_array_equal(value[0].data, [3.0, 6.0])
    for scale in (1.0, 2.0):
        x, p = pullback([np.array([1.0, 10.0]) * scale, 100.0 * scale])
        np.testing.assert_array_equal(x.data, np.array([103.0, 130.0]) * scale)
        assert float(p["a"]) == 21.0 * scale


def test_linearize_runs_the_function_once():
    runs = []

    def f(x, y):
        runs.append(x)
        return F.sin(x) * y

    value, along = linearize(f, 0.5, 2.0)
    assert float(value) == pytest.approx(2 * math.sin(0.5), rel=1e-15)
    for v, w in ((1.0, 0.0), (0.3, -2.0)):
        assert float(along(v, w)) == pytest.approx(2 * math.cos(0.5) * v + math.sin(0.5) * w, rel=1e-15)
    assert len(runs) == 1


def test_hessian_vector_products():
    def f(x, y):
        return F.sum(x**3) * y**2

    x, v = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    np.testing.assert_allclose(hvp(lambda x: f(x, 3.0), (x,), (v,)).data, 54 * x * v, rtol=1e-14)
    along_x, along_y = hvp(f, (x, 3.0), (v, 0.5))
    np.testing.assert_allclose(along_x.data, 54 * x * v + 3 * x**2 * 2 * 3 * 0.5, rtol=1e-14)
    assert float(along_y) == pytest.approx(float(np.sum(3 * x**2 * v)) * 6 + 9 * 2 * 0.5, rel=1e-14)


def test_results_are_arrays_of_their_own():
    x, v = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    value, found = jvp(lambda x: (x, x), (x,), (v,))
    assert found[0] is not found[1]
    for y in (*value, *found):
        y.data[:] = 0
    _, pullback = vjp(lambda x: x, x)
    pullback(v)[0].data[:] = 0
    linearize(lambda x: x, x)[0].data[:] = 0
    np.testing.assert_array_equal(x, [1.0, 2.0])
    np.testing.assert_array_equal(v, [3.0, 4.0])


def test_results_are_variables_of_their_own():
    x, v = Variable(np.array([1.0, 2.0])), Variable(np.array([3.0, 4.0]))
    _, found = jvp(lambda x: (x, x), (x,), (v,))
    (pulled,) = vjp(lambda x: x, x)[1](v)
    assert len({id(y) for y in (x, v, *found, pulled)}) == 5


def test_the_arguments_gradients_stay_as_they_were():
    x = Variable(np.array(2.0))
    w = Parameter(np.array(3.0))
    grad(lambda x: w * x**2)(x)
    vjp(lambda x: w * x**2, x)[1](1.0)
    derivative(lambda x: w * x**2, 2)(x)
    assert x.grad is None
    assert w.grad is None


# -- the n-th derivative ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", range(11))
def test_derivatives_against_mpmath(order):
    def f(x):
        return F.exp(-x) * F.tanh(x) / (1 + x * x)

    xs = np.array([-0.4, 0.3, 1.2])
    with mpmath.workdps(40):
        right = [float(mpmath.diff(lambda t: mpmath.exp(-t) * mpmath.tanh(t) / (1 + t * t), x, order)) for x in xs]
    np.testing.assert_allclose(derivative(f, order)(xs).data, right, rtol=1e-12)
    assert float(derivative(f, order)(0.3)) == pytest.approx(right[1], rel=1e-12)


def test_derivatives_of_very_high_order():
    assert float(derivative(F.sin, 200)(0.5)) == pytest.approx(math.sin(0.5), rel=1e-12)
    assert float(derivative(F.exp, 300)(0.5)) == pytest.approx(math.exp(0.5), rel=1e-12)
    assert float(derivative(lambda x: 1 / x, 150)(1.0)) == pytest.approx(math.factorial(150), rel=1e-12)
    found = derivative(F.sin, 41)(np.float32(0.5))  # 1/41! is no float32
    assert found.dtype == np.float32
    assert float(found) == pytest.approx(math.cos(0.5), rel=1e-5)


def test_derivatives_row_by_row_and_of_structures():
    rows = np.linspace(-1, 1, 4).reshape(4, 1)
    w = np.array([[1.0, 2.0, 3.0]])
    found = derivative(lambda x: F.sin(F.matmul(x, w)), 3)(rows)
    np.testing.assert_allclose(found.data, -(w**3) * np.cos(rows @ w), rtol=1e-13)
    found = derivative(lambda t, a: {"y": a * t**3, "z": F.exp(2 * t)}, 2)(1.0, np.array([1.0, 5.0]))
    np.testing.assert_allclose(found["y"].data, [6.0, 30.0], rtol=1e-15)
    assert float(found["z"]) == pytest.approx(4 * math.e**2, rel=1e-15)


def test_nested_derivatives_are_one_of_the_sum_of_orders():
    for orders in ((1, 1), (2, 3), (4, 1), (0, 2), (1, 2, 2)):
        f = F.tanh
        for order in orders:
            f = derivative(f, order)
        for x in (0.3, Variable(np.array(0.3))):
            assert float(f(x)) == pytest.approx(float(derivative(F.tanh, sum(orders))(0.3)), rel=1e-12)


def test_a_loss_on_fourth_derivatives_reaches_the_weights():
    w = Parameter(np.array([0.7, 1.3]))
    x = np.linspace(-1, 1, 5).reshape(5, 1)
    fourth = derivative(lambda x: F.sum(F.sin(x * w), axis=1, keepdims=True), 4)(x)
    F.sum(fourth**2).backward()
    s, c = np.sin(x * w.data), np.cos(x * w.data)
    inner = np.sum(w.data**4 * s, axis=1, keepdims=True)
    right = np.sum(2 * inner * (4 * w.data**3 * s + w.data**4 * c * x), axis=0)
    np.testing.assert_allclose(w.grad.data, right, rtol=1e-13)


# -- what is recorded ------------------------------------------------------------------------------------------


def test_nothing_is_recorded_where_nobody_can_differentiate_further():
    x = Variable(np.array([1.0, 2.0]))
    f = lambda x: F.sum(x**3)  # noqa: E731 - one line for each way to call it
    assert grad(f)(x.data).creator is None
    assert value_and_grad(f)(x.data)[0].creator is None
    assert grad(f)(x).creator is not None
    assert jvp(f, (x.data,), (Variable(np.ones(2)),))[1].creator is not None
    assert vjp(f, x.data)[1](Variable(np.array(1.0)))[0].creator is not None
    with no_grad():
        for found in (grad(f)(x), *value_and_grad(f)(x), *jvp(f, (x,), (x,)), derivative(lambda x: x**3, 2)(x)):
            assert found.creator is None
        np.testing.assert_array_equal(grad(f)(x).data, [3.0, 12.0])
        np.testing.assert_array_equal(hessian(f)(x).data, np.diag([6.0, 12.0]))
        assert float(grad(lambda x: x)(Variable(np.array(2.0)))) == 1.0


def test_tangents_can_be_differentiated():
    v = Variable(np.array([1.0, 2.0]))
    _, found = jvp(lambda x: F.sum(x**3), (np.array([1.0, -1.0]),), (v,))
    found.backward()
    np.testing.assert_array_equal(v.grad.data, [3.0, 3.0])
    seed = Variable(np.array(2.0))
    vjp(lambda x: x**3, 2.0)[1](seed)[0].backward()
    assert float(seed.grad) == 12.0


# -- laws ------------------------------------------------------------------------------------------------------

seeds = st.integers(0, 2**32 - 1)
STEPS = [
    F.sin,
    F.tanh,
    lambda x: x * x[::-1],
    lambda x: x / (1 + x * x),
    lambda x: F.cumsum(x, axis=0) * 0.5,
    lambda x: F.matmul(np.array([[0.5, 1.0, 0.0], [-0.2, 0.3, 0.9], [0.4, 0.0, -0.6]]), x),
    lambda x: F.softmax(x, axis=0),
    lambda x: F.concatenate([x[1:], F.exp(-x[:1])]),
]
programs = st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=5)


def composed(program):
    def f(x):
        for i in program:
            x = STEPS[i](x)
        return x

    return f


@given(programs, seeds)
def test_jvp_and_vjp_are_linear_and_adjoint(program, seed):
    f, rng = composed(program), np.random.default_rng(seed)
    x, u, v, w = rng.normal(size=(4, 3))
    _, along = linearize(f, x)
    _, pullback = vjp(f, x)
    np.testing.assert_allclose(along(2 * u - 3 * v).data, 2 * along(u).data - 3 * along(v).data, atol=1e-13)
    (a,), (b,), (both,) = pullback(u), pullback(v), pullback(2 * u - 3 * v)
    np.testing.assert_allclose(both.data, 2 * a.data - 3 * b.data, atol=1e-13)
    assert float(w @ along(v).data) == pytest.approx(float(pullback(w)[0].data @ v), rel=1e-12, abs=1e-13)
    np.testing.assert_allclose(jvp(f, (x,), (v,))[1].data, along(v).data, atol=1e-15)


@given(programs, programs, seeds)
def test_chain_rule(first, second, seed):
    f, g = composed(first), composed(second)
    x, v = np.random.default_rng(seed).normal(size=(2, 3))
    y, along = jvp(f, (x,), (v,))
    whole = jvp(lambda x: g(f(x)), (x,), (v,))[1]
    np.testing.assert_allclose(jvp(g, (y.data,), (along.data,))[1].data, whole.data, atol=1e-13)


@given(programs, seeds)
def test_hvp_is_the_hessian_times_the_vector_and_symmetric(program, seed):
    x, u, v = np.random.default_rng(seed).normal(size=(3, 3))

    def f(x):
        return F.sum(composed(program)(x) ** 2)

    product = hvp(f, (x,), (v,)).data
    np.testing.assert_allclose(product, hessian(f)(x).data @ v, rtol=1e-11, atol=1e-12)
    assert float(u @ product) == pytest.approx(float(v @ hvp(f, (x,), (u,)).data), rel=1e-10, abs=1e-12)


# -- dtypes ----------------------------------------------------------------------------------------------------


def test_float32_stays_float32():
    x = POINT.astype(np.float32)
    f = lambda x: F.sum(smooth(x) * 0.5)  # noqa: E731
    for argument in (x, Variable(x)):
        found = [
            grad(f)(argument),
            *value_and_grad(f)(argument),
            *jvp(smooth, (argument,), (POINT,)),
            *vjp(smooth, argument)[1](POINT),
            derivative(F.tanh, 3)(argument),
            hvp(f, (argument,), (POINT,)),
            linearize(smooth, argument)[1](POINT),
        ]
        assert {y.dtype for y in found} == {np.dtype(np.float32)}


def test_whole_numbers_are_differentiated_as_floats():
    assert float(grad(lambda x: x**2 / 2)(3)) == 3.0
    assert float(derivative(lambda x: x**3, 2)(Variable(np.array(3)))) == 18.0
    assert grad(lambda x: F.sum(x * 0.5))(Variable(np.arange(3))).data.tolist() == [0.5, 0.5, 0.5]


def test_complex_arguments():
    z = np.array([1.0 + 2.0j, -0.5 + 0.3j])
    f = lambda z: F.sum(F.abs(z * z) ** 2)  # noqa: E731
    right = 4 * np.abs(z) ** 2 * z  # |z|^4 = (a^2 + b^2)^2: dL/da + i dL/db
    np.testing.assert_allclose(grad(f)(z).data, right, rtol=1e-14)
    np.testing.assert_allclose(grad(f)(Variable(z)).data, right, rtol=1e-14)
    v = np.array([0.3 - 0.1j, 2.0j])
    _, along = jvp(lambda z: z**3, (z,), (v,))
    np.testing.assert_allclose(along.data, 3 * z**2 * v, rtol=1e-14)
    _, along = jvp(f, (z,), (v,))
    assert float(along) == pytest.approx(float(np.sum((right.conj() * v).real)), rel=1e-13)
    np.testing.assert_allclose(derivative(F.exp, 4)(z).data, np.exp(z), rtol=1e-13)
    (pulled,) = vjp(lambda z: z**3, z)[1](v)
    np.testing.assert_allclose(pulled.data, np.conj(3 * z**2) * v, rtol=1e-14)


# -- errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(lambda x: x * 2)(np.ones(3)), ValueError, r"grad: .*shape \(3,\).*shape \(\).*sum or mean"),
        (lambda: grad(lambda x: (x, x))(1.0), ValueError, "grad: the function returned 2 arrays"),
        (lambda: value_and_grad(lambda x: x[:1])(np.ones(3)), ValueError, r"value_and_grad: .*\(1,\)"),
        (lambda: grad(lambda z: z * z)(1.0 + 1.0j), TypeError, "grad: .*complex128.*real part.*jvp"),
        (lambda: grad(lambda x: 3.0)(1.0), TypeError, "grad: the function returned number 3.0"),
        (lambda: grad(F.sin, 1)(1.0), ValueError, "grad: argnums asks for argument 1, and 1 were given"),
        (lambda: grad(F.sin, has_aux=True)(1.0), TypeError, "has_aux=True the function returns"),
        (lambda: grad(3.0), TypeError, "grad: f is number 3.0; give a function"),
        (lambda: jvp(3.0, (1.0,), (1.0,)), TypeError, "jvp: f is number 3.0"),
        (lambda: grad(F.sin)("text"), TypeError, "grad: str"),
        (lambda: grad(F.sin)(Variable(None)), TypeError, "holds no data"),
        (lambda: derivative(F.sin, -1), ValueError, "derivative: order is -1; give 0 or more"),
        (lambda: derivative(F.sin, 1.5), TypeError, "derivative: order is number 1.5; give a whole number"),
        (lambda: derivative(F.sin, True), TypeError, "derivative: order"),
        (lambda: derivative(F.sum)(np.ones(3)), ValueError, r"derivative: .*shape \(\).*shape \(3,\).*jacobian"),
        (lambda: derivative(lambda p: p[0] * p[1])((1.0, 2.0)), ValueError, "derivative: the argument holds 2 arrays"),
        (lambda: jvp(F.sin, 1.0, 1.0), TypeError, "jvp: primals is number 1.0; give a tuple"),
        (lambda: jvp(F.sin, (1.0,), 1.0), TypeError, "jvp: tangents is number 1.0; give a tuple"),
        (lambda: jvp(F.sin, (1.0,), (1.0, 2.0)), ValueError, r"jvp: tangents has the structure \(\*, \*\), primals"),
        (lambda: jvp(F.sin, (np.ones(3),), (1.0,)), ValueError, r"jvp: a tangent has shape \(\), its primal .*\(3,\)"),
        (lambda: jvp(F.sin, (1.0,), (1.0j,)), TypeError, "jvp: a tangent is number 1j, its primal has dtype float64"),
        (lambda: vjp(F.sin, np.ones(3))[1](1.0), ValueError, r"vjp: a cotangent has shape \(\), its output .*\(3,\)"),
        (lambda: vjp(F.sin, 1.0)[1]((1.0,)), ValueError, r"vjp: the cotangent has the structure"),
        (lambda: vjp(F.sin, 1.0)[1](1.0j), TypeError, "vjp: a cotangent is number 1j"),
        (lambda: linearize(F.sin, 1.0)[1](1.0, 2.0), ValueError, "linearize: tangents has the structure"),
        (lambda: hvp(F.sin, (1.0,), (np.ones(2),)), ValueError, r"\(2,\)"),
    ],
)
def test_errors_name_the_transform_and_the_remedy(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_result_cut_by_no_grad_raises_in_both_modes():
    def cut(x):
        with no_grad():
            return x * 2

    with pytest.raises(dezero.GraphError, match="no_grad"):
        grad(cut)(1.0)
    with pytest.raises(dezero.GraphError, match=r"jvp: .*no_grad"):
        jvp(cut, (1.0,), (1.0,))
