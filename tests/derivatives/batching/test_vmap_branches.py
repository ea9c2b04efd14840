"""Where one example does not stand for all, vmap runs the function on each, and says so; it is never wrong."""

import warnings

import numpy as np
import pytest

import dezero as D
import dezero.functions as F
from dezero import Function, GraphError, GraphWarning, Variable, no_grad, vmap
from dezero.layers import BatchNorm, Dropout
from dezero.optimize import householder, minimize, newton

X = np.array([[0.5, -1.0, 2.0], [-0.3, 0.8, -1.2], [1.5, 0.2, 0.1], [-2.0, -0.4, 0.9]])


class Cubed(Function):
    def forward(self, x):
        return x**3

    def backward(self, g):
        return g * 3 * self.inputs[0] ** 2


class SinCos(Function):
    def forward(self, x):
        return np.sin(x), np.cos(x)

    def backward(self, gs, gc):
        sin, cos = SinCos()(self.inputs[0])
        return gs * cos - gc * sin


def looped(f, x=X):
    return np.stack([f(Variable(np.array(row))).data for row in x])


def close(found, wanted):
    np.testing.assert_allclose(found.data, wanted, rtol=1e-13, atol=1e-15)


# -- comparisons that are computed for each example ------------------------------------------------------------

MASKS = {
    "where": lambda x: F.where(x > 0, x**2, -x),
    "numpy.where": lambda x: np.where(x >= 0.1, x, 0.0),
    "numpy's comparison": lambda x: F.where(np.greater(x, 0), x, 1.0),
    "and, or, not": lambda x: F.where((x > 0) & (x < 1) | ~(x > -1), x, 0 * x),
    "exclusive or": lambda x: F.where((x > 0) ^ (x[::-1] > 0), x, 0 * x),
    "beside a plain mask": lambda x: F.where(np.array([True, False, True]) & (x > 0), x, 0 * x),
    "equal": lambda x: F.where(x == F.max(x), x, 0),
    "of what was computed": lambda x: F.where(F.sum(x) > F.exp(x), x, x**3),
    "product": lambda x: (x > 0) * x,
    "sum": lambda x: F.sum(x > 0) * x,
    "select": lambda x: F.select([x < 0, x < 1], [-x, x * x], 1.0),
    "isfinite": lambda x: F.where(np.isfinite(x), x, 0.0),
    "clip, relu, abs": lambda x: F.clip(x, -1, 1) + F.relu(x) + abs(x),
    "sort, median, maximum": lambda x: F.sort(x) * F.median(x) + F.max(x),
    "the same branch for all": lambda x: x * 2 if F.sum(x**2) > 0 else x,
    "the same numbers for all": lambda x: x * (0 * x + 3).data,
    "all": lambda x: x if (x < 9).all() else -x,
    "a shape": lambda x: x * len(x) * x.ndim * x.size,
}


@pytest.mark.parametrize("name", MASKS)
def test_comparisons_and_their_derivatives(name):
    f = MASKS[name]
    close(vmap(f, fallback="error")(X), looped(f))
    slope = D.grad(lambda x: F.sum(f(x) ** 2))
    close(vmap(slope, fallback="error")(X), looped(slope))


def test_the_outcome_of_a_comparison_as_a_result():
    found = vmap(lambda x: x > 0, fallback="error")(X)
    assert found.dtype == bool
    np.testing.assert_array_equal(found.data, X > 0)


# -- functions that run on each example ------------------------------------------------------------------------


def with_backward(x):
    y = F.sum(F.sin(x))
    y.backward()
    return x.grad * 1.0


def test_backward_inside():
    with pytest.warns(GraphWarning, match="taken without create_graph"):
        close(vmap(with_backward)(X), np.cos(X))


def by_a_local_gradient(x):
    (g,) = D.gradients(F.sum(F.sin(x) ** 2), x)
    return g * x


def unrecorded(x):
    with no_grad():
        scale = F.sum(x**2)
    return x / scale


