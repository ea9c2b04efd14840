"""Trainer: the loop over epochs and batches, written once."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from typing import Any

import numpy as np

from dezero.compiler.api import compile as compiled
from dezero.core import no_grad, test_mode, using_config
from dezero.dataloaders import whole_number
from dezero.optimizers import Optimizer
from dezero.training.checkpoint import Checkpoint, GlobalRandom, RandomGenerators
from dezero.training.checks import Metrics, check_metrics
from dezero.training.interrupt import LaterInterrupt
from dezero.training.log import Log, Row
from dezero.training.progress import Progress
from dezero.training.progress_state import ProgressState, number_of, numbers_of, size_of


class Trainer:
    """Trains a model over a loader's batches, and measures it.

    model: a Layer. optimizer: an Optimizer that is set up on it, or a dict of several for a `step` of your own.
    loss, metrics: functions of (model(x), t) with a single number as result; `.loss` is what is minimised. progress:
    True for a bar (extra "learn"), None for one at a terminal only, False for silence. log: a .jsonl file, which gets a
    line for each epoch, and one for every `log_every` steps. checkpoint: an .npz file, written after each epoch and
    after every `checkpoint_every` steps. early_stop: called with the history after each epoch, True to stop. rngs:
    Generators whose state goes into the checkpoint, beside NumPy's global one and those of the model's layers.
    allow_nonfinite: go on where the loss is nan or inf. compile: run measuring with its gradient, and the optimizer's
    step, as programs (see `dezero.compile`).

    Override `measure` for another loss, `step` for another way to learn (several optimizers, inner loops), `parts` for
    more in a checkpoint. Gradients are clipped by a hook: `optimizer.add_hook(ClipGrad(1.0))`.

    >>> import dezero
    >>> model = dezero.layers.Linear(1, in_size=1, dtype=np.float64)
    >>> optimizer = dezero.optimizers.SGD(0.1).setup(model)
    >>> trainer = Trainer(model, optimizer, dezero.functions.mean_squared_error, progress=False)
    >>> x = np.array([[-1.0], [1.0]])
    >>> trainer.fit([(x, 3 * x + 1)], epochs=100)[-1]["loss"] < 1e-12
    True
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        loss: Callable[[Any, Any], Any] | None = None,
        metrics: Metrics | None = None,
        *,
        progress: bool | None = None,
        log: str | PathLike[str] | None = None,
        log_every: int | None = None,
        checkpoint: str | PathLike[str] | None = None,
        checkpoint_every: int | None = None,
        early_stop: Callable[[list[Row]], bool] | None = None,
        rngs: Iterable[np.random.Generator] = (),
        allow_nonfinite: bool = False,
        compile: bool = False,
    ) -> None:
        for name, every in {"log_every": log_every, "checkpoint_every": checkpoint_every}.items():
            if every is not None:
                whole_number(f"Trainer: {name}", every)
        self.model, self.optimizer, self.loss, self.metrics = model, optimizer, loss, check_metrics(metrics or {})
        self.progress, self.log, self.log_every = Progress(progress), Log(log), log_every
        self.checkpoint = Checkpoint(checkpoint, checkpoint_every)
        self.early_stop, self.rngs, self.allow_nonfinite = early_stop, tuple(rngs), allow_nonfinite
        self.position = ProgressState()
        self.programs = (compiled(self._measured_with_gradient), compiled(self._update)) if compile else None

    @property
    def history(self) -> list[Row]:
        """A dict for each epoch: epoch, step, the means of the loss and metrics, those of the validation as test_*."""
        return self.position.history

    # -- what a subclass may change ----------------------------------------------------------------------------

    def measure(self, batch: Any) -> dict[str, Any]:
        """The loss and the metrics on a batch, as numbers or Variables of one; every mean is weighted by its length."""
        if self.loss is None:
            raise TypeError(
                f"{type(self).__name__}: pass loss, a function of (model(x), t), or override measure(batch)"
            )
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise TypeError(
                f"{type(self).__name__}: a batch is (x, t), not {type(batch).__name__}; override measure(batch)"
            )
        x, t = batch
        y = self.model(x)
        loss = self.loss(y, t)
        with no_grad():
            return {"loss": loss, **{name: metric(y, t) for name, metric in self.metrics.items()}}

    def step(self, batch: Any) -> dict[str, Any]:
        """Learn from a batch, and return what `measure` does."""
        name = type(self).__name__
        if isinstance(self.optimizer, Mapping):
            raise TypeError(f"{name}: override step(batch) to say how several optimizers learn from a batch")
        measured, update = self.programs or (self._measured, self._update)
        values = measured(batch)
        # Before the step can spoil the Parameters.
        self._stop_unless_finite({"loss": number_of("loss", values["loss"])})
        if not self.programs:
            self._differentiate(values["loss"])
        update()
        return values

    def _measured(self, batch: Any) -> dict[str, Any]:
        values = self.measure(batch)
        if "loss" not in values:
            name = type(self).__name__
            raise ValueError(f"{name}: step learns from 'loss', and measure gave {', '.join(values) or 'nothing'}")
        return values

    def _measured_with_gradient(self, batch: Any) -> dict[str, Any]:
        values = self._measured(batch)
        self._differentiate(values["loss"])
        return values

    def _differentiate(self, loss: Any) -> None:
        self.model.cleargrads()
        loss.backward()

    def _update(self) -> None:
        self.optimizer.update()

    def parts(self) -> dict[str, Any]:
        """What a checkpoint is made of: objects with state_dict and load_state_dict, by name.

        Loaders and random states come on top of it. Add what your steps remember elsewhere, such as moving averages, or
        a recurrent layer's state where it is to last from one batch to the next.
        """
        return {"model": self.model, **self._optimizers(), "position": self.position}

    # -- training ----------------------------------------------------------------------------------------------

    def fit(
        self, loader: Iterable[object], epochs: int, validation: Iterable[object] | None = None, resume: bool = False
    ) -> list[Row]:
        """Train until `epochs` epochs are done in all, those of earlier calls included, and return the history.

        loader, validation: give the batches of one epoch each time they are iterated over. resume: go on from the
        checkpoint, if there is one, bit for bit as if there had been no break; ValueError, and nothing changed, where
        it does not fit. Ctrl-C lets the step under way end, saves the checkpoint and raises KeyboardInterrupt; pressed
        twice, it stops at once. With a loader that cannot go on within an epoch, as a list, the checkpoint stays that
        of the epoch before.

        Raises FloatingPointError where the loss is no longer finite, before it changes the parameters (BatchNorm's
        running statistics have seen the batch), ValueError for a loader without batches, RuntimeError or ValueError for
        an optimizer that is set up on nothing, or on nothing of this run; an error in a step says in which. The next
        `fit` begins that epoch again.
        """
        whole_number("Trainer.fit: epochs", epochs)
        self._check_optimizers()
        loaders = {"loader": loader, "validation": validation}
        saved = {name: part for name, part in loaders.items() if hasattr(part, "state_dict")}
        randomness = {"random state": GlobalRandom(), "generators": RandomGenerators(self.model, self.rngs)}
        if resume:
            self.log.check()
        self.checkpoint.start({**self.parts(), **saved, **randomness}, resume)
        self.log.start(self.history, self.position.step)
        with LaterInterrupt() as interrupt, using_config("train", True), using_config("enable_backprop", True):
            try:
                while self.position.epoch < epochs and not (self.early_stop and self.early_stop(self.history)):
                    self._learn(loader, epochs, interrupt)
                    self._close_epoch(validation)
                    if interrupt.asked:
                        raise KeyboardInterrupt
            finally:
                self.progress.close()
        return self.history

    def evaluate(self, loader: Iterable[object]) -> dict[str, float]:
        """The means of the loss and metrics over a loader's batches, in test mode and without a graph.

        A DataLoader that is in the middle of an epoch is there again afterwards.
        """
        found = ProgressState()  # only its counts and sums are used
        with no_grad(), test_mode(), _from_its_start(loader):
            for batch in loader:
                try:
                    found.add(numbers_of(self.measure(batch)), size_of(batch))
                except Exception as error:
                    error.add_note(f"in batch {found.batch + 1} of evaluate")
                    raise
        if not found.batch:
            raise ValueError(f"{type(self).__name__}.evaluate: the loader gave no batches")
        return found.means()

    def _learn(self, loader: Any, epochs: int, interrupt: LaterInterrupt) -> None:
        """Learn from the batches of an epoch that are left."""
        at, self._began = self.position, time.perf_counter()
        # An error came after the loader gave a batch and before its step was done.
        lost = getattr(loader, "iteration", at.batch) != at.batch
        if lost or not hasattr(loader, "state_dict"):  # a loader without a state always gives an epoch from its start
            at.restart_epoch()
        if not at.batch:
            _rewind(loader)
        self.progress.start(f"epoch {at.epoch + 1}/{epochs}", at.batch, getattr(loader, "__len__", lambda: None)())
        for batch in loader:
            try:
                values = numbers_of(self.step(batch))  # as numbers: the graph is freed before the next batch
                # Again, for a `step` of a subclass: it may give its losses other names.
                self._stop_unless_finite({"loss": values["loss"]} if "loss" in values else values)
                at.add(values, size_of(batch))
            except Exception as error:
                error.add_note(f"in epoch {at.epoch + 1}, step {at.step + 1} (batch {at.batch + 1} of the epoch)")
                raise
            self.progress.step(at.means())
            if self.log_every and at.step % self.log_every == 0:
                self.log.write({"step": at.step, **values})
            if interrupt.asked or self.checkpoint.due(at.step):
                self.checkpoint.save(within_epoch=True)
            if interrupt.asked:
                raise KeyboardInterrupt
        if not at.batch:
            raise ValueError(f"{type(self).__name__}.fit: the loader gave no batches in epoch {at.epoch + 1}")

    def _close_epoch(self, validation: Iterable[object] | None) -> None:
        at = self.position
        means = at.means()
        if validation is not None:
            means |= {f"test_{name}": value for name, value in self.evaluate(validation).items()}
        row = {"epoch": at.epoch + 1, "step": at.step, **means}
        at.end_epoch(row)
        # Before the checkpoint: Log.start removes rows that the checkpoint does not know.
        self.log.write({**row, "seconds": round(time.perf_counter() - self._began, 3)})
        self.checkpoint.save()
        self.progress.finish(means)

    def _optimizers(self) -> dict[str, Any]:
        several = self.optimizer if isinstance(self.optimizer, Mapping) else {"": self.optimizer}
        return {f"optimizer {name}".strip(): optimizer for name, optimizer in several.items()}

    def _check_optimizers(self) -> None:
        learners = [part for part in (self.model, *self.parts().values()) if not isinstance(part, Optimizer)]
        held = {id(param) for part in learners if callable(getattr(part, "params", None)) for param in part.params()}
        for name, optimizer in self._optimizers().items():
            params = optimizer.params() if isinstance(optimizer, Optimizer) else []
            if params and held.isdisjoint(map(id, params)):
                raise ValueError(
                    f"{type(self).__name__}.fit: the {name}, {type(optimizer).__name__}, has none of the Parameters of "
                    f"the model, {type(self.model).__name__}; call setup(model), or name in parts() what it learns"
                )

    def _stop_unless_finite(self, losses: Mapping[str, float]) -> None:
        for name, loss in losses.items():
            if not (self.allow_nonfinite or math.isfinite(loss)):
                at = self.position
                raise FloatingPointError(
                    f"{type(self).__name__}.fit: the {name} is {loss} in epoch {at.epoch + 1}, step {at.step + 1}; "
                    "lower the learning rate, add_hook(ClipGrad(...)) to the optimizer, look for what divides by zero, "
                    "or pass allow_nonfinite=True"
                )


@contextlib.contextmanager
def _from_its_start(loader: Any) -> Iterator[None]:
    """Begin an epoch of a loader; afterwards bring it back to the middle of its old epoch, if it was in one."""
    middle = loader.state_dict() if getattr(loader, "iteration", 0) and hasattr(loader, "state_dict") else None
    _rewind(loader)
    try:
        yield
    finally:
        if middle:
            loader.load_state_dict(middle)


def _rewind(loader: Any) -> None:
    if getattr(loader, "iteration", 0):  # a DataLoader that was left in the middle of an epoch
        loader.reset()
