"""Graphs of small arrays as native functions beside NumPy."""

from __future__ import annotations

import gc
import itertools
import sys
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("llvmlite")
from dezero.compiler.graph import Graph, Node, Number, ufunc_node
from dezero.compiler.kernel import Extent, Instruction, Kernel, Operand
from dezero.compiler.machine.entry import loop_entry, scalar_entry
from dezero.compiler.machine.scalars import LARGEST, scalars
from dezero.compiler.machine.vector import Unsupported

F8 = np.dtype(np.float64)
RULES = {
    "cast": lambda n, x: np.asarray(x).astype(n.dtype),
    "where": lambda n, c, x, y: np.where(c, x, y).astype(n.dtype),
    "reshape": lambda n, x: x.reshape(n.shape),
    "transpose": lambda n, x: x.transpose(n.parameters["axes"]),
    "broadcast": lambda n, x: np.broadcast_to(x, n.shape),
    "slice": lambda n, x: x[n.parameters["index"]],
    "concatenate": lambda n, *xs: np.concatenate(xs, n.parameters["axis"]),
    "matmul": lambda n, a, b: a @ b,
    "map": lambda n, *a: n.parameters["ufunc"](*a),
    "constant": lambda n: n.parameters["value"],
}


def reduced(n: Node, x: np.ndarray) -> np.ndarray:
    return n.parameters["ufunc"].reduce(x, axis=n.parameters["axes"], keepdims=n.parameters["keepdims"], dtype=n.dtype)


def embedded(n: Node, x: np.ndarray) -> np.ndarray:
    y = np.zeros(n.shape, n.dtype)
    y[n.parameters["index"]] = x
    return y


def evaluated(graph: Graph, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """The outputs of a graph by NumPy, node after node."""
    values: dict[int, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for place, n in enumerate(graph.nodes):
            args = [a.value if isinstance(a, Number) else values[a] for a in n.args]
            rules = {"input": lambda n: arrays[n.parameters["position"]], "reduce": reduced, "embed": embedded} | RULES
            values[place] = np.asarray(rules[n.primitive](n, *args))
    return [values[place] for place in graph.outputs]


class Builder:
    """Graphs written as calls."""

    def __init__(self) -> None:
        self.graph = Graph()

    def node(self, primitive: str, *args, shape, dtype=F8, **parameters) -> int:
        return self.graph.add(Node(primitive, args, shape, np.dtype(dtype), parameters))

    def input(self, shape, dtype=F8) -> int:
        return self.node("input", shape=shape, dtype=dtype, position=len(self.graph.inputs))

    def map(self, ufunc: np.ufunc, *args) -> int:
        nodes = self.graph.nodes
        typed = [(a, (), type(a.value)) if isinstance(a, Number) else (a, nodes[a].shape, nodes[a].dtype) for a in args]
        return self.graph.add(ufunc_node(ufunc, typed))


NUMBERS = st.sampled_from([0, 1, 0.0, -0.0, 1.0, -1.0, 2, 0.5, float("nan"), float("inf")]).map(Number)
BINARY = [np.add, np.subtract, np.multiply, np.divide, np.maximum, np.less, np.power]
UNARY = [np.negative, np.exp, np.sin, np.sqrt, np.square, np.absolute, np.isnan]


@st.composite
def graphs(draw):
    """A random graph of two inputs, whose nodes come from all primitives."""
    b = Builder()
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=2)))
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    places = [b.input(shape, dtype), b.input(shape, dtype)]
    places.append(b.node("constant", shape=shape, dtype=dtype, value=np.full(shape, draw(NUMBERS).value, dtype)))
    for _ in range(draw(st.integers(1, 8))):
        x = draw(st.sampled_from(places))
        n = b.graph.nodes[x]
        like = [p for p in places if b.graph.nodes[p].shape == n.shape]
        y = draw(st.sampled_from(like) | NUMBERS)
        kinds = ["unary", "binary", "where", "cast", "sum", "turn", "slice", "embed", "join", "matmul"]
        kind = draw(st.sampled_from(kinds))
        floats = n.dtype.kind == "f"
        if kind == "unary" and floats:
            places.append(b.map(draw(st.sampled_from(UNARY)), x))
        elif kind == "binary" and floats:
            places.append(b.map(draw(st.sampled_from(BINARY)), *draw(st.permutations([x, y]))))
        elif kind == "where":
            other = draw(st.sampled_from(like))
            found = np.result_type(n.dtype, b.graph.nodes[other].dtype)
            places.append(b.node("where", draw(st.sampled_from(like)), x, other, shape=n.shape, dtype=found))
        elif kind == "cast":
            places.append(b.node("cast", x, shape=n.shape, dtype=draw(st.sampled_from([np.float64, np.float32]))))
        elif kind == "sum":
            axes = tuple(sorted(draw(st.sets(st.sampled_from(range(len(n.shape)))) if n.shape else st.just(set()))))
            keep = draw(st.booleans())
            after = tuple([1 if k in axes else m for k, m in enumerate(n.shape) if keep or k not in axes])
            made = n.dtype if floats else np.dtype(np.int64)
            ufunc = draw(st.sampled_from([np.add, np.multiply]))
            places.append(b.node("reduce", x, shape=after, dtype=made, ufunc=ufunc, axes=axes, keepdims=keep))
        elif kind == "turn":
            axes = tuple(draw(st.permutations(range(len(n.shape)))))
            turned = b.node("transpose", x, shape=tuple([n.shape[k] for k in axes]), dtype=n.dtype, axes=axes)
            places.append(b.node("reshape", turned, shape=(int(np.prod(n.shape)),), dtype=n.dtype))
        elif kind == "slice" and n.shape and n.shape[0]:
            places.append(b.node("slice", x, shape=(1, *n.shape[1:]), dtype=n.dtype, index=(slice(-1, None),)))
        elif kind == "embed":
            places.append(b.node("embed", x, shape=(3, *n.shape), dtype=n.dtype, index=(1,)))
        elif kind == "join" and n.shape:
            places.append(b.node("concatenate", x, x, shape=(2 * n.shape[0], *n.shape[1:]), dtype=n.dtype, axis=0))
        elif kind == "matmul" and len(n.shape) == 2 and floats:
            other = b.node("transpose", x, shape=n.shape[::-1], dtype=n.dtype, axes=(1, 0))
            places.append(b.node("matmul", x, other, shape=(n.shape[0],) * 2, dtype=n.dtype))
    b.graph.outputs = [*draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)), places[-1]]
    return b.graph


