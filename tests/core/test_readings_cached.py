"""What is kept from one derivative to the next (cached derivations, sessions) never changes a derivative."""

import gc
import weakref

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, using_config
from dezero.autodiff import cached


@pytest.fixture(autouse=True)
def empty_book():
    cached.clear_cache()


def bug(*params, reason):
    return pytest.param(*params, marks=pytest.mark.xfail(strict=True, reason=reason))


X = np.array([[0.3, -1.2], [0.7, 0.4]])
C = np.array([1.5, -2.0])


def derivatives(f, *arrays, ask=(0,), orders=3, simplify=True):
    """Values of the derivatives of orders 1, 2, ... of f in its arguments `ask`, each of the sum of the one before."""
    leaves = [Variable(np.array(a)) for a in arrays]
    y, found = f(*leaves), []
    with using_config("simplify", simplify):
        for _ in range(orders):
            gs = gradients(y, [leaves[i] for i in ask], create_graph=True)
            found += [g.data.copy() for g in gs]
            y = sum([F.sum(g) for g in gs], Variable(np.array(0.0)))
    return found


def assert_right(f, *arrays, ask=(0,), orders=3, rtol=1e-9):
    found = derivatives(f, *arrays, ask=ask, orders=orders)
    plain = derivatives(f, *arrays, ask=ask, orders=orders, simplify=False)
    for g, p in zip(found, plain, strict=True):
        assert (g.shape, g.dtype) == (p.shape, p.dtype)
        np.testing.assert_allclose(g, p, rtol=rtol, atol=rtol * (1 + np.abs(p).max(initial=0)))


# -- structures that are nearly the same -----------------------------------------------------------------------

NEARLY = {
    "a number": [lambda x, k=k: x**3 * k for k in (2, 2.0, 3, True, 0, -0.0, np.float32(2.5))],
    "an exponent": [lambda x, k=k: (x * x + 1) ** k for k in (2, 3, 2.0, 2.5, -1, 0, 1)],
    "a base": [lambda x, k=k: k**x for k in (2, 3, 2.5, 1)],
    "contents": [lambda x, c=c: x**3 * np.array(c) for c in ([1.0, 2.0], [2.0, 1.0], [1, 2], [0.0, 2.0], [-0.0, 2.0])],
    "an array's dtype": [lambda x, d=d: x**3 * np.array([1, 2], d) for d in ("f8", "f4", "i8", "i4", "?")],
    "an array's shape": [lambda x, s=s: x**3 * np.ones(s) for s in [(2,), (1, 2), (2, 1), (2, 2), (1,), (3, 2, 2)]],
    "an array's layout": [lambda x, c=c: x**3 * c for c in (X, X.T, X[::-1], X[:, ::-1], np.asfortranarray(X))],
    "one array or two": [lambda x, b=b: x**3 * C / b + b for b in (C, C.copy(), C[::-1])],
    "an index": [
        lambda x, i=i: x[i] ** 3
        for i in (0, 1, -1, [0, 1], [1, 0], [0, 0], slice(0, 1), slice(1, 2), slice(None, None, -1), None, ...)
    ],
    "an index array": [lambda x, i=i: x[np.array(i)] ** 3 for i in ([0, 1], [True, False], [1, 1], [[0, 1], [1, 0]])],
    "indices at two places": [lambda x, i=i: x[i] ** 3 for i in ((0, 1), (1, 0), (slice(None), 0), ([0, 1], [1, 0]))],
    "an axis": [lambda x, a=a: x.sum(axis=a) ** 3 for a in (None, 0, 1, (0, 1), ())],
    "keepdims": [lambda x, k=k: x.sum(axis=1, keepdims=k) ** 3 * x for k in (True, False)],
    "mean or sum": [lambda x, f=f: f(x, axis=0) ** 3 for f in (F.sum, F.mean)],
    "an order of axes": [lambda x, a=a: F.sin(F.transpose(x * np.ones((2, 2, 2)), a)) for a in ((0, 1, 2), (1, 0, 2))],
    "a shape": [lambda x, s=s: F.sin(F.reshape(x, s)) for s in ((4,), (1, 4), (4, 1), (2, 2, 1), -1)],
    "a target": [lambda x, s=s: F.sum_to(x, s) ** 3 for s in ((), (1, 1), (2, 1), (1, 2), (2,))],
    "a wider shape": [lambda x, s=s: F.broadcast_to(x, s) ** 3 for s in ((2, 2, 2), (3, 2, 2), (1, 2, 2))],
    "an order of parts": [lambda x, k=k: F.concatenate([x, x * x][::k], 0) ** 3 @ C for k in (1, -1)],
    "a side": [lambda x, k=k: (x - 2 * k * x * x) ** 3 / ((1 + x * x) if k else 2) for k in (0, 1, -1)],
    "a mask": [lambda x, m=m: F.where(np.array(m), x**3, x * x) for m in ([True, False], [False, True], [1, 0])],
    "an operation": [lambda x, f=f: f(x * 0.3) for f in (F.sin, F.cos, F.tan, F.tanh, F.exp, F.sigmoid, F.relu, abs)],
    "a comparison": [lambda x, f=f: f(x * x, 0.5) * x for f in (F.maximum, F.minimum)],
    "a dtype": [lambda x, d=d: F.astype(x, d) ** 3 for d in (np.float64, np.float32)],
}


