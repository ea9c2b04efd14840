"""Replays: results to the bit for arrays of every layout, memory that nobody shares, threads, random programs."""

import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Function, Variable, gradients
from dezero.compiler.graph import Unsupported
from dezero.compiler.lowering.lower import lower
from dezero.compiler.replay.replay import Replay
from dezero.core.op import GENERAL, Op
from dezero.rewriting.program import Program, on_arrays
from dezero.rewriting.types import Type
from tests.compiler.same import assert_replays, assert_same, with_derivatives
from tests.programs.generate import generate

RNG = np.random.default_rng(0)


def program_of(f, *arrays, order=0):
    leaves = [Variable(a) for a in arrays]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = f(*leaves)
        outputs = found if isinstance(found, list) else [found]
        return Program.traced("test", leaves, with_derivatives(leaves, outputs, order))


def network(x, w, v):
    h = F.tanh(x @ w + 0.5)
    return [F.mean(F.sin(h @ v) ** 2), F.softmax(h, axis=1).sum(axis=0), h.T.reshape((-1,))[::2]]


def layouts(x):
    """The same numbers in memory of several orders."""
    wide = np.zeros(tuple([2 * n for n in x.shape]), x.dtype)
    every = wide[tuple([slice(None, None, 2)] * x.ndim)]
    every[...] = x
    return [x, np.asfortranarray(x), np.ascontiguousarray(np.flip(x))[tuple([slice(None, None, -1)] * x.ndim)], every]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rows", [7, 300])
def test_arrays_in_memory_of_any_order(rows, dtype):
    x, w, v = (RNG.standard_normal(shape).astype(dtype) for shape in ((rows, 5), (5, 9), (9, 1)))
    program = program_of(network, x, w, v, order=1)
    replay = Replay(lower(program))
    for a in layouts(x):
        for b in layouts(w):
            for _ in range(2):
                assert_same(replay(a, b, v), program.run(on_arrays, [a, b, v]))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: F.exp(x) * 2 + x,
        lambda x: F.sum(x * x),
        lambda x: x**2 + x**-1 + x**0.5 + x**3 + 2**x,
        lambda x: F.where(x > 0.1, x, F.sin(x)),
        lambda x: F.maximum(x, 0.3) / (1 + F.abs(x)),
        lambda x: F.sigmoid(x) * F.log(F.abs(x) + 1),
    ],
)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (17,), (3, 0, 2), (2, 1, 3)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
def test_shapes_and_precisions(f, shape, dtype):
    x = (0.1 + RNG.random(shape)).astype(dtype)
    try:
        program = program_of(f, x, order=1)
    except TypeError:  # no order among complex numbers
        pytest.skip("the operation refuses complex numbers")
    assert_replays(program, [np.asarray(x)])


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, np.bool_])
def test_whole_numbers(dtype):
    x = np.array([[0, 1, 2], [3, 1, 0]]).astype(dtype)
    y = RNG.standard_normal(3)
    program = program_of(lambda a, b: [a + a, a * b, a.sum(axis=0), F.sin(a), a / 3, a**2, F.mean(a)], x, y)
    assert_replays(program, [x, y])


def test_broadcast_arrays_and_special_numbers():
    x = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 5e-324, 1e308])
    program = program_of(lambda a, b: [a * b, F.exp(a) + b, F.maximum(a, b), F.sum(a / (b + 1), axis=1)], x, x[:, None])
    graph = assert_replays(program, [x, x[:, None].copy()])
    assert not any([node.primitive == "call" for node in graph.nodes])
    assert_replays(program, [np.broadcast_to(x[:1], (7,)), np.broadcast_to(x[3], (7, 1))])


def test_more_layouts_than_plans_are_kept():
    wide = RNG.standard_normal((40, 40))
    program = program_of(lambda a: F.sum(F.exp(a) * a, axis=0), wide[:4, :4])
    replay = Replay(lower(program))
    for _ in range(2):
        for step in range(1, 11):
            x = wide[: 4 * step : step, : 4 * step : step][:4, :4]
            assert_same(replay(x), program.run(on_arrays, [x]))


def test_results_are_kept_for_ever_and_share_no_memory():
    x = RNG.standard_normal((4, 3))
    constant = RNG.standard_normal((4, 3))

    def f(a):
        b = F.sin(a)
        return [
            a,
            b,
            b,
            b.T,
            b[1:],
            F.broadcast_to(b[0], (2, 3)),
            F.reshape(b, (12,)),
            a + Variable(constant) * 0,
            b * 1,
        ]

    program = program_of(f, x)
    program.outputs = [*program.outputs, len(program.inputs)]  # a constant, too
    replay = Replay(lower(program))
    rounds = [replay(x) for _ in range(4)]
    expected = program.run(on_arrays, [x])
    arrays = [y for found in rounds for y in found]
    for i, y in enumerate(arrays):
        assert y.flags.writeable
        assert not np.shares_memory(y, x)
        assert not any([np.shares_memory(y, z) for z in arrays[:i]])
        y[...] = 7  # changes nothing of a later run
    assert_same(replay(x), expected)


