"""One leaf whose rows stay apart is swept upwards: a few nodes an order, and never where rows do mix."""

import itertools

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, using_config


def _array(seed, shape):
    return np.random.default_rng(seed).standard_normal(shape)


def assert_same(found, wanted):
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    scale = 1 + np.abs(wanted.data).max(initial=0)
    np.testing.assert_allclose(found.data, wanted.data, rtol=1e-7, atol=1e-9 * scale)


W = _array(1, (1, 4))
APART = {
    "network": lambda x: F.tanh(F.tanh(x @ W + 0.3) @ W.T),
    "beside a constant": lambda x: F.sin(F.concatenate([x, np.ones(x.shape)], 1)) @ W[:, :2].T,
    "beside itself": lambda x: F.concatenate([x, x * x, 2 * x], 1) ** 2,
    "cumulative": lambda x: F.concatenate([x, x * x, x * x * x], 1) @ np.triu(np.ones((3, 3))),
    "transposed and back": lambda x: F.sin(W.T @ x.T).T,
    "left transposed": lambda x: F.sin(x.T),
    "rows made the last axis": lambda x: F.exp(F.reshape(x, (-1,))),
    "summed over the columns": lambda x: F.sin((x * W).sum(axis=1)),
    "one column picked": lambda x: F.sin((x * W)[:, 1]),
    "columns backwards": lambda x: F.sin((x * W)[:, ::-1]),
    "new axes": lambda x: F.sin(x[:, None, :, None]) * W,
    "batches": lambda x: F.sin(F.broadcast_to(x, (2, *x.shape)) @ W),
    "mean on top": lambda x: F.tanh(x @ W).mean() * 3,
}
MIXED = {
    "sum over rows": lambda x: F.sin(x * x.sum()),
    "softmax over rows": lambda x: F.exp(x) / F.exp(x).sum(axis=0),
    "centred": lambda x: F.tanh(x - x.mean()),
    "gram": lambda x: F.tanh(x @ x.T),
    "scatter matrix": lambda x: F.tanh(x.T @ x),
    "outer by broadcasting": lambda x: F.sin(x * x.T),
    "outer by reshape": lambda x: F.sin(x * F.reshape(x, (1, -1))),
    "mixed by a matrix": lambda x: F.sin(_array(2, (x.size, x.size)) @ x),
    "rows backwards": lambda x: F.sin(x * x[::-1]),
    "rows permuted": lambda x: F.sin(x * x[np.roll(np.arange(x.size), 1)]),
    "rows repeated": lambda x: F.sin(x * x[np.zeros(x.size, int)]),
    "every second row": lambda x: F.sin(x[::2]) * x[0],
    "rows appended": lambda x: F.sin(F.concatenate([x, x * x], 0)),
    "rows merged with columns": lambda x: F.sin(F.reshape(x * W, (-1, 1)) * F.reshape(x @ W, (-1, 1))[::-1]),
    "rows behind columns": lambda x: F.sin(F.reshape(x * W, W.T.shape if x.size == 1 else (4, -1))) * x.mean(),
    "running sum": lambda x: F.exp(-(np.tril(np.ones((x.size, x.size))) @ x)),
    "differences": lambda x: (x[1:] - x[:-1]) ** 3 if x.size > 1 else x,
    "two places of one row axis": lambda x: F.sin(F.reshape(x, (-1, 1)) + F.reshape(x, (-1,))),
    "only sum on top of a mix": lambda x: (x * x.sum() ** 2).sum(),
}


@pytest.mark.parametrize("n", [1, 2, 4, 5])
@pytest.mark.parametrize("name", [*APART, *MIXED])
def test_a_column_of_rows(name, n):
    f = (APART | MIXED)[name]
    assert_as_plain(f, _array(7, (n, 1)))


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (3, 3), (2, 3, 1), (1, 3, 2), (2, 2, 2), (0, 1), (0,), (2, 0)])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: F.sin(x.T),
        lambda x: F.sin(x) * x,
        lambda x: (
            F.sin(F.transpose(x, range(1, x.ndim) if x.ndim < 2 else (1, 0, *range(2, x.ndim)))) ** 2
            if x.ndim > 1
            else x
        ),
        lambda x: (F.sin(x.T) * 2).sum(),
        lambda x: F.sin(F.reshape(x, (*x.shape, 1))) * np.arange(2.0),
        lambda x: F.sin(F.reshape(x, x.shape[::-1])) * F.reshape(x, x.shape[::-1]),
        lambda x: F.sin(x.T) @ np.ones((x.shape[0], 2)),
        lambda x: F.sin(F.broadcast_to(x, (2, *x.shape))).T,
        lambda x: x.T * x.T + x.sum(),
    ],
)
def test_leaves_with_several_row_axes(f, shape):
    assert_as_plain(f, _array(7, shape))


