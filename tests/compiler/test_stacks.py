"""Stacks of matrices that were flattened for a product, and arrays that are the same along an axis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dezero.compiler.evaluate import evaluate
from dezero.compiler.graph import MATMUL, Graph
from dezero.compiler.passes.stacks import stacked
from dezero.compiler.planning.rows import ROWS, SUM, chosen_rows
from tests.compiler.graphs import Maker, arguments, graphs


def same(graph: Graph) -> Graph:
    arrays = arguments(graph)
    before, found = evaluate(graph, arrays), stacked(graph)
    after = evaluate(found, arrays)
    for old, new in zip(graph.outputs, found.outputs, strict=True):
        np.testing.assert_allclose(
            after[new], before[old], rtol=1e-11, atol=1e-11 * np.max(np.abs(before[old]), initial=1)
        )
        assert found.nodes[new].dtype == graph.nodes[old].dtype
    return found


def flattened(constant: bool) -> Graph:
    """A layer on three stacked sets of rows, flattened, and its gradient in the weights."""
    m = Maker()
    if constant:
        x = m.constant(np.broadcast_to(np.arange(6.0).reshape(3, 1, 2), (3, 400, 2)).reshape(1200, 2).copy())
    else:
        x = m.reshape(m.map(np.sin, m.input((3, 400, 2))), (1200, 2))
    scale = m.input((400, 5))
    y = m.map(np.multiply, m.reshape(m.matmul(x, m.input((2, 5))), (3, 400, 5)), scale)
    flat = m.reshape(y, (1200, 5))
    turned = m.constant(m.node(x).parameters["value"].T.copy()) if constant else m.transpose(x)
    return m.end(m.sum(y, 0), m.matmul(turned, flat))


@pytest.mark.parametrize("constant", [False, True])
def test_the_rows_of_a_stack_are_found(constant):
    found = same(flattened(constant))
    rows = chosen_rows(found)
    assert rows.count == 400
    modes = [rows.mode[i] for i, node in enumerate(found.nodes) if node.primitive != "input"]
    assert ROWS in modes
    assert SUM in modes
    assert not [i for i, n in enumerate(found.nodes) if 1200 in n.shape and n.primitive == MATMUL]


def test_equal_rows_are_multiplied_once():
    found = same(flattened(True))
    shapes = [found.nodes[a].shape for n in found.nodes if n.primitive == MATMUL for a in n.places]
    assert (3, 1, 2) in shapes


def test_zeros_of_two_signs_are_no_repetition():
    m = Maker()
    value = np.zeros((2, 1000))
    value[1] = -0.0
    graph = m.end(m.map(np.copysign, m.input((2, 1000)), m.constant(value)))
    arrays = arguments(graph)
    found = stacked(graph)
    np.testing.assert_array_equal(evaluate(found, arrays)[found.outputs[0]], evaluate(graph, arrays)[graph.outputs[0]])


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_random_graphs_keep_their_values(data):
    graph = data.draw(graphs(sizes=data.draw(st.sampled_from([(2, 3, 1), (0, 2, 3)])), most=20))
    same(graph)