def test_threads_run_one_replay_at_once():
    program = program_of(network, RNG.standard_normal((50, 5)), np.ones((5, 9)), np.ones((9, 1)), order=1)
    replay = Replay(lower(program))
    failed = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(30):
            arrays = [rng.standard_normal(shape) for shape in ((50, 5), (5, 9), (9, 1))]
            try:
                assert_same(replay(*arrays), program.run(on_arrays, arrays))
            except AssertionError as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


KEPT = []


class Keeping(Function):
    """Holds the array that it was given, and gives it back."""

    def forward(self, x):
        KEPT.append(x)
        return x

    def backward(self, g):
        return g


def test_a_function_of_the_users_may_keep_what_it_is_given():
    x = RNG.standard_normal(50)
    program = program_of(lambda a: F.exp(Keeping()(F.sin(a) * 2)) + F.cos(a), x)
    replay = Replay(lower(program))
    KEPT.clear()
    for _ in range(3):
        assert_same(replay(x), program.run(on_arrays, [x]))
    assert len(KEPT) == 6
    for array in KEPT:
        np.testing.assert_array_equal(array, np.sin(x) * 2)


def test_updates_are_assigned_together_after_the_run():
    x, y = Variable(np.array([3.0])), Variable(np.array([5.0]))
    program = Program.traced("test", [x, y], [x * y], updates={x: x + y, y: x})
    replay, arrays = Replay(lower(program)), [x.data, y.data]
    assert [replay(*arrays)[0][0] for _ in range(3)] == [15.0, 24.0, 88.0]
    assert [a[0] for a in arrays] == [19.0, 11.0]


def test_a_random_draw_happens_once_a_run_and_not_while_lowering():
    generator = np.random.default_rng(3)
    draw = Op("draw", GENERAL, lambda x, source: x + source.random(x.shape), [None]).bind(source=generator)
    program = Program([Type((4,), np.dtype(float))], [], [(draw, [0])], [1])
    replay = Replay(lower(program))
    found = [replay(np.zeros(4))[0] for _ in range(3)]
    expected = np.random.default_rng(3)
    assert_same(found, [expected.random(4) for _ in range(3)])


def test_warnings_come_as_from_the_operations():
    program = program_of(lambda x: F.log(x), np.ones(3))
    replay = Replay(lower(program))
    for _ in range(2):
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            replay(np.zeros(3))
    quiet = program_of(lambda x: F.sigmoid(x) * 2, np.ones(3))
    replay = Replay(lower(quiet))
    for _ in range(3):
        assert replay(np.full(3, -1000.0))[0].tolist() == [0.0] * 3  # exp overflows inside, as in sigmoid


def test_a_program_of_no_operations():
    x = Variable(np.arange(3.0))
    (y,) = Replay(lower(Program.traced("test", [x], [x])))(x.data)
    assert y.tolist() == [0.0, 1.0, 2.0]
    assert not np.shares_memory(y, x.data)


def test_several_arrays_as_one_input_are_refused():
    x = Variable(np.ones(3))
    program = Program.traced("test", [x], [x * 2])
    program.inputs = [(program.inputs[0], program.inputs[0])]
    with pytest.raises(Unsupported, match="input 0 is several arrays"):
        lower(program)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_random_programs(seed):
    chosen = generate(seed)
    arrays = [np.asarray(x) for x in chosen.inputs.values()]
    leaves = [Variable(x) for x in arrays]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = chosen.function()(*leaves)
        outputs = [y]
        for _ in range(min(chosen.order, 2)):
            found = zip(gradients(outputs[-1], leaves, create_graph=True), chosen.directions.values(), strict=True)
            outputs.append(sum([(g * v).sum() for g, v in found]))
        program = Program.traced("test", leaves, outputs)
    assert_replays(program, arrays)


UNARY = [
    getattr(np, name) for name in dir(np) if isinstance(getattr(np, name), np.ufunc) and getattr(np, name).nin == 1
]
BINARY = [
    getattr(np, name) for name in dir(np) if isinstance(getattr(np, name), np.ufunc) and getattr(np, name).nin == 2
]


@pytest.mark.parametrize("function", [f for f in UNARY + BINARY if f.signature is None and f.nout == 1])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_function_has_the_same_bits_where_it_writes_over_its_argument(function, dtype):
    """What the plan's use of an argument's memory rests on."""
    x = np.concatenate([RNG.uniform(-3, 3, 200), RNG.uniform(0, 1, 55), [0.0, np.inf, np.nan]]).astype(dtype)
    for n in (1, 3, 8, 17, 258):
        args = [x[-n:].copy(), x[::-1][:n].copy()][: function.nin]
        with np.errstate(all="ignore"):
            try:
                expected = function(*args)
            except TypeError:
                return  # for whole numbers alone
            for place in range(function.nin):
                if expected.dtype == dtype:
                    given = [a.copy() for a in args]
                    assert function(*given, out=given[place]).tobytes() == expected.tobytes()
