"""What a drawing shows: nodes, edges, labels, and what is a gradient."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradients
from dezero.viz import GraphTooLargeError
from dezero.viz.picture import COMPACT, Edge, Node, picture


def scalar(value, name=None):
    return Variable(np.array(float(value)), name)


def labels(drawn, kind):
    return sorted(node.label for node in drawn.nodes if node.kind == kind)


def roles(drawn, kind=("variable", "operation")):
    return {node.label: node.role for node in drawn.nodes if node.kind in kind}


def test_nodes_are_numbered_in_walk_order_from_the_output():
    x = scalar(3, "x")
    assert picture(2 * x) == picture(2 * x)
    drawn = picture({"y": 2 * x})
    assert drawn.nodes == (
        Node("n0", "variable", "value", "y"),
        Node("n1", "operation", "value", "mul"),
        Node("n1_0", "constant", "value", "2"),
        Node("n2", "variable", "value", "x"),
    )
    assert drawn.edges == (Edge("n1", "n0"), Edge("n1_0", "n1"), Edge("n2", "n1"))


def test_a_variable_used_twice_is_one_node_with_two_arrows():
    drawn = picture(F.mul(x := scalar(2, "x"), x))
    assert labels(drawn, "variable") == ["4", "x"]
    assert drawn.edges.count(Edge("n2", "n1")) == 2


class Pair(Function):
    def forward(self, x):
        return x + 1, x * 2

    def backward(self, g0, g1):
        return g0 + 2 * g1


def test_an_operation_with_two_outputs_is_one_node():
    a, b = Pair()(scalar(3, "x"))
    drawn = picture([a, b])
    assert labels(drawn, "operation") == ["Pair"]
    assert labels(drawn, "variable") == ["4", "6", "x"]


def test_an_operation_whose_first_output_is_gone_is_still_drawn():
    _, b = Pair()(scalar(3, "x"))
    del _
    drawn = picture(F.sin(b))
    assert labels(drawn, "operation") == ["Pair", "sin"]


def test_an_operation_reached_through_an_output_that_is_not_a_value_is_a_value_all_the_same():
    a, b = Pair()(scalar(3, "x"))
    drawn = picture([a, b], values=b)
    assert roles(drawn) == {"4": "gradient", "6": "value", "Pair": "value", "x": "value"}


def test_names_stand_where_there_are_some_and_values_at_unnamed_ends():
    x, unnamed = scalar(1.25, "x"), Variable(np.zeros((2, 3), dtype=np.float32))
    drawn = picture(F.sin(x) + unnamed)
    assert labels(drawn, "variable") == ["", "(2, 3) float32", "(2, 3) float64", "x"]


@pytest.mark.parametrize(
    ("argument", "label"),
    [
        (2, "2"),
        (0.1 + 0.2, "0.3"),
        (1e-30, "1e-30"),
        (np.float64(7.5), "7.5"),
        (np.array(7.5), "7.5"),
        (np.arange(3), "(3,) int64"),
        (np.ones((2, 1), dtype=np.float32), "(2, 1) float32"),
    ],
)
def test_numbers_and_arrays_among_the_arguments_are_shown(argument, label):
    drawn = picture(Variable(np.ones((2, 3)), "x") * argument)
    assert labels(drawn, "constant") == [label]


def test_verbose_adds_shapes_values_and_parameters():
    x = Variable(np.ones((2, 3)), "x")
    drawn = picture({"total": F.sum(F.sin(x), axis=0)}, verbose=True)
    assert labels(drawn, "variable") == ["(2, 3) float64", "total\n(3,) float64", "x\n(2, 3) float64"]
    assert labels(drawn, "operation")[0] == "sin"
    assert labels(drawn, "operation")[1].startswith("sum\naxis=(0,)")
    assert labels(picture(scalar(0.5, "x"), verbose=True), "variable") == ["x\n0.5 float64"]


def test_a_variable_without_data_is_drawn():
    assert labels(picture(Variable(None)), "variable") == ["no data"]
    assert labels(picture(Variable(None, "w")), "variable") == ["w"]


def test_long_names_are_cut():
    (label,) = labels(picture(scalar(1, "n" * 100)), "variable")
    assert label == "n" * 59 + "…"


def test_ports_tell_arguments_apart_only_where_their_order_matters():
    x, y = scalar(2, "x"), scalar(3, "y")
    ports = {node.label: node.ports for node in picture([x - y, x * y, F.sin(x)]).nodes if node.kind == "operation"}
    assert ports == {"sub": ("①", "②"), "mul": (), "sin": ()}
    drawn = picture({"y/x": y / x})
    sources = {edge.port: edge.source for edge in drawn.edges if edge.port is not None}
    by_key = {node.key: node.label for node in drawn.nodes}
    assert {port: by_key[key] for port, key in sources.items()} == {0: "y", 1: "x"}


def test_the_weights_of_a_sum_are_its_ports():
    x = scalar(0.3, "x")
    y = F.tanh(x)
    for _ in range(3):
        (y,) = gradients(y, x, create_graph=True)
    (node,) = [node for node in picture(y).nodes if node.label == "linear_combination"]
    assert sorted(node.ports) == ["×-1", "×2"]


# -- what is a gradient --------------------------------------------------------------------------------------------


def test_all_is_a_value_in_a_list():
    x = scalar(2, "x")
    assert set(roles(picture([F.sin(x), F.cos(x)])).values()) == {"value"}


def test_in_a_dict_the_first_leads_to_the_values():
    x = scalar(0.5, "x")
    y = F.tanh(x)
    (gx,) = gradients(y, x, create_graph=True)
    found = roles(picture({"y": y, "dy/dx": gx}))
    assert (found["y"], found["x"], found["tanh"]) == ("value", "value", "value")
    assert (found["dy/dx"], found["tanh_slope"]) == ("gradient", "gradient")


def test_values_says_it_where_the_order_does_not():
    x = scalar(0.5, "x")
    y, z = F.tanh(x), F.exp(x)
    (gx,) = gradients(y, x, create_graph=True)
    assert roles(picture({"y": y, "z": z}, values=[y, z])) == dict.fromkeys(["y", "z", "x", "tanh", "exp"], "value")
    found = roles(picture({"dy/dx": gx}, values=y))
    assert (found["dy/dx"], found["tanh"], found["x"]) == ("gradient", "value", "value")


def test_what_is_held_as_a_grad_is_a_gradient():
    x = scalar(0.5, "x")
    y = F.tanh(x)
    y.backward(create_graph=True)
    y.name, x.grad.name = "y", "gx"
    for output in ([y, x.grad], [x.grad, y], {"gx": x.grad, "y": y}):
        found = roles(picture(output))
        assert (found["gx"], found["x"]) == ("gradient", "value")
    assert roles(picture([x.grad, y]))["tanh"] == "value"
    alone = roles(picture(x.grad))
    assert (alone["gx"], alone["x"]) == ("gradient", "value")


def test_a_gradient_that_carries_a_gradient_stays_one():
    x = scalar(0.5, "x")
    y = F.tanh(x)
    y.name = "y"
    y.backward(create_graph=True)
    gx = x.grad
    gx.name = "gx"
    gx.grad = scalar(1, "ggx")
    found = roles(picture([y, gx, gx.grad]))
    assert (found["y"], found["gx"], found["ggx"]) == ("value", "gradient", "gradient")


# -- limits --------------------------------------------------------------------------------------------------------


class Counted(Function):
    looks = 0

    def forward(self, x):
        return x + 1

    @property
    def args(self):
        Counted.looks += 1
        return super().args


def test_the_walk_stops_as_soon_as_the_limit_is_passed():
    x = scalar(0)
    for _ in range(1000):
        x = Counted()(x)
    Counted.looks = 0
    with pytest.raises(GraphTooLargeError, match=r"more than 50 nodes.*limit=100"):
        picture(x, limit=50)
    assert 0 < Counted.looks <= 4 * 50


def test_the_limit_is_the_number_of_nodes_that_still_passes():
    y = 2 * scalar(3, "x")
    assert len(picture(y, limit=4).nodes) == 4
    with pytest.raises(GraphTooLargeError):
        picture(y, limit=3)


def test_a_deep_graph_needs_no_recursion():
    x = scalar(0, "x")
    for _ in range(20_000):
        x = x + 1
    assert len(picture(x, limit=100_000).edges) == 2 * 20_000 + 1


def test_a_large_graph_is_drawn_without_the_unnamed_variables_between():
    y = scalar(0, "x")
    for _ in range(COMPACT):
        y = F.sin(y)
    drawn = picture({"y": y})
    assert labels(drawn, "variable") == ["x", "y"]
    assert len(labels(drawn, "operation")) == COMPACT
    assert len(drawn.edges) == COMPACT + 1
    assert len(labels(picture({"y": y}, verbose=True), "variable")) == COMPACT + 1


@pytest.mark.parametrize("output", [None, 3.0, np.ones(2), "y", [None], {"y": 2.0}, [], {}])
def test_only_variables_can_be_drawn(output):
    with pytest.raises(TypeError, match=r"graph is drawn from a Variable|no Variable to draw"):
        picture(output)


@pytest.mark.parametrize("values", [["y"], "y", {"y": None}, [None], 5])
def test_only_variables_can_be_values(values):
    with pytest.raises(TypeError, match=r"values must be|not iterable"):
        picture(scalar(1), values=values)


def test_without_values_all_is_a_gradient():
    assert set(roles(picture(F.sin(scalar(1, "x")), values=[])).values()) == {"gradient"}


def test_a_variable_under_two_labels_shows_both():
    x = scalar(1, "x")
    assert labels(picture({"a": x, "b": x}), "variable") == ["a, b"]


def test_a_function_that_bears_an_operations_name_is_drawn():
    kind = type("linear_combination", (Pair,), {})
    assert labels(picture(kind()(scalar(3, "x"))[0]), "operation") == ["linear_combination"]
