"""Kernels: loops over the elements of several arrays at once, described without saying in which language they run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dezero.compiler.graph import Number
from dezero.core.dtypes import DType


class Extent(NamedTuple):
    """A length that may depend on the number of rows t that a call works on: count * t if by_rows, else count.

    As a stride it counts elements, not bytes; 0 for an axis along which an array is broadcast.
    """

    count: int  # type: ignore[assignment]  # in place of the method of tuples
    by_rows: bool = False


class Operand(NamedTuple):
    """An array that a kernel reads or writes: its dtype, and its stride along each axis of the loop."""

    dtype: DType
    strides: tuple[Extent, ...]


class Instruction(NamedTuple):
    """One value of the loop's body, for one element.

    name: a ufunc's name, "cast" or "where". args: each the number of a value, or a Number. Values are numbered from 0:
    first what is read from each load, then the results of the instructions. loop: the dtypes of the arguments and
    results in which a ufunc computes (its arguments are cast to them); for cast and where the dtype of the result
    alone. result: which of the ufunc's results.
    """

    name: str
    args: tuple[int | Number, ...]
    loop: tuple[DType, ...]
    result: int = 0


class Kernel(NamedTuple):
    """A loop nest of the given extents, outermost first (none: one element).

    loads: arrays that are read. body: what is computed of one element each. stores: (value, array that it is written
    to). reductions: (ufunc's name, value, array): the value is combined into what the array holds, and the array has
    stride 0 along the axes that are reduced. Equal kernels are one piece of machine code: it takes the addresses of
    the loads, stores and reductions, in this order, and the number of rows t.
    """

    extents: tuple[Extent, ...]
    loads: tuple[Operand, ...]
    body: tuple[Instruction, ...]
    stores: tuple[tuple[int, Operand], ...]
    reductions: tuple[tuple[str, int, Operand], ...] = ()


IDENTITIES = {"add": 0, "multiply": 1, "maximum": -np.inf, "minimum": np.inf}