LOOPS = {
    "takes another way for some examples": {
        "if": lambda x: x * 2 if F.sum(x) > 0 else x**3,
        "if of a number": lambda x: x * 2 if x[0] > 0 else x**3,
        "any": lambda x: x if (x < -1).any() else -x,
        "sign of a determinant": lambda x: F.sqrt(x) if np.all(x > 0) else x,
    },
    "reads the numbers": {
        "data": lambda x: x * x.data,
        "item": lambda x: x * x[0].item(),
        "numpy of data": lambda x: x * np.sort(x.data),
        "a gradient's data": lambda x: x * D.gradients(F.sum(F.sin(x)), x, create_graph=True)[0].data,
        "argmax": lambda x: x * F.argmax(x),
        "index": lambda x: x[int(F.argmax(x))] * x,
        "mask as an index": lambda x: F.sum(x[x > 0]) * x,
        "piecewise": lambda x: F.piecewise(x, [x > 0], [np.sqrt, 0.0]),
        "a mask's array": lambda x: x * np.asarray(x > 0),
    },
    "computes": {
        "no_grad": unrecorded,
        "data of a gradient without a graph": lambda x: x * D.gradients(F.sum(F.sin(x)), x)[0].data,
        "gradients without a graph": by_a_local_gradient,
    },
    "gives plain numbers": {
        "a jet without a graph": lambda x: F.sum(F.sin(x) * x**2).jet(x, 2, np.ones(3))[2] * x,
        "a sparse Hessian": lambda x: F.matmul(D.sparse_hessian(lambda x: F.sum(x**3 * x[0]))(x).toarray(), x),
        "a sparse Jacobian": lambda x: F.matmul(D.sparse_jacobian(lambda x: x**2)(x).toarray(), x),
        "newton": lambda x: x * newton(lambda z: F.sum((z - x) ** 2), np.zeros(3)).x,
        "minimize": lambda x: x * minimize(lambda z: F.sum((z - x) ** 2), np.zeros(3)).x,
        "householder": lambda x: x * householder(lambda z: z**3 - x[2] ** 2 - 1, np.array(1.0)).x,
    },
    "cubed|sincos|Cubed|SinCos": {
        "a Function": lambda x: Cubed()(x) * 2,
        "a Function of two results": lambda x: SinCos()(x)[0] * SinCos()(x)[1] + x,
    },
}
CASES = [(why, name, f) for why, some in LOOPS.items() for name, f in some.items()]


@pytest.mark.parametrize(("why", "name", "f"), CASES, ids=[name for _, name, _ in CASES])
@pytest.mark.parametrize("given", [X, Variable(X)], ids=["array", "Variable"])
def test_functions_that_run_on_each_example(why, name, f, given):
    with pytest.raises(GraphError, match=rf"vmap of .*: .* runs on one example after the other, since .*|{why}"):
        vmap(f, fallback="error")(given)
    with pytest.warns(GraphWarning, match=why):
        close(vmap(f)(given), looped(f))


@pytest.mark.parametrize("name", ["if", "a Function", "a Function of two results", "item"])
def test_derivatives_through_a_loop(name):
    f = next(f for _, other, f in CASES if other == name)
    x = Variable(X)
    with pytest.warns(GraphWarning):
        y = vmap(f)(x)
    (g,) = D.gradients(F.sum(y**2), x, create_graph=True)
    (h,) = D.gradients(F.sum(g**2), x)
    rows = [Variable(row) for row in X]
    for i, row in enumerate(rows):
        (wanted,) = D.gradients(F.sum(f(row) ** 2), row, create_graph=True)
        close(Variable(g.data[i]), wanted.data)
        close(Variable(h.data[i]), D.gradients(F.sum(wanted**2), row)[0].data)


def test_a_branch_in_a_nested_vmap():
    def f(a):
        return a**2 if a > 0 else -a

    with pytest.warns(GraphWarning):
        found = vmap(vmap(f))(X)
    close(found, np.where(X > 0, X**2, -X))


def test_the_same_branch_within_each_outer_example_alone():
    """The inner vmap sees one sign in the first row; the outer one compares the rows."""
    x = np.array([[1.0, 2.0], [-1.0, -2.0]])

    def row(x):
        return vmap(lambda a: a**2 if a > 0 else -a)(x)

    with pytest.warns(GraphWarning):
        close(vmap(row)(x), [[1, 4], [1, 2]])


def test_what_is_read_in_an_inner_vmap_differs_between_outer_examples():
    def row(x):
        return vmap(lambda a: a * F.sum(x).item())(x)

    with pytest.warns(GraphWarning):
        close(vmap(row)(X), X * X.sum(1, keepdims=True))


def test_how_often_the_function_runs():
    calls = []

    def f(x):
        calls.append(x)
        return x * 2 if x[0] > 0 else x

    vmap(lambda x: f(x) * 0 + x, fallback="error")(X[:1])
    assert len(calls) == 1
    with pytest.warns(GraphWarning):
        vmap(f)(X)
    assert len(calls) == 1 + len(X)


