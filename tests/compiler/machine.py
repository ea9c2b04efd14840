"""Kernels of tests run on arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.compiler.kernel import Extent, Instruction, Kernel, Operand
from dezero.compiler.machine import llvm
from dezero.compiler.machine.kernels import emit

TARGETS = {"host": (None, None), "AVX2": (llvm.AVX2, 256), "baseline": (llvm.BASELINE, 128)}


def run(kernel: Kernel, arrays: Sequence[np.ndarray], rows: int, target: Any = None, **options: Any) -> None:
    """Compile a kernel and call it with the arrays of its loads, stores and reductions."""
    code = llvm.compile_module(llvm.link([emit(kernel, "kernel", **options)]), target)
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays), ctypes.c_int64)(code.address("kernel"))
    function(*[a.ctypes.data for a in arrays], rows)


def mapped(ufunc: np.ufunc, *args: np.ndarray, width: int | None = None, target: Any = None, **options: Any) -> Any:
    """The value of a ufunc at vectors of one length, by a kernel."""
    loop = ufunc.resolve_dtypes((*[a.dtype for a in args], *[None] * ufunc.nout))
    out = np.empty(len(args[0]), loop[-1])
    along = (Extent(1),)
    loads = tuple([Operand(a.dtype, along) for a in args])
    body = (Instruction(ufunc.__name__, tuple(range(len(args))), loop),)
    kernel = Kernel((Extent(1, True),), loads, body, ((len(args), Operand(loop[-1], along)),))
    run(kernel, [*[np.ascontiguousarray(a) for a in args], out], len(out), target, width=width, **options)
    return out
