"""What the algebra of derivatives must leave alone: intermediates asked for, dtypes, ranges, shapes, large arrays."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, Variable, gradients, using_config
from dezero.autodiff import cached
from dezero.core.graph import collect
from dezero.rewriting.cache import CACHE


def V(data, dtype=None):
    return Variable(np.array(data, dtype=dtype))


def both(build):
    """What build() gives with and without rewriting, twice each: by the algebra, and by the cached derivation."""
    found = []
    for simplify in (True, True, False):
        with using_config("simplify", simplify):
            found.append(np.asarray(build().data))
    return found


def assert_unchanged(build, rtol=1e-12):
    once, again, plain = both(build)
    np.testing.assert_allclose(once, plain, rtol=rtol)
    np.testing.assert_allclose(again, plain, rtol=rtol)


INTERMEDIATES = {
    "sum": lambda x, z: x + z,
    "difference": lambda x, z: x - z,
    "quotients": lambda x, z: x / z + z / z,
    "multiple": lambda x, z: 2 * x,
    "negative": lambda x, z: -x,
    "combination": lambda x, z: 2 * x + 3 * z - x,
}


@pytest.mark.parametrize("of", INTERMEDIATES.values(), ids=INTERMEDIATES)
def test_a_second_derivative_in_an_intermediate(of):
    def build():
        x, z = V(2.0), V(3.0)
        h = of(x, z)
        (g,) = gradients(h * h * h, h, create_graph=True)
        return gradients(g, h)[0]

    assert_unchanged(build)
    x, z = V(2.0), V(3.0)
    assert build().item() == pytest.approx(6 * of(x, z).item())


@pytest.mark.parametrize("of", INTERMEDIATES.values(), ids=INTERMEDIATES)
def test_a_retained_gradient_keeps_its_intermediate(of):
    x, z = V(2.0), V(3.0)
    h = of(x, z)
    (h * h * h).backward(retain_grad=True, create_graph=True)
    assert gradients(h.grad, h)[0].item() == pytest.approx(6 * h.item())


def test_an_intermediate_that_the_algebra_has_taken_apart_is_refused():
    x = V(2.0)
    h = 2 * x
    (g,) = gradients(h**3, x, create_graph=True)
    with pytest.raises(GraphError, match="ask for it in the derivative before"):
        gradients(g, h)
    with using_config("simplify", False):
        (g,) = gradients(h**3, x, create_graph=True)
    assert gradients(g, h)[0].item() == 48


def test_an_intermediate_beside_the_graph_still_gets_zeros():
    x, z = V(2.0), V(3.0)
    h = 2 * z
    (g,) = gradients(x**3, x, create_graph=True)
    assert gradients(g, h)[0].item() == 0
    assert gradients(x * x, 2 * x)[0].item() == 0


USES = {
    "element": lambda g, x: g[0] * x,
    "dot": lambda g, x: F.dot(g, x * x),
    "matmul": lambda g, x: F.reshape(g, (1, 2)) @ F.reshape(x * x, (2, 1)),
    "reshape": lambda g, x: F.reshape(g, (2, 1)) * x,
    "outer": lambda g, x: F.outer(g, x * x),
    "einsum": lambda g, x: F.einsum("i,j->ij", g, x * x),
    "kron": lambda g, x: F.kron(x * x, g),
    "sort": lambda g, x: F.sort(g) * x,
    "cumsum": lambda g, x: F.cumsum(g) * x,
    "take": lambda g, x: F.take(g, np.array([1, 0])) * x,
    "var": lambda g, x: F.var(g * x),
    "prod": lambda g, x: F.prod(g) * x,
    "sum": lambda g, x: F.sum(g) * x * x,
    "concatenate": lambda g, x: F.concatenate([g, x * x]),
    "solve": lambda g, x: F.solve(np.eye(2) * 2, g) * x,
    "elementwise": lambda g, x: F.sin(g) * x * x,
    "zeros": lambda g, x: F.outer(g - 3, x * x),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_constant_derivative_is_an_array_for_every_operation(use):
    def build():
        x = V([1.0, 2.0])
        (g,) = gradients(3 * x, x, create_graph=True)
        (first,) = gradients(F.sum(use(g, x) ** 2), x, create_graph=True)
        return first + gradients(first, x, create_graph=True)[0]

    assert_unchanged(build)


NARROW = {
    "uint8 scaled": (lambda x, w: w * (x * (1 / 255)) * (x * (1 / 255)), np.uint8, [200, 100]),
    "int8 cubed": (lambda x, w: (x * 1.0) ** 3 * w, np.int8, [100, -100]),
    "bool added": (lambda x, w: w * (x * 1.0) + w * (x * 1.0), bool, [True, True]),
    "uint8 negative": (lambda x, w: F.sin(w * (-(x * 2)) * 0.01), np.uint8, [100, 3]),
    "uint8 itself": (lambda x, w: w * x * x, np.uint8, [200, 100]),
    "uint8 power": (lambda x, w: w * x**2.0 * x, np.uint8, [200, 100]),
}


@pytest.mark.parametrize(("f", "dtype", "data"), NARROW.values(), ids=NARROW)
def test_integers_do_not_wrap_around_in_a_rewritten_derivative(f, dtype, data):
    def build():
        x, w = V(data, dtype), V([1.0, 1.0])
        return gradients(F.sum(f(x, w)), w, create_graph=True)[0]

    def square():
        x, w = V(data, dtype), V([1.0, 1.0])
        return gradients(F.sum(f(x, w) ** 2), w, create_graph=True)[0]

    with np.errstate(all="ignore"):
        assert_unchanged(build)
        assert_unchanged(square)


RANGES = {
    "square": (lambda x: (x * 1e200) ** 2, 1e-200, None),
    "square of a product": (lambda x: (x * 1e200) * (x * 1e200), 1e-200, None),
    "float32": (lambda x: (x * 1e20) * (x * 1e20), 1e-20, np.float32),
    "log": (lambda x: F.log(x * 1e-200 * 1e-200), 1e300, None),
    "quotient": (lambda x: (x * 1e200) / (2 + x * 1e-200), 1.0, None),
    "sine": (lambda x: F.sin(x * 1e20 * 1e20) * 1e-30, 1e-39, np.float32),
    "float16": (lambda x: (x * 100) ** 3, 0.002, np.float16),
    "sum": (lambda x: F.exp(x * 1e-150 * 1e-150 + x * 1e-150 * 1e-150), 1e300, None),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("f", "at", "dtype"), RANGES.values(), ids=RANGES)
def test_numbers_leave_no_product_where_the_rest_would_leave_its_range(f, at, dtype, order):
    def build():
        x = V(at, dtype)
        y = f(x)
        for _ in range(order):
            (y,) = gradients(y, x, create_graph=True)
        return y

    with np.errstate(all="ignore"):
        assert_unchanged(build, rtol={None: 1e-12, np.float32: 1e-5, np.float16: 1e-2}[dtype])


def test_large_plain_arrays_stand_beside_each_other():
    n = 600_000
    x = Variable(np.ones(n))
    y = x * np.full(n, 2.0) * np.full(n, 3.0)
    assert gradients(y, x, create_graph=True)[0].data[0] == 6


@pytest.mark.parametrize("again", range(3))
def test_equal_gradients_of_two_leaves_are_two(again):
    a, b = V([1.0, 2.0]), V([3.0, 4.0])
    F.sum((a + b) ** 2).backward(create_graph=True)
    assert a.grad is not b.grad
    a.grad.data[...] *= 0.5
    np.testing.assert_array_equal(b.grad.data, [8, 12])


def alternating(order):
    x, t = V(0.3), V(0.4)
    u = F.tanh(F.sin(x * t) + x)
    for i in range(order):
        (u,) = gradients(u, (x, t)[i % 2], create_graph=True)
    return len(collect([u])), u.item()


def test_what_was_differentiated_before_does_not_make_a_graph_larger():
    cached.clear_cache()
    fresh, value = alternating(12)
    cached.clear_cache()
    sizes = [alternating(n) for n in range(1, 13)]
    assert sizes[-1][0] <= 1.2 * fresh
    assert sizes[-1][1] == pytest.approx(value, rel=1e-9)


def test_three_leaves_in_another_order_after_lower_orders():
    def mixed(order):
        x, t, z = V(0.3), V(0.4), V(0.5)
        u = F.exp(F.sin(x * t) * z)
        for i in range(order):
            (u,) = gradients(u, (z, x, t)[i % 3], create_graph=True)
        return len(collect([u]))

    cached.clear_cache()
    fresh = mixed(11)
    cached.clear_cache()
    assert [mixed(n) for n in range(1, 12)][-1] <= 1.2 * fresh


def test_an_operation_declared_again_is_another():
    from dezero.core.declare import elementwise

    found = []
    for rule in (lambda F, g, x, y: g * 3 * x, lambda F, g, x, y: g * 3 * x * x):
        cube = elementwise("cube_declared_twice", lambda x: x * x * x, rule, doc="")
        x = V(2.0)
        found.append(gradients(cube(x), x, create_graph=True)[0].item())
    assert found == [6, 12]


def test_a_rule_that_mentions_an_operation_declared_again_uses_the_new_one():
    from dezero.core.declare import elementwise

    def helper(factor):
        elementwise("mentioned_helper", lambda x: factor * x, lambda F, g, x, y: g * factor, doc="")

    helper(2.0)
    user = elementwise(
        "mentions_helper", lambda x: x * x, lambda F, g, x, y: g * F.mentioned_helper(x), doc="Half of it is right."
    )

    def orders():
        x = V(3.0)
        (first,) = gradients(user(x), x, create_graph=True)
        (second,) = gradients(first, x, create_graph=True)
        return first.item(), second.item(), gradients(user(x), x)[0].item()

    assert [orders(), orders()] == [(6.0, 2.0, 6.0)] * 2
    x = V(3.0)
    (before,) = gradients(user(x), x, create_graph=True)
    helper(20.0)
    assert [orders(), orders()] == [(60.0, 20.0, 60.0)] * 2
    assert gradients(before, x, create_graph=True)[0].item() == 2.0  # recorded with the former one


def test_cached_derivations_take_a_bounded_number_of_bytes(monkeypatch):
    monkeypatch.setattr(CACHE, "limit", 50_000)
    cached.clear_cache()
    for n in range(40):
        x = V(0.5)
        y = x
        for _ in range(30):
            y = F.sin(y) * (n + 1.5)
        gradients(y, x, create_graph=True)
    assert len(CACHE)
    assert CACHE.size <= 50_000


def test_cached_derivations_count_the_index_arrays_that_they_keep(monkeypatch):
    monkeypatch.setattr(CACHE, "limit", 1_000_000)
    cached.clear_cache()
    x = Variable(np.linspace(0.0, 1.0, 10_000))
    for step in range(40):
        order = np.random.default_rng(step).permutation(10_000)
        (g,) = gradients(F.sum(F.sin(x[order]) * x), x, create_graph=True)
        gradients(F.sum(g**2), x, create_graph=True)
    assert CACHE.size <= 1_000_000
    assert len(CACHE) < 40


def test_a_backward_that_raises_while_it_accumulates_changes_nothing():
    a, b = V(1.0), V(1.0)
    a.grad, b.grad = V(1.7e308), V(1.0)
    y = a * 1e308 + b * 1.0
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        y.backward()
    assert (a.grad.item(), b.grad.item()) == (1.7e308, 1.0)


def test_arrays_that_change_with_every_step_share_a_cached_derivation():
    cached.clear_cache()
    w = Variable(np.array([[0.3], [0.4]]))

    def gradient(x):
        return gradients(F.sum(F.tanh(x @ w) ** 2), w, create_graph=True)[0]

    for step in range(40):
        x = np.random.default_rng(step).standard_normal((5, 2))
        found, expected = gradient(x), gradient(Variable(x))
        np.testing.assert_allclose(found.data, expected.data, rtol=1e-12)
    assert len(CACHE) == 2  # one for arrays, one for Variables


def test_arrays_of_which_the_steps_take_a_number_leave_nothing_in_the_cache():
    cached.clear_cache()
    x = V(0.3)

    def gradient(a):
        (g,) = gradients(F.sum(x * a), x, create_graph=True)
        np.testing.assert_allclose(g.data, a.sum(), rtol=1e-12)

    for step in range(40):
        gradient(np.random.default_rng(step).standard_normal(5))
    assert len(CACHE) == 0

    cached.clear_cache()
    for step in range(40):
        gradient(np.full(6, float(step % 3)))  # a few arrays in turn, as those of an equation and its boundary
    assert len(CACHE) == 3
