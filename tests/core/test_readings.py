"""Every reading of the rules gives the same derivatives: raw arrays, rewritten and unrewritten graphs, the cache.

Random programs over all operations are differentiated to third order. The plain reading, in which each rule is
applied as it stands, is the reference; the rules themselves are tested in tests/functions.
"""

import itertools
import math

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients, using_config
from dezero.autodiff import cached

# -- random programs -------------------------------------------------------------------------------------------

LARGEST = 40


def _array(k, shape):
    return np.random.default_rng(k).standard_normal(shape)


def _index(k, shape):
    """An index into an array of one axis or more: whole, stepped, reversed, single, repeated, masked, new axes."""
    n = shape[0]
    rest = (slice(None),) * (len(shape) - 1)
    return [
        slice(None, None, -1),
        slice(None, None, 2),
        slice(1, None) if n > 1 else slice(None),
        slice(0, n),
        k % n,
        -1 - k % n,
        [0, 0, n - 1],
        np.arange(n)[::-1] if k % 2 else np.arange(n),
        np.arange(n) % 2 == k % 2 if n > 1 else np.array([True]),
        (None, Ellipsis),
        (Ellipsis, None),
        (*rest, slice(None)),
        (*rest, slice(None, None, -1)),
        (*rest, [shape[-1] - 1, 0]),
        (*rest, k % shape[-1]),
        (..., None, slice(None)),
    ][k % 16]


def _reshaped(a, k):
    shapes = [(-1,), (1, -1), (-1, 1), (a.size, 1, 1), *[(n, -1) for n in (2, 3, 4) if a.size % n == 0]]
    return F.reshape(a, shapes[k % len(shapes)])


