"""vmap is the loop over examples, in every composition with the other transforms."""

import gc

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

import dezero as D
import dezero.functions as F
from dezero import Variable, vmap
from dezero.core.graph import collect
from dezero.derivatives.trees import flatten
from dezero.optimize import odeint_taylor
from tests.collector import sleeping_collector
from tests.derivatives.programs import points, programs

RNG = np.random.default_rng(0)
X, V = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
A = RNG.normal(size=(3, 3)) + 3 * np.eye(3)


def energy(x):
    return F.sum(F.tanh(A @ x) * x**3) + F.exp(x[0] * x[1])


def field(x):
    return F.tanh(A @ x) * x[::-1]


def mapped(f, *args, in_axes=0):
    """vmap without a loop."""
    return vmap(f, in_axes, fallback="error")(*args)


def arrays(tree):
    return [y.data for y in flatten(tree)[0]]


def assert_like_the_loop(f, *args):
    found = arrays(mapped(f, *args))
    rows = [arrays(f(*[Variable(np.array(a[i])) for a in args])) for i in range(len(args[0]))]
    for y, wanted in zip(found, zip(*rows, strict=True), strict=True):
        np.testing.assert_allclose(y, np.stack(wanted), rtol=1e-11, atol=1e-13)


# -- compositions ----------------------------------------------------------------------------------------------

