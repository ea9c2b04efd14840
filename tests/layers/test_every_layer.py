"""What holds for each layer that the room exports."""

import copy

import numpy as np
import pytest

import dezero.layers as L
from dezero import Layer, Variable, test_mode
from tests.layers.every import EVERY, input_of, made

# Recurrent layers have a state between calls, and tests of their own.
EXPORTED = {
    name: kind
    for name, kind in vars(L).items()
    if name in L.__all__ and isinstance(kind, type) and issubclass(kind, Layer) and kind is not Layer
}


def test_every_exported_layer_is_here():
    recurrent = {name for name, kind in EXPORTED.items() if kind.__module__ == "dezero.layers.recurrent"}
    assert set(EVERY) == set(EXPORTED) - recurrent
    assert all(kind.__doc__ for kind in EXPORTED.values())


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("train", [True, False])
def test_float32_stays_float32_in_results_gradients_and_state(name, train):
    make, shape = EVERY[name]
    layer, x = make(np.float32), input_of(shape, np.float32)
    layer(x)
    if not isinstance(shape, np.ndarray):
        x = Variable(x)
    if train:
        y = layer(x)
    else:
        with test_mode():
            y = layer(x)
    (y * y).sum().backward()
    leaves = [*layer.params(), *([x] if isinstance(x, Variable) else [])]
    assert y.dtype == np.float32
    assert {value.dtype for _, value in layer.named_state()} <= {np.dtype(np.float32)}
    assert {leaf.grad.dtype for leaf in leaves} == {np.dtype(np.float32)}
    assert all(leaf.grad.shape == leaf.shape for leaf in leaves)


@pytest.mark.parametrize("name", EVERY)
def test_float64_stays_float64(name):
    layer, x = made(name, np.float64)
    assert layer(x).dtype == np.float64
    assert {value.dtype for _, value in layer.named_state()} <= {np.dtype(np.float64)}


@pytest.mark.parametrize("name", EVERY)
def test_a_saved_layer_computes_the_same_when_loaded(name, tmp_path):
    layer, x = made(name, np.float32)
    other = EVERY[name][0](np.float32)
    layer.save_weights(tmp_path / "layer.npz")
    other.load_weights(tmp_path / "layer.npz")
    with test_mode():
        np.testing.assert_array_equal(other(x).data, layer(x).data)


@pytest.mark.parametrize("name", EVERY)
def test_a_copied_layer_computes_the_same(name):
    layer, x = made(name, np.float32)
    other = copy.deepcopy(layer)
    np.testing.assert_array_equal(other(x).data, layer(x).data)
    assert repr(other) == repr(layer)
