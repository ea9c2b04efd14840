"""`dezero graph`."""

import sys

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients
from dezero.viz import to_dot, to_mermaid


def test_dot_is_printed_where_no_file_is_named(dezero):
    x = Variable(np.array(1.0), name="x")
    assert dezero("graph", "tanh(x)") == (0, to_dot({"f(x)": F.tanh(x)}), "")


def test_a_derivative_is_drawn_with_the_values_in_their_colours(dezero):
    x = Variable(np.array(0.5), name="x")
    y = F.tanh(x)
    (gx,) = gradients(y, x, create_graph=True)
    (gxx,) = gradients(gx, x, create_graph=True)
    assert dezero("graph", "tanh(x)", "--order", "2", "--at", "0.5")[1] == to_dot({"f''(x)": gxx}, values=y)


def test_partials(dezero):
    out = dezero("graph", "x*y**2", "--wrt", "y,x", "--at", "x=1,y=2", "--verbose")[1]
    assert 'label="f_yx(x, y)\\n4 float64"' in out


def test_order_zero_of_several_variables_needs_no_direction(dezero):
    assert 'label="f(x, y)"' in dezero("graph", "x*y")[1]


def test_a_constant_has_a_graph_of_one_node(dezero):
    code, out, _ = dezero("graph", "2 + 3", "--order", "1")
    assert code == 0
    assert out.count("label=") == 1


@pytest.mark.parametrize("option", ["-o", "--output"])
@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.dot", b"digraph")]
)
def test_a_file_is_written(dezero, tmp_path, option, name, start):
    pytest.importorskip("pygraphviz")
    path = tmp_path / name
    assert dezero("graph", "tanh(x)", "--order", "3", option, str(path)) == (0, f"wrote {path}\n", "")
    assert path.read_bytes().startswith(start)


def test_mermaid(dezero, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = Variable(np.array(1.0), name="x")
    assert dezero("graph", "tanh(x)", "-o", "-a b.mmd") == (0, "wrote -a b.mmd\n", "")
    assert (tmp_path / "-a b.mmd").read_text(encoding="utf-8") == to_mermaid({"f(x)": F.tanh(x)})


def test_too_large_a_graph(fails):
    message = "the graph has more than 20 nodes: draw a lower order, or allow more with --limit"
    assert fails("graph", "tanh(x)", "--order", "9", "--limit", "20", code=1) == message


def test_without_graphviz(fails, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", "")
    assert 'pip install "dezero-nth[viz]"' in fails("graph", "x**2", "-o", str(tmp_path / "a.svg"), code=1)


def test_a_folder_that_is_not_there(fails, tmp_path):
    path = tmp_path / "no" / "a.dot"
    message = f"-o {path}: there is no folder {path.parent}; make it first"
    assert fails("graph", "x**2", "-o", str(path), code=1) == message


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["x", "-o", "a.jpg"],
            "'a.jpg' names no format of a graph: the suffix must be one of .svg, .png, .pdf, .dot, .gv, .mmd",
        ),
        (["x", "-o"], "argument -o/--output: expected one argument"),
        (["x*y", "--order", "1"], "the expression has several variables: say --wrt x,y or --wrt x"),
        (["x", "--limit", "0"], "argument --limit: '0' is not a limit: a whole number from 1 on"),
        (["x", "--at", ""], "the expression is empty"),
    ],
)
def test_usage_errors(fails, argv, message):
    assert fails("graph", *argv).startswith(message)
