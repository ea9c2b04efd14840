"""The loop over epochs and batches."""

import gc
import weakref

import numpy as np
import pytest

import dezero.functions as F
from dezero import Config, DataLoader, Layer, Parameter, layers, no_grad, optimizers, test_mode
from dezero.datasets import Spiral
from dezero.models import MLP
from dezero.training import Trainer


def linear(**options):
    model = layers.Linear(1, in_size=1, dtype=np.float64, rng=np.random.default_rng(0))
    return Trainer(model, optimizers.SGD(0.1).setup(model), F.mean_squared_error, progress=False, **options)


X = np.array([[-1.0], [1.0]])
LINE = [(X, 3 * X + 1)]


class Fixed(Layer):
    """Gives its inputs times a parameter that is 1 and is not moved by a rate of 0."""

    def __init__(self):
        self.one = Parameter(np.array(1.0))

    def forward(self, x):
        return self.one * x


def fixed(**options):
    model = Fixed()
    return Trainer(model, optimizers.SGD(0.0).setup(model), lambda y, t: F.mean(y), progress=False, **options)


def test_it_trains_a_classifier():
    np.random.seed(0)
    model = MLP((10, 3))
    optimizer = optimizers.Adam(0.1).setup(model)
    train, test = DataLoader(Spiral(), 30, seed=0), DataLoader(Spiral(train=False), 100, shuffle=False)
    trainer = Trainer(model, optimizer, F.softmax_cross_entropy, {"accuracy": F.accuracy}, progress=False)
    history = trainer.fit(train, epochs=60, validation=test)
    assert list(history[0]) == ["epoch", "step", "loss", "accuracy", "test_loss", "test_accuracy"]
    assert [(row["epoch"], row["step"]) for row in history] == [(n, 10 * n) for n in range(1, 61)]
    assert history[-1]["test_accuracy"] > 0.9
    found = trainer.evaluate(test)
    assert found == {"loss": history[-1]["test_loss"], "accuracy": history[-1]["test_accuracy"]}
    assert {p.dtype for p in model.params()} == {np.dtype(np.float32)}


def test_the_steps_are_those_of_the_loop_written_out():
    trainer, model = linear(), layers.Linear(1, in_size=1, dtype=np.float64, rng=np.random.default_rng(0))
    optimizer, losses = optimizers.SGD(0.1).setup(model), []
    for _ in range(5):
        loss = F.mean_squared_error(model(X), 3 * X + 1)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(loss.item())
    assert [row["loss"] for row in trainer.fit(LINE, epochs=5)] == losses
    np.testing.assert_array_equal(trainer.model.W.data, model.W.data)


def test_means_are_weighted_by_the_size_of_the_batch():
    batches = [(np.array([1.0, 2.0, 3.0]), None), (np.array([10.0]), None)]
    trainer = fixed(metrics={"largest": lambda y, t: F.max(y)})
    row = trainer.fit(batches, epochs=1, validation=batches[::-1])[0]
    assert row == {"epoch": 1, "step": 2, "loss": 4, "largest": 19 / 4, "test_loss": 4, "test_largest": 19 / 4}


def test_values_that_some_steps_leave_out_are_means_over_the_others():
    class Alternating(Trainer):
        def step(self, batch):
            even = self.position.step % 2 == 0
            return {"critic": 1.0, **({"generator": float(batch[0])} if even else {})}

    trainer = Alternating(None, None, progress=False)
    assert trainer.fit([np.array([n]) for n in (1, 2, 4, 8, 9)], 1)[0]["generator"] == (1 + 4 + 9) / 3


def test_evaluation_is_in_test_mode_and_records_nothing():
    seen = []

    def loss(y, t):
        seen.append((Config.train, Config.enable_backprop, y.creator is None))
        return F.mean(y)

    trainer = fixed()
    trainer.loss = loss
    batch = [(X, X)]
    trainer.fit(batch, epochs=1, validation=batch)
    trainer.evaluate(batch)
    assert seen == [(True, True, False), (False, False, True), (False, False, True)]
    assert (Config.train, Config.enable_backprop) == (True, True)


