"""Layers in use and in training, hooks around their calls, and the layers inside of them."""

import copy
import pickle
import threading

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import layers as L
from dezero import no_grad, test_mode
from dezero.models import MLP, Sequential

X = np.ones((4, 3))


def test_a_model_in_use_is_so_in_every_thread():
    model = Sequential(L.Linear(5), L.Dropout(0.5)).eval()
    found = []
    thread = threading.Thread(target=lambda: found.append(model(X).data))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(found[0], model(X).data)
    assert not model.training
    assert model.train() is model
    assert model.training
    assert (model(X).data == 0).any()


def test_training_follows_the_setting_unless_the_model_is_in_use():
    layer = L.Dropout(0.5)
    with test_mode():
        assert not layer.training
        np.testing.assert_array_equal(layer(X).data, X)
    layer.eval()
    with dezero.using_config("train", True):
        np.testing.assert_array_equal(layer(X).data, X)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_stay_in_use(copied):
    assert not copied(Sequential(L.Dropout(0.5)).eval()).training


def test_a_compiled_model_sees_its_mode():
    model = Sequential(L.Linear(5), L.Dropout(0.5))
    model.eval()
    compiled = dezero.compile(model)
    expected = model(X).data
    np.testing.assert_allclose(compiled(X).data, expected)
    model.train()
    assert (compiled(X).data == 0).any()
    model.eval()
    np.testing.assert_allclose(compiled(X).data, expected)


def test_the_layers_inside():
    model = MLP((3, 2))
    assert [type(layer) for layer in model.children()] == [L.Linear, L.Linear]
    names = [name for name, _ in model.named_modules()]
    assert names[0] == ""
    assert names[1:] == [name for name, _ in model.sublayers()]
    assert list(Sequential(model).modules())[1] is model


def test_hooks_see_and_change_what_goes_through():
    layer, seen = L.Linear(2), []
    with (
        layer.register_forward_pre_hook(lambda layer, inputs: (inputs[0] * 0,)),
        layer.register_forward_hook(lambda layer, inputs, y: seen.append((layer, inputs, y))),
        layer.register_forward_hook(lambda layer, inputs, y: y + 1),
    ):
        y = layer(X)
    assert (y.data == 1).all()
    assert seen[0][0] is layer
    assert (seen[0][1][0] == 0).all()
    handle = layer.register_forward_hook(lambda layer, inputs, y: y * 0)
    handle.remove()
    handle.remove()
    assert (layer(X).data != 0).any()


def test_a_derivative_goes_through_hooks():
    layer = L.Linear(1)
    layer.register_forward_hook(lambda layer, inputs, y: F.exp(y))
    x = dezero.Variable(X)
    y = layer(x)
    (g,) = dezero.gradients(F.sum(y), x)
    np.testing.assert_allclose(g.data, y.data * layer.W.data.T)


def test_blocks_decorate_functions_without_brackets():
    @no_grad
    def f(x):
        return x * 2

    @test_mode
    def mode():
        return dezero.Config.train

    assert f(dezero.Variable(X)).creator is None
    assert f.__name__ == "f"
    assert mode() is False
    with pytest.raises(TypeError, match="no_grad: takes nothing, or the function"):
        no_grad(3)