@given(graphs(), st.data())
@settings(max_examples=150, deadline=None)
def test_random_graphs(graph, data):
    some = st.sampled_from([0.0, -0.0, 1.0, -1.5, 0.3, 2.0, 1e-3, np.inf, np.nan, 7.25, -3.0])
    inputs = [graph.nodes[p] for p in graph.inputs]
    size = [int(np.prod(n.shape)) for n in inputs]
    arrays = [
        np.array(data.draw(st.lists(some, min_size=m, max_size=m)), n.dtype).reshape(n.shape)
        for m, n in zip(size, inputs, strict=True)
    ]
    try:
        compiled = scalar_entry(graph, strict=True)
    except Unsupported:
        return
    for got, wanted in zip(compiled(*arrays), evaluated(graph, arrays), strict=True):
        assert type(got) is np.ndarray
        assert got.dtype == wanted.dtype
        single = got.dtype == np.float32 or any([a.dtype == np.float32 for a in arrays])
        np.testing.assert_allclose(got, wanted, rtol=1e-4 if single else 1e-11, atol=1e-5 if single else 1e-13)


def rosenbrock() -> Graph:
    b = Builder()
    x = b.input((2,))
    first, second = [b.node("slice", x, shape=(), index=(k,)) for k in range(2)]
    rest = b.map(np.subtract, second, b.map(np.square, first))
    one = b.map(np.square, b.map(np.subtract, Number(1.0), first))
    b.graph.outputs = [b.map(np.add, one, b.map(np.multiply, Number(100.0), b.map(np.square, rest)))]
    return b.graph


