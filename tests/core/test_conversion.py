"""What takes part in recording becomes no array or number unasked: right, an error, or (of numbers) a warning."""

import array
import copy
import math
import pickle
import struct
import warnings

import numpy as np
import pytest
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.ndimage
import scipy.signal
import scipy.sparse
import scipy.spatial.distance
import scipy.special
import scipy.stats
from matplotlib.figure import Figure

import dezero
import dezero.functions as F
import dezero.layers
from dezero import GraphError, GraphWarning, Parameter, Variable, gradients, no_grad

A = np.array([[1.0, 2.0], [3.0, 4.0]])
X = np.array([1.2, 1.7])
MATRIX = scipy.sparse.csr_matrix(A).todense()  # numpy.matrix, made where its own warning does not show


def filled(assign):
    """The sum of x times an array that `assign(a, x)` fills."""

    def f(x):
        a = np.zeros(2)
        assign(a, x)
        return (a * x).sum()

    return f


def elements(a, x):
    a[0] = x[0]
    a[1] = x[1] * x[1]


def times(g):
    return lambda x: (g(x) * x).sum()


# Functions of x, written for plain arrays, that give a Variable the right derivative.
RIGHT = {
    "A @ x": lambda x: x @ (A @ x),
    "A * x": lambda x: (A * x).sum() * x[0],
    "np.dot": lambda x: np.dot(A, x) @ x,
    "np.stack": lambda x: (np.stack([x, x[::-1]]) * A).sum() * x[0],
    "np.hstack": lambda x: np.hstack([x, x]) @ np.arange(4.0),
    "np.linalg.norm": np.linalg.norm,
    "np.interp": times(lambda x: np.interp(x, [0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 4.0, 9.0])),
    "scipy.special.erf": times(scipy.special.erf),
    "scipy.special.gamma": times(scipy.special.gamma),
    "scipy.special.expit": times(scipy.special.expit),
    "scipy.special.xlogy": lambda x: scipy.special.xlogy(x, x).sum(),
    "scipy.special.jv": times(lambda x: scipy.special.jv(1, x)),
    "sparse @ x": lambda x: x @ (scipy.sparse.csr_array(A) @ x),
    "list": lambda x: list(x)[1] * x[0],
    "sum": lambda x: sum(x) * x[0],
    "math.prod": math.prod,
    "max": lambda x: max(x) * x[0],
    "sorted": lambda x: sorted(x)[1] * x[0],
    "abs": lambda x: abs(x[0]) * x[1],
    "round": lambda x: round(x[0]) * x[1],
    "divmod": lambda x: divmod(x[0], 0.7)[1] * x[1],
    "searchsorted": lambda x: np.searchsorted(x, 1.5) * x[0],
    "if": lambda x: x[0] * x[1] if x[0] > 0 and bool(x[1] > 1) else x[0],
}

