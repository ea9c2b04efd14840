"""`unused="error"`: an input on which no output depends raises, and the message says why there is no path."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, GraphWarning, Variable, gradients, no_grad

W = np.ones((2, 1))


def asked(u, x, create_graph=False):
    return gradients(u, x, create_graph=create_graph, unused="error")


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_input_that_is_used_gets_its_gradient(create_graph):
    x = Variable(np.ones((3, 2)))
    assert asked(F.tanh(x @ W), x, create_graph)[0].shape == (3, 2)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    ("read", "remedy"),
    [
        (lambda x: x[:, 0:1], r"gradients\(output, whole\)\[0\]\[:, 0:1\]"),
        (lambda x: x[:, 1], r"gradients\(output, whole\)\[0\]\[:, 1\]"),
        (lambda x: x[:2], r"gradients\(output, whole\)\[0\]\[index\]"),
    ],
)
def test_a_slice_beside_the_output(read, remedy, create_graph):
    x = Variable(np.ones((3, 2)), name="X")
    u = F.tanh(x @ W)
    with pytest.raises(GraphError, match=r"inputs\[0\], .* computed by get_item.*from 'X' .*as a slice.*" + remedy):
        asked(u, read(x), create_graph)


def test_the_slice_from_which_the_output_is_computed():
    x = Variable(np.ones((3, 2)))
    a, b = x[:, 0:1], x[:, 1:2]
    assert asked(F.concatenate([a, b], axis=1) @ W, (a, b))[1].shape == (3, 1)


def test_another_way_beside_the_output():
    x = Variable(np.ones(3))
    with pytest.raises(GraphError, match=r"computed by sin: .*stands beside the path; ask for the derivative in that"):
        asked((x * x).sum(), F.sin(x))


def test_outputs_and_inputs_exchanged():
    x = Variable(np.ones(3))
    with pytest.raises(GraphError, match="it was computed from the output; give the outputs first"):
        asked(x, x * x)


def test_a_stranger():
    x, y = Variable(np.ones(3)), Variable(np.ones(2), name="y")
    with pytest.raises(GraphError, match=r"inputs\[1\], 'y' .*computed without it .*detached"):
        asked(x * 2, (x, y))
    with pytest.raises(GraphError, match="neither was it used for the output"):
        asked(x * 2, y * y)
    with no_grad():
        z = y * 3
    with pytest.raises(GraphError, match="no_grad"):
        asked(x * 2, z)


def test_what_depends_on_an_unrecorded_derivative_alone_is_told():
    """Forgotten create_graph: the second derivative would be zeros, and no weight would get a gradient."""
    x = Variable(np.array([[0.3, 0.4]]))
    (g,) = gradients(F.sin(x), x)
    with pytest.warns(GraphWarning, match=r"gradients: .* but on float64 array .* without create_graph"):
        (zeros,) = gradients(g[:, 0:1], x, create_graph=True)
    assert not zeros.data.any()
    with pytest.warns(GraphWarning, match=r"backward: .*computed from nothing but .* without create_graph=True"):
        F.mean(g[:, 0:1] ** 2).backward()
    assert x.grad is None