def test_value_of_a_function_of_two_numbers():
    x = np.array([1.2, 0.7])
    (y,) = scalar_entry(rosenbrock())(x)
    assert y.shape == ()
    np.testing.assert_allclose(y, (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, rtol=1e-15)


def other_arguments():
    class Sub(np.ndarray):
        pass

    x = np.ones(2)
    frozen = np.zeros(17, np.uint8)[1:].view(np.float64)
    return {
        "shape": (np.ones(3),),
        "axes": (np.ones((2, 1)),),
        "dtype": (np.ones(2, np.float32),),
        "strides": (np.ones(4)[::2],),
        "bytes": (x.astype(">f8"),),
        "alignment": (frozen,),
        "subclass": (x.view(Sub),),
        "list": ([1.0, 2.0],),
        "number": (1.0,),
        "too many": (x, x),
        "none": (),
    }


@pytest.mark.parametrize("kind", list(other_arguments()))
def test_what_does_not_fit_goes_to_the_fallback(kind):
    args = other_arguments()[kind]
    compiled = scalar_entry(rosenbrock(), fallback=lambda *given: ("fallback", *given))
    result = compiled(*args)
    assert result[0] == "fallback"
    assert all([a is b for a, b in zip(result[1:], args, strict=True)])
    with pytest.raises(TypeError, match=r"float64 of shape \(2,\)"):
        scalar_entry(rosenbrock())(*args)


def test_errors_of_the_fallback_are_passed_on():
    def fallback(*args):
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        scalar_entry(rosenbrock(), fallback=fallback)(3)


def test_results_are_new_and_nothing_leaks():
    x, compiled = np.array([1.2, 0.7]), scalar_entry(rosenbrock())
    first = compiled(x)[0]
    x[:] = 1
    assert compiled(x)[0] == 0 != first
    before = sys.getrefcount(x), sys.getrefcount(F8), sys.getrefcount(np.ndarray)
    kept = [compiled(x) for _ in range(100)]
    assert sys.getrefcount(kept[0]) == sys.getrefcount([object()][0]) + 1  # the list's own
    del kept
    after = sys.getrefcount(x), sys.getrefcount(F8), sys.getrefcount(np.ndarray)
    assert all([abs(a - b) < 5 for a, b in zip(before, after, strict=True)])


def test_a_function_keeps_its_code_and_is_collected():
    def fallback(*args):
        return ("fallback",)

    compiled, gone = scalar_entry(rosenbrock(), fallback), weakref.ref(fallback)
    del fallback
    gc.collect()
    assert compiled() == ("fallback",)
    del compiled
    gc.collect()
    assert gone() is None


def test_equal_code_for_other_dtypes_is_told_apart():
    made = []
    for dtype in (np.float64, np.int64):
        b = Builder()
        b.input((2,), dtype)
        b.graph.outputs = [b.node("constant", shape=(), value=np.array(3.0))]
        made.append(scalar_entry(b.graph, fallback=lambda *args: "fallback"))
    arrays = np.ones(2), np.ones(2, np.int64)
    found = [[f(a) == "fallback" for a in arrays] for f in made]
    assert found == [[False, True], [True, False]]


def test_threads_call_one_function():
    compiled, wrong = scalar_entry(rosenbrock()), []

    def work(k: int) -> None:
        x = np.array([1.0, 1.0 + k])
        wrong.extend([1 for _ in range(2000) if abs(compiled(x)[0] - 100.0 * k * k) > 1e-9])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_common_values_are_computed_once_and_ones_drop_out():
    b = Builder()
    x = b.input((3,))
    twice = [b.map(np.exp, b.map(np.multiply, x, Number(1.0))) for _ in range(2)]
    b.graph.outputs = [b.map(np.add, *twice)]
    program = scalars(b.graph)
    assert sorted([program.values[k].name for k in program.live() if hasattr(program.values[k], "loop")]) == [
        *["add"] * 3,
        *["exp"] * 3,
    ]


def test_signs_of_zero_and_nan_survive_simplification():
    b = Builder()
    x = b.input((3,))
    pairs = itertools.product([np.add, np.subtract, np.multiply, np.divide], [0.0, -0.0, 1.0])
    b.graph.outputs = [b.map(f, *args) for f, v in pairs for args in ([x, Number(v)], [Number(v), x])]
    values = np.array([-0.0, 0.0, np.nan])
    for got, wanted in zip(scalar_entry(b.graph)(values), evaluated(b.graph, [values]), strict=True):
        np.testing.assert_array_equal(got, wanted)
        np.testing.assert_array_equal(np.signbit(got) & ~np.isnan(got), np.signbit(wanted) & ~np.isnan(wanted))


@pytest.mark.parametrize("count", [LARGEST + 1, 10**6])
def test_large_graphs_are_refused(count):
    b = Builder()
    b.graph.outputs = [b.map(np.exp, b.input((count,)))]
    with pytest.raises(Unsupported, match="the limit is"):
        scalar_entry(b.graph)


def test_calls_and_updates_are_refused():
    b = Builder()
    b.graph.outputs = [b.node("call", b.input((2,)), shape=(2,), function=np.sort)]
    with pytest.raises(Unsupported, match="call"):
        scalar_entry(b.graph)
    graph = rosenbrock()
    graph.updates = {0: 0}
    with pytest.raises(Unsupported, match="updated"):
        scalar_entry(graph)


def test_a_kernel_is_a_function():
    along = Operand(F8, (Extent(1),))
    body = (Instruction("sin", (0,), (F8, F8)), Instruction("multiply", (2, 1), (F8,) * 3))
    kernel = Kernel((Extent(1, True),), (along,) * 2, body, ((2, along), (3, along)))
    compiled = loop_entry(kernel, 37, [((37,), F8)] * 2, [((37,), F8)] * 2)
    x, y = np.random.default_rng(0).standard_normal((2, 37))
    first, second = compiled(x, y)
    np.testing.assert_allclose(first, np.sin(x), rtol=1e-15)
    np.testing.assert_array_equal(second, first * y)
    with pytest.raises(TypeError, match=r"shape \(37,\)"):
        compiled(x, y[:5])
    with pytest.raises(Unsupported, match="reductions"):
        loop_entry(kernel._replace(reductions=(("add", 2, along),)), 37, [], [])
