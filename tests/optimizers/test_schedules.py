"""Learning rates that follow the number of updates made."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero.optimizers import (
    SGD,
    Adam,
    CosineDecay,
    ExponentialDecay,
    LinearWarmup,
    MomentumSGD,
    PiecewiseConstant,
    StepDecay,
)


def test_the_rate_of_each_update_is_the_schedules(holder):
    layer = holder(np.zeros(1))
    optimizer = SGD().setup(layer).schedule(lr=StepDecay(1.0, every=2, factor=0.5))
    rates = []
    for _ in range(5):
        before = layer.p0.data.copy()
        layer.give([1.0])
        optimizer.update()
        rates.append((before - layer.p0.data).item())
        assert optimizer.lr == rates[-1]
    assert rates == [1.0, 1.0, 0.5, 0.5, 0.25]


def test_any_hyperparameter_and_any_function_will_do(holder):
    optimizer = MomentumSGD().setup(holder(np.zeros(1))).schedule(momentum=lambda step: step / 10, lr=lambda step: 1)
    assert (optimizer.lr, optimizer.momentum) == (1.0, 0.0)
    for _ in range(3):
        optimizer.update()
    assert optimizer.momentum == 0.2


def test_adams_step_size_is_scheduled_as_alpha():
    assert Adam().schedule(alpha=CosineDecay(0.1, 10)).alpha == 0.1
    assert Adam().schedule(lr=CosineDecay(0.1, 10)).alpha == 0.1


def test_a_name_that_is_no_hyperparameter_is_told():
    with pytest.raises(KeyError, match=r"Adam\.schedule: 'rate' is no hyperparameter of it; these are alpha, beta1"):
        Adam().schedule(rate=CosineDecay(0.1, 10))


@pytest.mark.parametrize("name", ["alpha", "lr"])
def test_assigning_a_hyperparameter_ends_its_schedule(holder, name):
    optimizer = Adam().setup(holder(np.zeros(1))).schedule(alpha=lambda step: 0.5, beta1=lambda step: step / 10)
    setattr(optimizer, name, 7.0)
    for _ in range(3):
        optimizer.update()
    assert optimizer.alpha == 7.0
    assert optimizer.beta1 == 0.2


@pytest.mark.parametrize("wrong", [lambda step: 1 / step, lambda step: -1.0, lambda step: np.nan])
def test_a_schedule_that_cannot_be_followed_is_not_registered(holder, wrong):
    optimizer = MomentumSGD().setup(holder(np.zeros(1))).schedule(momentum=lambda step: 0.5)
    with pytest.raises((ZeroDivisionError, ValueError)):
        optimizer.schedule(momentum=lambda step: 0.1, lr=wrong)
    optimizer.update()
    assert (optimizer.lr, optimizer.momentum) == (0.01, 0.5)


def test_a_schedule_must_be_callable_and_none_is_set_then():
    optimizer = MomentumSGD()
    with pytest.raises(TypeError, match=r"MomentumSGD\.schedule: momentum must be a function of the step, got 0\.1"):
        optimizer.schedule(lr=lambda step: 5.0, momentum=0.1)
    assert optimizer.lr == 0.01


def test_a_saved_optimizer_goes_on_in_its_schedule(holder):
    first, second = [SGD().setup(holder(np.zeros(1))).schedule(lr=CosineDecay(0.1, 10)) for _ in range(2)]
    for _ in range(4):
        first.update()
    second.load_state_dict(first.state_dict())
    assert second.lr == first.lr
    second.update()
    assert second.lr == CosineDecay(0.1, 10)(4)


@given(st.floats(1e-6, 10), st.floats(0, 1), st.integers(1, 1000))
def test_a_cosine_falls_from_the_rate_to_the_final_one(rate, fraction, steps):
    schedule = CosineDecay(rate, steps, final=fraction * rate)
    values = [schedule(step) for step in range(steps + 3)]
    assert values[0] == pytest.approx(rate)
    assert values[steps:] == pytest.approx([fraction * rate] * 3)
    assert all(a >= b - 1e-12 for a, b in pairwise(values))
    assert schedule(steps / 2) == pytest.approx((rate + fraction * rate) / 2)


@given(st.integers(1, 50), st.integers(1, 50))
def test_a_warmup_rises_evenly_and_hands_over(steps, every):
    then = StepDecay(0.1, every=every)
    schedule = LinearWarmup(steps, then=then)
    assert [schedule(i) for i in range(steps)] == pytest.approx([0.1 * (i + 1) / steps for i in range(steps)])
    assert [schedule(steps + i) for i in range(20)] == [then(i) for i in range(20)]


def test_a_warmup_to_a_number_stays_there():
    assert [LinearWarmup(4, then=1.0)(step) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


@given(st.integers(1, 20), st.integers(0, 200))
def test_an_exponential_meets_the_staircase_at_its_steps(every, step):
    smooth, stairs = ExponentialDecay(1.0, 0.5, every), StepDecay(1.0, every, 0.5)
    assert smooth(step) <= stairs(step) * (1 + 1e-12)
    assert smooth(step - step % every) == pytest.approx(stairs(step))


def test_piecewise_rates_change_at_the_boundaries():
    schedule = PiecewiseConstant([3, 5], [1.0, 0.5, 0.1])
    assert [schedule(step) for step in range(7)] == [1.0, 1.0, 1.0, 0.5, 0.5, 0.1, 0.1]


@pytest.mark.parametrize(
    "make",
    [
        lambda: StepDecay(0.1, every=0),
        lambda: ExponentialDecay(0.1, 0.5, every=0),
        lambda: ExponentialDecay(0.1, -0.5),
        lambda: CosineDecay(0.1, steps=0),
        lambda: LinearWarmup(0, then=0.1),
        lambda: PiecewiseConstant([1, 2], [0.1, 0.2]),
        lambda: PiecewiseConstant([2, 1], [0.1, 0.2, 0.3]),
    ],
)
def test_numbers_that_make_no_schedule_are_refused(make):
    with pytest.raises(ValueError, match=r"above zero|need to ascend"):
        make()
