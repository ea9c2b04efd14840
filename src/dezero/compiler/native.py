"""A graph as machine code, which works on some rows of its arrays at a time so that what is between stays in the cache."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from dezero.compiler import llvm
from dezero.compiler.blas import multiplies, work
from dezero.compiler.evaluate import evaluate
from dezero.compiler.graph import CALL, CONSTANT, ELEMENTWISE, INPUT, MATMUL, OUTPUT, REDUCE, Graph, Number
from dezero.compiler.kernel import Extent, Instruction, Kernel, Operand
from dezero.compiler.kernels import emit
from dezero.compiler.memory import ALIGNMENT, ALL, SUMS, TILE, Memory, placed
from dezero.compiler.regions import Call, Loop, Plan, Planner, Product, Section, Step
from dezero.compiler.rows import SUM, Rows, chosen_rows, uncut
from dezero.compiler.table import BLOCK, RECORD, WALK, Reference, caller, product, record
from dezero.compiler.vector import Unsupported
from dezero.compiler.views import View
from dezero.core.dtypes import Array, DType

CACHE = 1 << 20  # bytes of a tile's arrays that stay in a core's second cache
SMALL = 1 << 18  # bytes of all arrays below which there is nothing to gain by tiles
_WIDEST = 4096  # rows of a tile with few arrays of its own
