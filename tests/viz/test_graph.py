"""Graph, which notebooks show."""

import sys

import numpy as np
import pytest

from dezero import Variable
from dezero.viz import Graph, GraphTooLargeError, svg, to_dot, to_mermaid


@pytest.fixture
def output():
    return {"y": 2 * Variable(np.array(3.0), name="x")}


def test_it_is_the_functions_with_their_arguments_remembered(output, tmp_path):
    graph = Graph(output, verbose=True, values=output["y"], limit=4)
    assert graph.dot == to_dot(output, verbose=True)
    assert graph.mermaid == to_mermaid(output, verbose=True)
    assert graph.save(tmp_path / "a.dot").read_text(encoding="utf-8") == graph.dot
    with pytest.raises(GraphTooLargeError):
        _ = Graph(output, limit=3).dot


def test_a_notebook_gets_svg(output):
    pytest.importorskip("pygraphviz")
    graph = Graph(output)
    assert graph.svg() == svg(output)
    assert graph._repr_mimebundle_() == {"image/svg+xml": graph.svg(), "text/plain": graph.dot}


def test_a_notebook_without_graphviz_gets_the_text(monkeypatch, output):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", "")
    assert Graph(output)._repr_mimebundle_() == {"text/plain": to_dot(output)}


def test_a_notebook_is_told_of_a_graph_that_is_too_large(output):
    (text,) = Graph(output, limit=3)._repr_mimebundle_(include=None, exclude=None).values()
    assert "more than 3 nodes" in text