def test_batched_products_of_a_leaf_with_itself():
    x = _array(7, (2, 1, 1))
    assert_as_plain(lambda x: F.sin((x * np.ones((2, 3, 3))) @ (x * _array(1, (2, 3, 3)))), x)
    assert_as_plain(lambda x: F.sin(F.reshape(x, (2, 1)) @ (x * np.ones((2, 1, 3)))), x)
    assert_as_plain(lambda x: F.sin((x * np.ones(2)) @ (x * np.ones((2, 2, 1)))), x)


def test_rows_that_stay_apart_make_a_small_graph():
    """Were a proof to fail, all would still be right, and the graph hundreds of times as large."""
    for name, f in APART.items():
        x = Variable(_array(7, (5, 1)))
        y = f(x)
        for _ in range(6):
            (y,) = gradients(y, x, create_graph=True)
        assert count_nodes(y) < 250, name


# -- several leaves --------------------------------------------------------------------------------------------

PAIRS = [((3,), (2, 3)), ((3, 1), (3,)), ((1,), (3, 1)), ((), (2, 3)), ((3, 1), (1, 4)), ((3, 1, 1), (2, 3)),
         ((2, 1), (2, 1)), ((2, 3), (2, 3)), ((1, 1), ()), ((2, 3, 1), (3, 1)), ((2, 1), (1, 2)),
         ((0, 1), (3,))]  # fmt: skip
BOTH = {
    "product": lambda x, z: x * z,
    "sine": lambda x, z: F.sin(x * z) * x,
    "quotient": lambda x, z: x**3 / (z * z + 1),
    "power": lambda x, z: (x * x + 1) ** F.tanh(z),
    "maximum": lambda x, z: F.maximum(x * x * z, z * z * x),
    "centred": lambda x, z: (x - F.sum(x)) * F.sin(z - F.sum(z)),
    "transposed": lambda x, z: F.sin(x.T) * F.sum(z * z) + F.exp(F.sum(x.T)),
    "columns": lambda x, z: F.sin(F.reshape(x, (-1, 1)) @ F.reshape(z, (1, -1))),
}


@pytest.mark.parametrize("shapes", PAIRS)
@pytest.mark.parametrize("name", BOTH)
def test_mixed_derivatives_in_two_leaves(name, shapes):
    """In every order of three of them, by each and by both at once; each of the sum of the one before."""
    f, arrays = BOTH[name], [_array(i, s) for i, s in enumerate(shapes)]
    for turns in itertools.product([(0,), (1,), (0, 1)], repeat=3):
        found = []
        for simplify in (False, True, True):
            leaves = [Variable(a.copy()) for a in arrays]
            y, parts = f(*leaves), []
            with using_config("simplify", simplify):
                for turn in turns:
                    gs = gradients(y, [leaves[i] for i in turn], create_graph=True)
                    parts += gs
                    y = gs[-1]
            found.append(parts)
        for plain, rewritten, replayed in zip(*found, strict=True):
            assert_same(rewritten, plain)
            assert_same(replayed, plain)


def assert_as_plain(f, array, orders=3):
    """Twice, so that the cached derivations are replayed too."""
    leaf, found = Variable(array.copy()), []
    with using_config("simplify", False):
        y = f(leaf)
        for _ in range(orders):
            (y,) = gradients(y, leaf, create_graph=True)
            found.append(y)
    for _ in range(2):
        leaf = Variable(array.copy())
        y = f(leaf)
        for order in range(orders):
            (raw,) = gradients(y, leaf)
            (y,) = gradients(y, leaf, create_graph=True)
            assert_same(raw, found[order])
            assert_same(y, found[order])


def count_nodes(variable):
    found, waiting = {id(variable)}, [variable]
    while waiting:
        creator = waiting.pop().creator
        for a in () if creator is None else creator.args:
            if isinstance(a, Variable) and id(a) not in found:
                found.add(id(a))
                waiting.append(a)
    return len(found)