TRANSFORMS = {
    "the function": energy,
    "grad": D.grad(energy),
    "value_and_grad": D.value_and_grad(energy),
    "hessian": D.hessian(energy),
    "grad of grad": D.grad(lambda x: F.sum(D.grad(energy)(x) ** 2)),
    "jacfwd": D.jacfwd(field),
    "jacrev": D.jacrev(field),
    "jacobian": D.jacobian(field),
    "third derivatives": D.jacfwd(D.hessian(energy)),
    "jvp": lambda x, v: D.jvp(field, (x,), (v,)),
    "vjp": lambda x, v: D.vjp(field, x)[1](v),
    "hvp": lambda x, v: D.hvp(energy, (x,), (v,)),
    "linearize": lambda x, v: D.linearize(field, x)[1](v),
    "derivative": lambda x: D.derivative(lambda t: F.tanh(t * 2), 3)(x),
    "jet": lambda x, v: D.jet(field, (x,), ((v, v, v),)),
    "jet of powers": lambda x, v: D.jet(lambda x: F.sum(x**5 + (x * x) ** 1.5), (x,), ((v, v, v),)),
    "taylor": lambda x: D.taylor(lambda t: F.exp(F.sin(t * x)), Variable(np.array(0.3)), 4),
    "laplacian": lambda x: D.laplacian(energy)(x),
    "laplacian, taylor": lambda x: D.laplacian(energy, method="taylor")(x),
    "operator": lambda x: D.operator(energy, {(2, 0, 0): 1.5, (1, 1, 1): 1.0})(x),
    "divergence": lambda x: D.divergence(field)(x),
    "curl": lambda x: D.curl(field)(x),
    "biharmonic": lambda x: D.biharmonic(energy)(x),
    "partial": lambda x: D.partial(energy, (0, 1, 1))(x),
    "checkpoint": D.grad(D.checkpoint(energy)),
    "stop_gradient": D.grad(lambda x: F.sum(x * D.stop_gradient(x**2))),
    "detach": D.grad(lambda x: F.sum(x * (x**2).detach())),
    "vmap": lambda x: vmap(lambda a: F.sin(a) * F.sum(x))(x),
    "vmap of grad": lambda x: vmap(D.grad(lambda a: F.sum(a * x) ** 2))(F.outer(x, x)),
    "grad of vmap": D.grad(lambda x: F.sum(vmap(lambda a: F.sin(a) * a)(x))),
    "hessian of vmap": D.hessian(lambda x: F.sum(vmap(lambda a: F.sin(a * x[0]))(x))),
    "gradients": lambda x: D.gradients(F.sum(F.sin(x)), x, create_graph=True)[0],
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_vmap_of_every_transform(name):
    f = TRANSFORMS[name]
    takes_two = "v" in f.__code__.co_varnames[: f.__code__.co_argcount]
    assert_like_the_loop(f, *((X, V) if takes_two else (X,)))


@given(programs(), st.integers(0, 99))
@pytest.mark.filterwarnings("ignore::dezero.GraphWarning")  # programs with a Function
def test_random_programs(f, seed):
    """Values, gradients and Hessians; in a Variable, so that all of it is recorded too."""
    x = np.stack([points(seed + i) for i in range(3)])

    def total(x):
        return F.sum(f(x))

    for g in (f, D.grad(total), D.hessian(total)):
        wanted = np.stack([g(Variable(row)).data for row in x])
        scale = np.fmax.reduce(np.abs(wanted), axis=None, initial=1)  # nan where a kink has no second derivative
        for xs in (x, Variable(x)):
            np.testing.assert_allclose(vmap(g)(xs).data, wanted, rtol=1e-10, atol=1e-13 * scale)


@pytest.mark.parametrize("transform", [D.jacfwd, D.jacrev, D.hessian, D.jacobian])
def test_transforms_of_vmap(transform):
    found = transform(lambda x: mapped(field, x))(X)
    wanted = transform(lambda x: F.stack([field(x[i]) for i in range(len(X))]))(X)
    np.testing.assert_allclose(found.data, wanted.data, rtol=1e-12, atol=1e-13)


def test_jets_through_vmap():
    found = D.jet(lambda x: mapped(energy, x), (X,), ((V, V, V, V),))
    wanted = D.jet(lambda x: F.stack([energy(x[i]) for i in range(len(X))]), (X,), ((V, V, V, V),))
    for a, b in zip(arrays(found), arrays(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_derivatives_in_what_the_function_uses_from_outside():
    W, b = Variable(A), Variable(np.array(0.3))
    f = D.grad(lambda x: F.sum(F.tanh(W @ x + b) ** 2))
    found = D.gradients(F.sum(mapped(f, X) ** 2), (W, b), create_graph=True)
    wanted = D.gradients(F.sum(F.stack([f(Variable(x)) for x in X]) ** 2), (W, b), create_graph=True)
    again = [D.gradients(F.sum(g**2), (W, b)) for g in (found[0], wanted[0])]
    for a, c in zip((*found, *again[0]), (*wanted, *again[1]), strict=True):
        np.testing.assert_allclose(a.data, c.data, rtol=1e-11)


def test_gradients_in_a_captured_variable_inside():
    """Each example's own gradient in the shared weights, as the inner steps of meta-learning take it."""
    W = Variable(A)

    def step(x):
        (g,) = D.gradients(F.sum(F.tanh(W @ x)), W, create_graph=True)
        return W - 0.1 * g

    assert_like_the_loop(step, X)
    (found,) = D.gradients(F.sum(mapped(step, X) ** 2), W)
    (wanted,) = D.gradients(F.sum(F.stack([step(Variable(x)) for x in X]) ** 2), W)
    np.testing.assert_allclose(found.data, wanted.data, rtol=1e-12)


def test_per_sample_gradients_of_nested_parameters():
    params = {"W": A, "b": [RNG.normal(size=3)]}

    def loss(p, x, y):
        return F.sum((F.tanh(p["W"] @ x + p["b"][0]) - y) ** 2)

    found = mapped(D.grad(loss), params, X, V, in_axes=(None, 0, 0))
    assert found["W"].shape == (4, 3, 3)
    for i in range(4):
        wanted = D.grad(loss)(params, X[i], V[i])
        np.testing.assert_allclose(found["W"].data[i], wanted["W"].data, rtol=1e-13)
        np.testing.assert_allclose(found["b"][0].data[i], wanted["b"][0].data, rtol=1e-13)


def test_a_hessian_of_each_row_has_no_array_of_pairs_of_rows():
    """(N, d, d) is the largest array: nothing of the size N * d * N * d is computed."""
    n, d = 300, 5
    x = RNG.normal(size=(n, d))
    y = mapped(D.hessian(lambda x: F.sum(F.tanh(x) * x[0])), Variable(x))
    assert y.shape == (n, d, d)
    sizes = [node.size for node in collect([y]).values() if not isinstance(node._data, tuple)]
    assert max(sizes) <= n * d * d


def test_with_another_library_as_judge():
    stacks = RNG.normal(size=(5, 3, 3))
    np.testing.assert_allclose(mapped(F.expm, stacks).data, [scipy.linalg.expm(a) for a in stacks], rtol=1e-12)
    np.testing.assert_allclose(mapped(F.det, stacks).data, np.linalg.det(stacks), rtol=1e-12)


def test_an_integrator_inside():
    """Its steps depend on the values, so that each example is integrated on its own."""

    def end(k):
        return odeint_taylor(lambda y, t: -k * y, np.array(1.0), np.array([0.0, 1.0]))[-1]

    with pytest.warns(D.GraphWarning, match="vmap of end"):
        found = vmap(end)(np.array([0.5, 1.0, 2.0]))
    np.testing.assert_allclose(found.data, np.exp([-0.5, -1, -2]), rtol=1e-10)


def test_a_root_is_solved_for_each_example():
    def root(a):
        return D.custom_root(lambda x: x * x - a, np.array(1.0))

    with pytest.warns(D.GraphWarning, match="solver"):
        found = vmap(root)(np.array([4.0, 9.0]))
    np.testing.assert_allclose(found.data, [2, 3], rtol=1e-12)


LABELS = np.array([[2, 0], [1, 1], [0, 2], [1, 0]])
SCORES = RNG.normal(size=(4, 2, 3))
LOOKED_UP = {
    "rows of one table": (lambda i: F.sin(Variable(A)[i]), (LABELS,)),
    "rows of each example's own table": (lambda x, i: x[i] ** 2, (SCORES, LABELS % 2)),
    "from the end": (lambda x, i: x[i] ** 2, (SCORES, -1 - LABELS % 2)),
    "one row": (lambda x, i: x[i] ** 2, (X, LABELS[:, 0])),
    "embedding": (lambda i: F.embed_id(i, Variable(A)) ** 2, (LABELS,)),
    "softmax_cross_entropy": (F.softmax_cross_entropy, (SCORES, LABELS)),
    "softmax_cross_entropy_simple": (F.softmax_cross_entropy_simple, (SCORES, LABELS)),
    "nll_loss": (lambda x, t: F.nll_loss(F.log_softmax(x, axis=1), t), (SCORES, LABELS)),
}


@pytest.mark.parametrize("name", LOOKED_UP)
def test_places_that_differ_from_example_to_example(name):
    f, args = LOOKED_UP[name]
    assert_like_the_loop(f, *args)
    if len(args) == 2:
        assert_like_the_loop(D.hessian(lambda x, t: F.sum(f(x, t) ** 2)), *args)
    else:
        W = Variable(A)
        g, h = (D.gradients(F.sum(y**3), W)[0].data for y in _with_table(name, W, *args))
        np.testing.assert_allclose(g, h, rtol=1e-13)


def _with_table(name, W, i):
    f = {"embedding": lambda i: F.embed_id(i, W)}.get(name, lambda i: W[i])
    return mapped(f, i), F.stack([f(row) for row in i])


def test_a_label_out_of_range_is_found_in_any_example():
    for wrong in (-1, 3):
        labels = LABELS.copy()
        labels[2, 1] = wrong
        with pytest.warns(D.GraphWarning), pytest.raises(IndexError, match=f"t holds {wrong}"):
            vmap(F.softmax_cross_entropy)(SCORES, labels)
    with pytest.warns(D.GraphWarning), pytest.raises(IndexError):
        vmap(lambda x, i: x[i])(X, np.array([0, 1, 2, 3]))


# -- axes ------------------------------------------------------------------------------------------------------


def _with_examples(shape, axis, n):
    at = axis % (len(shape) + 1)
    return (*shape[:at], n, *shape[at:])


@given(st.data())
def test_any_axes(data):
    """The axes of the examples in two arguments and the result, from either end; an argument may be shared."""
    n, shapes = 3, data.draw(st.lists(st.sampled_from([(), (2,), (2, 1), (1, 2)]), min_size=2, max_size=2))
    axes = [data.draw(st.one_of(st.none(), st.integers(-len(s) - 1, len(s)))) for s in shapes]
    if axes == [None, None]:
        axes[0] = 0
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    args = [rng.normal(size=s if a is None else _with_examples(s, a, n)) for s, a in zip(shapes, axes, strict=True)]
    ndim = max(map(len, shapes)) + 1
    out = data.draw(st.integers(-ndim, ndim - 1))

    def f(a, b):
        return F.sin(a) * b + a

    found = vmap(f, tuple(axes), out, fallback="error")(*args)
    rows = [
        f(
            *[
                Variable(np.asarray(a if axis is None else np.take(a, i, axis)))
                for a, axis in zip(args, axes, strict=True)
            ]
        ).data
        for i in range(n)
    ]
    np.testing.assert_allclose(found.data, np.stack(rows, out), rtol=1e-14)


def test_trees_of_axes():
    tree = {"a": (X, V.T), "b": 2.0}

    def f(p, scale):
        return {"sum": F.sum(p["a"][0] * p["a"][1]) * p["b"], "row": p["a"][0] * scale}

    found = vmap(f, ({"a": (0, 1), "b": None}, None), {"sum": 0, "row": 1}, fallback="error")(tree, 3.0)
    np.testing.assert_allclose(found["sum"].data, 2 * (X * V).sum(1))
    np.testing.assert_allclose(found["row"].data, 3 * X.T)


def test_arguments_by_name_have_their_examples_first():
    found = vmap(lambda x, y: F.sum(x * y), fallback="error")(X, y=V)
    np.testing.assert_allclose(found.data, (X * V).sum(1))


def test_results_that_are_the_same_for_all():
    shared, own = vmap(lambda x: (Variable(np.ones(2)), x), out_axes=(None, 0))(X)
    assert shared.data.tolist() == [1, 1]
    repeated, _ = vmap(lambda x: (Variable(np.ones(2)), x))(X)
    assert repeated.shape == (4, 2)
    np.testing.assert_array_equal(own.data, X)


def test_variables_and_arrays_as_examples():
    x = Variable(X)
    y = mapped(energy, x)
    (g,) = D.gradients(F.sum(y), x)
    np.testing.assert_allclose(g.data, mapped(D.grad(energy), X).data, rtol=1e-13)
    assert mapped(energy, X).creator is None
    np.testing.assert_allclose(np.asarray(mapped(energy, X)), y.data)


def test_float32_and_integers_stay():
    assert mapped(lambda x: F.tanh(x) * 2, X.astype(np.float32)).dtype == np.float32
    assert mapped(lambda x: x * 2, np.arange(4)).dtype == np.int64


def test_results_hold_memory_of_their_own():
    x = X.copy()
    y = vmap(lambda x: (x, x, F.reshape(x, (3, 1))))(x)
    x[:] = 0
    y[0].data[:] = 7
    np.testing.assert_array_equal(y[1].data, X)
    np.testing.assert_array_equal(y[2].data[..., 0], X)


def test_nothing_is_left_to_the_garbage_collector():
    for f in (D.grad(energy), lambda x: F.where(x > 0, x, 0), D.hessian(energy)):
        for x in (X, Variable(X)):
            mapped(f, x)
            with sleeping_collector():
                mapped(f, x)
                assert gc.collect() == 0