def test_evaluation_begins_at_the_first_batch_of_a_loader_left_in_the_middle():
    np.random.seed(0)
    loader = DataLoader(Spiral(), 100, shuffle=False)
    next(loader)
    sizes = []
    trainer = fixed(metrics={"size": lambda y, t: sizes.append(len(t)) or 0.0})
    trainer.evaluate(loader)
    assert sum(sizes) == 300


@pytest.mark.parametrize("workers", [0, 1])
def test_evaluation_leaves_a_loader_in_the_middle_where_it_was(workers):
    np.random.seed(0)
    loader, trainer = DataLoader(Spiral(), 100, seed=0, workers=workers), fixed()
    expected = [x.tolist() for x, _ in DataLoader(Spiral(), 100, seed=0)]
    found, batches = [], iter(loader)
    for _ in expected:
        found.append(next(batches)[0].tolist())
        trainer.evaluate(loader)
    assert found == expected


def test_evaluation_that_fails_leaves_a_loader_in_the_middle_where_it_was():
    loader = DataLoader(Spiral(), 100, seed=0)
    next(loader)
    with pytest.raises(ZeroDivisionError):
        fixed(metrics={"bad": lambda y, t: 1 / 0}).evaluate(loader)
    assert (loader.epoch, loader.iteration) == (0, 1)


def test_training_begins_at_the_first_batch_of_a_loader_left_in_the_middle():
    np.random.seed(0)
    loader = DataLoader(Spiral(), 100)
    next(loader)
    assert fixed().fit(loader, epochs=1)[0]["step"] == 3


@pytest.mark.parametrize("fails_at", [1, 2, 3])
@pytest.mark.parametrize("where", ["step", "validation"])
def test_after_an_error_the_epoch_begins_again(where, fails_at):
    np.random.seed(0)
    failing = [True]

    def largest(y, t):
        if Config.train == (where == "step"):
            calls.append(1)
            if failing and len(calls) == fails_at:
                failing.clear()
                raise OSError("the disk was away")
        return F.mean(y)

    calls, sizes = [], []
    trainer = fixed(metrics={"largest": largest})
    train, test = DataLoader(Spiral(), 100), DataLoader(Spiral(), 100)
    with pytest.raises(OSError, match="the disk was away"):
        trainer.fit(train, 1, test)
    measure = trainer.measure
    trainer.measure = lambda batch: sizes.append(len(batch[0])) or measure(batch)
    (row,) = trainer.fit(train, 1, test)
    assert sum(sizes) == 600
    assert row["loss"] == pytest.approx(np.mean(train.dataset.data), rel=1e-5)


def test_training_inside_test_mode_and_no_grad_is_training():
    seen = []
    trainer = fixed()
    trainer.loss = lambda y, t: seen.append(Config.train) or F.mean(y)
    with test_mode(), no_grad():
        trainer.fit([(X, X)], epochs=1, validation=[(X, X)])
        assert not Config.train
        assert not Config.enable_backprop
    assert seen == [True, False]
    assert trainer.model.one.grad is not None


def test_epochs_count_those_of_earlier_calls():
    once, twice = linear(), linear()
    once.fit(LINE, epochs=5)
    twice.fit(LINE, epochs=2)
    assert twice.fit(LINE, epochs=5) == once.history
    assert twice.fit(LINE, epochs=5) == once.history


def test_a_step_of_ones_own_has_what_the_trainer_has():
    """A gradient step on a loss after an inner gradient step, as in MAML."""

    class Inner(Trainer):
        def step(self, batch):
            x, t = batch
            w, b = self.model.W, self.model.b
            self.model.cleargrads()
            inner = F.mean_squared_error(F.linear(x, w, b), t)
            inner.backward(create_graph=True)
            moved = F.linear(x, w - 0.1 * w.grad, b - 0.1 * b.grad)
            self.model.cleargrads()
            loss = F.mean_squared_error(moved, t)
            loss.backward()
            self.optimizer.update()
            return {"loss": loss, "inner": inner}

    model = layers.Linear(1, in_size=1, dtype=np.float64)
    history = Inner(model, optimizers.SGD(0.1).setup(model), progress=False).fit(LINE, epochs=150)
    assert list(history[0]) == ["epoch", "step", "loss", "inner"]
    assert all(row["loss"] < row["inner"] for row in history)
    assert history[-1]["loss"] < 1e-9


