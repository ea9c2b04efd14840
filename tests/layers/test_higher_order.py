"""Every layer's derivatives of orders 1 to 3, in its input and its parameters together, beside central differences.

The derivative of each order along a line is compared with the difference of the analytic one of the order before.
"""

import copy

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Variable, gradients, using_config
from tests.layers.every import EVERY, made

STEP = 1e-5  # the error of the differences is about 1e-10 of the derivatives


def along(layer, x, places, lines):
    """The derivative, of order len(lines), of a number that depends on all the layer's results.

    places: arrays for the leaves, that is the input (unless it is whole numbers) and the parameters. lines: for each
    order the direction of each leaf.
    """
    layer = copy.deepcopy(layer)  # each time with the same Generator and the same running statistics
    leaves = list(layer.params())
    if x.dtype.kind == "f":
        x = Variable(x)
        leaves.insert(0, x)
    for leaf, place in zip(leaves, places, strict=True):
        leaf.data = place
    y = layer(x)
    total = (F.sin(y) * np.random.default_rng(3).standard_normal(y.shape)).sum()
    for line in lines:
        found = gradients(total, leaves, create_graph=True)
        total = sum((g * d).sum() for g, d in zip(found, line, strict=True))
    return total.item()


def assert_orders(layer, x, orders=3):
    places = [p.data for p in layer.params()]
    if x.dtype.kind == "f":
        places.insert(0, x)
    draw = np.random.default_rng(4)
    for _ in range(2):
        lines = [[draw.standard_normal(place.shape) for place in places] for _ in range(orders)]
        for order in range(1, orders + 1):
            last = lines[order - 1]
            up, down = [
                along(layer, x, [p + sign * STEP * d for p, d in zip(places, last, strict=True)], lines[: order - 1])
                for sign in (1, -1)
            ]
            found = along(layer, x, places, lines[:order])
            assert found == pytest.approx((up - down) / (2 * STEP), rel=2e-7, abs=2e-7), f"order {order}"
            assert found != 0


@pytest.mark.parametrize("name", EVERY)
def test_training(name):
    assert_orders(*made(name, np.float64))


@pytest.mark.parametrize("name", ["BatchNorm", "Dropout", "MultiHeadAttention", "TransformerBlock"])
def test_use(name):
    layer, x = made(name, np.float64)
    with using_config("train", False):
        assert_orders(layer, x)


@pytest.mark.parametrize("name", ["BatchNorm", "Conv2d", "LayerNorm", "Linear", "MaxPooling", "MultiHeadAttention"])
def test_rules_as_they_stand(name):
    with using_config("simplify", False):
        assert_orders(*made(name, np.float64))


def test_a_network_of_all_kinds():
    class Net(L.Layer):
        def __init__(self):
            draw = np.random.default_rng(0)
            self.steps = [
                L.Conv2d(2, 3, pad=1, dtype=np.float64, rng=draw),
                L.BatchNorm(),
                L.SiLU(),
                L.AveragePooling(2, 2),
                L.Flatten(),
                L.Linear(3, dtype=np.float64, rng=draw),
            ]

        def forward(self, x):
            for step in self.steps:
                x = step(x)
            return x

    net, x = Net(), np.random.default_rng(1).standard_normal((3, 2, 4, 4))
    net(x)
    assert_orders(net, x)


@pytest.mark.parametrize("pre_norm", [True, False])
def test_a_transformer_block_of_either_order(pre_norm):
    block = L.TransformerBlock(4, 2, 3, pre_norm=pre_norm, dtype=np.float64, rng=np.random.default_rng(0))
    assert_orders(block, np.random.default_rng(1).standard_normal((2, 3, 4)), orders=2)


def test_batch_norm_updates_its_statistics_once_however_often_it_is_differentiated():
    norm, x = L.BatchNorm(), Variable(np.random.default_rng(0).standard_normal((4, 2)))
    y = norm(x)
    before = norm.state_dict()
    (g,) = gradients((y**3).sum(), x, create_graph=True)
    gradients((g * g).sum(), x)
    for name, value in norm.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
