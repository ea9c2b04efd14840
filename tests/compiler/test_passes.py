"""Passes: fewer nodes with the same results."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients
from dezero.compiler.evaluate import evaluate
from dezero.compiler.graph import Graph, Node, Number, ufunc_node
from dezero.compiler.lowering.builder import cleaned
from dezero.compiler.lowering.lower import lower
from dezero.compiler.passes.simplify import simplified, text
from dezero.compiler.replay.replay import Replay
from dezero.core.op import ELEMENTWISE, Op
from dezero.rewriting.program import Program, on_arrays
from tests.compiler.test_lower import CASES, UNTYPED, traced
from tests.compiler.test_replay import program_of
from tests.programs.generate import generate

RNG = np.random.default_rng(1)
ROUNDING = {np.dtype(np.float32): 1e-4, np.dtype(np.float16): 1e-2}


def count(graph, *names):
    """How many nodes have these primitives or ufuncs."""
    found = [n.parameters["ufunc"].__name__ if n.primitive == "map" else n.primitive for n in graph.nodes]
    return sum([found.count(name) for name in names])


def graphs(f, *arrays, order=0, strict=False):
    """The graph of a function of arrays, and the simplified one, whose results are compared."""
    program = program_of(f, *arrays, order=order)
    graph = lower(program)
    simple = simplified(graph, strict)
    assert_close(simple, arrays, program.run(on_arrays, arrays))
    return graph, simple


def size_of(y):
    return float(np.abs(np.asarray(y)[np.isfinite(y)]).max(initial=0))


def assert_close(graph, arrays, expected):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = evaluate(graph, arrays)
        replayed = Replay(graph)
        runs = [[values[y] for y in graph.outputs], replayed(*arrays), replayed(*arrays)]
    for found in runs:
        largest = max([size_of(b) for b in expected], default=0.0)
        for a, b in zip(found, expected, strict=True):
            assert np.shape(a) == np.shape(b)
            assert np.asarray(a).dtype == np.asarray(b).dtype
            allowed = ROUNDING.get(np.asarray(b).dtype, 1e-11) * max(size_of(b), 1e-3 * largest)
            np.testing.assert_allclose(a, b, rtol=0, atol=allowed)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("case", [case for case in CASES if case.title not in UNTYPED], ids=lambda case: case.title)
def test_every_operation_and_its_derivatives_keep_their_values(case, strict):
    program, arrays = traced(case, 2)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = program.run(on_arrays, arrays)
    assert_close(simplified(lower(program), strict), arrays, expected)


# Element-wise operations whose values leave NumPy's universal functions: they compute with parts of complex numbers,
# or with as many terms as the numbers need.
CALLED = {
    "dawsn_derivative", "erfcx_derivative", "i0e_derivative", "i1e_derivative", "lambertw", "log_ndtr_derivative",
    "polygamma", "real", "spence_derivative", "zeta",
}  # fmt: skip


def test_all_other_elementwise_operations_become_universal_functions():
    called = set()
    for case in CASES:
        graph = simplified(lower(traced(case, 1)[0]))
        steps = [node.parameters["step"] for node in graph.nodes if node.primitive == "call"]
        called |= {step.name for step in steps if isinstance(step, Op) and step.kind is ELEMENTWISE}
    assert called <= CALLED


def built(*nodes):
    """A graph of one input (3,) and of these nodes, the last of which is its result."""
    graph = Graph()
    graph.add(Node("input", (), (3,), np.dtype(float), {"position": 0}))
    for node in nodes:
        graph.add(node)
    graph.outputs = [len(graph.nodes) - 1]
    return graph


VECTOR = (3,), np.dtype(float)


def test_equal_nodes_become_one_and_dead_ones_go():
    graph = built(
        ufunc_node(np.sin, [(0, *VECTOR)]),
        ufunc_node(np.sin, [(0, *VECTOR)]),
        ufunc_node(np.cos, [(0, *VECTOR)]),
        ufunc_node(np.multiply, [(1, *VECTOR), (2, *VECTOR)]),
    )
    found = cleaned(graph)
    assert [node.primitive for node in found.nodes] == ["input", "map", "map"]
    assert found.nodes[2].args == (1, 1)


@pytest.mark.parametrize(("a", "b"), [(1, 1.0), (0.0, -0.0), (True, 1)])
def test_numbers_that_compare_equal_are_told_apart(a, b):
    nodes = [Node("map", (0, Number(v)), *VECTOR, {"ufunc": np.copysign, "loop": (), "result": 0}) for v in (a, b)]
    graph = built(*nodes)
    graph.outputs = [1, 2]
    assert len(set(cleaned(graph).outputs)) == 2


def test_calls_are_never_merged():
    calls = [Node("call", (0,), *VECTOR, {"function": np.sin}) for _ in range(2)]
    graph = built(*calls)
    graph.outputs = [1, 2]
    assert len(set(cleaned(graph).outputs)) == 2


def test_what_is_computed_of_constants_is_computed_once():
    constant = Node("constant", (), *VECTOR, {"value": np.arange(3.0)})
    full = Node("broadcast", (Number(2.0),), *VECTOR)
    graph = built(
        constant,
        full,
        ufunc_node(np.add, [(1, *VECTOR), (2, *VECTOR)]),
        ufunc_node(np.exp, [(2, *VECTOR)]),
        ufunc_node(np.multiply, [(3, *VECTOR), (4, *VECTOR)]),
        ufunc_node(np.multiply, [(5, *VECTOR), (0, *VECTOR)]),
    )
    found = cleaned(graph)
    assert count(found, "constant", "multiply", "add", "exp") == 2
    np.testing.assert_array_equal(Replay(found)(np.ones(3))[0], (np.arange(3.0) + 2) * np.exp(2.0))


def test_updates_stay():
    x = Variable(np.ones(3))
    y = Variable(np.ones(3))
    graph = simplified(lower(Program.traced("test", [x, y], [x * 1.0], updates={y: x * 1.0 + y})))
    assert len(graph.inputs) == 2
    (place,) = graph.updates
    assert graph.nodes[place].parameters["position"] == 1
    assert count(graph, "add") == 1


def test_powers_become_products_and_roots():
    x = RNG.uniform(0.5, 2, 5)
    _, found = graphs(lambda v: [v**7.0, v**-2, v**0.5, F.square(v)], x)
    assert count(found, "power", "square") == 0
    assert count(found, "sqrt") == 1
    _, strict = graphs(lambda v: v**7.0, x, strict=True)
    assert count(strict, "power") == 1


def test_divisions_by_numbers_become_products_where_nothing_is_rounded():
    x = RNG.uniform(0.5, 2, 5)
    _, strict = graphs(lambda v: [v / 4, v / 3], x, strict=True)
    assert (count(strict, "divide"), count(strict, "multiply")) == (1, 1)
    _, loose = graphs(lambda v: [v / 4, v / 3], x)
    assert count(loose, "divide") == 0


def test_factors_and_signs():
    x = RNG.standard_normal(5)
    _, found = graphs(lambda v: F.sin(v) - (-F.cos(v)) * 2 * 3, x)
    assert count(found, "multiply") == 1
    assert count(found, "negative") == 0


def test_numbers_take_the_place_of_full_arrays():
    x = RNG.standard_normal((4, 3))
    full = np.full((4, 3), 2.5)
    _, found = graphs(lambda v: [v * Variable(full) + F.broadcast_to(F.sum(v), (4, 3))], x)
    assert count(found, "broadcast", "constant") == 0


def test_products_of_rank_one_are_elementwise():
    a, b = RNG.standard_normal((4, 1)), RNG.standard_normal((1, 3))
    _, found = graphs(lambda x, y: x @ y, a, b)
    assert (count(found, "matmul"), count(found, "multiply")) == (0, 1)


@pytest.mark.parametrize(
    ("left", "right"), [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((3,), (5, 3, 2)), ((5, 2, 3), (3,))]
)
def test_products_of_vectors_are_products_of_matrices(left, right):
    _, found = graphs(lambda x, y: x @ y, RNG.standard_normal(left), RNG.standard_normal(right))
    for node in found.nodes:
        if node.primitive == "matmul":
            assert min([len(found.nodes[a].shape) for a in node.places]) >= 2


def test_gradients_of_columns_are_joined_and_not_added():
    x = RNG.standard_normal((6, 3))

    def f(v):
        a, b, c = v[:, 0:1], v[:, 1:2], v[:, 2:3]
        return gradients(F.sum(F.sin(a) * b + F.exp(c)), v, create_graph=True)[0]

    graph, found = graphs(f, x)
    assert count(graph, "embed") > 0
    assert count(found, "embed", "add") == 0
    assert count(found, "concatenate") == 1


def test_columns_of_joined_columns_are_these():
    a, b = RNG.standard_normal((6, 1)), RNG.standard_normal((6, 2))

    def f(x, y):
        joined = F.concatenate([x, y], axis=1)
        return [joined[:, 0:1] * 2, joined[:, 2] + 1, joined[1:3]]

    _, found = graphs(f, a, b)
    assert count(found, "slice") == 2  # one column of the second, and rows of both
    assert count(found, "concatenate") == 1


def test_transposed_arguments_are_transposed_after_the_map():
    a, b = RNG.standard_normal((4, 3)), RNG.standard_normal((4, 3))
    _, found = graphs(lambda x, y: F.exp(x.T) * y.T, a, b)
    assert count(found, "transpose") == 1


def test_sums_of_repeated_numbers_are_products():
    x = RNG.standard_normal((1, 3))
    _, found = graphs(lambda v: [F.sum(F.broadcast_to(v, (5, 3))), F.sum(F.broadcast_to(v, (5, 3)), axis=0)], x)
    assert count(found, "broadcast") == 0


@pytest.mark.parametrize("x", [0.0, -0.0, 1.0, -1.0, 19.0, -400.0, np.inf, -np.inf, np.nan, 5e-324])
def test_slopes_keep_their_digits_in_the_tails(x):
    x = np.full(3, x)
    graph, found = graphs(lambda v: [F.tanh(v), F.sigmoid(v)], x, order=1)
    assert count(graph, "call") == 2
    assert count(found, "call") == 0
    expected = Replay(graph)(x)[2:]
    for a, b in zip(Replay(found)(x)[2:], expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14, atol=0)


def test_a_step_of_a_physics_informed_network_is_no_longer_than_it_need_be():
    sizes = (2, 8, 8, 1)
    weights = [RNG.standard_normal(s) for n, m in itertools.pairwise(sizes) for s in ((n, m), (m,))]

    def step(x, t, *ps):
        u = F.concatenate([x, t], axis=1)
        for i in range(0, len(ps), 2):
            u = u @ ps[i] + ps[i + 1]
            u = F.tanh(u) if i < len(ps) - 2 else u
        ux, ut = gradients(u, (x, t), create_graph=True)
        (uxx,) = gradients(ux, x, create_graph=True)
        loss = F.mean((ut + u * ux - 0.01 * uxx) ** 2)
        return [loss, *gradients(loss, ps, create_graph=True)]

    x, t = RNG.standard_normal((2, 50, 1))
    graph, found = graphs(step, x, t, *weights)
    assert count(found, "call", "embed", "slice", "broadcast") == 0
    assert count(found, "matmul") < count(graph, "matmul")


def test_a_graph_as_text():
    graph = lower(program_of(lambda v: F.sum(F.sin(v[1:, None]) * 2, axis=0), np.ones(3)))
    assert text(graph).splitlines() == [
        "v0: float64[3] = input 0",
        "v1: float64[2, 1] = slice(v0, index=(1:, None))",
        "v2: float64[2, 1] = sin(v1)",
        "v3: float64[2, 1] = multiply(v2, 2)",
        "v4: float64[1] = reduce add(v3, axes=(0))",
        "return v4",
    ]


@pytest.mark.parametrize("number", [2.5, 3, True])
def test_dtypes_stay_where_numbers_take_the_place_of_arrays(number):
    x = RNG.standard_normal((4, 3)).astype(np.float32)
    full = np.full((4, 3), number)
    _, found = graphs(lambda v: [v * Variable(full), F.where(v > 0, v, Variable(full)), v + np.asarray(number)], x)
    assert {node.dtype for node in found.nodes if node.primitive == "input"} == {np.dtype(np.float32)}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_random_programs_keep_their_values_and_types(seed, strict):
    chosen = generate(seed)
    arrays = [np.asarray(x) for x in chosen.inputs.values()]
    program = program_of(chosen.function(), *arrays, order=min(chosen.order, 2))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = simplified(lower(program), strict)
        values, expected = evaluate(graph, arrays), program.run(on_arrays, arrays)
    for node, value in zip(graph.nodes, values, strict=True):
        assert node.dtype == object or (node.shape, node.dtype) == (np.shape(value), np.asarray(value).dtype)
    for place, y in zip(graph.outputs, expected, strict=True):
        np.testing.assert_allclose(values[place], y, rtol=1e-8, atol=1e-9)
