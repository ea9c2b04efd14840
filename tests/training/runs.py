"""Runs with all that has a state, broken and not, and their outcome to the last bit."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import DataLoader, Layer, datasets, layers, optimizers
from dezero.training import Trainer, read_checkpoint, read_log

OPTIMIZERS = {
    "SGD": lambda: optimizers.SGD(0.5),
    "MomentumSGD": lambda: optimizers.MomentumSGD(0.1),
    "Adam": lambda: optimizers.Adam(0.02),
    "AdamW": lambda: optimizers.AdamW(0.02),
    "RMSprop": lambda: optimizers.RMSprop(0.01),
    "scheduled": lambda: optimizers.SGD().schedule(lr=optimizers.ExponentialDecay(0.5, 0.9)),
}


class Network(Layer):
    """All that has a state: lazy weights, running statistics, dropout from both kinds of random numbers."""

    def __init__(self):
        self.l1, self.l2 = layers.Linear(8), layers.Linear(3)
        self.norm = layers.BatchNorm()
        self.drops = [layers.Dropout(0.2), layers.Dropout(0.2, np.random.default_rng(7))]

    def forward(self, x):
        return self.l2(self.drops[1](F.relu(self.norm(self.drops[0](self.l1(x))))))


class Broken(BaseException):
    """Comes from outside, like a power failure."""


class Run(Trainer):
    """Breaks down in front of a step of this number."""

    breaks_at = -1

    def step(self, batch):
        if self.position.step + 1 == self.breaks_at:
            raise Broken
        return super().step(batch)


def run(folder, make=OPTIMIZERS["Adam"], seed=0, loader_seed=None, model=Network, **options):
    """A Trainer and its loaders, as a script makes them anew each time it is started."""
    np.random.seed(seed)
    model = model()
    options.setdefault("checkpoint", folder / "run" / "checkpoint.npz")
    trainer = Run(
        model,
        make().setup(model),
        F.softmax_cross_entropy,
        {"accuracy": F.accuracy},
        progress=False,
        log=folder / "run" / "log.jsonl",
        **options,
    )
    train = DataLoader(datasets.Spiral(), 50, seed=loader_seed)
    return trainer, {"loader": train, "validation": DataLoader(datasets.Spiral(train=False), 150)}


def bits(tree):
    """What can be compared with ==, and differs wherever a bit does."""
    if isinstance(tree, dict):
        return {key: bits(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [bits(value) for value in tree]
    return (tree.dtype, tree.shape, tree.tobytes()) if isinstance(tree, np.ndarray) else repr(tree)


def outcome(trainer):
    log = [{name: value for name, value in row.items() if name != "seconds"} for row in read_log(trainer.log.path)]
    return bits([read_checkpoint(trainer.checkpoint.path), trainer.model.state_dict(), trainer.history, log])


def broken(folder, at, **options):
    trainer, loaders = run(folder, **options)
    trainer.breaks_at = at
    with pytest.raises(Broken):
        trainer.fit(epochs=3, **loaders)


def whole(folder, epochs=3, **options):
    trainer, loaders = run(folder, **options)
    trainer.fit(epochs=epochs, **loaders)
    return outcome(trainer)


def resumed(folder, epochs=3, seed=99, **options):
    """By a script that is in another random state: nothing may come from there."""
    trainer, loaders = run(folder, seed=seed, **options)
    trainer.fit(epochs=epochs, resume=True, **loaders)
    return outcome(trainer)