@pytest.mark.parametrize("what", NEARLY)
def test_cached_derivations_tell_apart(what):
    for f in [*NEARLY[what], *reversed(NEARLY[what])]:
        assert_right(f, X, rtol=1e-5 if what == "a dtype" else 1e-9)


def test_cached_derivations_tell_apart_leaves():
    def f(x):
        return F.sum(F.sin(x) * x, axis=-1)

    for array in (X, X[:1], X[:, :1], X[0], np.float32(X), X[None], X.T, np.ones((4, 2)), np.zeros((0, 2))):
        assert_right(f, array, rtol=1e-5 if array.dtype == np.float32 else 1e-9)


def test_cached_derivations_tell_apart_the_order_of_leaves():
    x, y = X, X * X + 0.3
    for f in (
        lambda a, b: a**3 / b + F.sin(b),
        lambda a, b: b**3 / a + F.sin(a),
        lambda a, b: a**3 / a + F.sin(b),
        lambda a, b: b**3 / b + F.sin(b),
        lambda a, b: a**3 / b + F.sin(a),
    ):
        for ask in ((0,), (1,), (0, 1), (1, 0), (0, 0), (1, 0, 1)):
            assert_right(f, x, y, ask=ask)


def test_cached_derivations_tell_apart_outputs():
    for pick in ((0, 1), (1, 0), (0,), (1,), (0, 0), (1, 0, 1)):
        found = []
        for simplify in (True, False):
            x = Variable(X.copy())
            ys = [F.sin(x) * x, x**3]
            with using_config("simplify", simplify):
                (g,) = gradients([ys[i] for i in pick], x, create_graph=True)
                found.append(gradients(g, x, create_graph=True)[0].data)
        np.testing.assert_allclose(*found, rtol=1e-12)


def test_a_branch_of_the_users_is_another_structure():
    for value in (0.5, -0.5, 0.5, 2.0):
        x = Variable(np.array(value))
        y = F.sin(x) if x.data > 0 else F.cos(x)
        (g,) = gradients(y, x, create_graph=True)
        assert float(g) == pytest.approx(np.cos(value) if value > 0 else -np.sin(value))


# -- what the user does in between -----------------------------------------------------------------------------


def test_an_array_changed_in_place_between_calls():
    c = C.copy()
    for _ in range(3):
        assert_right(lambda x, c=c: F.sin(x * c) ** 2, X)
        c += 0.5


