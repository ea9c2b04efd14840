"""Rows of a table looked up by number."""

from __future__ import annotations

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.declare import publish
from dezero.core.dtypes import Array, is_whole
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import decided, mapping, noted
from dezero.functions._axes import WholeNumbers
from dezero.functions.indexing.get_item import get_item


def embed_id(x: WholeNumbers, W: ArrayLike) -> Variable:
    """The row of W for each number in x: x of any shape, W (rows, size), result (*x.shape, size).

    x: whole numbers from 0 to rows - 1, an array or a Variable; they have no derivative. A row that is looked up
    twice gets the sum of both gradients. TypeError for other than whole numbers, IndexError for one out of range.

    >>> embed_id(np.array([1, 0, 1]), Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[3. 4.]
              [1. 2.]
              [3. 4.]])
    """
    W = operand(W, "embed_id")
    if isinstance(x, Variable) and W.ndim == 2 and mapping() and decided(lambda ids: _are_rows(ids, W.shape[0]), x):
        return get_item(W, x)
    ids = np.asarray(raw(noted(x)))
    if not is_whole(ids):
        raise TypeError(f"embed_id: x must be whole numbers, got dtype {ids.dtype}; use x.astype(int)")
    if W.ndim != 2:
        raise ValueError(f"embed_id: W must be (rows, size), got shape {W.shape}")
    if ids.size and not 0 <= ids.min() <= ids.max() < W.shape[0]:
        worst = ids.min() if ids.min() < 0 else ids.max()
        raise IndexError(
            f"embed_id: x holds {worst}, but W of shape {W.shape} has rows 0 to {W.shape[0] - 1}; "
            "give W a row for every number"
        )
    return get_item(W, ids)


def _are_rows(ids: Array, count: int) -> bool:
    return is_whole(ids) and (not ids.size or 0 <= ids.min() <= ids.max() < count)


embedding = embed_id  # its name elsewhere
publish("embed_id", embed_id)
