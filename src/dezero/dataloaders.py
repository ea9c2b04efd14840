"""Batches of a data set, in random order or as parallel sequences."""

from __future__ import annotations

import math
import operator
import os
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from dezero import backends
from dezero.core.dtypes import Array
from dezero.datasets.dataset import Dataset, identity
from dezero.transforms import batched

__all__ = ["DataLoader", "SeqDataLoader"]

Batch = tuple[Any, Any]


class DataLoader:
    """Iterate over a data set in batches (x, t): arrays of as many examples and labels.

    dataset: what has a length and gives pairs by number, or a tuple of two arrays, the examples and their labels; t is
    None where all labels are. batch_size: examples in a batch; the last one of an epoch has what is left, or is left
    out with drop_last=True. shuffle: a new random order in each epoch, drawn from NumPy's global random numbers, or
    from the integer `seed` and the epoch's number alone. gpu: give CuPy's arrays. workers: threads that prepare the
    next batches meanwhile, for data sets that wait for files and that several threads may read; the batches and their
    order stay the same, but random transforms draw in the order in which the threads run them.

    All loops over a loader share its position, as in DeZero, and so does `next(loader)`: after a `break` the next `for`
    goes on in the same epoch, and at an epoch's end the next one has begun. `reset()` begins it at once. A loop inside
    a loop needs a second loader. `len(loader)`, and max_iter, is the number of batches in an epoch.

    Raises TypeError for what is no integer or no data set, ValueError for sizes under 1, an empty data set and one that
    drop_last leaves without a batch; later TypeError for examples that are no pairs or make no array, ValueError for a
    batch whose examples differ in shape, RuntimeError for a loop whose epoch another one has ended. An error that the
    data set raises passes through, and the batch can be asked for again.

    >>> from dezero.datasets import Spiral
    >>> loader = DataLoader(Spiral(), batch_size=128)
    >>> [x.shape for x, t in loader]
    [(128, 2), (128, 2), (44, 2)]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int,
        shuffle: bool = True,
        gpu: bool = False,
        *,
        seed: int | None = None,
        drop_last: bool = False,
        workers: int = 0,
    ) -> None:
        name = type(self).__name__
        if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
            raise TypeError(f"{name}: {type(dataset).__name__} is no data set: it needs __len__ and __getitem__")
        self.dataset = dataset = _Arrays(name, *dataset) if _is_arrays(dataset) else dataset
        self.batch_size = whole_number(f"{name}: batch_size", batch_size)
        self.shuffle = shuffle
        self.gpu = gpu
        self.seed = None if seed is None else whole_number(f"{name}: seed", seed, least=0)
        self.workers = whole_number(f"{name}: workers", workers, least=0)
        self.data_size = whole_number(f"{name}: the number of examples", len(dataset))
        self.max_iter = self.data_size // self.batch_size if drop_last else math.ceil(self.data_size / self.batch_size)
        if self.max_iter == 0:
            raise ValueError(
                f"{name}: {self.data_size} examples make no batch of {self.batch_size}; use drop_last=False"
            )
        self.epoch = self._ended = -1  # the current epoch, and the last one that ran to its end
        self._ahead = _Ahead(self.workers)
        self.reset()

    def reset(self) -> None:
        """Begin the next epoch: at its first batch, in an order of its own."""
        self._ahead.drop()
        self.epoch += 1
        self.iteration = 0
        if not self.shuffle:
            self.index = np.arange(self.data_size)
        elif self.seed is None:
            self.index = np.random.permutation(self.data_size)
        else:
            self.index = np.random.default_rng((self.seed, self.epoch)).permutation(self.data_size)

    def __len__(self) -> int:
        return self.max_iter

    def __iter__(self) -> Iterator[Batch]:
        return _Loop(self)

    def __next__(self) -> Batch:
        if self.iteration >= self.max_iter:
            self._ended = self.epoch
            self.reset()
            raise StopIteration
        x, t = self._ahead.load(self) if self.workers else load(self.dataset, self._indices(self.iteration))
        if self.gpu:
            x, t = backends.as_cupy(x), None if t is None else backends.as_cupy(t)
        self.iteration += 1
        return x, t

    def next(self) -> Batch:
        """Return the next batch, as `next(loader)` does."""
        return next(self)

    def _indices(self, iteration: int) -> Array:
        return self.index[iteration * self.batch_size : (iteration + 1) * self.batch_size]

    def to_cpu(self) -> None:
        """Give NumPy's arrays from the next batch on."""
        self.gpu = False

    def to_gpu(self) -> None:
        """Give CuPy's arrays from the next batch on."""
        self.gpu = True

    def state_dict(self) -> dict[str, Any]:
        """Return the position (epoch, iteration, order) from which `load_state_dict` resumes with the same batches.

        With `seed` the orders of later epochs are the same too. Without it they come from NumPy's global random
        numbers, from which other code may draw as well: keep numpy.random.get_state() beside this.
        """
        seed = -1 if self.seed is None else self.seed
        position = {"epoch": self.epoch, "iteration": self.iteration, "index": self.index.copy()}
        return {"batch_size": self.batch_size, "seed": seed, **position}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where the loader that `state_dict` described was.

        Raises KeyError for missing or unknown entries and ValueError where the data set's or the batches' size or the
        seed was another, or the entries make no sense; nothing has changed then.
        """
        name, now = type(self).__name__, self.state_dict()
        if state.keys() != now.keys():
            raise KeyError(f"{name}: the state has the entries {sorted(state)}, not {sorted(now)}")
        index = np.array(state["index"])
        numbers = {key: whole_number(f"{name}: the state's {key}", state[key], -1) for key in now if key != "index"}
        for key in ("batch_size", "seed"):
            if numbers[key] != now[key]:
                raise ValueError(f"{name}: the state is of {key} {numbers[key]}, and this loader's is {now[key]}")
        integers = index.shape == (self.data_size,) and index.dtype.kind == "i"
        if not (integers and np.array_equal(np.sort(index), np.arange(self.data_size))):
            raise ValueError(f"{name}: the state's index is no order of this loader's {self.data_size} examples")
        if numbers["epoch"] < 0 or not 0 <= numbers["iteration"] <= self.max_iter:
            raise ValueError(f"{name}: there is no batch {numbers['iteration']} of epoch {numbers['epoch']}")
        self._ahead.drop()
        self.epoch, self.iteration, self.index = numbers["epoch"], numbers["iteration"], index
        self._ended = self.epoch - 1


class _Loop:
    """A loop over a loader: it shares the loader's position, and notices where another loop ended the epoch."""

    def __init__(self, loader: DataLoader) -> None:
        self.loader = loader
        self.epoch: int | None = None  # the epoch of its last batch

    def __iter__(self) -> _Loop:
        return self

    def __next__(self) -> Batch:
        if self.epoch is not None and self.epoch <= self.loader._ended:
            raise RuntimeError(  # a loop inside a loop would never end, if this one went on with the next epoch
                f"{type(self.loader).__name__}: another loop over this loader ended the epoch of this one; make "
                "a second loader for a loop inside a loop"
            )
        self.epoch = None
        batch = next(self.loader)
        self.epoch = self.loader.epoch
        return batch


