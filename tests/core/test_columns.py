"""Gradients in a leaf of a few columns whose rows stay apart: a tangent for each column, picked without the join."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, clear_cache, gradients, partial, using_config
from dezero.autodiff.sweep import ones, sweep
from dezero.core.graph import collect, leading_to
from tests.collector import sleeping_collector

ROWS = 4


def array(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape) / 2


def network(d, outputs=1, width=3):
    """A network of two hidden layers on rows of d numbers, with its weights as Variables."""
    weights = [Variable(array(i, *s)) for i, s in enumerate([(d, width), (1, width), (width, width), (width, outputs)])]
    a, b, c, e = weights
    return (lambda x: F.tanh(F.tanh(x @ a + b) @ c) @ e), weights


def nested(u, x, columns, read=lambda g, j: g[:, j : j + 1]):
    """The partial derivative in these columns, one after the other, by nested gradients."""
    for j in columns:
        (g,) = gradients(u, x, create_graph=True)
        u = read(g, j)
    return u


def by_rules(f, data, columns, read=lambda g, j: g[:, j : j + 1]):
    with using_config("simplify", False):
        x = Variable(data)
        return nested(f(x), x, columns, read).data


def assert_close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 * (1 + np.abs(wanted).max()))


D = 2
EXPRESSIONS = {
    "network": network(D)[0],
    "a factor of the columns": lambda x: x[:, 0:1] * (1 - x[:, 0:1]) * network(D)[0](x) + F.sin(x[:, 1:2]),
    "sliced and joined": lambda x: network(D)[0](F.concatenate([x[:, 0:1], F.exp(x[:, 1:2])], axis=1)),
    "sliced and stacked": lambda x: network(D)[0](F.column_stack([x[:, 0], x[:, 1]])),
    "stacked": lambda x: network(D)[0](F.stack([x[:, 0], x[:, 1]], axis=1)),
    "scaled": lambda x: network(D)[0]((x - np.array([0.1, 0.2])) / np.array([[2.0, 3.0]])),
    "transposed": lambda x: (F.tanh(array(1, 3, 2) @ x.T).T @ array(2, 3, 1)) ** 2,
    "affine": lambda x: F.tanh(F.linear(x, Variable(array(1, 2, 3)), Variable(array(2, 3)))) @ array(3, 3, 1),
    "einsum": lambda x: F.einsum("nd,de->ne", F.sin(x), array(4, 2, 1)) ** 3,
    "softmax of each row": lambda x: F.softmax(x @ array(5, 2, 3), axis=1)[:, :1],
    "norm of each row": lambda x: F.sqrt(1 + (x * x).sum(axis=1, keepdims=True)),
    "one number a row": lambda x: F.exp(x[:, 0] * x[:, 1]),
    "several outputs": network(D, outputs=3)[0],
    "a sum on top": lambda x: network(D)[0](x).sum(),
    "linear in a column": lambda x: F.sin(x[:, 0:1]) + 3 * x[:, 1:2],
    "one neuron": lambda x: F.tanh(x @ array(6, 2, 1)),
}


@pytest.mark.parametrize("columns", [(0,), (1, 0), (0, 1), (0, 0, 1), (1, 0, 1, 0), (0, 0, 0, 0)])
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_nested_gradients_of_columns_are_those_of_the_rules(name, columns):
    data, f = array(7, ROWS, D), EXPRESSIONS[name]
    wanted = by_rules(f, data, columns)
    for _ in range(3):  # derived, then replayed from the cache
        x = Variable(data)
        assert_close(nested(f(x), x, columns).data, wanted)


@pytest.mark.parametrize("d", [2, 3, 4, 5])
def test_partials_of_each_row(d):
    f, _ = network(d)
    x = Variable(array(8, 3, d))
    for columns in [(0, d - 1), (1, 1, 0)]:
        found = nested(f(x), x, columns).data
        row = partial(lambda p: f(F.reshape(p, (1, d)))[0, 0], columns)
        assert_close(found[:, 0], np.array([row(p).item() for p in x.data]))


READS = {
    "g[:, j:j+1]": lambda g, j: g[:, j : j + 1],
    "g[:, j]": lambda g, j: g[:, j],
    "g[..., j]": lambda g, j: g[..., j],
    "g[:, j - d]": lambda g, j: g[:, j - D],
    "g[0:N, j:]": lambda g, j: g[0:ROWS, j:][:, :1],
    "g.T[j]": lambda g, j: g.T[j],
    "split": lambda g, j: F.split(g, D, axis=1)[j],
    "iterated": lambda g, j: list(g.T)[j],
    "a product": lambda g, j: (g * np.eye(D)[j]).sum(axis=1),
    "the whole": lambda g, j: (g * g).sum(axis=1, keepdims=True) + g[:, j : j + 1],
    "rows backwards": lambda g, j: g[::-1][::-1, j : j + 1],
}


@pytest.mark.parametrize("name", READS)
def test_columns_that_are_read_in_other_ways(name):
    data, (f, _) = array(9, ROWS, D), network(D)
    columns = (0, 1, 0)
    wanted = by_rules(f, data, columns, READS[name])
    for _ in range(3):
        x = Variable(data)
        assert_close(nested(f(x), x, columns, READS[name]).data, wanted)


MIXING = {
    "softmax over rows": lambda x: F.softmax(x @ array(1, 2, 3), axis=0) @ array(2, 3, 1),
    "centred over rows": lambda x: F.tanh((x - x.mean(axis=0)) @ array(1, 2, 1)),
    "a product of rows": lambda x: F.tanh(x @ x.T) @ np.ones((ROWS, 1)),
    "rows turned": lambda x: F.sin(F.roll(x, 1, axis=0) * x),
    "rows reversed": lambda x: F.sin(x[::-1] * x) @ array(1, 2, 1),
}


@pytest.mark.parametrize("name", MIXING)
def test_rows_that_mix_are_differentiated_backwards(name):
    data, f = array(10, ROWS, D), MIXING[name]
    for columns in [(0, 1), (1, 1, 0)]:
        x = Variable(data)
        assert_close(nested(f(x), x, columns).data, by_rules(f, data, columns))


# -- the size of the graph ------------------------------------------------------------------------------------------


def test_the_number_of_nodes_is_a_polynomial_of_the_order():
    f, _ = network(2)
    x = Variable(array(11, ROWS, 2))
    u, counts = f(x), []
    for _ in range(8):
        u = nested(u, x, (0,))
        counts.append(len(collect([u])))
    steps = np.diff(counts)
    assert np.diff(steps[1:]).max() <= 12  # a quadratic polynomial: the second differences do not grow
    assert counts[-1] < 200


def test_columns_by_turns_stay_polynomial():
    f, _ = network(3)
    x = Variable(array(11, ROWS, 3))
    u, counts = f(x), []
    for n in range(8):
        u = nested(u, x, (n % 3,))
        counts.append(len(collect([u])))
    assert all(count <= 40 * (n + 1) ** 3 for n, count in enumerate(counts))


@pytest.mark.parametrize(("d", "columns"), [(2, (0, 1)), (2, (0, 0, 1)), (3, (0, 1, 2, 2)), (3, (2, 0, 1, 1))])
def test_mixed_partials_in_any_order_are_the_same_nodes(d, columns):
    clear_cache()
    f, _ = network(d)
    x = Variable(array(12, ROWS, d))
    u, asked = f(x), {}

    def gradient(order):  # each once, as a user would name it
        if order not in asked:
            root = gradient(order[:-1])[:, order[-1] : order[-1] + 1] if order else u
            (asked[order],) = gradients(root, x, create_graph=True)
        return asked[order]

    assert len({gradient(order[:-1])._args[order[-1]]._age for order in itertools.permutations(columns)}) == 1


@pytest.mark.parametrize(
    ("d", "outputs", "order"), [(2, 1, 2), (3, 1, 4), (4, 1, 5), (3, 2, 2), (4, 2, 2), (2, 2, 1), (3, 3, 1)]
)
def test_tangents_are_taken_from_the_order_on_where_they_pay(d, outputs, order):
    f, _ = network(d, outputs)
    data = array(39, ROWS, d)
    for _ in range(3):
        x = Variable(data)
        u = f(x)[:, 0:1]
        for n in range(1, order + 2):
            (g,) = gradients(u, x, create_graph=True)
            assert ("concatenate" in {node._op.name for node in collect([g]).values() if node._args}) == (n >= order)
            u = g[:, 0:1]


@pytest.mark.parametrize("d", [3, 4])
def test_second_derivatives_of_one_output_are_two_reverse_sweeps(d):
    f, _ = network(d)
    x = Variable(array(40, ROWS, d))
    numbers = [len(collect([nested(f(x), x, (0, 0))])) for _ in range(3)]
    with using_config("simplify", False):
        by_rules = len(collect([nested(f(x), x, (0, 0))]))
    assert max(numbers) <= by_rules


def laplacians(f, x, outputs):
    """Second derivatives of each output, as each is asked for by itself."""
    u, found = f(x), []
    for k in range(outputs):
        (g,) = gradients(u[:, k : k + 1], x, create_graph=True)
        for j in range(2):
            (h,) = gradients(g[:, j : j + 1], x, create_graph=True)
            found.append(h[:, j : j + 1])
    return found


def test_replayed_outputs_share_the_tangents_of_the_layers():
    f, _ = network(2, outputs=3, width=4)
    for _ in range(4):  # the second step replays some, the shared nodes make new graphs of others, and some of these
        # turn out to depend on plain arrays: the third step stores them once more
        x = Variable(array(35, ROWS, 2))
        found = laplacians(f, x, 3)
    of_one, of_all = (len([n for n in collect(some).values() if n.shape == (ROWS, 4)]) for some in (found[:2], found))
    assert of_all == of_one


def test_nodes_are_shared_over_one_graph_alone():
    f, weights = network(2, outputs=2)
    data, held = array(36, ROWS, 2), []
    for _ in range(4):
        weights[0].data[...] *= 1.1  # in place, and what used it before is still held
        x = Variable(data)
        held.append(laplacians(f, x, 2))
        wanted = [by_rules(lambda y, k=k: f(y)[:, k : k + 1], data, (j, j)) for k in range(2) for j in range(2)]
        for a, b in zip(held[-1], wanted, strict=True):
            assert_close(a.data, b)


def test_the_second_derivative_does_not_go_through_the_join():
    f, _ = network(2)
    x = Variable(array(13, ROWS, 2))
    (g,) = gradients(f(x), x, create_graph=True)
    (h,) = gradients(g[:, 0:1], x, create_graph=True)
    (k,) = gradients(h[:, 1:2], x, create_graph=True)
    assert g._age not in collect([k])
    assert h._age not in collect([k])


def test_one_gradient_is_one_reverse_sweep():
    f, _ = network(2, width=5)
    x = Variable(array(14, ROWS, 2))
    (g,) = gradients(f(x), x, create_graph=True)
    assert "concatenate" not in {n._op.name for n in collect([g]).values() if n._args}


# -- together with other things ---------------------------------------------------------------------------------------


def residual(u, x):
    (g,) = gradients(u, x, create_graph=True)
    (h,) = gradients(g[:, 0:1], x, create_graph=True)
    return g[:, 1:2] + u * g[:, 0:1] - 0.1 * h[:, 0:1]


def test_the_gradient_of_a_residual_and_of_its_loss():
    f, weights = network(2)
    data = array(15, ROWS, 2)

    def found():
        x = Variable(data)
        r = residual(f(x), x)
        (g,) = gradients(r, x, create_graph=True)
        loss = (r * r).mean() + (g * g).mean()
        return [g.data, *[w.data for w in gradients(loss, weights)], gradients(loss, x, create_graph=True)[0].data]

    with using_config("simplify", False):
        wanted = found()
    for _ in range(3):
        for a, b in zip(found(), wanted, strict=True):
            assert_close(a, b)


def test_a_derivative_in_a_weight_between_two_in_columns():
    f, weights = network(2)
    data = array(16, ROWS, 2)

    def found():
        x = Variable(data)
        (g,) = gradients(f(x), x, create_graph=True)
        (w,) = gradients((g[:, 0:1] ** 2).sum(), weights[0], create_graph=True)
        return gradients((w * w).sum(), x, create_graph=True)[0].data

    with using_config("simplify", False):
        wanted = found()
    assert_close(found(), wanted)


def test_another_leaf_beside_the_columns():
    f, _ = network(3)
    a, b = array(17, ROWS, 2), array(18, ROWS, 1)

    def found():
        x, t = Variable(a), Variable(b)
        u = f(F.concatenate([x, t], axis=1))
        u_x, u_t = gradients(u, (x, t), create_graph=True)
        u_tx, u_tt = gradients(u_t, (x, t), create_graph=True)
        u_xx, u_xt = gradients(u_x[:, 0:1], (x, t), create_graph=True)
        (u_xtx,) = gradients(u_xt, x, create_graph=True)
        return [y.data for y in (u_x, u_t, u_tx, u_tt, u_xx, u_xt, u_xtx)]

    with using_config("simplify", False):
        wanted = found()
    for _ in range(3):
        for x, y in zip(found(), wanted, strict=True):
            assert_close(x, y)


def test_columns_that_are_leaves_of_their_own():
    f, _ = network(2)
    x, t = Variable(array(19, ROWS, 1)), Variable(array(20, ROWS, 1))
    u = f(F.concatenate([x, t], axis=1))
    (u_x,) = gradients(u, x, create_graph=True)
    (u_xt,) = gradients(u_x, t, create_graph=True)
    joined = Variable(np.hstack([x.data, t.data]))
    assert_close(u_xt.data, nested(f(joined), joined, (0, 1)).data)


@pytest.mark.parametrize("columns", [(0, 0, 0), (0, 1), (1, 0, 1), (0, 1, 0, 1)])
@pytest.mark.parametrize("join", [lambda a, b: F.concatenate([a, b], axis=1), lambda a, b: F.column_stack([a, b])])
def test_slices_of_a_leaf_are_leaves_themselves(columns, join):
    data, (f, _) = array(28, ROWS, 2), network(2)
    wanted = by_rules(f, data, columns)
    clear_cache()
    for order in set(itertools.permutations(columns)):
        whole = Variable(data)
        parts = whole[:, 0:1], whole[:, 1:2]
        u = f(join(*parts))
        for j in order:
            (u,) = gradients(u, parts[j], create_graph=True)
        assert_close(u.data, wanted)


@pytest.mark.parametrize(
    "join", [lambda a, b: F.concatenate([a, b], axis=1), lambda a, b: F.stack([a[:, 0], b[:, 0]], 1)]
)
def test_columns_of_joined_leaves(join):
    data, (f, _) = array(34, ROWS, 2), network(2)

    def found():
        x, t = Variable(data[:, 0:1].copy()), Variable(data[:, 1:2].copy())
        joined = join(x, t)
        u = nested(f(joined), joined, (0, 1))
        u_x, u_t = gradients(u, (x, t), create_graph=True)
        return [u_x.data, gradients(u_t, x)[0].data, nested(u, joined, (1, 0, 1)).data]

    with using_config("simplify", False):
        wanted = found()
    for _ in range(3):
        for a, b in zip(found(), wanted, strict=True):
            assert_close(a, b)


def test_mixed_partials_in_slices_are_the_same_nodes():
    clear_cache()
    whole, (f, _) = Variable(array(29, ROWS, 2)), network(2)
    x, t = whole[:, 0:1], whole[:, 1:2]
    u_x, u_t = gradients(f(F.concatenate([x, t], axis=1)), (x, t), create_graph=True)
    (u_xt,), (u_tx,) = gradients(u_x, t, create_graph=True), gradients(u_t, x, create_graph=True)
    assert u_xt._args[0] is u_tx._args[0]


def test_a_slice_that_is_made_twice_is_two_inputs():
    whole = Variable(array(30, ROWS, 2))

    def found():
        x, again = whole[:, 0:1], whole[:, 0:1]
        u = F.sin(x) * again**3 + F.exp(x * whole[:, 1:2])
        (u_x,) = gradients(u, x, create_graph=True)
        (u_xy,) = gradients(u_x, again, create_graph=True)
        (u_xyx,) = gradients(u_xy, x, create_graph=True)
        return [g.data for g in (u_x, u_xy, u_xyx, *gradients(u_xy, whole))]

    with using_config("simplify", False):
        wanted = found()
    for _ in range(3):
        for a, b in zip(found(), wanted, strict=True):
            assert_close(a, b)


def test_a_column_of_the_gradient_that_is_constant():
    x, a = Variable(array(37, ROWS, 2)), Variable(array(38, 2, 1))
    (g,) = gradients(F.tanh(x[:, 0:1]) - x @ a, x, create_graph=True)
    square = g[:, 1:2] * g[:, 1:2]
    for _ in range(2):
        assert not gradients(square, x, create_graph=True)[0].data.any()
    assert_close(gradients(square.sum(), a)[0].data, np.array([[0.0], [2 * ROWS * a.data[1, 0]]]))


def test_cotangents_of_ones_are_none():
    f, _ = network(2)
    x = Variable(array(31, ROWS, 2))
    u, v = f(x), f(x)
    for _ in range(4):
        u = gradients(u, x, np.ones(u.shape), create_graph=True)[0][:, 0:1]
        v = gradients(v, x, create_graph=True)[0][:, 0:1]
    assert len(collect([u])) == len(collect([v]))
    np.testing.assert_array_equal(u.data, v.data)


@pytest.mark.parametrize("shape", [(1, 2), (1, 1, 3), (2, 2, 2), (0, 2)])
def test_one_row_and_more_axes(shape):
    data, w = array(32, *shape), array(33, shape[-1], 1)
    f = lambda x: F.tanh(F.sin(x) @ w) ** 2  # noqa: E731
    read = lambda g, j: g[..., j : j + 1]  # noqa: E731
    for _ in range(2):
        x = Variable(data)
        found = nested(f(x), x, (0, 1, 1), read)
        np.testing.assert_allclose(found.data, by_rules(f, data, (0, 1, 1), read), rtol=0, atol=1e-13)


def test_a_change_of_the_leaf_or_of_a_weight_in_between():
    f, weights = network(2)
    x = Variable(array(21, ROWS, 2))
    (g,) = gradients(f(x), x, create_graph=True)
    u_x = g[:, 0:1]
    before = u_x.data.copy()
    weights[0].data = weights[0].data + 1.0
    np.testing.assert_array_equal(u_x.data, before)
    with pytest.raises(Exception, match="rebound"):
        gradients(u_x, x, create_graph=True)


def test_an_asked_column_stays_an_intermediate():
    f, _ = network(2)
    x = Variable(array(22, ROWS, 2))

    def found():
        (g,) = gradients(f(x), x, create_graph=True)
        u_x = g[:, 0:1]
        lagrangian = u_x**3 * x[:, 1:2]
        (p, in_x) = gradients(lagrangian, (u_x, x), create_graph=True)
        return p.data, in_x.data

    with using_config("simplify", False):
        wanted = found()
    for a, b in zip(found(), wanted, strict=True):
        assert_close(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_narrow_numbers_keep_their_dtype(dtype):
    x = Variable(array(23, ROWS, 2).astype(dtype))
    w = array(24, 2, 3).astype(dtype)
    f = lambda x: F.tanh(x @ w) @ w.T[:, :1]  # noqa: E731
    found = nested(f(x), x, (0, 1))
    assert found.dtype == dtype
    np.testing.assert_allclose(found.data, by_rules(f, x.data, (0, 1)), rtol=20 * np.finfo(dtype).eps, atol=1e-2)


def test_a_column_that_is_not_used_costs_nothing_backwards():
    f, weights = network(2)
    x = Variable(array(26, ROWS, 2))
    (g,) = gradients(f(x), x, create_graph=True)
    (h,) = gradients(g[:, 0:1], x, create_graph=True)
    u_xx = h[:, 0:1]
    nodes = leading_to(collect([u_xx]), weights)
    found = sweep(nodes, {u_xx._age: ones(u_xx)}, keep=None, use_grad=False)
    assert h._args[0]._age in found
    assert h._args[1]._age not in found
    with using_config("simplify", False):
        y = Variable(x.data)
        wanted = gradients(nested(f(y), y, (0, 0)), weights)
    for a, b in zip(gradients(u_xx, weights), wanted, strict=True):
        assert_close(a.data, b.data)
    for a, b in zip(gradients(u_xx, weights, create_graph=True), wanted, strict=True):
        assert_close(a.data, b.data)


def test_a_cotangent_of_zeros_is_a_gradient():
    f, weights = network(2)
    x = Variable(array(27, ROWS, 2))
    zero = nested(f(x), x, (0, 0)) * 0.0
    for unused in ("none", "error"):
        assert not gradients(zero, weights[0], unused=unused)[0].data.any()


def test_nothing_is_left_to_the_collector():
    f, _ = network(2)
    x = Variable(array(25, ROWS, 2))

    def steps():
        clear_cache()
        for _ in range(2):
            r = residual(f(x), x)
            (g,) = gradients(r, x, create_graph=True)
            gradients(g[:, 0:1], x, create_graph=True)

    steps()
    with sleeping_collector() as count:
        steps()
        first = count()
        steps()
        assert count() <= first + 10


def draw_expression(draw, depth):
    if depth == 0:
        return draw(st.sampled_from(["x[:, 0:1]", "x[:, 1:2]", "x @ a", "F.tanh(x @ b) @ c", "(x * x) @ a"]))
    left, right = draw_expression(draw, depth - 1), draw_expression(draw, depth - 1)
    form = draw(
        st.sampled_from(["({} + {})", "({} * {})", "F.sin({}) * {}", "F.tanh({}) - {}", "{} / (2 + ({}) ** 2)"])
    )
    return form.format(left, right)


expressions = st.composite(lambda draw: draw_expression(draw, draw(st.integers(0, 2))))


@given(expressions(), st.lists(st.integers(0, 1), min_size=1, max_size=4), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_random_expressions(text, columns, seed):
    names = {"F": F, "a": Variable(array(1, 2, 1)), "b": Variable(array(2, 2, 3)), "c": Variable(array(3, 3, 1))}
    f = eval(f"lambda x: {text}", names)
    data = array(seed, 3, 2)
    wanted = by_rules(f, data, columns)
    x = Variable(data)
    found = nested(f(x), x, columns).data
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11 * (1 + np.abs(wanted).max()))


@pytest.mark.parametrize("take", [lambda u, j: u[j], lambda u, j: u[:, j : j + 1]], ids=["row", "column"])
@pytest.mark.parametrize("by_backward", [False, True])
def test_penalties_of_outputs_in_turn(take, by_backward):
    """The first gradient of each has the same operations; which output it is of stands in plain arrays alone."""

    def penalty(j):
        x, a, b = Variable(array(1, 2, 2)), Variable(array(2, 2, 3)), Variable(array(3, 3, 2))
        u = F.sum(take(F.tanh(x @ a) @ b, j))
        if not by_backward:
            (g,) = gradients(u, x, create_graph=True)
            return [g.data for g in gradients(F.sum(g * g), [x, a, b], create_graph=True)]
        u.backward(create_graph=True)
        g = x.grad
        for leaf in (x, a, b):
            leaf.cleargrad()
        F.sum(g * g).backward(create_graph=True)
        return [leaf.grad.data for leaf in (x, a, b)]

    for j in (0, 1, 0, 1):
        found = penalty(j)
        with using_config("simplify", False):
            expected = penalty(j)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)
