"""DOT text: the same graph gives the same text, and every name is shown as it stands."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dezero import Function, Variable
from dezero.viz import to_dot
from dezero.viz.dot import FAST, escape
from dezero.viz.render import draw

GOLDEN = """digraph {
  graph [rankdir=TB, nodesep=0.22, ranksep=0.32, pad=0.15, bgcolor="white"]
  node [fontname="Helvetica,Arial,sans-serif", fontsize=11, fontcolor="#26323f", \
margin="0.10,0.05", width=0.3, height=0.3]
  edge [color="#8b97a5", arrowsize=0.55, penwidth=0.9]
  n0 [label="y", shape=ellipse, style=filled, fillcolor="#fdf1d6", color="#d8a33c"]
  n1 [label="{{<p0> ①|<p1> ②}|sub}", shape=Mrecord, style=filled, fillcolor="#dfeaf6", color="#5f8fc0"]
  n2 [label="", shape=circle, style=filled, width=0.13, height=0.13, fixedsize=true, \
fillcolor="#fdf1d6", color="#d8a33c"]
  n3 [label="mul", shape=box, style="rounded,filled", fillcolor="#dfeaf6", color="#5f8fc0"]
  n3_0 [label="2", shape=plaintext, width=0.1, height=0.1, margin=0.04, fontcolor="#5d6875"]
  n4 [label="x", shape=ellipse, style=filled, fillcolor="#fdf1d6", color="#d8a33c"]
  n1 -> n0
  n2 -> n1:p0:n
  n4 -> n1:p1:n
  n3 -> n2
  n3_0 -> n3
  n4 -> n3
}
"""


def test_golden():
    x = Variable(np.array(3.0), name="x")
    assert to_dot({"y": 2 * x - x}) == GOLDEN


def test_gradients_have_colours_of_their_own():
    x = Variable(np.array(3.0), name="x")
    y, gx = 2 * x, x * x
    alone = to_dot({"y": y, "dy/dx": gx}, values=[y, gx])
    assert alone.count("#f3e3f4") == alone.count("#e2f1e7") == 0
    both = to_dot({"y": y, "dy/dx": gx})
    assert both.count("#f3e3f4") == both.count("#e2f1e7") == 1


def test_a_large_graph_asks_graphviz_to_hurry():
    y = Variable(np.array(3.0), name="x")
    assert FAST[0][1] not in to_dot(y)
    for n in range(FAST[0][0] + 1):
        y = -y
        y.name = f"v{n}"
    assert FAST[0][1] in to_dot(y)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ('say "x"', r"say \"x\""),
        ("back\\slash\\", r"back\\slash\\"),
        ("two\nlines", r"two\nlines"),
        ("<b>", "<b>"),
        ("&lt;", "&amp;lt;"),
        ("θ̂ 변수", "θ̂ 변수"),
        ("bell\a nul\0", r"bell\\x07 nul\\x00"),
        ("lone\ud800", r"lone\\ud800"),
    ],
)
def test_escaping(text, escaped):
    assert escape(text) == escaped
    escape(text).encode()


def drawn_text(output):
    """What Graphviz writes into the picture, blanks as blanks."""
    root = ElementTree.fromstring(draw(to_dot(output), "svg"))
    texts = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    return [text.replace("\xa0", " ") for text in texts]


names = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\xa0"), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(names.filter(lambda name: name == " ".join(name.split())))
@example('"\\<>{}|&amp;')
@example("\\N \\G \\l\\r\\")
@example("<b>bold</b>")
def test_graphviz_shows_a_name_as_it_stands(name):
    pytest.importorskip("pygraphviz")
    assert drawn_text(Variable(np.array(1.0), name=name)) == [name]


@settings(max_examples=60, deadline=None)
@given(names.filter(lambda name: name == " ".join(name.split())))
@example('"\\<>{}|&amp;')
@example("<p0> a|{b}")
@example("minimum")  # not the operation whose arguments may change places
def test_graphviz_shows_the_name_of_an_operation_with_ports_as_it_stands(name):
    pytest.importorskip("pygraphviz")

    class Named(Function):
        def forward(self, x, y):
            return x + y

    Named.__name__ = name
    x = Variable(np.array(1.0), name="x")
    assert drawn_text(Named()(x, x)) == ["2", "①", "②", name, "x"]