def test_the_warning_names_the_line_that_calls():
    for f in (lambda x: x if x[0] > 0 else -x, Cubed()):
        with pytest.warns(GraphWarning) as caught:
            vmap(lambda x, f=f: f(x))(X)
        assert caught[0].filename == __file__


def test_random_numbers_are_drawn_for_each_example():
    def f(x):
        return x + np.random.normal(size=3)

    np.random.seed(3)
    with pytest.warns(GraphWarning, match="draws random numbers"):
        found = vmap(f)(X)
    np.random.seed(3)
    close(found, looped(f))


def test_dropout_draws_for_each_example():
    def layer():
        return Dropout(0.5, rng=np.random.default_rng(5))

    with pytest.warns(GraphWarning, match="draws random numbers"):
        found = vmap(layer())(X)
    drop = layer()
    close(found, looped(drop))


def test_running_statistics_are_those_of_a_loop():
    x = np.random.default_rng(0).normal(size=(3, 5, 2))
    mapped, one = BatchNorm(), BatchNorm()
    with pytest.warns(GraphWarning, match="reads the numbers"):
        found = vmap(mapped)(x)
    close(found, looped(one, x))
    np.testing.assert_allclose(mapped.avg_mean.data, one.avg_mean.data)
    np.testing.assert_allclose(mapped.avg_var.data, one.avg_var.data)


def test_results_of_different_shapes():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=r"vmap: f returned .*\(2,\) for example 0 and .*\(1,\) for example 1"):
            vmap(lambda x: x[x > 0])(X)
        with pytest.raises(ValueError, match=r"vmap: f returned \* for example 0 and \(\*, \*\) for example 1"):
            vmap(lambda x: x if x[0] > 0 else (x, x))(X)


# -- errors ----------------------------------------------------------------------------------------------------

BAD = [
    (lambda: vmap(F.mul)(X, np.ones(3)), ValueError, r"argument 0 has 4 .*\(4, 3\), argument 1 has 3 .*\(3,\)"),
    (lambda: vmap(F.exp, None)(X), ValueError, "in_axes gives no argument an axis"),
    (lambda: vmap(F.exp, 2)(X), ValueError, r"axis 2 of argument 0, of shape \(4, 3\); give one from -2 to 1"),
    (lambda: vmap(F.exp)(1.0), ValueError, r"axis 0 of argument 0, of shape \(\); it has no axes"),
    (lambda: vmap(lambda p: p["w"])({"w": 1.0}), ValueError, r"axis 0 of argument 0\['w'\]"),
    (lambda: vmap(F.exp, (0, 0))(X), ValueError, "in_axes has 2 entries, and 1 arguments"),
    (lambda: vmap(F.exp, 1.5)(X), TypeError, "in_axes is number 1.5 for argument 0"),
    (lambda: vmap(F.exp, ({"a": 0},))(X), ValueError, "for argument 0, which is no tree"),
    (lambda: vmap(lambda p: p["a"], ({"b": 0},))({"a": X}), ValueError, r"which has the keys \['a'\]"),
    (lambda: vmap(lambda p: p[0], ((0, 0, 0),))((X, X)), ValueError, "which has 2 entries"),
    (lambda: vmap(F.exp)(np.ones((0, 3))), ValueError, r"argument 0 of shape \(0, 3\) holds no examples"),
    (lambda: vmap(F.exp)("text"), TypeError, "vmap: .*str"),
    (lambda: vmap(F.exp, out_axes=None)(X), ValueError, "out_axes is None for the result, which differs"),
    (lambda: vmap(F.exp, out_axes=2)(X), ValueError, r"out_axes asks for axis 2 of the result, .*\(4, 3\)"),
    (lambda: vmap(F.exp, out_axes=(0, 0))(X), ValueError, "out_axes is .* for the result, which is no tree"),
    (lambda: vmap(F.exp, fallback="silent"), ValueError, "fallback must be 'loop' or 'error', got 'silent'"),
    (lambda: vmap(lambda x, y: x)(X, y=np.ones(5)), ValueError, "argument 'y' has 5"),
]


@pytest.mark.parametrize(("call", "kind", "message"), BAD, ids=[message for *_, message in BAD])
def test_bad_input(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_an_error_of_the_function_comes_through():
    with pytest.raises(ValueError, match="matmul"):
        vmap(lambda x: F.matmul(np.ones((2, 2)), x))(X)
    with pytest.raises(np.linalg.LinAlgError, match="inv"):
        vmap(F.inv)(np.stack([np.eye(2), np.zeros((2, 2))]))
