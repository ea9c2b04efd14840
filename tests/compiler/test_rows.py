"""Which axes run over the rows, and how each node is computed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dezero.compiler.evaluate import evaluate, function_of
from dezero.compiler.graph import INPUT, Graph, Number
from dezero.compiler.planning.rows import ROWS, SUM, WHOLE, Rows, chosen_rows, classes, cut, links, shapes_of, summed
from tests.compiler.graphs import Maker, arguments, graphs


def cut_along(graph: Graph, place: int, axis: int) -> Rows:
    labels = classes(graph)
    return cut(graph, labels, labels[place][axis])


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_links_tell_the_truth(data):
    """Changing all of an argument but element k along a linked axis does not change element k of the result."""
    graph = data.draw(graphs(sizes=(2, 3, 4), most=8))
    values = evaluate(graph, arguments(graph))
    for place, node in enumerate(graph.nodes):
        if node.primitive in (INPUT, "call", "output") or any([not np.size(values[a]) for a in node.places]):
            continue
        for link in links(node, shapes_of(graph, node)):
            k = data.draw(st.integers(0, node.shape[link.result] - 1)) if node.shape[link.result] else 0
            args = [a.value if isinstance(a, Number) else np.array(values[a]) for a in node.args]
            moved = args[link.position]
            others = np.arange(moved.shape[link.axis]) != k
            turned = np.moveaxis(moved, link.axis, 0)
            turned[others] = ~turned[others] if moved.dtype == bool else turned[others] + 1.0
            again = function_of(node)(*args)
            kept, before = np.take(again, k, link.result), np.take(values[place], k, link.result)
            np.testing.assert_allclose(kept, before, rtol=1e-12)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_linked_axes_are_of_equal_length(data):
    graph = data.draw(graphs(sizes=(2, 3, 4, 1), most=12))
    lengths: dict[int, int] = {}
    for labels, node in zip(classes(graph), graph.nodes, strict=True):
        for label, length in zip(labels, node.shape, strict=True):
            assert lengths.setdefault(label, length) == length


def test_a_layer_and_its_gradient():
    m = Maker()
    x, w = m.input((6, 6)), m.input((6, 6))
    y = m.matmul(x, w)
    gradient = m.matmul(m.transpose(x), y)
    rows = cut_along(m.end(y, gradient), x, 0)
    assert rows.count == 6
    assert [rows.mode[i] for i in (y, gradient)] == [ROWS, SUM]
    assert [rows.axes[i] for i in (x, w, y, gradient)] == [0, None, 0, None]


def test_a_sum_that_is_read_again_parts_the_passes():
    m = Maker()
    x = m.input((8, 2))
    mean = m.map(np.divide, m.sum(x, 0), Number(8.0))
    centered = m.map(np.subtract, x, mean)
    spread = m.sum(m.map(np.multiply, centered, centered), 0)
    scaled = m.map(np.divide, centered, m.map(np.sqrt, spread))
    rows = cut_along(m.end(scaled), x, 0)
    assert [rows.mode[i] for i in (mean, centered, spread, scaled)] == [WHOLE, ROWS, SUM, ROWS]
    assert [rows.level[i] for i in (mean, centered, spread, scaled)] == [1, 2, 2, 3]
    assert [rows.section(i) for i in (mean, centered, spread, scaled)] == [2, 3, 3, 5]


@pytest.mark.parametrize("mixing", ["turned", "shifted", "joined", "embedded", "gram", "call"])
def test_what_mixes_rows_is_computed_whole(mixing):
    m = Maker()
    x = m.map(np.sin, m.input((6, 2)))
    made = {
        "turned": lambda: m.slice(x, slice(None, None, -1)),
        "shifted": lambda: m.slice(m.concatenate([x, x], 0), slice(1, 7)),
        "joined": lambda: m.concatenate([m.slice(x, slice(0, 3)), m.slice(x, slice(3, 6))], 0),
        "embedded": lambda: m.embed(m.slice(x, slice(0, 4)), (6, 2), slice(1, 5)),
        "gram": lambda: m.slice(m.matmul(x, m.transpose(x)), slice(None), slice(0, 2)),
        "call": lambda: m.call(lambda a: np.add.accumulate(a, axis=0), x),
    }[mixing]()
    y = m.map(np.add, made, x)  # so that its axis is one of the rows
    graph = m.end(y)
    labels = classes(graph, {made} if mixing == "call" else ())
    rows = cut(graph, labels, labels[x][0], {made} if mixing == "call" else ())
    assert rows.mode[made] == WHOLE
    assert rows.axes[y] in (0, None)
    assert rows.mode[y] == (WHOLE if mixing == "gram" and rows.axes[y] is None else ROWS)
    assert rows.level[y] >= rows.level[made] + (rows.mode[y] == ROWS)


def test_the_axis_with_most_work_is_chosen():
    m = Maker()
    x, w = m.input((500, 3)), m.input((3, 40))
    y = m.map(np.tanh, m.matmul(x, w))
    graph = m.end(m.sum(m.map(np.multiply, y, y)))
    rows = chosen_rows(graph)
    assert (rows.count, rows.axes[x], rows.axes[w]) == (500, 0, None)


def test_nothing_is_cut_where_nothing_is_computed():
    m = Maker()
    x = m.input((5, 2))
    assert chosen_rows(m.end(x, m.transpose(x))).count == 0


def test_sums_are_complete_only_over_both_factors():
    """A product of one matrix whose inner axis runs over the rows and of one that has no such axis does not exist."""
    m = Maker()
    a, b = m.input((4, 3)), m.input((3, 2))
    product = m.matmul(a, b)
    labels = classes(m.end(product))
    assert labels[a][1] == labels[b][0]
    assert len({*itertools.chain(*labels)}) == 3
    assert summed(m.node(product), [(4, 3), (3, 2)]) == {(0, 1), (1, 0)}
