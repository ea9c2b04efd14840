"""What every layer inherits: names, parameters, state, copies."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.layers as L
from dezero import Layer, Parameter, Variable


class Net(Layer):
    """Two layers, a list of layers, a parameter and a buffer of its own."""

    def __init__(self, shared=None):
        super().__init__()  # the original's scripts call it
        self.first = L.Linear(2, in_size=3)
        self.scale = Parameter(np.array(2.0, np.float32), name="scale")
        self.rest = [L.Linear(2, in_size=2), {"norm": L.BatchNorm()}]
        self.count = L.Buffer(np.zeros(1), name="count")
        self.again = shared or self.first
        self.title = "net"

    def forward(self, x):
        return self.scale * self.rest[1]["norm"](self.rest[0](self.first(x)))


NAMES = ["first/W", "first/b", "scale", "count", "rest/0/W", "rest/0/b"]
STATISTICS = ["rest/1/norm/avg_mean", "rest/1/norm/avg_var"]
SCALES = ["rest/1/norm/gamma", "rest/1/norm/beta"]


def x_of(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


# -- registration ----------------------------------------------------------------------------------------------


def test_state_is_named_by_attributes_in_the_order_they_were_set_and_containers_come_last():
    assert [name for name, _ in Net().named_state()] == NAMES + STATISTICS + SCALES


def test_params_leave_buffers_out():
    net = Net()
    assert [name for name, _ in net.named_params()] == [n for n in NAMES if n != "count"] + SCALES
    assert [id(p) for p in net.params()] == [id(p) for _, p in net.named_params()]


def test_what_is_shared_comes_once_under_its_first_name():
    net = Net()
    assert net.again is net.first
    names = [name for name, _ in net.named_state()]
    assert not any(name.startswith("again") for name in names)
    tied = Layer()
    tied.encode = Parameter(np.ones(2))
    tied.decode = tied.encode
    assert [name for name, _ in tied.named_params()] == ["encode"]


def test_an_attribute_set_anew_takes_the_place_of_the_old_one_and_one_deleted_is_gone():
    net = Net()
    net.scale = Parameter(np.array(3.0), name="new")
    assert dict(net.named_params())["scale"].data == 3
    del net.scale
    assert "scale" not in dict(net.named_params())
    net.first = None
    assert "again/W" in dict(net.named_params())


def test_a_layer_that_holds_itself_is_walked_once():
    net = Net()
    net.me = net
    assert [name for name, _ in net.named_state()] == NAMES + STATISTICS + SCALES


def test_plain_variables_arrays_and_none_are_not_registered():
    layer = Layer()
    layer.x, layer.y, layer.z = Variable(np.ones(2)), np.ones(2), None
    assert list(layer.named_state()) == []


@given(depth=st.integers(0, 6), width=st.integers(1, 3))
def test_names_of_nested_layers_are_their_path(depth, width):
    layer = L.Linear(1, in_size=1)
    expected = ["W", "b"]
    for _ in range(depth):
        outer = Layer()
        for i in range(width):
            setattr(outer, f"a{i}", copy.deepcopy(layer))
        expected = [f"a{i}/{name}" for i in range(width) for name in expected]
        layer = outer
        if len(expected) > 60:
            break
    assert [name for name, _ in layer.named_params()] == expected
    assert set(layer.state_dict()) == set(expected)


def test_sublayers_are_those_directly_inside():
    assert [name for name, _ in Net().sublayers()] == ["first", "again", "rest/0", "rest/1/norm"]


# -- calls -----------------------------------------------------------------------------------------------------


def test_a_call_goes_to_forward_with_all_arguments():
    class Add(Layer):
        def forward(self, a, b, times=1):
            return (a + b) * times

    assert Add()(1, 2, times=3) == 9


def test_a_layer_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Layer defines no forward"):
        Layer()(np.ones(1))


def test_cleargrads_forgets_every_gradient():
    net = Net()
    (net(x_of(4, 3)) ** 2).sum().backward()
    assert all(p.grad is not None for p in net.params())
    net.cleargrads()
    assert all(p.grad is None for p in net.params())


# -- state -----------------------------------------------------------------------------------------------------


def test_state_dict_holds_copies():
    layer = L.Linear(2, in_size=3)
    state = layer.state_dict()
    state["W"][:] = 0
    assert layer.W.data.all()
    before = layer.state_dict()
    layer.W.data += 1
    assert not np.array_equal(before["W"], layer.W.data)


def test_state_dict_of_a_layer_that_saw_no_input_names_what_is_missing():
    with pytest.raises(ValueError, match=r"Net: rest/1/norm/avg_mean, .* holds no data yet; call the layer"):
        Net().state_dict()


def test_loaded_state_makes_the_same_layer():
    a, b = Net(), Net()
    a(x_of(4, 3))
    b.load_state_dict(a.state_dict())
    for x in (x_of(4, 3), x_of(2, 3)):
        np.testing.assert_array_equal(a(x).data, b(x).data)


def test_loading_copies_and_casts_to_what_the_layer_holds():
    layer, state = L.Linear(2, in_size=1), {"W": np.ones((1, 2)), "b": np.array([1, 2])}
    layer.load_state_dict(state)
    state["W"][:] = 5
    assert layer.W.data.dtype == layer.b.data.dtype == np.float32
    np.testing.assert_array_equal(layer.W.data, [[1, 1]])
    lazy = L.Linear(2)
    lazy.load_state_dict(state)
    assert lazy.W.dtype == np.float32
    assert lazy(x_of(3, 1)).shape == (3, 2)


def test_a_float64_layer_keeps_the_digits_it_loads():
    layer = L.Linear(1, dtype=np.float64)
    layer.load_state_dict({"W": np.array([[0.1]]), "b": np.array([1 / 3])})
    assert (layer.W.item(), layer.b.item()) == (0.1, 1 / 3)


@pytest.mark.parametrize(
    ("state", "error", "says"),
    [
        ({"W": np.ones((3, 2))}, KeyError, "lacks b"),
        ({"W": np.ones((3, 2)), "b": np.ones(2), "c": np.ones(1)}, KeyError, "has c too many"),
        ({"w": np.ones((3, 2)), "b": np.ones(2)}, KeyError, "lacks W and has w too many"),
        ({"W": np.ones((2, 3)), "b": np.ones(2)}, ValueError, r"W has shape \(2, 3\), and Linear needs \(3, 2\)"),
        ({"W": np.ones(6), "b": np.ones(2)}, ValueError, r"W has shape \(6,\)"),
        ({"W": np.ones((3, 2)), "b": np.ones((2, 1))}, ValueError, r"b has shape \(2, 1\)"),
        ({"W": np.ones((3, 2)), "b": np.ones(2, complex)}, TypeError, "b holds complex128, and Linear needs float32"),
        ({"W": np.ones((3, 2)), "b": np.array(["x", "y"])}, TypeError, "b holds <U1"),
        ({"W": np.ones((3, 2)), "b": np.array([{}, {}])}, TypeError, "b holds object"),
    ],
)
def test_state_that_does_not_fit_is_refused_and_changes_nothing(state, error, says):
    layer = L.Linear(2, in_size=3)
    layer.b.data += 7
    before = layer.state_dict()
    with pytest.raises(error, match=says):
        layer.load_state_dict(state)
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("shape", [(3, 3), (2,), (3, 2, 1)])
def test_a_lazy_layer_refuses_weights_that_no_input_would_fit(shape):
    layer = L.Linear(2)
    with pytest.raises(ValueError, match=r"Linear needs \(any, 2\)"):
        layer.load_state_dict({"W": np.ones(shape), "b": np.zeros(2)})
    assert layer.W.data is None


def test_without_strict_what_fits_is_loaded_and_shapes_are_still_checked():
    layer = L.Linear(2, in_size=3)
    W = layer.W.data.copy()
    layer.load_state_dict({"b": np.ones(2), "other": np.ones(5)}, strict=False)
    np.testing.assert_array_equal(layer.b.data, [1, 1])
    np.testing.assert_array_equal(layer.W.data, W)
    with pytest.raises(ValueError, match="b has shape"):
        layer.load_state_dict({"b": np.ones(3)}, strict=False)


def test_loading_a_state_takes_no_part_in_a_graph_recorded_before():
    layer = L.Linear(1, in_size=1)
    y = layer(np.ones((1, 1), np.float32))
    layer.load_state_dict(layer.state_dict())
    from dezero import GraphError

    with pytest.raises(GraphError, match="rebound"):
        y.backward()


# -- the words -------------------------------------------------------------------------------------------------


def test_repr_shows_the_tree_with_shapes_and_counts():
    net = Layer()
    net.a, net.b = L.Linear(2, in_size=3), L.Conv2d(4, 3, stride=2)
    assert repr(net).splitlines() == [
        "Layer()  12+ parameters",
        "  a: Linear(W (3, 2), b (2,))  8 parameters",
        "  b: Conv2d(W (4, ?, 3, 3), b (4,), stride=2, pad=0)  4+ parameters",
    ]


def test_repr_shows_what_comes_twice_once_and_ends_where_a_layer_holds_itself():
    net = Layer()
    net.me, net.a, net.weights = net, L.Linear(1, in_size=1), [Parameter(np.zeros(3))]
    net.b = net.a
    assert repr(net).splitlines() == [
        "Layer(weights/0 (3,))  5 parameters",
        "  me: Layer (see above)",
        "  a: Linear(W (1, 1), b (1,))  2 parameters",
        "  b: Linear (see above)",
    ]


def test_a_list_that_holds_itself_is_walked_once():
    net = Layer()
    net.parts = [L.Linear(1, in_size=1)]
    net.parts.append(net.parts)
    assert list(net.state_dict()) == ["parts/0/W", "parts/0/b"]


def test_repr_tells_options_and_no_count_where_nothing_is_learned():
    assert repr(L.LeakyReLU(0.1)) == "LeakyReLU(slope=0.1)"
    assert repr(L.BatchNorm()).startswith("BatchNorm(avg_mean (?,), avg_var (?,), gamma (?,), beta (?,))")


# -- copies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
def test_a_copy_is_equal_and_apart(again):
    net = Net()
    net(x_of(4, 3))
    other = again(net)
    assert other.again is other.first
    for (name, a), (same, b) in zip(net.named_state(), other.named_state(), strict=True):
        assert (name, type(a), a.name) == (same, type(b), b.name)
        np.testing.assert_array_equal(a.data, b.data)
        assert not np.shares_memory(a.data, b.data)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("make", [lambda: L.Linear(2), lambda: L.Conv2d(2, 3), L.BatchNorm, L.LayerNorm])
def test_a_copy_of_a_layer_that_saw_no_input_still_awaits_it(again, make):
    layer, other = make(), again(make())
    assert repr(other) == repr(layer)
    values = [value for _, value in other.named_state() if value.data is None]
    assert values
    assert [(v.pattern, v.kind) for v in values] == [
        (v.pattern, v.kind) for _, v in layer.named_state() if v.data is None
    ]


def test_a_generator_is_copied_with_the_layer():
    layer = L.Linear(2, rng=np.random.default_rng(0))
    a, b = copy.deepcopy(layer), copy.deepcopy(layer)
    np.testing.assert_array_equal(a(x_of(1, 3)).data, b(x_of(1, 3)).data)


def test_two_arrays_of_one_name_are_not_saved_one_over_the_other():
    net = Layer()
    net.parts = {1: L.Linear(1, in_size=1), "1": L.Linear(1, in_size=1)}
    for call in (net.state_dict, lambda: net.load_state_dict({})):
        with pytest.raises(ValueError, match="two of its arrays have the name parts/1/W"):
            call()


def test_the_last_call_is_remembered_without_being_kept_alive():
    layer, x = L.Linear(2), Variable(np.ones((1, 3), np.float32))
    assert list(layer.outputs) == []
    y = layer(x)
    assert layer.inputs[0]() is x
    assert layer.outputs[0]() is y
    del y
    assert layer.outputs[0]() is None
    assert copy.deepcopy(layer).inputs == ()


def test_a_layer_may_have_parts_named_inputs_and_outputs():
    class Pair(Layer):
        def __init__(self):
            self.inputs, self.outputs = L.Linear(2), L.Linear(1)

        def forward(self, x):
            return self.outputs(self.inputs(x))

    pair = Pair()
    assert pair(np.ones((1, 3), np.float32)).shape == (1, 1)
    assert [name for name, _ in pair.named_params()] == ["inputs/W", "inputs/b", "outputs/W", "outputs/b"]


def test_asking_a_layer_for_its_parameters_leaves_no_cycle_behind():
    gc.disable()
    try:
        net = Net()
        list(net.params())
        net.cleargrads()
        gone = weakref.ref(net.first.W)
        del net
        assert gone() is None
    finally:
        gc.enable()