# What asks for an array: in most of these NumPy or SciPy does not ask the Variable what to do.
ARRAY = {
    "A.dot": lambda x: x.dot(A.dot(x)),
    "a.searchsorted": times(lambda x: np.arange(2.0).searchsorted(x)),
    "a.put": filled(lambda a, x: a.put([0, 1], x)),
    "a.take": lambda x: A.take(x),
    "a.compress": lambda x: X.compress(x),
    "a[:] = x": filled(lambda a, x: a.__setitem__(slice(None), x)),
    "a[[0, 1]] = x": filled(lambda a, x: a.__setitem__([0, 1], x)),
    "a += x": filled(lambda a, x: a.__iadd__(x)),
    "np.copyto": filled(np.copyto),
    "np.array": times(np.array),
    "np.array of elements": times(lambda x: np.array([x[0], x[1]])),
    "np.array of several": times(lambda x: np.array([x, x])),
    "np.array dtype=object": times(lambda x: np.array(x, dtype=object)),
    "np.array of elements dtype=object": times(lambda x: np.array([x[0], x[1]], dtype=object)),
    "np.asarray": times(np.asarray),
    "np.asanyarray": times(np.asanyarray),
    "np.float64": times(np.float64),
    "np.vectorize": times(np.vectorize(lambda t: t**2)),
    "np.frompyfunc": times(np.frompyfunc(lambda t: t**2, 1, 1)),
    "np.apply_along_axis": times(lambda x: np.apply_along_axis(lambda t: t**2, 0, x)),
    "np.full": times(lambda x: np.full(2, x[0])),
    "np.r_": lambda x: np.r_[x, x].sum(),
    "np.mean of a list": lambda x: np.mean([x[0] * x[1], x[1]]),
    "np.exp of a list": lambda x: np.exp([x[0], x[1]]).sum(),
    "np.polyval": times(lambda x: np.polyval([1.0, 2.0], x)),
    "np.polynomial": times(np.polynomial.Polynomial([1, 2, 3])),
    "matrix * x": lambda x: (MATRIX * x).sum(),
    "np.ma.array": times(np.ma.array),
    "masked * x": lambda x: (np.ma.array(X, mask=[0, 1]) * x).sum(),
    "masked / x": lambda x: (np.ma.array(X, mask=[0, 1]) / x).sum(),
    "np.random": times(lambda x: np.random.default_rng(0).normal(x, 1.0)),
    "np.memoryview": lambda x: memoryview(x),
    "copy.deepcopy": times(copy.deepcopy),
    "scipy.special.logsumexp": scipy.special.logsumexp,
    "scipy.special.softmax": times(scipy.special.softmax),
    "scipy.special.polygamma": times(lambda x: scipy.special.polygamma(1, x)),
    "scipy.special.hyp1f1": times(lambda x: scipy.special.hyp1f1(1, 2, x)),
    "scipy.special.huber": times(lambda x: scipy.special.huber(1.0, x)),
    "scipy.stats.norm.cdf": times(scipy.stats.norm.cdf),
    "scipy.stats.gmean": scipy.stats.gmean,
    "scipy.stats.zscore": times(scipy.stats.zscore),
    "scipy.linalg.norm": scipy.linalg.norm,
    "scipy.linalg.solve": times(lambda x: scipy.linalg.solve(A, x)),
    "scipy.interpolate": times(scipy.interpolate.interp1d([0.0, 1.0, 2.0], [0.0, 1.0, 4.0])),
    "scipy.signal": times(lambda x: scipy.signal.convolve(x, [1.0, 2.0])[:2]),
    "scipy.ndimage": times(lambda x: scipy.ndimage.gaussian_filter(x, 1.0)),
    "scipy.spatial": lambda x: scipy.spatial.distance.euclidean(x, [0.0, 0.0]),
    "scipy.integrate.trapezoid": scipy.integrate.trapezoid,
    "sparse * x": lambda x: (scipy.sparse.csr_array(A) * x).sum(),
}

# What asks for a number.
NUMBER = {
    "float": lambda x: float(x[0]) * x[0],
    "int": lambda x: int(x[0]) * x[0],
    "complex": lambda x: (complex(x[0]) * x[0]).real,
    "np.float64": lambda x: np.float64(x[0]) * x[0],
    "math.exp": lambda x: math.exp(x[0]) * x[0],
    "math.exp of a result": lambda x: math.exp(x[0] * x[1]) * x[0],
    "math.floor": lambda x: math.floor(x[0]) * x[0],
    "math.fsum": lambda x: math.fsum(x) * x[0],
    "a.fill": filled(lambda a, x: a.fill(x[0])),
    "np.fromiter": times(lambda x: np.fromiter(x, float)),
    "array.array": lambda x: array.array("d", x)[0] * x[0],
    "struct.pack": lambda x: struct.unpack("d", struct.pack("d", x[0]))[0] * x[0],
    "scipy.integrate.quad": lambda x: scipy.integrate.quad(lambda t: t * x[0], 0.0, 1.0)[0] * x[0],
}


def differences(f):
    h = 1e-6
    return [(f(X + d) - f(X - d)) / (2 * h) for d in h * np.eye(2)]


