"""Trainers whose steps run as programs take the steps of the others."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import DataLoader, optimizers
from dezero.datasets import Spiral
from dezero.models import MLP
from dezero.training import Trainer

from .runs import OPTIMIZERS, Network


def fitted(model, optimizer, **options):
    data = DataLoader(Spiral(), 32, seed=0)  # the last batch has 12 rows
    trainer = Trainer(
        model, optimizer.setup(model), F.softmax_cross_entropy, {"accuracy": F.accuracy}, progress=False, **options
    )
    history = trainer.fit(data, epochs=3, validation=DataLoader(Spiral(train=False), 100, shuffle=False))
    return [list(row.values()) for row in history], {name: p.data for name, p in model.named_params()}, trainer


def assert_equal_runs(make, optimizer):
    rows, params, _ = fitted(make(), optimizer())
    found, found_params, trainer = fitted(make(), optimizer(), compile=True)
    np.testing.assert_allclose(found, rows, rtol=2e-5)
    for name, p in params.items():
        np.testing.assert_allclose(found_params[name], p, rtol=2e-4, atol=2e-6)
    return trainer


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_perceptron(name):
    def make():
        np.random.seed(0)
        return MLP((10, 3))

    trainer = assert_equal_runs(make, OPTIMIZERS[name])
    assert [program.cache_info().misses for program in trainer.programs] == [2, 1]


def test_running_statistics_and_dropout():
    def make():
        np.random.seed(0)
        model = Network()
        with dezero.test_mode():  # weights are drawn before the masks
            model(np.zeros((2, 2)))
        return model

    assert_equal_runs(make, lambda: optimizers.Adam(0.02))


def test_weights_and_statistics_may_be_made_in_the_first_step():
    _, _, eager = fitted(Network(), optimizers.Adam(0.02))
    _, _, trainer = fitted(Network(), optimizers.Adam(0.02), compile=True)
    assert trainer.model.state_dict().keys() == eager.model.state_dict().keys()
    assert np.isfinite(trainer.history[-1]["test_loss"])


def test_a_loss_that_is_no_number_stops_before_the_step():
    model = MLP((4, 1))
    model(np.zeros((1, 1)))
    before = {name: p.data.copy() for name, p in model.named_params()}
    trainer = Trainer(model, optimizers.SGD(0.1).setup(model), F.mean_squared_error, progress=False, compile=True)
    with pytest.raises(FloatingPointError, match="loss"):
        trainer.fit([(np.array([[np.nan]]), np.array([[1.0]]))], epochs=1)
    assert all([np.array_equal(p.data, before[name]) for name, p in model.named_params()])
