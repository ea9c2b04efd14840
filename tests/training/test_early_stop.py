"""When to stop training."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import layers, optimizers
from dezero.training import EarlyStop, Trainer


def rows(name, values):
    return [{"epoch": n, "step": n, name: value} for n, value in enumerate(values, 1)]


def stopped_after(stop, values):
    """The epoch after which training ends, None where it never does."""
    return next((n for n in range(len(values) + 1) if stop(rows(stop.name, values[:n]))), None)


@pytest.mark.parametrize(
    ("stop", "values", "epoch"),
    [
        (EarlyStop("loss", 2), [3, 2, 1, 2, 1, 0], 5),  # as good as the best is not better
        (EarlyStop("loss", 2), [3, 2, 1, 2, 0.5, 0], None),
        (EarlyStop("accuracy", 1, mode="max"), [0.1, 0.2, 0.2], 3),
        (EarlyStop("loss", 2, min_delta=0.5), [3, 2.8, 2.6, 0], 3),
        (EarlyStop("loss", 2), [math.nan, math.nan, 1], 2),
        (EarlyStop("loss", 2), [1, math.nan, 0.5, 0.4], None),
    ],
)
def test_it_stops_after_patience_epochs_without_a_better_value(stop, values, epoch):
    assert stopped_after(stop, values) == epoch


@given(values=st.lists(st.floats(-10, 10)), patience=st.integers(1, 4))
def test_the_greatest_of_the_negated_is_the_least(values, patience):
    least = EarlyStop("loss", patience)(rows("loss", values))
    assert least == EarlyStop("loss", patience, mode="max")(rows("loss", [-value for value in values]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"patience": 0}, "EarlyStop: patience must be at least 1, not 0"),
        ({"patience": True}, "EarlyStop: patience must be an integer, not bool"),
        ({"mode": "least"}, 'mode is "min" or "max"'),
        ({"min_delta": -1.0}, "min_delta is a number from 0 on"),
        ({"min_delta": math.nan}, "min_delta"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        EarlyStop("loss", **arguments)


def test_a_trainer_stops_and_stays_stopped():
    model = layers.Linear(1, in_size=1, dtype=np.float64)
    values = iter([3.0, 2.0, 2.0, 2.0, 1.0])
    trainer = Trainer(
        model,
        optimizers.SGD(0.1).setup(model),
        F.mean_squared_error,
        {"score": lambda y, t: next(values)},
        progress=False,
        early_stop=EarlyStop("score", patience=2),
    )
    batch = np.ones((2, 1)), np.ones((2, 1))
    assert [row["score"] for row in trainer.fit([batch], epochs=10)] == [3, 2, 2, 2]
    assert len(trainer.fit([batch], epochs=10)) == 4


def test_a_column_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match=r"no 'test_loss'; it has epoch, step, loss"):
        EarlyStop("test_loss")(rows("loss", [1.0]))