def test_a_measure_of_ones_own_serves_training_and_evaluation():
    class Reconstruct(Trainer):
        def measure(self, batch):
            return {"loss": F.mean_squared_error(self.model(batch), batch)}

    model = layers.Linear(1, in_size=1, dtype=np.float64)
    trainer = Reconstruct(model, optimizers.SGD(0.1).setup(model), progress=False)
    assert trainer.fit([X], epochs=80, validation=[X])[-1]["test_loss"] < 1e-9


def test_no_graph_outlives_its_step():
    """At most one graph is alive at a time: memory for two would be twice the memory."""
    outputs = []

    def loss(y, t):
        assert not outputs or outputs.pop()() is None
        outputs.append(weakref.ref(y))
        return F.mean_squared_error(y, t)

    trainer = linear()
    trainer.loss = loss
    gc.disable()
    try:
        trainer.fit(LINE * 3, epochs=2, validation=LINE * 2)
    finally:
        gc.enable()


# -- what goes wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_stops_before_it_spoils_the_parameters(bad):
    trainer = linear()
    batches = [*LINE, (X, np.full((2, 1), bad)), *LINE]
    with pytest.raises(FloatingPointError, match=r"the loss is (nan|inf) in epoch 1, step 2; lower the learning rate"):
        trainer.fit(batches, epochs=2)
    good = linear()
    good.fit(LINE, epochs=1)
    np.testing.assert_array_equal(trainer.model.W.data, good.model.W.data)
    assert trainer.position.step == 1


def test_a_loss_that_is_not_finite_may_be_allowed():
    class Given(Trainer):
        def step(self, batch):
            return {"loss": batch[0]}

    values = [np.array([np.inf]), np.array([1.0])]
    assert Given(None, None, progress=False, allow_nonfinite=True).fit(values, 1)[0]["loss"] == np.inf
    with pytest.raises(FloatingPointError, match="epoch 1, step 1"):
        Given(None, None, progress=False).fit(values, 1)


def test_losses_of_other_names_are_watched_too():
    class Critic(Trainer):
        def step(self, batch):
            return {"critic": np.nan, "generator": 1.0}

    with pytest.raises(FloatingPointError, match="the critic is nan in epoch 1, step 1"):
        Critic(None, None, progress=False).fit([X], 1)


def test_a_test_loss_that_is_not_finite_goes_into_the_history():
    row = fixed().fit([(X, None)], 1, validation=[(X * X * np.inf, None)])[0]
    assert row["test_loss"] == np.inf


def test_an_error_in_a_step_says_in_which():
    model = layers.Linear(3, in_size=1)
    trainer = Trainer(model, optimizers.SGD().setup(model), F.softmax_cross_entropy, progress=False)
    good, bad = (X.astype("f"), np.array([0, 2])), (X.astype("f"), np.array([0, 3]))
    trainer.fit([good, good], epochs=2)
    with pytest.raises(IndexError, match=r"softmax_cross_entropy: t holds 3") as caught:
        trainer.fit([good, bad], epochs=3)
    assert caught.value.__notes__ == ["in epoch 3, step 6 (batch 2 of the epoch)"]
    with pytest.raises(IndexError, match="softmax_cross_entropy") as caught:
        trainer.evaluate([good, good, bad])
    assert caught.value.__notes__ == ["in batch 3 of evaluate"]


@pytest.mark.parametrize("epochs", [0, -1, 2.0, True, "3", None])
def test_epochs_must_be_a_positive_whole_number(epochs):
    with pytest.raises((TypeError, ValueError), match=r"Trainer.fit: epochs must be (an integer|at least 1), not"):
        linear().fit(LINE, epochs)


def test_a_loader_without_batches_is_told():
    with pytest.raises(ValueError, match="no batches in epoch 1"):
        linear().fit([], epochs=2)
    with pytest.raises(ValueError, match="no batches in epoch 2"):
        linear().fit(iter(LINE), epochs=2)
    with pytest.raises(ValueError, match=r"evaluate: the loader gave no batches"):
        linear().evaluate([])


@pytest.mark.parametrize("name", ["loss", "epoch", "step", "seconds", "test_loss"])
def test_a_metric_may_not_take_the_name_of_another_column(name):
    with pytest.raises(ValueError, match=f"a metric cannot be called '{name}'"):
        linear(metrics={name: F.accuracy})


