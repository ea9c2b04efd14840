"""What an optimizer remembers can be saved, and an optimizer that loads it goes on bit for bit."""

import copy

import numpy as np
import pytest

from dezero import optimizers
from dezero.optimizers import SGD, Adam, CosineDecay, MomentumSGD, Optimizer

MAKE = {
    "SGD": lambda: SGD().schedule(lr=CosineDecay(0.1, 20)),
    "MomentumSGD": lambda: MomentumSGD(momentum=0.8, nesterov=True),
    "Adam": lambda: Adam(alpha=0.01),
    **{name: getattr(optimizers, name) for name in ("AdaGrad", "AdaDelta", "RMSprop", "AdamW", "Lion")},
}


def train(optimizer, steps):
    for t in range(optimizer.step_count, optimizer.step_count + steps):
        rng = np.random.default_rng(t)
        optimizer.target.give(*[rng.standard_normal(p.shape).astype(p.dtype) for p in optimizer.params()])
        optimizer.update()


@pytest.fixture
def layer(holder):
    return lambda: holder(np.ones((2, 3), np.float32), np.ones(40_000), np.array(1.0))


@pytest.mark.parametrize("name", MAKE)
def test_training_goes_on_bit_for_bit(layer, name):
    straight, half, rest = [MAKE[name]().setup(layer()) for _ in range(3)]
    train(straight, 8)
    train(half, 5)
    rest.target.load_state_dict(half.target.state_dict())
    rest.load_state_dict(half.state_dict())
    train(rest, 3)
    for p, q in zip(straight.params(), rest.params(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    first, second = straight.state_dict(), rest.state_dict()
    assert first["step_count"] == second["step_count"] == 8
    assert first["hyperparameters"] == second["hyperparameters"]


def test_state_is_numbers_and_arrays_by_name(layer):
    optimizer = MomentumSGD(lr=np.float64(0.1), nesterov=True).setup(layer())
    train(optimizer, 1)
    saved = optimizer.state_dict()
    assert saved["hyperparameters"] == {"lr": 0.1, "momentum": 0.9, "nesterov": True}
    assert {type(v) for v in saved["hyperparameters"].values()} == {float, bool}
    assert [(name, *arrays) for name, arrays in saved["state"].items()] == [("p0", "v"), ("p1", "v"), ("p2", "v")]
    assert [a["v"].dtype for a in saved["state"].values()] == [np.float32, np.float64, np.float64]


def test_saved_state_is_a_copy_in_both_directions(layer):
    optimizer, other = MomentumSGD().setup(layer()), MomentumSGD().setup(layer())
    train(optimizer, 2)
    saved = optimizer.state_dict()
    kept = copy.deepcopy(saved)
    train(optimizer, 1)
    other.load_state_dict(saved)
    train(other, 1)
    for name, arrays in kept["state"].items():
        np.testing.assert_array_equal(saved["state"][name]["v"], arrays["v"])


@pytest.mark.parametrize("name", ["MomentumSGD", "Adam"])
def test_an_optimizer_can_go_back_to_what_it_was(layer, name):
    optimizer = MAKE[name]().setup(layer())
    train(optimizer, 2)
    weights, saved = optimizer.target.state_dict(), optimizer.state_dict()
    train(optimizer, 3)
    first = optimizer.target.state_dict()
    optimizer.target.load_state_dict(weights)
    optimizer.load_state_dict(saved)
    train(optimizer, 3)
    for key, array in optimizer.target.state_dict().items():
        np.testing.assert_array_equal(array, first[key])


def test_an_integer_rate_is_no_reason_to_round_the_saved_one(layer):
    saved = SGD(lr=0.5).setup(layer()).state_dict()
    optimizer = SGD(lr=1).setup(layer())
    optimizer.load_state_dict(saved)
    assert optimizer.lr == 0.5


def test_state_may_be_loaded_before_a_lazy_parameter_has_data(holder):
    trained = MomentumSGD(lr=1.0, momentum=0.5).setup(holder(np.zeros(3)))
    trained.target.give(np.ones(3))
    trained.update()
    fresh = MomentumSGD().setup(holder(None))
    fresh.load_state_dict(trained.state_dict())
    fresh.target.p0.data = np.zeros(3)
    fresh.target.give(np.ones(3))
    fresh.update()
    np.testing.assert_array_equal(fresh.target.p0.data, -1.5)


def test_parameters_that_never_had_a_gradient_have_no_state(layer):
    optimizer = MomentumSGD().setup(layer())
    optimizer.target.give(None, np.ones(40_000), None)
    optimizer.update()
    saved = optimizer.state_dict()
    assert list(saved["state"]) == ["p1"]
    other = MomentumSGD().setup(layer())
    other.load_state_dict(saved)
    train(other, 1)


def test_a_users_optimizer_is_saved_by_state_of_and_its_numbers(holder):
    class Averaging(Optimizer):
        def __init__(self, rate=0.5):
            super().__init__()
            self.rate = rate

        def update_one(self, param):
            state = self.state_of(param)
            state["mean"] = 0.5 * state.get("mean", 0.0) + 0.5 * param.grad.data
            param.data -= self.rate * state["mean"]

    straight, half, rest = [Averaging().setup(holder(np.ones(3))) for _ in range(3)]
    train(straight, 4)
    train(half, 2)
    rest.target.load_state_dict(half.target.state_dict())
    rest.load_state_dict(half.state_dict())
    train(rest, 2)
    np.testing.assert_array_equal(straight.target.p0.data, rest.target.p0.data)


@pytest.mark.parametrize("wrong", [-1, 0.5, np.ones(2, int)])
def test_a_count_of_steps_that_is_none_is_refused(layer, wrong):
    trained, optimizer = Adam().setup(layer()), Adam().setup(layer())
    train(trained, 2)
    saved = trained.state_dict()
    saved["state"]["p1"]["t"] = np.array(wrong)
    with pytest.raises(ValueError, match="t of p1 must be 0, 1, 2"):
        optimizer.load_state_dict(saved)
    assert optimizer.t == 0


def without(key):
    return lambda saved: saved.pop(key)


WRONG = {
    "no step count": (without("step_count"), KeyError, "lacks step_count"),
    "an unknown key": (lambda s: s.update(more=1), KeyError, "has more too many"),
    "no rate": (lambda s: s["hyperparameters"].pop("lr"), KeyError, "hyperparameters lacks lr"),
    "a text for a rate": (lambda s: s["hyperparameters"].update(lr="0.1"), TypeError, "lr must be a number, got str"),
    "a negative rate": (lambda s: s["hyperparameters"].update(lr=-1.0), ValueError, "lr is -1.0; give"),
    "a rate that is nan": (lambda s: s["hyperparameters"].update(lr=np.nan), ValueError, "lr is nan; give"),
    "a negative count": (lambda s: s.update(step_count=-5), ValueError, "step_count must be 0, 1, 2, ..., got -5"),
    "half a step": (lambda s: s.update(step_count=0.5), ValueError, "step_count must be"),
    "an unknown Parameter": (lambda s: s["state"].update(q={"v": np.ones(3)}), KeyError, "the target has no Parameter"),
    "no velocity": (lambda s: s["state"]["p2"].pop("v"), KeyError, "p2 lacks v"),
    "another's array": (lambda s: s["state"]["p2"].update(m=np.ones(())), KeyError, "p2 has m too many"),
    "a wrong shape": (
        lambda s: s["state"]["p2"].update(v=np.ones(2)),
        ValueError,
        r"v of p2 has shape \(2,\)",
    ),
    "texts": (lambda s: s["state"]["p2"].update(v=np.array("a")), TypeError, "v of p2 holds no floats"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_named_and_changes_nothing(layer, case):
    spoil, kind, message = WRONG[case]
    trained, optimizer = MomentumSGD(lr=0.5).setup(layer()), MomentumSGD().setup(layer())
    train(trained, 2)
    train(optimizer, 1)
    saved, before = trained.state_dict(), optimizer.state_dict()
    spoil(saved)
    with pytest.raises(kind, match=f"MomentumSGD.load_state_dict.*{message}"):
        optimizer.load_state_dict(saved)
    after = optimizer.state_dict()
    assert (after["step_count"], after["hyperparameters"]) == (before["step_count"], before["hyperparameters"])
    for name, arrays in before["state"].items():
        np.testing.assert_array_equal(after["state"][name]["v"], arrays["v"])
