"""Ctrl-C."""

import os
import signal
import threading

import pytest

from dezero import datasets
from dezero.training import read_checkpoint
from dezero.training.interrupt import LaterInterrupt
from tests.training.runs import outcome, resumed, run


def interrupted(folder, when):
    """A run that gets Ctrl-C while it measures for the n-th time."""
    trainer, loaders = run(folder)
    measure, calls = trainer.measure, []

    def pressed(batch):
        calls.append(batch)
        if len(calls) == when:
            os.kill(os.getpid(), signal.SIGINT)
        return measure(batch)

    trainer.measure = pressed
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(epochs=3, **loaders)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return trainer, loaders


@pytest.mark.parametrize(("when", "epoch", "step"), [(1, 0, 1), (6, 0, 6), (7, 1, 6), (10, 1, 8), (24, 3, 18)])
def test_ctrl_c_saves_and_the_run_goes_on(tmp_path, unbroken, when, epoch, step):
    """An epoch measures 6 batches, then 2 of the validation."""
    trainer, _ = interrupted(tmp_path, when)
    assert (trainer.position.epoch, trainer.position.step) == (epoch, step)
    assert read_checkpoint(trainer.checkpoint.path)["position"]["step"] == step
    assert resumed(tmp_path) == unbroken


def test_the_run_goes_on_in_the_same_process_too(tmp_path, unbroken):
    trainer, loaders = interrupted(tmp_path, 9)
    trainer.fit(epochs=3, **loaders)
    assert outcome(trainer) == unbroken


def test_ctrl_c_twice_stops_at_once(tmp_path):
    trainer, loaders = run(tmp_path)

    def pressed(batch):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("still here")

    trainer.measure = pressed
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(epochs=3, **loaders)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_list_that_cannot_go_on_within_an_epoch_keeps_the_checkpoint_before_it(tmp_path):
    x, t = datasets.Spiral().data, datasets.Spiral().label
    trainer, _ = run(tmp_path)
    losses, measure = [], trainer.measure

    def pressed(batch):
        if len(losses) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        values = measure(batch)
        losses.append(values["loss"].item())
        return values

    trainer.measure = pressed
    with pytest.raises(KeyboardInterrupt):
        trainer.fit([(x, t)] * 2, epochs=3)
    assert read_checkpoint(trainer.checkpoint.path)["position"]["step"] == 2
    trainer.fit([(x, t)] * 2, epochs=2)
    assert trainer.history[1]["step"] == 5  # the epoch began again,
    assert trainer.history[1]["loss"] == pytest.approx(sum(losses[3:]) / 2, rel=1e-14)  # and so did its mean


def test_a_handler_of_the_users_own_stays():
    got = []
    before = signal.signal(signal.SIGINT, lambda *_: got.append(1))
    try:
        with LaterInterrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGINT)
        assert (got, interrupt.asked) == ([1], False)
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_than_the_main_one_can_train(tmp_path):
    trainer, loaders = run(tmp_path)
    thread = threading.Thread(target=trainer.fit, kwargs={"epochs": 1, **loaders})
    thread.start()
    thread.join()
    assert len(trainer.history) == 1


def test_an_error_is_not_hidden_by_ctrl_c():
    def fail():
        with LaterInterrupt():
            os.kill(os.getpid(), signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