def _reduced(reduce, a, k):
    axes = tuple(i for i in range(a.ndim) if k >> i & 1)
    return reduce(a, [axes, None, axes[0] if axes else None][k // 16 % 3], keepdims=bool(k // 64 % 2))


def _widened(a, k):
    return F.broadcast_to(a, [(2, *a.shape), (1, *a.shape), tuple(3 if n == 1 else n for n in a.shape)][k % 3])


def _narrowed(a, k):
    return F.sum_to(a, [(), tuple(1 if k >> i & 1 else n for i, n in enumerate(a.shape)), a.shape[1:]][k % 3])


def _product(a, b, k):
    if a.ndim and k % 3 == 0:
        return a @ _array(k, (a.shape[-1], 1 + k % 3) if k % 2 else (a.shape[-1],))
    if a.ndim and k % 3 == 1:
        return _array(k, (2, a.shape[-2]) if a.ndim > 1 else a.shape) @ a
    if not a.ndim or not b.ndim:
        return F.dot(a, b)
    for second in (b, b.T, a, a.T):
        if a.shape[-1] == second.shape[-2 if second.ndim > 1 else 0] and max(a.ndim, second.ndim) < 3:
            return a @ second
    return None


def _mixed(op, a, k):
    """With a number or an array that broadcasts, on either side."""
    shapes = [(), a.shape, a.shape[-1:], (2, *a.shape), tuple(1 for _ in a.shape), (*a.shape[:-1], 1)[: a.ndim]]
    other = [2, -0.75, 1, 0, *[_array(k, s) for s in shapes]][k % 10]
    return op(a, other) if k // 10 % 2 else op(other, a)


def _joined(a, b, k):
    if not a.ndim:
        return None
    axis = k % a.ndim
    others = [a, _array(k, a.shape), F.sin(a), b if b.shape == a.shape else a * 2]
    parts = [a, others[k // 4 % 4]]
    return F.concatenate(parts if k // 16 % 2 else [*reversed(parts), a], axis - a.ndim * (k // 32 % 2))


def _picked(a, b, k):
    return F.where([a.data > 0, a > b, _array(k, a.shape) > 0, a][k % 4], b if k // 4 % 3 else 1.5, a)


UNARY = {
    "sin": F.sin,
    "cos": F.cos,
    "tan": lambda a: F.tan(F.tanh(a)),
    "tanh": F.tanh,
    "sigmoid": F.sigmoid,
    "exp": lambda a: F.exp(F.tanh(a)),
    "log": lambda a: F.log(1.5 + a * a),
    "sqrt": lambda a: F.sqrt(a * a + 1),
    "relu": F.relu,
    "abs": abs,
    "sign": F.sign,
    "neg": lambda a: -a,
    "square": lambda a: a**2,
    "cube": lambda a: a**3,
    "reciprocal": lambda a: (1 + a * a) ** -1.5,
    "2**": lambda a: 2 ** F.tanh(a),
    "float": lambda a: F.astype(a, np.float64),
    "quotient": lambda a: F.sin(a) / (2 + F.cos(a)),
    "T": lambda a: a.T,
    "flatten": F.flatten,
    "softmax": lambda a: F.exp(F.tanh(a)) / F.exp(F.tanh(a)).sum(axis=0 if a.ndim else None, keepdims=True),
    "centred": lambda a: a - a.mean(axis=0 if a.ndim else None, keepdims=True),
    "gram": lambda a: a @ a.T if a.ndim == 2 else a * a,
    "outer": lambda a: F.reshape(a, (-1, 1)) * F.reshape(a, (1, -1)),
}
BINARY = {
    "add": F.add,
    "sub": F.sub,
    "mul": F.mul,
    "div": lambda a, b: a / (1.5 + b * b),
    "pow": lambda a, b: (1.5 + a * a) ** F.tanh(b),
    "maximum": F.maximum,
    "minimum": F.minimum,
}
WITH_NUMBER = {
    "get_item": lambda a, b, k: a[_index(k, a.shape)] if a.ndim else a[()],
    "reshape": lambda a, b, k: _reshaped(a, k),
    "transpose": lambda a, b, k: F.transpose(a, np.random.default_rng(k).permutation(a.ndim)),
    "expand_dims": lambda a, b, k: F.expand_dims(a, k % (2 * a.ndim + 2) - a.ndim - 1),
    "sum": lambda a, b, k: _reduced(F.sum, a, k),
    "mean": lambda a, b, k: _reduced(F.mean, a, k),
    "broadcast_to": lambda a, b, k: _widened(a, k),
    "sum_to": lambda a, b, k: _narrowed(a, k),
    "matmul": _product,
    "concatenate": _joined,
    "where": _picked,
    **{name + " mixed": (lambda a, b, k, op=op: _mixed(op, a, k)) for name, op in BINARY.items()},
}
PROGRAMS = sorted({*UNARY, *BINARY, *WITH_NUMBER})


def evaluate(program, leaves):
    """All Variables that a program computes from its leaves; an instruction that does not apply is passed over."""
    nodes = list(leaves)
    for name, i, j, k in program:
        # Small i and j mean the newest, so that chains are long.
        a, b = nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)]
        if name in UNARY:
            y = UNARY[name](a)
        elif name in BINARY:
            y = BINARY[name](a, b) if _broadcast(a.shape, b.shape) else None
        elif name == "where" and not _broadcast(a.shape, b.shape):
            y = None
        else:
            y = WITH_NUMBER[name](a, b, k)
        if y is not None and 0 < y.size <= LARGEST and y.ndim < 5:
            nodes.append(y if np.abs(y.data).max() < 20 else F.tanh(y / 8))
    return nodes


def _broadcast(*shapes):
    try:
        return math.prod(np.broadcast_shapes(*shapes)) <= LARGEST
    except ValueError:
        return False


def derivatives(program, arrays, plan, orders=3):
    """Values of all derivatives up to an order, as a plan asks for them: which Variables, seeds and outputs."""
    leaves = [Variable(a.copy()) for a in arrays]
    nodes = evaluate(program, leaves)
    asked = {"all": leaves, "twice": [*leaves, leaves[0]]}.get(plan["ask"], leaves[:1])
    turns = itertools.cycle([[x] for x in leaves] if plan["ask"] == "in turns" else [asked])
    inside = [nodes[plan["k"] % len(nodes)]] if plan["ask"] == "inside" else []
    y, found = nodes[-1], []
    for order in range(orders):
        seed = _seed(plan, y, order) if isinstance(y, Variable) else None
        gs = gradients(y, [*next(turns), *inside], seed, create_graph=True)
        inside = []  # a second derivative in an intermediate depends on how the first is written
        found += gs
        y = _next(plan["next"], gs, plan["k"] + order, nodes[-1])
    return found


def _seed(plan, y, order):
    return {
        "ones": None,
        "array": _array(order, y.shape),
        "leaf": Variable(_array(order, y.shape)),
        "node": F.tanh(y / 8),
    }[plan["seed"]]


def _next(kind, gs, k, y):
    if kind == "one":
        return gs[k % len(gs)]
    if kind == "residual":
        return F.tanh(F.sum(gs[0]) + F.sum(y)) * gs[k % len(gs)]
    return list(gs) if kind == "all" else sum([F.sum(g * g) for g in gs], Variable(np.array(0.0)))


def assert_same(found, wanted, rtol=1e-7, atol=1e-9):
    """atol is relative to the largest element: a derivative that cancels is as exact as what it is made of."""
    assert len(found) == len(wanted)
    for i, (g, w) in enumerate(zip(found, wanted, strict=True)):
        assert (g.shape, g.dtype) == (w.shape, w.dtype), i
        scale = 1 + np.abs(w.data[np.isfinite(w.data)]).max(initial=0)  # beside nan and inf, the others keep theirs
        np.testing.assert_allclose(g.data, w.data, rtol=rtol, atol=atol * scale, err_msg=f"derivative {i}")


def plainly():
    return using_config("simplify", False)


def arrays_of(shapes, seed, dtypes=("f8",)):
    return [np.array(_array(seed + i, s), dtypes[i % len(dtypes)]) for i, s in enumerate(shapes)]


SHAPES = [(), (3,), (2, 3), (3, 1), (1, 3), (1, 1), (3, 3), (2, 3, 1), (1,), (3, 1, 1)]
COLUMNS = [(2, 1), (3, 1), (4, 1), (3,), (1, 3), (2, 2), (3, 3), (2, 3), (3, 1, 1), (2, 3, 1), (2, 1, 2), (1, 1), (1,)]
LEAVES = st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3)
SEEDS = st.integers(0, 2**20)
INSTRUCTION = st.tuples(
    st.sampled_from(PROGRAMS), st.sampled_from([0, 0, 0, 1, 2, 3, 5]), st.integers(0, 5), st.integers(0, 500)
)
PROGRAM = st.lists(INSTRUCTION, min_size=1, max_size=7)
PLAN = st.fixed_dictionaries(
    {
        "ask": st.sampled_from(["first", "first", "all", "twice", "in turns", "inside"]),
        "seed": st.sampled_from(["ones", "ones", "array", "leaf", "node"]),
        "next": st.sampled_from(["one", "one", "all", "squares", "residual"]),
        "k": st.integers(0, 30),
    }
)
ROW_PLAN = {"ask": "first", "seed": "ones", "next": "one", "k": 0}


def assume_smooth(plain):
    """abs(x - x) is all kink, with derivatives that are nan by the rules, and 0 where rewriting cancels x - x."""
    assume(all(not np.isnan(g.data).any() for g in plain))


# -- what random programs must satisfy -------------------------------------------------------------------------


@settings(max_examples=150)
@given(PROGRAM, LEAVES, SEEDS, st.sampled_from([("f8",), ("f4",), ("f4", "f8")]))
def test_first_order_is_the_same_raw_rewritten_and_plain(program, shapes, seed, dtypes):
    leaves = [Variable(a) for a in arrays_of(shapes, seed, dtypes)]
    y = evaluate(program, leaves)[-1]
    raw = gradients(y, leaves)
    exact = {} if dtypes == ("f8",) else {"rtol": 2e-3, "atol": 1e-3}
    assert_same(gradients(y, leaves, create_graph=True), raw, **exact)
    with plainly():
        assert_same(gradients(y, leaves, create_graph=True), raw, **exact)
    y.backward()
    assert_same([Variable(np.zeros(x.shape, x.dtype)) if x.grad is None else x.grad for x in leaves], raw)
    assert all(g.dtype == x.dtype and g.shape == x.shape for g, x in zip(raw, leaves, strict=True))


@settings(max_examples=400)
@given(PROGRAM, LEAVES, SEEDS, PLAN)
def test_three_orders_are_the_same_rewritten_and_plain(program, shapes, seed, plan):
    """Twice, since the second time finds a cached derivation: the cache is never emptied, so all examples share it."""
    for start in (seed, seed + 100):
        arrays = arrays_of(shapes, start)
        with plainly():
            plain = derivatives(program, arrays, plan)
        assume_smooth(plain)
        assert_same(derivatives(program, arrays, plan), plain)


@example([("maximum mixed", 0, 0, 373), ("2**", 0, 0, 0), ("2**", 0, 0, 0), ("abs", 2, 0, 0)], (2, 1), 0)
@settings(max_examples=400)
@given(PROGRAM, st.sampled_from(COLUMNS), SEEDS)
def test_one_leaf_is_swept_upwards_only_where_rows_stay_apart(program, shape, seed):
    arrays = arrays_of([shape], seed)
    with plainly():
        plain = derivatives(program, arrays, ROW_PLAN)
    assume_smooth(plain)
    assert_same(derivatives(program, arrays, ROW_PLAN), plain)


@settings(max_examples=100)
@given(PROGRAM, LEAVES, SEEDS, PLAN)
def test_a_cached_derivation_gives_what_the_algebra_gives(program, shapes, seed, plan):
    plan |= {"seed": "ones"}  # only derivatives seeded with ones are cached
    derivatives(program, arrays_of(shapes, seed + 1), plan)
    replayed = derivatives(program, arrays_of(shapes, seed), plan)
    cached.clear_cache()
    assert_same(replayed, derivatives(program, arrays_of(shapes, seed), plan), rtol=1e-9)