class SeqDataLoader(DataLoader):
    """Iterate over a sequence as `batch_size` sequences side by side, as a recurrent network reads them.

    The j-th example of batch i is number (j * (length // batch_size) + i) % length: each row of a batch follows
    the same row of the batch before. An epoch has ceil(length / batch_size) batches. Arguments and errors as for
    DataLoader; ValueError too where batch_size exceeds the length.

    >>> class Count(Dataset):
    ...     def prepare(self):
    ...         self.data = self.label = np.arange(6)
    >>> [x.tolist() for x, t in SeqDataLoader(Count(), batch_size=2)]
    [[0, 3], [1, 4], [2, 5]]
    """

    def __init__(self, dataset: Any, batch_size: int, gpu: bool = False, *, workers: int = 0) -> None:
        super().__init__(dataset, batch_size, shuffle=False, gpu=gpu, workers=workers)
        if self.batch_size > self.data_size:
            raise ValueError(f"SeqDataLoader: {self.data_size} examples make no {self.batch_size} sequences")

    def _indices(self, iteration: int) -> Array:
        starts = np.arange(self.batch_size) * (self.data_size // self.batch_size)
        return (starts + iteration) % self.data_size


def load(dataset: Any, indices: Array) -> Batch:
    """Return the examples and the labels of a data set that have these numbers, each as one array.

    Arrays with known transforms are taken and transformed whole, bit for bit the same: an epoch of MNIST in batches of
    100 takes 0.08 s instead of 0.75.
    """
    if type(dataset).__getitem__ is Dataset.__getitem__:
        take_x = _taker(dataset.data, dataset.transform)
        take_t = _taker(dataset.label, dataset.target_transform)
        if take_x and (take_t or dataset.label is None):
            return take_x(indices), take_t(indices) if take_t else None
    try:
        examples = [dataset[i] for i in indices.tolist()]
    except StopIteration as error:  # it would end the epoch without an error
        raise RuntimeError(f"{type(dataset).__name__}: StopIteration is no error for a data set to raise") from error
    for example in examples:
        if not isinstance(example, tuple | list) or len(example) != 2:
            found = f"{type(example).__name__}{f' of {len(example)}' if isinstance(example, tuple | list) else ''}"
            raise TypeError(
                f"DataLoader: an example is a pair (x, t), and {type(dataset).__name__} gave a {found}; give (x, None) "
                "where there is no label, or pass a tuple of two arrays as the data set"
            )
    return _stack("examples", [pair[0] for pair in examples]), _stack("labels", [pair[1] for pair in examples])


class _Arrays(Dataset):
    """Two arrays as a data set."""

    def __init__(self, name: str, data: Array, label: Array | None) -> None:
        if label is not None and len(data) != len(label):
            raise ValueError(f"{name}: {len(data)} examples have {len(label)} labels")
        self.data, self.label = data, label
        super().__init__()


def _is_arrays(dataset: object) -> bool:
    if not (isinstance(dataset, tuple) and len(dataset) == 2):
        return False
    data, label = (isinstance(part, np.ndarray) and part.ndim > 0 for part in dataset)
    return data and (label or dataset[1] is None)


def _taker(array: object, transform: Any) -> Callable[[Array], Array] | None:
    """A function that takes examples out of an array and transforms them at once; None where they go one by one."""
    if type(array) is not np.ndarray or array.dtype.kind not in "biufc" or not array.dtype.isnative:
        return None
    if transform is identity:
        return lambda indices: array.take(indices, axis=0)
    whole = batched(transform)
    return None if whole is None else lambda indices: whole(array.take(indices, axis=0))


def _stack(what: str, values: list[Any]) -> Array | None:
    if all(value is None for value in values):
        return None
    try:
        stacked = np.array(values)
    except ValueError as error:
        shapes = ", ".join(sorted({_shape(value) for value in values}))
        raise ValueError(
            f"DataLoader: the {what} of a batch differ in shape ({shapes}); a transform must bring them to one"
        ) from error
    if stacked.dtype.hasobject:
        kinds = ", ".join(sorted({type(value).__name__ for value in values}))
        raise TypeError(
            f"DataLoader: the {what} of a batch ({kinds}) make no array of numbers; a transform must make some"
        )
    return stacked


def _shape(value: Any) -> str:
    try:
        return str(np.shape(value))
    except ValueError:
        return f"a {type(value).__name__} of parts that differ"


class _Ahead:
    """Batches that threads load ahead of their use. The threads live from the first batch of an epoch to its last."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.batches: deque[Future[Batch]] = deque()
        self.pool: ThreadPoolExecutor | None = None
        self.stop: weakref.finalize[..., _Ahead] | None = None
        self.process = os.getpid()

    def load(self, loader: DataLoader) -> Batch:
        """Return the loader's current batch, and start to load the next ones."""
        if self.process != os.getpid():
            self.drop()
        if self.pool is None:
            self.pool = ThreadPoolExecutor(self.workers, thread_name_prefix="DataLoader")
            # The threads stop when a loader is deleted in the middle of an epoch.
            self.stop = weakref.finalize(self, self.pool.shutdown, wait=False, cancel_futures=True)
        first, last = loader.iteration, min(loader.iteration + 2 * self.workers, loader.max_iter)
        for i in range(first + len(self.batches), last):
            self.batches.append(self.pool.submit(load, loader.dataset, loader._indices(i)))
        try:
            batch = self.batches[0].result()
        except BaseException:
            self.drop()
            raise
        self.batches.popleft()
        return batch

    def drop(self) -> None:
        """Drop the loaded batches and stop the threads; a thread at work finishes its batch first."""
        if self.stop is not None and self.process == os.getpid():
            self.stop()
        elif self.stop is not None:  # after a fork the threads, and the locks that they hold, exist in the parent alone
            self.stop.detach()
        self.stop, self.process = None, os.getpid()
        self.batches.clear()
        self.pool = None


def whole_number(name: str, value: Any, least: int = 1) -> int:
    """The value as an int; TypeError or ValueError, naming it, for what is no integer of at least `least`."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}") from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    return number