def test_a_metric_may_not_take_the_name_of_another_ones_test_column():
    with pytest.raises(ValueError, match="'test_accuracy'"):
        linear(metrics={"accuracy": F.accuracy, "test_accuracy": F.accuracy})


def test_metrics_are_functions():
    with pytest.raises(TypeError, match="the metric 'accuracy' is a str"):
        linear(metrics={"accuracy": "accuracy"})


def test_a_loss_of_several_numbers_is_refused_before_the_step():
    trainer = linear()
    before = trainer.model.state_dict()
    trainer.loss = lambda y, t: (y - t) ** 2
    with pytest.raises(ValueError, match=r"'loss' must be a single number, got an array of shape \(2, 1\)"):
        trainer.fit(LINE, epochs=1)
    np.testing.assert_array_equal(trainer.model.W.data, before["W"])


def test_a_value_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="'kind' must be a single number, got a str"):
        linear(metrics={"kind": lambda y, t: "good"}).fit(LINE, epochs=1)


def test_batches_and_losses_that_are_missing_are_told():
    with pytest.raises(TypeError, match=r"a batch is \(x, t\), not ndarray; override measure"):
        linear().fit([X], epochs=1)
    trainer = linear()
    trainer.loss = None
    with pytest.raises(TypeError, match=r"pass loss, a function of \(model\(x\), t\)"):
        trainer.fit(LINE, epochs=1)


def test_several_optimizers_need_a_step_of_ones_own():
    trainer = linear()
    trainer.optimizer = {"only": trainer.optimizer}
    with pytest.raises(TypeError, match=r"Trainer: override step\(batch\) to say how several optimizers learn"):
        trainer.fit(LINE, epochs=1)


@pytest.mark.parametrize("several", [False, True])
def test_an_optimizer_that_could_not_move_the_model_is_refused(several):
    def stepping(optimizer):
        trainer = linear()
        trainer.optimizer = {"odd": optimizer, "good": trainer.optimizer} if several else optimizer
        trainer.step = lambda batch: pytest.fail("a step was made")
        return trainer

    other = stepping(optimizers.SGD().setup(layers.Linear(1, in_size=1)))
    name = "optimizer odd" if several else "optimizer"
    with pytest.raises(
        ValueError, match=rf"the {name}, SGD, has none of the Parameters of the model, Linear; call setup"
    ):
        other.fit(LINE, epochs=1)
    with pytest.raises(RuntimeError, match=r"SGD has no target yet; call setup\(model\) first"):
        stepping(optimizers.SGD()).fit(LINE, epochs=1)


def test_an_optimizer_may_learn_a_part_of_the_model_or_what_parts_names():
    class WithCritic(Trainer):
        def parts(self):
            return {**super().parts(), "critic": critic}

        def step(self, batch):
            return {"loss": 0.0}

    model, critic = MLP((2, 1)), layers.Linear(1, in_size=1)
    several = {"head": optimizers.SGD().setup(model.l1), "critic": optimizers.SGD().setup(critic)}
    assert len(WithCritic(model, several, progress=False).fit(LINE, epochs=1)) == 1


def test_a_measure_without_a_loss_is_told():
    class Named(Trainer):
        def measure(self, batch):
            return {"mse": 0.0, "mae": 0.0}

    model = layers.Linear(1, in_size=1)
    trainer = Named(model, optimizers.SGD().setup(model), progress=False)
    with pytest.raises(ValueError, match="Named: step learns from 'loss', and measure gave mse, mae"):
        trainer.fit(LINE, epochs=1)
    assert trainer.evaluate(LINE) == {"mse": 0, "mae": 0}


def test_values_are_turned_into_numbers_once_a_step():
    class Value:
        taken = 0

        def item(self):
            self.taken += 1
            return 1.0

    value = Value()
    linear(metrics={"value": lambda y, t: value}).fit(LINE * 3, epochs=2)
    assert value.taken == 6


@pytest.mark.parametrize("name", ["log_every", "checkpoint_every"])
def test_intervals_must_be_positive_whole_numbers(name, tmp_path):
    with pytest.raises(ValueError, match=f"Trainer: {name} must be at least 1, not 0"):
        linear(checkpoint=tmp_path / "c.npz", **{name: 0})