@pytest.mark.parametrize(
    "f",
    [
        lambda x, c: x**3 * c[0],
        lambda x, c: (x @ c) ** 3,
        lambda x, c: (c @ x) ** 3,
        lambda x, c: F.where(c > 0, x**3, x),
        lambda x, c: F.sin(x) ** 2 * c + (x.T * c) ** 2 + F.reshape(x * 2, -1) @ np.ravel(c),
        lambda x, c: F.concatenate([x**3, c], 1) ** 2,
        lambda x, c: x ** np.abs(c) + c,
    ],
)
def test_an_array_changed_in_place_after_its_derivation_was_stored(f):
    first = np.array([[1.0, 2.0], [-3.0, 4.0]])
    again = first.copy()
    x = np.abs(X)
    found = [derivatives(lambda x: f(x, first), x)]
    first[...] = 7.0  # the cached derivation must not refer to it
    found.append(derivatives(lambda x: f(x, again), x))
    for g, h in zip(*found, strict=True):
        np.testing.assert_array_equal(g, h)


def test_an_index_array_changed_in_place_after_use():
    index, x = np.array([0, 1]), Variable(X.copy())
    y = x[index] ** 3
    index[:] = 1
    (g,) = gradients(y, x, create_graph=True)
    np.testing.assert_allclose(g.data, 3 * X**2)
    np.testing.assert_allclose(gradients(g, x)[0].data, 6 * X)


def test_a_leaf_given_new_data_is_read_anew():
    x = Variable(X.copy())
    for data in (X, 2 * X, X[:1]):
        x.data = data.copy()
        y = F.sin(x) * x
        (g,) = gradients(y, x, create_graph=True)
        np.testing.assert_allclose(g.data, np.cos(data) * data + np.sin(data), rtol=1e-12)


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, w: x * w,
        lambda x, w: F.reshape(x, (4,)) * F.reshape(w, (4,)),
        lambda x, w: x * w.T,
        lambda x, w: x.sum() * w[0, 0],
        lambda x, w: (x + w) * 1,
        lambda x, w: F.exp(x + w),
        lambda x, w: x @ w,
        lambda x, w: (x[0] + x[1]) * w[1],
        lambda x, w: F.broadcast_to(x, (3, 2, 2)) * w,
    ],
)
def test_results_named_and_changed_in_place_belong_to_the_user(f, simplify):
    """Neither what they were computed from, nor the next derivative of another graph, is changed with them."""
    with using_config("simplify", simplify):
        for _ in range(3):
            x, w = Variable(X.copy(), "x"), Variable(X.copy() + 1, "w")
            y = f(x, w)
            value = y.data.copy()
            g, h, again = gradients(y, (x, w, x), create_graph=True)
            kept = h.data.copy(), again.data.copy()
            g.name = "changed"
            g.data[...] = -7.0
            np.testing.assert_array_equal(h.data, kept[0])
            np.testing.assert_array_equal(again.data, kept[1])
            np.testing.assert_array_equal(y.data, value)
            np.testing.assert_array_equal(x.data, X)
            np.testing.assert_array_equal(w.data, X + 1)
            assert [v.name for v in (x, w, y, h, again)] == ["x", "w", None, None, None]
            raw = gradients(y, (x, w))
            np.testing.assert_allclose(raw[0].data, kept[1], rtol=1e-12)
            np.testing.assert_allclose(raw[1].data, kept[0], rtol=1e-12)


def test_a_gradient_changed_in_place_does_not_change_the_next_order():
    for _ in range(2):
        x = Variable(X.copy())
        (g,) = gradients(F.sin(x) * x, x, create_graph=True)
        h = F.sum(g)
        g.data[...] = 0.0
        np.testing.assert_allclose(gradients(h, x)[0].data, 2 * np.cos(X) - X * np.sin(X), rtol=1e-12)


def test_a_node_unchained_between_two_orders_is_constant_in_the_second():
    x = Variable(np.array(0.7))
    h = F.sin(x)
    (g,) = gradients(F.exp(h * x), x, create_graph=True)
    h.unchain()
    with using_config("simplify", False):
        (plain,) = gradients(g, x)
    (found,) = gradients(g, x, create_graph=True)
    assert float(found) == pytest.approx(float(plain), rel=1e-12)


