"""A run that goes on from a checkpoint is, bit for bit, the run that had no break."""

import numpy as np
import pytest

from dezero import datasets, layers, optimizers
from dezero.models import MLP, Sequential
from dezero.training import read_checkpoint
from tests.training.runs import OPTIMIZERS, Broken, Run, bits, broken, outcome, resumed, run, whole


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_optimizer_goes_on_in_the_middle_of_an_epoch(tmp_path, make):
    options = {"make": make, "checkpoint_every": 1, "log_every": 2}
    broken(tmp_path / "b", at=10, **options)
    assert resumed(tmp_path / "b", **options) == whole(tmp_path / "a", **options)


@pytest.mark.parametrize(
    ("every", "at"), [(None, 7), (None, 12), (None, 13), (1, 2), (1, 6), (1, 7), (1, 18), (4, 6), (4, 9), (4, 14)]
)
def test_a_break_at_any_step_is_made_good(tmp_path, unbroken, every, at):  # an epoch has 6 steps
    broken(tmp_path, at=at, checkpoint_every=every)
    assert resumed(tmp_path, checkpoint_every=every) == unbroken


@pytest.mark.parametrize(("every", "at"), [(None, 6), (4, 4)])
def test_a_break_before_the_first_checkpoint_begins_anew(tmp_path, unbroken, every, at):
    broken(tmp_path, at=at, checkpoint_every=every)
    assert not (tmp_path / "run" / "checkpoint.npz").exists()
    assert resumed(tmp_path, seed=0, checkpoint_every=every) == unbroken


def test_a_loader_with_a_seed_of_its_own_goes_on(tmp_path):
    options = {"loader_seed": 5, "checkpoint_every": 1}
    broken(tmp_path / "b", at=9, **options)
    assert resumed(tmp_path / "b", **options) == whole(tmp_path / "a", **options)


def test_more_epochs_can_be_added_later(tmp_path, unbroken):
    whole(tmp_path, epochs=1)
    resumed(tmp_path, epochs=2)
    assert resumed(tmp_path) == unbroken


def test_resuming_a_finished_run_changes_nothing(tmp_path):
    done = whole(tmp_path)
    files = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    assert resumed(tmp_path) == done
    assert resumed(tmp_path, epochs=1) == done
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == files


def test_generators_given_to_the_trainer_go_on(tmp_path):
    def fit(folder, rng, resume=False, at=-1):
        trainer, loaders = run(folder, rngs=[rng], checkpoint_every=1)
        trainer.breaks_at = at
        measure = trainer.measure
        trainer.measure = lambda batch: measure((batch[0] + rng.normal(size=batch[0].shape).astype("f"), batch[1]))
        trainer.fit(epochs=2, resume=resume, **loaders)
        return outcome(trainer)

    with pytest.raises(Broken):
        fit(tmp_path / "b", np.random.default_rng(3), at=8)
    assert fit(tmp_path / "b", np.random.default_rng(4), resume=True) == fit(tmp_path / "a", np.random.default_rng(3))


def test_parts_of_ones_own_go_on(tmp_path):
    class Average:
        """Running mean of a weight."""

        value = 0.0

        def state_dict(self):
            return {"value": self.value}

        def load_state_dict(self, state):
            self.value = state["value"]

    class Averaging(Run):
        def parts(self):
            return {**super().parts(), "average": self.average}

        def step(self, batch):
            values = super().step(batch)
            self.average.value = 0.9 * self.average.value + 0.1 * float(self.model.l1.W.data[0, 0])
            return values

    def fit(folder, resume=False, at=-1):
        trainer, loaders = run(folder, checkpoint_every=1)
        trainer.__class__, trainer.average, trainer.breaks_at = Averaging, Average(), at
        trainer.fit(epochs=2, resume=resume, **loaders)
        return trainer.average.value

    with pytest.raises(Broken):
        fit(tmp_path / "b", at=8)
    assert fit(tmp_path / "b", resume=True) == fit(tmp_path / "a") != 0


def test_several_optimizers_go_on(tmp_path):
    class Two(Run):
        def step(self, batch):
            if self.position.step + 1 == self.breaks_at:
                raise Broken
            values = self.measure(batch)
            self.model.cleargrads()
            values["loss"].backward()
            for optimizer in self.optimizer.values():
                optimizer.update()
            return values

    def fit(folder, resume=False, at=-1):
        trainer, loaders = run(folder, model=lambda: MLP((8, 3)), checkpoint_every=1)
        first, second = trainer.model.l0, trainer.model.l1
        trainer.optimizer = {"first": optimizers.Adam().setup(first), "second": optimizers.SGD(0.1).setup(second)}
        trainer.__class__, trainer.breaks_at = Two, at
        trainer.fit(epochs=2, resume=resume, **loaders)
        return outcome(trainer)

    with pytest.raises(Broken):
        fit(tmp_path / "b", at=8)
    assert fit(tmp_path / "b", resume=True) == fit(tmp_path / "a")


def test_batches_in_a_list_go_on_at_the_epoch(tmp_path):
    x, t = datasets.Spiral().data, datasets.Spiral().label
    batches = [(x[:150], t[:150]), (x[150:], t[150:])]

    def fit(folder, resume=False, at=-1):
        trainer, _ = run(folder)
        trainer.breaks_at = at
        trainer.fit(batches, epochs=3, resume=resume)
        return outcome(trainer)

    with pytest.raises(Broken):
        fit(tmp_path / "b", at=4)
    assert fit(tmp_path / "b", resume=True) == fit(tmp_path / "a")


def test_weights_can_be_taken_out_of_a_checkpoint(tmp_path):
    trainer, loaders = run(tmp_path, model=lambda: Sequential(layers.Linear(3)))
    trainer.fit(epochs=1, **loaders)
    model = Sequential(layers.Linear(3))
    model.load_state_dict(read_checkpoint(trainer.checkpoint.path)["model"])
    assert bits(model.state_dict()) == bits(trainer.model.state_dict())