@pytest.mark.parametrize("name", RIGHT)
def test_what_has_a_function_here_has_the_right_derivative(name):
    f = RIGHT[name]
    np.testing.assert_allclose(dezero.grad(f)(X).data, differences(f), rtol=1e-6)
    x = Variable(X.copy())
    np.testing.assert_allclose(gradients(f(x), x)[0].data, differences(f), rtol=1e-6)


@pytest.mark.parametrize("name", ARRAY)
def test_an_array_is_not_made_of_what_takes_part_in_recording(name):
    f = ARRAY[name]
    with pytest.raises((GraphError, TypeError), match=r"v\.data|detach|filled|bytes-like|numpy\.asarray"):
        dezero.grad(f)(X)
    if name != "copy.deepcopy":
        with pytest.raises((GraphError, TypeError)):
            f(Variable(X.copy()))


@pytest.mark.parametrize("name", NUMBER)
def test_a_number_of_what_a_transform_differentiates_in_warns_on_the_users_line(name):
    with pytest.warns(GraphWarning, match=r"is a constant.*v\.item\(\)") as caught:
        dezero.grad(NUMBER[name])(X)
    assert {w.filename for w in caught} == {__file__}


def test_assigning_to_an_element_raises():
    with pytest.raises(ValueError, match="setting an array element") as caught:  # NumPy's, from ours
        dezero.grad(filled(elements))(X)
    assert isinstance(caught.value.__cause__, GraphError)
    assert "index_update" in str(caught.value.__cause__)


