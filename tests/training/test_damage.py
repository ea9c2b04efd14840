"""Every entry of a checkpoint, damaged in every way: refused with nothing changed, or a state like any other."""

import copy

import numpy as np
import pytest

from dezero import optimizers
from dezero.layers import BatchNorm, Linear
from dezero.training import read_checkpoint, write_checkpoint
from tests.training.runs import bits, run, whole
from tests.training.test_misfit import everything

WRONG = [
    "text",
    None,
    0.5,
    -1,
    True,
    10**30,
    float("nan"),
    [],
    {},
    [1, "a"],
    {"a": 1},
    np.ones((2, 5)),
    np.array("text"),
    np.array(0.5),
    np.zeros(0),
    1j,
    np.ones(3, complex),
]


def leaves(tree, path=()):
    """The places of all entries of a tree, the inner ones too."""
    if path:
        yield path
    if isinstance(tree, dict):
        pairs = tree.items()
    else:
        pairs = enumerate(tree) if isinstance(tree, list | tuple) and len(tree) < 20 else ()
    for key, value in pairs:
        yield from leaves(value, (*path, key))


def replaced(tree, path, value):
    if not path:
        return value
    if isinstance(tree, tuple):
        return (*tree[: path[0]], replaced(tree[path[0]], path[1:], value), *tree[path[0] + 1 :])
    copied = copy.copy(tree)
    copied[path[0]] = replaced(tree[path[0]], path[1:], value)
    return copied


def test_a_position_that_is_no_whole_number_changes_nothing(tmp_path):
    whole(tmp_path, epochs=1)
    path = tmp_path / "run" / "checkpoint.npz"
    state = read_checkpoint(path)
    state["position"]["epoch"] = 0.5
    write_checkpoint(path, state)
    trainer, loaders = run(tmp_path, seed=5)
    before = everything(trainer, loaders)
    with pytest.raises(ValueError, match=r"does not fit the position of this run \(.*epoch must be an integer"):
        trainer.fit(epochs=2, resume=True, **loaders)
    assert everything(trainer, loaders) == before


@pytest.mark.parametrize("part", ["position", "loader", "random state", "generators"])
def test_each_entry_of_a_part(tmp_path, part):
    whole(tmp_path, epochs=1)
    trainer, loaders = run(tmp_path, seed=5)
    trainer.fit(epochs=1, **loaders)
    holder = {**trainer.checkpoint.parts}[part]
    good = holder.state_dict()
    for path in leaves(good):
        for wrong in WRONG:
            before = everything(trainer, loaders), bits(holder.state_dict())
            damaged = replaced(good, path, wrong)
            try:
                holder.load_state_dict(damaged)
            except (KeyError, TypeError, ValueError):
                pass
            else:  # as good as what was there: the same entry, or another number of the right kind
                assert bits(holder.state_dict()) == bits(damaged), (path, wrong)
                assert type(wrong) in (int, float) or bits(damaged) == bits(good), (path, wrong)
                holder.load_state_dict(good)
            assert (everything(trainer, loaders), bits(holder.state_dict())) == before, (path, wrong)


OPTIMIZERS = {
    "MomentumSGD": lambda: optimizers.MomentumSGD(0.1, nesterov=True),
    "LBFGS": lambda: optimizers.LBFGS(),
    **{
        name: getattr(optimizers, name)
        for name in ("Adam", "AdamW", "AdaGrad", "AdaDelta", "RMSprop", "Lion", "Shampoo", "NewtonCG", "SGD")
    },
}


def step(optimizer):
    layer, x = optimizer.target, np.linspace(-1, 1, 12).reshape(4, 3)
    return optimizer.update(lambda: (layer(x) ** 2).sum())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_entry_of_an_optimizer(name):
    optimizer = OPTIMIZERS[name]().setup(Linear(2, in_size=3, dtype=np.float64))
    for _ in range(2):
        step(optimizer)
    good, weights = optimizer.state_dict(), optimizer.target.state_dict()
    for path in leaves(good):
        for wrong in WRONG:
            try:
                optimizer.load_state_dict(replaced(good, path, wrong))
            except (KeyError, TypeError, ValueError):
                assert bits(optimizer.state_dict()) == bits(good), (path, wrong)
                continue
            with np.errstate(all="ignore"):
                try:
                    step(optimizer)  # a number of the right kind, which may be a bad one
                except (ArithmeticError, np.linalg.LinAlgError):
                    pass
                except Exception as error:
                    raise AssertionError((path, wrong)) from error
            optimizer.load_state_dict(good)
            optimizer.target.load_state_dict(weights)


def test_each_entry_of_a_layer():
    layer = BatchNorm()
    layer(np.random.default_rng(0).normal(size=(5, 3)))
    good = layer.state_dict()
    for path in leaves(good):
        for wrong in WRONG:
            with pytest.raises((KeyError, TypeError, ValueError)):
                layer.load_state_dict(replaced(good, path, wrong))
            assert bits(layer.state_dict()) == bits(good)


def test_a_damaged_log_is_told_before_anything_is_loaded(tmp_path):
    whole(tmp_path, epochs=1)
    for line in ('{"step": "x"}', "not json", '{"epoch": 1}', "3", '{"step": 1, "epoch": "a"}'):
        (tmp_path / "run" / "log.jsonl").write_text(line + "\n")
        trainer, loaders = run(tmp_path, seed=5)
        before = everything(trainer, loaders)
        with pytest.raises(ValueError, match=r"log\.jsonl, line 1"):
            trainer.fit(epochs=2, resume=True, **loaders)
        assert everything(trainer, loaders) == before


def test_an_interrupt_while_loading_changes_nothing(tmp_path):
    whole(tmp_path, epochs=1)
    trainer, loaders = run(tmp_path, seed=5)
    before = everything(trainer, loaders)

    class Interrupted:
        def state_dict(self):
            return {}

        def load_state_dict(self, state):
            if state:
                raise KeyboardInterrupt

    trainer.parts = lambda: {"model": trainer.model, "optimizer": trainer.optimizer, "position": Interrupted()}
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(epochs=2, resume=True, **loaders)
    assert everything(trainer, loaders) == before
