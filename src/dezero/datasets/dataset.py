"""Dataset: examples by number, each with its label."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

Transform = Callable[[Any], Any]


def identity(x: Any) -> Any:
    """Return x: the transform of a data set that was given none."""
    return x


class Dataset:
    """Examples and labels by number: `dataset[i]` is the pair (transform(data[i]), target_transform(label[i])).

    A data set of your own defines `prepare`, which sets `self.data` and `self.label`, arrays or lists of the same
    length. Where there is nothing to learn the label is None, and so is the second of each pair. A data set too large
    for memory defines `__getitem__` and `__len__` instead.

    train: whether `prepare` is to take the examples to learn from or those to test with. transform, target_transform:
    called with one example, or one label. Raises ValueError where data and labels differ in length.

    >>> class Squares(Dataset):
    ...     def prepare(self):
    ...         self.data = np.arange(4)
    ...         self.label = self.data**2
    >>> len(Squares()), Squares()[3]
    (4, (np.int64(3), np.int64(9)))
    """

    data: Any = None
    label: Any = None

    def __init__(
        self, train: bool = True, transform: Transform | None = None, target_transform: Transform | None = None
    ) -> None:
        for name, given in (("transform", transform), ("target_transform", target_transform)):
            if given is not None and not callable(given):
                raise TypeError(f"{type(self).__name__}: {name} must be callable or None, not {type(given).__name__}")
        self.train = train
        self.transform = transform or identity
        self.target_transform = target_transform or identity
        self.prepare()
        if self.data is not None and self.label is not None and len(self.data) != len(self.label):
            raise ValueError(f"{type(self).__name__}: {len(self.data)} examples have {len(self.label)} labels")

    def prepare(self) -> None:
        """Set `self.data` and `self.label`; called once, by the constructor."""

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        try:
            index = operator.index(index)
        except TypeError:
            raise TypeError(
                f"{type(self).__name__}: an example has an integer for its index, not {type(index).__name__}; several "
                f"at once are in .data and .label"
            ) from None
        self._check_prepared()
        x = self.transform(self.data[index])
        return x, None if self.label is None else self.target_transform(self.label[index])

    def __len__(self) -> int:
        self._check_prepared()
        return len(self.data)

    def _check_prepared(self) -> None:
        if self.data is None:
            raise TypeError(
                f"{type(self).__name__}: there is no data; define prepare(), which sets self.data and self.label, or "
                f"define __getitem__ and __len__"
            )