TRANSFORMS = {
    "grad": lambda f: dezero.grad(f)(X),
    "grad of grad": lambda f: dezero.grad(lambda x: dezero.grad(f)(x).sum())(X),
    "vjp": lambda f: dezero.vjp(f, X),
    "jvp": lambda f: dezero.jvp(f, (X,), (X,)),
    "jet": lambda f: dezero.jet(f, (X,), ((X,),)),
    "linearize": lambda f: dezero.linearize(f, X),
    "hvp": lambda f: dezero.hvp(f, (X,), (X,)),
    "jacobian": lambda f: dezero.jacobian(f)(X),
    "hessian": lambda f: dezero.hessian(f)(X),
    "laplacian": lambda f: dezero.laplacian(f)(X),
    "sparse_hessian": lambda f: dezero.sparse_hessian(f)(X),
    "derivative_tensor": lambda f: dezero.derivative_tensor(f, 2)(X),
    "newton": lambda f: dezero.optimize.newton(f, X),
    "checkpoint": lambda f: dezero.checkpoint(f)(Variable(X.copy())),
    "custom_root": lambda f: dezero.custom_root(lambda z: f(z) + z, X),
    "of a Variable": lambda f: dezero.grad(f)(Variable(X.copy())),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_transform_guards_its_arguments(name):
    with pytest.raises(GraphError, match=r"F\.dot\(a, v\) for a\.dot\(v\)"):
        TRANSFORMS[name](ARRAY["A.dot"])
    with pytest.warns(dezero.GraphWarning, match="is a constant"):
        TRANSFORMS[name](lambda x: (float(x[0]) * x * x).sum())


def test_the_warning_comes_once_a_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        dezero.grad(lambda x: sum([float(x[0]) * x[1] for _ in range(5)]))(X)
    assert len(caught) == 1


def test_explicit_ways_out_and_shown_values_are_silent():
    def f(x):
        with no_grad():
            constant = np.asarray(x).sum() + float(x[0])
        shown = f"{x} {x[0]:.3f} {x!r}"
        return x @ (
            A.dot(x.data) + A.dot(x.numpy()) + x.tolist() + x[0].item() + constant + len(shown) * 0 + x.detach()
        )

    dezero.grad(f)(X)


def test_numbers_of_what_is_not_differentiated_in_are_silent():
    w = Parameter(np.array(2.0))
    c = w * 3

    def f(x):
        return x.sum() * float(w) * float(c) * math.exp(Variable(np.array(0.5)))

    dezero.grad(f)(X)
    assert float(c) == 6.0
    with no_grad():
        assert float(w * 2) == 4.0


WITH_ARRAYS = {  # of functions in which plain arrays are operands of what records them
    "function of an array": lambda: F.sum(X),
    "functions of an array": lambda: F.softmax(F.matmul(A, X) * 2.0, axis=-1) + F.jv(1, X),
    "function of the user's": lambda: Negated()(X),
    "gradient": lambda: dezero.grad(lambda x: F.sum(F.matmul(A, x) ** 2))(X),
    "value": lambda: dezero.value_and_grad(lambda x: F.sum(F.matmul(A, x) ** 2))(X)[0],
    "aux": lambda: dezero.grad(lambda x: (F.sum(F.matmul(A, x)), F.matmul(A, x)), has_aux=True)(X)[1],
    "gradient of a gradient": lambda: dezero.grad(lambda x: F.sum(dezero.grad(lambda z: F.sum(z**3))(x)))(X),
    "jacobian": lambda: dezero.jacobian(lambda x: F.matmul(A, x) ** 2)(X),
    "jacfwd": lambda: dezero.jacfwd(lambda x: F.matmul(A, x) ** 2)(X),
    "hessian": lambda: dezero.hessian(lambda x: F.sum(F.matmul(A, x) ** 3))(X),
    "hvp": lambda: dezero.hvp(lambda x: F.sum(F.matmul(A, x) ** 3), (X,), (X,)),
    "jvp": lambda: dezero.jvp(lambda x: F.matmul(A, x) ** 2, (X,), (X,))[1],
    "vjp": lambda: dezero.vjp(lambda x: F.matmul(A, x) ** 2, X)[0],
    "pullback": lambda: dezero.vjp(lambda x: F.matmul(A, x) ** 2, X)[1](X)[0],
    "linearize": lambda: dezero.linearize(lambda x: F.matmul(A, x) ** 2, X)[1](X),
    "laplacian": lambda: dezero.laplacian(lambda x: F.sum(F.matmul(A, x) ** 3))(X),
    "divergence": lambda: dezero.divergence(lambda x: F.matmul(A, x) ** 3)(X),
    "partial": lambda: dezero.partial(lambda x: F.sum(F.matmul(A, x) ** 3), (0, 1))(X),
    "derivative": lambda: dezero.derivative(lambda x: F.maximum(x**3, A[0]), 2)(X),
    "jet": lambda: dezero.jet(lambda x: F.matmul(A, x) ** 2, (X,), ((X,),))[1][0],
    "taylor": lambda: dezero.taylor(lambda x: F.maximum(x**3, A[0]), X, 2)[2],
    "odeint": lambda: dezero.optimize.odeint_taylor(lambda y, t: -F.matmul(A, y), X, [0.0, 1.0]),
    "custom_root": lambda: dezero.custom_root(lambda z: F.matmul(A, z) - X, X),
    "minus a gradient": lambda: -dezero.grad(F.sum)(X) * 2,
}


class Negated(dezero.Function):
    def forward(self, x):
        return -x

    def backward(self, gy):
        return -gy


@pytest.mark.parametrize("name", WITH_ARRAYS)
def test_what_was_computed_from_plain_arrays_alone_is_an_array_to_numpy(name):
    y = WITH_ARRAYS[name]()
    assert type(np.asarray(y)) is np.ndarray
    np.testing.assert_array_equal(np.asarray(y), y.data)
    if y.size == 1:
        assert float(y) == y.item()
    with no_grad():
        np.testing.assert_array_equal(np.asarray(y), y.data)


@pytest.mark.parametrize("name", WITH_ARRAYS)
def test_a_constant_inside_a_transform_is_an_array_and_a_number_without_a_warning(name):
    def f(t):
        y = WITH_ARRAYS[name]()
        return t**2 * np.asarray(y).sum() * float(F.sum(y))

    y = WITH_ARRAYS[name]().data
    assert dezero.grad(f)(2.0).data == pytest.approx(4 * y.sum() ** 2, rel=1e-12)


W = Variable(np.array(3.0))
NESTED = {  # of t, in which an outer transform differentiates, or of a Variable that somebody made
    "operation": lambda t: F.sum(X * t),
    "gradient": lambda t: dezero.grad(lambda x: F.sum(x**2 * t))(X),
    "value": lambda t: dezero.value_and_grad(lambda x: F.sum(x**2 * t))(X)[0],
    "jacobian": lambda t: dezero.jacobian(lambda x: F.matmul(A, x) * t)(X),
    "hessian": lambda t: dezero.hessian(lambda x: F.sum(F.matmul(A, x) ** 3) * t)(X),
    "jvp": lambda t: dezero.jvp(lambda x: x**2 * t, (X,), (X,))[1],
    "pullback": lambda t: dezero.vjp(lambda x: x**2, X)[1](X * t)[0],
    "at t": lambda t: dezero.grad(lambda x: x**3)(t),
    "jet": lambda t: dezero.jet(lambda x: x**2 * t, (X,), ((X,),))[1][0],
    "odeint": lambda t: dezero.optimize.odeint_taylor(lambda y, s: -t * y, X, [0.0, 1.0]),
    "custom_root": lambda t: dezero.custom_root(lambda z, t: z**2 - t, 1.0, t),
    "in vain": lambda t: dezero.grad(lambda x: F.sum(x**2) + 0 * t)(X) * t,
}


@pytest.mark.parametrize("name", NESTED)
def test_a_result_that_an_outer_transform_differentiates_is_no_array(name):
    with pytest.raises(GraphError, match="takes part in recording"):
        dezero.grad(lambda t: F.sum(np.asarray(NESTED[name](t)) * t))(2.0)
    with pytest.raises(GraphError, match="takes part in recording"):
        np.asarray(NESTED[name](W))
    assert type(np.asarray(NESTED[name](2.0))) is np.ndarray


def test_an_argument_takes_part_while_its_transform_runs_and_in_threads():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool, pytest.raises(GraphError, match="takes part in recording"):
        dezero.grad(lambda x: F.sum(x * pool.submit(np.asarray, x * 2).result()))(X)


def test_a_number_asked_in_a_thread_that_the_function_starts_warns():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        with pytest.warns(dezero.GraphWarning, match="is a constant"):
            dezero.grad(lambda x: x * pool.submit(lambda: float(x * 2)).result())(3.0)
        loss = F.sum(Variable(X) ** 2)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what the thread computed itself is nobody's argument
            dezero.grad(lambda x: x * pool.submit(lambda: float(loss)).result())(3.0)


def test_a_constant_that_is_asked_for_later_keeps_its_derivative():
    y = dezero.grad(lambda x: F.sum(F.matmul(A, x) ** 2))(X)
    g = dezero.grad(lambda x: F.sum(x**2 * y))(X)
    np.testing.assert_array_equal(np.asarray(g), 2 * X * y.data)
    np.testing.assert_array_equal(gradients(g, y)[0].data, 2 * X)


def test_a_long_graph_of_constants_is_walked_without_recursion():
    y = F.sum(X)
    for _ in range(20_000):
        y = y + 1.0
    assert np.asarray(y) == y.data


RESULTS = {
    "gradient": lambda: dezero.grad(F.sum)(X),
    "value": lambda: dezero.value_and_grad(F.sum)(X)[0],
    "jacobian": lambda: dezero.jacobian(F.sin)(X),
    "hessian": lambda: dezero.hessian(lambda x: (x**3).sum())(X),
    "laplacian": lambda: dezero.laplacian(lambda x: (x**3).sum())(X),
    "laplacian of a batch": lambda: dezero.laplacian(lambda x: (x**3).sum(axis=-1))(A),
    "divergence": lambda: dezero.divergence(F.sin)(X),
    "derivative": lambda: dezero.derivative(F.sin, 2)(X),
    "jet": lambda: dezero.jet(F.sin, (X,), ((X,),))[1][0],
    "taylor": lambda: dezero.taylor(F.sin, X, 2)[2],
    "y.jet": lambda: (lambda x: F.sin(x).jet(x, 1)[1])(Variable(X)),
    "jvp": lambda: dezero.jvp(F.sin, (X,), (X,))[1],
    "newton": lambda: dezero.optimize.newton(lambda x: (x**2).sum(), X).x,
    "householder": lambda: dezero.optimize.householder(lambda x: x**2 - 2, 1.0).x,
    "odeint": lambda: dezero.optimize.odeint_taylor(lambda y, t: -y, X, [0.0, 1.0]),
    "custom_root": lambda: dezero.custom_root(lambda z: z**2 - 2, 1.0),
    "fixed_point": lambda: dezero.fixed_point(F.cos, np.ones(2)),
    "function of an array": lambda: F.sin(X),
    "checkpoint": lambda: dezero.checkpoint(F.sin)(X),
    "of no_grad": lambda: no_grad()(F.sin)(Variable(X)),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_without_a_graph_are_arrays_to_numpy(name):
    y = RESULTS[name]()
    np.testing.assert_array_equal(np.asarray(y), y.data)
    np.testing.assert_array_equal(np.asarray(copy.deepcopy(y)), y.data)


def test_what_was_unchained_is_an_array_to_numpy():
    y = F.sin(Variable(X))
    y.unchain()
    assert np.asarray(y) is y.data


def test_what_a_layer_keeps_is_an_array_to_numpy_and_what_it_learns_is_none():
    layer = dezero.layers.BatchNorm()
    layer(A)
    for name, value in layer.named_state():
        if isinstance(value, Parameter):
            with pytest.raises(GraphError, match="takes part in recording"):
                np.asarray(value)
            with pytest.raises(AttributeError, match="learning_rate"):
                value.learning_rate = 0.1
        else:
            assert np.asarray(value) is value.data, name
    other = dezero.layers.BatchNorm()
    other(A)
    other.load_state_dict(dict(layer.named_state()))
    np.testing.assert_array_equal(*[np.asarray(dict(x.named_state())["avg_mean"]) for x in (layer, other)])


def test_a_result_is_a_leaf_like_another():
    y = dezero.grad(lambda x: (x**3).sum())(X)
    with pytest.warns(dezero.GraphWarning, match="computed from nothing but float64 array"):
        (y * y).sum().backward()
    np.testing.assert_allclose(y.grad.data, 2 * y.data)


def test_a_backward_of_the_users_that_makes_an_array_is_refused_where_it_is_transposed():
    class Square(dezero.Function):
        def forward(self, x):
            return x * x

        def backward(self, gy):
            return Variable(2 * np.asarray(gy)) * self.inputs[0]

    x = Variable(np.array(2.0))
    with pytest.raises(GraphError, match="lose its derivative"):
        dezero.jvp(lambda x: Square()(x), (x,), (np.array(1.0),))


def test_what_was_computed_from_constants_is_copied_and_plotted_as_an_array_is():
    slopes = dezero.derivative(np.sin)(np.linspace(0.0, 1.0, 3))
    twice = slopes[:, None] * 2
    for again in (copy.copy(twice), pickle.loads(pickle.dumps(twice))):
        np.testing.assert_array_equal(again.data, twice.data)
        assert again.creator is None
    (line,) = Figure().add_subplot().plot(np.linspace(0.0, 1.0, 3), slopes)
    np.testing.assert_array_equal(line.get_ydata(), slopes.data)
    with pytest.raises(GraphError, match=r"carries a graph.*v\.detach\(\)"):
        copy.copy(Variable(np.ones(2)) * 2)


def test_the_argument_of_a_function_that_raised_is_a_constant():
    kept = []

    def failing(x):
        kept.append(x * 2)
        raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        dezero.grad(failing)(np.ones(2))
    np.testing.assert_array_equal(np.asarray(kept[0]), [2.0, 2.0])
