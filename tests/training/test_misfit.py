"""Checkpoints that do not fit, and what no checkpoint can be made of."""

import os

import numpy as np
import pytest

import dezero.functions as F
from dezero import datasets
from dezero.models import MLP
from tests.training.runs import OPTIMIZERS, bits, run, whole


def everything(trainer, loaders):
    model = {name: None if value.data is None else value.data.copy() for name, value in trainer.model.named_state()}
    rest = [trainer.optimizer.state_dict(), trainer.position.state_dict(), np.random.get_state(legacy=False)]
    return bits([model, rest, [loader.state_dict() for loader in loaders.values()]])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"model": lambda: MLP((8, 3), F.relu)}, r"does not fit the model of this run .*lacks l0/W"),
        ({"make": OPTIMIZERS["SGD"]}, r"does not fit the optimizer of this run"),
        ({"loader_seed": 1}, r"does not fit the loader of this run .*seed"),
        ({"rngs": [np.random.default_rng(1)]}, r"does not fit the generators of this run .*has 1 .* the run 2"),
    ],
)
@pytest.mark.parametrize("trained", [False, True])
def test_a_checkpoint_of_another_run_changes_nothing(tmp_path, other, message, trained):
    whole(tmp_path, epochs=1)
    trainer, loaders = run(tmp_path, seed=5, checkpoint=tmp_path / "run" / "other.npz", **other)
    if trained:
        trainer.fit(epochs=1, **loaders)
    os.replace(tmp_path / "run" / "checkpoint.npz", tmp_path / "run" / "other.npz")
    before, log = everything(trainer, loaders), (tmp_path / "run" / "log.jsonl").read_bytes()
    with pytest.raises(ValueError, match=message) as caught:
        trainer.fit(epochs=3, resume=True, **loaders)
    assert str(tmp_path / "run" / "other.npz") in str(caught.value)
    assert everything(trainer, loaders) == before
    assert (tmp_path / "run" / "log.jsonl").read_bytes() == log


def test_another_shape_is_named(tmp_path):
    whole(tmp_path, model=lambda: MLP((8, 3)), epochs=1)
    trainer, loaders = run(tmp_path, model=lambda: MLP((9, 3)))
    with pytest.raises(ValueError, match=r"checkpoint\.npz: .* the model .*l0/(W|b) has shape \((2, )?8,?\)"):
        trainer.fit(epochs=2, resume=True, **loaders)


def test_other_parts_are_named(tmp_path):
    whole(tmp_path, epochs=1)
    trainer, loaders = run(tmp_path)
    with pytest.raises(ValueError, match=r"holds model, .*, validation, .* and the run has model"):
        trainer.fit(loaders["loader"], epochs=3, resume=True)


def test_a_damaged_checkpoint_is_named(tmp_path):
    whole(tmp_path, epochs=1)
    trainer, loaders = run(tmp_path)
    path = trainer.checkpoint.path
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"checkpoint\.npz"):
        trainer.fit(epochs=3, resume=True, **loaders)


def test_what_cannot_be_kept_is_told_before_the_first_step(tmp_path):
    trainer, loaders = run(tmp_path, checkpoint_every=1)
    x, t = datasets.Spiral().data, datasets.Spiral().label
    with pytest.raises(TypeError, match=r"the loader has no state_dict, .* leave checkpoint_every out"):
        trainer.fit([(x, t)], epochs=1)
    trainer.optimizer = object()
    with pytest.raises(TypeError, match=r"the optimizer, object, has no state_dict"):
        trainer.fit(epochs=1, **loaders)
    assert not trainer.history


def test_arguments_are_checked(tmp_path):
    with pytest.raises(ValueError, match=r"checkpoint_every needs checkpoint=PATH"):
        run(tmp_path, checkpoint=None, checkpoint_every=1)
    with pytest.raises(ValueError, match=r"the checkpoint's name must end in \.npz"):
        run(tmp_path, checkpoint="model.pkl")
    trainer, loaders = run(tmp_path, checkpoint=None)
    with pytest.raises(ValueError, match=r"resume=True needs the Trainer's checkpoint=PATH"):
        trainer.fit(epochs=1, resume=True, **loaders)