class Tracked(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of another library, whose repr leaves elements out, as that of every large array does."""

    def __init__(self, values):
        self.values = np.array(values)
        self.dtype, self.shape, self.size, self.ndim = self.values.dtype, self.values.shape, self.values.size, 1

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return getattr(ufunc, method)(*[getattr(x, "values", x) for x in inputs], **kwargs)

    def __repr__(self):
        return "Tracked([...])"


def test_an_array_of_another_library_is_not_known_by_its_repr():
    for values in ([1.0, 2.0], [3.0, 4.0]):
        x = Variable(C.copy())
        (g,) = gradients(x**3 * Tracked(values), x, create_graph=True)
        np.testing.assert_allclose(g.data, 3 * C**2 * values)


# -- derivatives in an intermediate ----------------------------------------------------------------------------


@pytest.mark.parametrize("simplify", [False, True])
def test_a_second_derivative_in_an_intermediate(simplify):
    """The mass matrix of a Lagrangian, where the speed is itself computed: p = dL/dv is v, and dp/dv is 1."""
    with using_config("simplify", simplify):
        t = Variable(np.array([0.3, 0.4]))
        v = F.cos(t)
        (p,) = gradients(v * v / 2, v, create_graph=True)
        np.testing.assert_array_equal(p.data, v.data)
        np.testing.assert_array_equal(gradients(p, v)[0].data, [1.0, 1.0])
        np.testing.assert_array_equal(gradients(p, v, create_graph=True)[0].data, [1.0, 1.0])
        np.testing.assert_allclose(gradients(p, t)[0].data, -np.sin(t.data))


@pytest.mark.parametrize("simplify", [False, True])
def test_a_gradient_that_is_an_intermediate(simplify):
    with using_config("simplify", simplify):
        t, w = Variable(np.array([0.3, 0.4])), Variable(np.array([1.0, 2.0]))
        a = F.sin(t)
        (p,) = gradients(a * w, w, create_graph=True)
        np.testing.assert_array_equal(gradients(p, a)[0].data, [1.0, 1.0])


@pytest.mark.parametrize("simplify", [False, True])
def test_an_intermediate_with_an_equal_beside_it(simplify):
    with using_config("simplify", simplify):
        t = Variable(np.array(0.3))
        a, b = F.sin(t), F.sin(t)
        (p,) = gradients(a * b**2, b, create_graph=True)
        assert float(gradients(p, b)[0]) == pytest.approx(2 * np.sin(0.3))


# -- numbers taken out of products -----------------------------------------------------------------------------

TOO_FAR = "numbers gathered from several factors under- or overflow where the factors did not"


@pytest.mark.parametrize(
    ("scale", "dtype"),
    [
        (1e-9, "f8"),
        (1e9, "f8"),
        bug(1e-200, "f8", reason=TOO_FAR),
        bug(1e200, "f8", reason=TOO_FAR),
        bug(1e-25, "f4", reason=TOO_FAR),
        bug(1e25, "f4", reason=TOO_FAR),
    ],
)
def test_numbers_taken_out_of_products_stay_in_range(scale, dtype):
    """A scaled unknown of ordinary size: every intermediate of the plain reading is in range."""
    x = Variable(np.array(2 / scale, dtype))
    (g,) = gradients((scale * x) ** 3, x, create_graph=True)
    assert g.dtype == np.dtype(dtype)
    assert float(g) / scale == pytest.approx(12.0, rel=1e-5)
    y = (scale * x) ** 3 * (scale * x) * scale
    (g,) = gradients(y, x, create_graph=True)
    assert float(g) / scale / scale == pytest.approx(32.0, rel=1e-5)


def test_constants_of_no_axis_that_add_up_to_a_number():
    x = Variable(C.copy())
    s = F.sum(x)
    (g,) = gradients(s - F.where(True, s, s), x, create_graph=True)
    np.testing.assert_array_equal(g.data, [0.0, 0.0])


# -- memory ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orders", [1, 2, 3])
def test_a_derivatives_graph_is_freed_with_its_last_reference(orders):
    gc.disable()
    try:
        x = Variable(X[:, :1].copy())
        h = F.tanh(x @ np.ones((1, 3)))
        y = h.sum(axis=1, keepdims=True)
        for _ in range(orders):
            (y,) = gradients(y, x, create_graph=True)
        held = weakref.ref(h)
        del x, h, y
        assert held() is None
    finally:
        gc.enable()
