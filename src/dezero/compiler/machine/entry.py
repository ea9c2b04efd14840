"""Python functions in machine code: they check NumPy arrays, make new ones for the results, and compute them."""

from __future__ import annotations

import ctypes
import functools
import importlib
import itertools
import math
import sys
import sysconfig
import types
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dezero.compiler.graph import MATMUL, Graph
from dezero.compiler.kernel import Kernel
from dezero.compiler.machine import llvm
from dezero.compiler.machine.kernels import ATTRIBUTES, emit
from dezero.compiler.machine.scalars import scalars, write
from dezero.compiler.machine.vector import Body, Unsupported
from dezero.core.dtypes import Array, DType, Shape

if TYPE_CHECKING:
    from dezero.compiler.machine.native import Native
    from dezero.compiler.tracing.sources import Setting

Type = tuple[Shape, DType]
_DATA, _NDIM, _SHAPE, _DTYPE, _FLAGS = 16, 24, 32, 56, 64  # where an array object holds them
_CONTENTS = _LENGTH = 16  # where a cell holds what is in it, a dict or a list its length
_CONTIGUOUS_ALIGNED = 0x0101
_ARRAY_TYPE, _NEW_FROM_DESCR = 2, 94  # of NumPy's table of C functions
_FASTCALL = 0x0080
_LARGEST = 2**18  # bytes of the arguments and results of a walk
_MOST_WORK = 2**19  # operations on numbers: less than a millisecond
_numbers = itertools.count()  # of walks: each has a table of its own, so no two share a module
_FUNCTIONS = (
    "PyDict_GetItemWithError",
    "PyObject_Vectorcall",
    "PyTuple_New",
    "PyTuple_GetItem",
    "PyTuple_SetItem",
    "Py_IncRef",
    "Py_DecRef",
)


class _Method(ctypes.Structure):
    """CPython's description of a function."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _Owner:
    """What a native function belongs to: it keeps the code, and is called with what the code does not take."""

    def __init__(self, fallback: Callable[..., Any]) -> None:
        self.fallback = fallback
        self.kept: tuple[Any, ...] = ()

    def __call__(self, *args: Any) -> Any:
        return self.fallback(*args)


@functools.cache
def _bound() -> None:
    """Bind what entries call. Raises Unsupported where this Python's or NumPy's objects are laid out in another way."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise Unsupported("native entries need CPython with its lock")
    if ctypes.sizeof(ctypes.c_void_p) != 8:
        raise Unsupported("native entries need addresses of 64 bits")
    probe, cell = np.zeros((2, 3)), types.CellType("contents")
    at, where = id(probe), ctypes.c_void_p.from_address
    laid_out = [
        where(at + 8).value == id(np.ndarray),
        where(at + _DATA).value == probe.ctypes.data,
        ctypes.c_int.from_address(at + _NDIM).value == 2,
        (ctypes.c_int64 * 2).from_address(where(at + _SHAPE).value or at)[:] == [2, 3],
        where(at + _DTYPE).value == id(probe.dtype),
        ctypes.c_int.from_address(at + _FLAGS).value & _CONTIGUOUS_ALIGNED == _CONTIGUOUS_ALIGNED,
        where(id(cell) + _CONTENTS).value == id(cell.cell_contents),
        *[ctypes.c_int64.from_address(id(three) + _LENGTH).value == 3 for three in ([0, 1, 2], {0: 0, 1: 1, 2: 2})],
    ]
    umath: Any = importlib.import_module("numpy._core._multiarray_umath")

    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(pointer(umath._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p))
    if not all(laid_out) or table[_ARRAY_TYPE] != id(np.ndarray):
        raise Unsupported("NumPy's arrays are laid out in another way than is known here")
    for name in _FUNCTIONS:
        llvm.bind(name, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0)
    llvm.bind("dezero.new_array", table[_NEW_FROM_DESCR])


class _Text:
    """The text of an entry."""

    def __init__(self, inputs: Sequence[Type], outputs: Sequence[Type], single: bool) -> None:
        self.inputs, self.outputs, self.single = inputs, outputs, single
        self.body = Body(1)
        self.parts = [f"attributes {ATTRIBUTES}"]
        self.objects: list[Any] = []  # whose addresses are in the table that the entry reads

    def field(self, of: str, offset: int, kind: str) -> str:
        return self.body.line(f"load {kind}, ptr {self.body.line(f'getelementptr i8, ptr {of}, i64 {offset}')}")

    def object(self, value: Any) -> str:
        """The address of a Python object, from the table that the entry finds at each call."""
        places = [k for k, known in enumerate(self.objects) if known is value]
        if not places:
            self.objects.append(value)
        return self.field("@table", 8 * (places[0] if places else len(self.objects) - 1), "ptr")

    def watch(self, settings: Sequence[Setting]) -> None:
        """Go on where the values in the places of these settings are the objects that they were."""
        same = [self.unchanged(setting.value, *setting.place) for setting in settings]
        if same:
            self.parts.append(f"; {next(_numbers)}")  # other objects need a table of their own
            self.require(same, "unchanged")

    def require(self, conditions: Sequence[str], label: str) -> None:
        """Go on where all conditions hold, else call the fallback."""
        both = functools.reduce(lambda a, c: self.body.line(f"and i1 {a}, {c}"), conditions)
        self.body.lines += [f"  br i1 {both}, label %{label}, label %other", f"{label}:"]

    def same(self, kind: str, a: str, b: str | int) -> str:
        return self.body.line(f"icmp eq {kind} {a}, {b}")

    def unchanged(self, value: Any, holder: Any, *key: Any) -> str:
        """Whether a value is in a cell, in a dict under a key, or the length of a dict or a list (key: None)."""
        at = self.object(holder)
        if key == (None,):
            return self.same("i64", self.field(at, _LENGTH, "i64"), value)
        if key:
            found = self.body.line(f"call ptr @PyDict_GetItemWithError(ptr {at}, ptr {self.object(*key)})")
        else:
            found = self.field(at, _CONTENTS, "ptr")
        return self.same("ptr", found, self.object(value))

    def checked(self, k: int) -> str:
        """Check argument k; returns the address of its numbers."""
        shape, dtype = self.inputs[k]
        given = self.field("%args", 8 * k, "ptr")
        self.require([self.same("ptr", self.field(given, 8, "ptr"), self.object(np.ndarray))], f"array{k}")
        flags = self.body.line(f"and i32 {self.field(given, _FLAGS, 'i32')}, {_CONTIGUOUS_ALIGNED}")
        conditions = [
            self.same("ptr", self.field(given, _DTYPE, "ptr"), self.object(dtype)),
            self.same("i32", self.field(given, _NDIM, "i32"), len(shape)),
            self.same("i32", flags, _CONTIGUOUS_ALIGNED),
        ]
        self.require(conditions, f"kind{k}")
        if shape:
            lengths = self.field(given, _SHAPE, "ptr")
            sizes = [self.same("i64", self.field(lengths, 8 * d, "i64"), n) for d, n in enumerate(shape)]
            self.require(sizes, f"shape{k}")
        return self.field(given, _DATA, "ptr")

    def made(self, k: int) -> str:
        """Make the array of output k in the tuple of results; returns the address of its numbers."""
        shape, dtype = self.outputs[k]
        sizes = ", ".join([f"i64 {n}" for n in shape or (0,)])
        self.parts.append(f"@shape{k} = private constant [{max(len(shape), 1)} x i64] [{sizes}]")
        kind = self.object(dtype)
        self.body.lines.append(f"  call void @Py_IncRef(ptr {kind})")
        given = f"ptr {self.object(np.ndarray)}, ptr {kind}, i32 {len(shape)}, ptr @shape{k}"
        array = self.body.line(f"call ptr @dezero.new_array({given}, ptr null, ptr null, i32 0, ptr null)")
        missing = self.same("ptr", array, "null")
        self.body.lines += [f"  br i1 {missing}, label %failed, label %made{k}", f"made{k}:"]
        self.body.line(f"call i32 @PyTuple_SetItem(ptr %results, i64 {k}, ptr {array})")
        return self.field(array, _DATA, "ptr")

    def whole(self) -> str:
        declared = [
            "declare ptr @PyDict_GetItemWithError(ptr, ptr)",
            "declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)",
            "declare ptr @PyTuple_New(i64)",
            "declare ptr @PyTuple_GetItem(ptr, i64)",
            "declare i32 @PyTuple_SetItem(ptr, i64, ptr)",
            "declare void @Py_IncRef(ptr)",
            "declare void @Py_DecRef(ptr)",
            "declare ptr @dezero.new_array(ptr, ptr, i32, ptr, ptr, ptr, i32, ptr)",
            f"@table = global [{len(self.objects)} x ptr] zeroinitializer",
        ]
        # Dtypes are no part of the code: without them here, texts of other dtypes might be equal.
        kinds = ", ".join([str(dtype) for _, dtype in [*self.inputs, *self.outputs]])
        lines = [f"; {kinds}", "define ptr @entry(ptr %self, ptr %args, i64 %count) #0 {", "start:", *self.body.lines]
        if self.single:
            lines += ["  %only = call ptr @PyTuple_GetItem(ptr %results, i64 0)", "  call void @Py_IncRef(ptr %only)"]
            lines += ["  call void @Py_DecRef(ptr %results)", "  ret ptr %only", "failed:"]
        else:
            lines += ["  ret ptr %results", "failed:"]
        lines += ["  call void @Py_DecRef(ptr %results)", "  br label %null"]
        lines += ["null:", "  ret ptr null", "other:"]
        lines += [
            "  %y = call ptr @PyObject_Vectorcall(ptr %self, ptr %args, i64 %count, ptr null)",
            "  ret ptr %y",
            "}",
        ]
        return llvm.link(["\n\n".join([*declared, *self.parts, *self.body.parts, "\n".join(lines)])])


def entry(
    inputs: Sequence[Type],
    outputs: Sequence[Type],
    compute: Callable[[Body, Sequence[str], Sequence[str]], None],
    fallback: Callable[..., Any],
    strict: bool = False,
    tables: Mapping[str, Sequence[int]] | None = None,
    single: bool = False,
    watched: Sequence[Setting] = (),
) -> Callable[..., Any]:
    """A function of arrays of the given shapes and dtypes, that returns a tuple of new arrays of the given ones.

    compute: writes the lines that compute the numbers, given the addresses of the inputs' and outputs' numbers. Other
    arguments - of another type, shape, dtype or layout - are handed to the fallback. Raises Unsupported where the
    Python or NumPy at hand have no such entries. tables: the words of global variables that the lines declare.
    single: it returns the one array itself, in no tuple. watched: the fallback is called where one of these changed.
    """
    _bound()
    text = _Text(inputs, outputs, single)
    text.body = Body(1, strict=strict)
    text.require([text.same("i64", "%count", len(inputs))], "counted")
    text.watch(watched)
    addresses = [text.checked(k) for k in range(len(inputs))]
    text.body.lines.append(f"  %results = call ptr @PyTuple_New(i64 {len(outputs)})")
    text.body.lines += [
        "  %none = icmp eq ptr %results, null",
        "  br i1 %none, label %null, label %filled",
        "filled:",
    ]
    compute(text.body, addresses, [text.made(k) for k in range(len(outputs))])
    return _function(text, fallback, {"table": [*map(id, text.objects)], **(tables or {})})


def _function(text: _Text, fallback: Callable[..., Any], tables: Mapping[str, Sequence[int]]) -> Callable[..., Any]:
    """The Python function of an entry's text."""
    code = llvm.compile_module(text.whole())
    for name, words in tables.items():  # the same ones where equal texts share a module
        table = (ctypes.c_size_t * len(words)).from_address(code.variable(name))
        table[:] = [*words]
    owner = _Owner(fallback)
    method = _Method(b"compiled", code.address("entry"), _FASTCALL, None)
    owner.kept = (
        code,
        method,
        text.objects,
    )  # a function reads its description until it is gone, and holds its owner so long
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    function: Callable[..., Any] = make(ctypes.addressof(method), owner, None)
    return function


def scalar_entry(
    graph: Graph,
    fallback: Callable[..., Any] | None = None,
    strict: bool = False,
    single: bool = False,
    watched: Sequence[Setting] = (),
) -> Callable[..., Any]:
    """A function of a graph's inputs that returns the tuple of its outputs, computed number by number.

    fallback: called with arguments of another type, shape, dtype or layout; a TypeError by default. Results without
    axes are arrays of shape (). single: one result comes in no tuple. watched: as for `entry`. Raises Unsupported where
    the graph is too large, or has what becomes no machine code.
    """
    nodes, program = graph.nodes, scalars(graph)
    inputs = [(nodes[place].shape, nodes[place].dtype) for place in graph.inputs]
    outputs = [(nodes[place].shape, nodes[place].dtype) for place in graph.outputs]
    if any([not dtype.isnative or not dtype.isbuiltin for _, dtype in [*inputs, *outputs]]):
        raise Unsupported("numbers in another order of bytes have no machine code")
    order = {nodes[place].parameters["position"]: k for k, place in enumerate(graph.inputs)}

    def compute(b: Body, given: Sequence[str], made: Sequence[str]) -> None:
        write(program, b, [given[order[k]] for k in range(len(order))], made)

    refused = functools.partial(_refused, inputs)
    return entry(inputs, outputs, compute, fallback or refused, strict, single=single, watched=watched)


def loop_entry(
    kernel: Kernel,
    rows: int,
    inputs: Sequence[Type],
    outputs: Sequence[Type],
    fallback: Callable[..., Any] | None = None,
    strict: bool = False,
) -> Callable[..., tuple[Array, ...]]:
    """A function of a kernel's loads, in order, that returns the tuple of what it stores.

    rows: the number of rows that the kernel works on. fallback: as for `scalar_entry`. Raises Unsupported for kernels
    with reductions, whose arrays would have to hold something before, and for what has no machine code. Large results
    are better written into memory that is used again: new memory costs more than the numbers.
    """
    if kernel.reductions:
        raise Unsupported("a loop with reductions has no entry of its own")

    def compute(b: Body, given: Sequence[str], made: Sequence[str]) -> None:
        for part in emit(kernel, "loop", strict=strict).strip().split("\n\n"):
            b.declare(part)
        pointers = ", ".join([f"ptr {address}" for address in [*given, *made]])
        b.lines.append(f"  call void @loop({pointers}, i64 {rows})")

    return entry(inputs, outputs, compute, fallback or functools.partial(_refused, inputs), strict)


def walk_entry(
    native: Native,
    fallback: Callable[..., Any] | None = None,
    single: bool = False,
    watched: Sequence[Setting] = (),
) -> Callable[..., Any]:
    """A function of the arrays of a graph's machine code, in one workspace, which Python's lock guards.

    fallback, single, watched: as for `scalar_entry`. Raises Unsupported where NumPy computes a part, for large results,
    which are better written into memory that is used again, and for long work, during which other threads should run.
    """
    nodes, graph = native.graph.nodes, native.graph
    inputs = [(nodes[place].shape, nodes[place].dtype) for place in graph.inputs]
    outputs = [(nodes[place].shape, nodes[place].dtype) for place in graph.outputs]
    size = sum([math.prod(shape) * dtype.itemsize for shape, dtype in [*inputs, *outputs]])
    work = sum([math.prod(n.shape) * (nodes[n.places[0]].shape[-1] if n.primitive == MATMUL else 1) for n in nodes])
    if not native.is_one_walk or size > _LARGEST or work > _MOST_WORK:
        raise Unsupported("it is large, or NumPy computes a part of it")
    words, kept = native.walk_words()
    declared = f"; {next(_numbers)}\n@call = global [{len(words)} x i64] zeroinitializer"

    def compute(b: Body, given: Sequence[str], made: Sequence[str]) -> None:
        b.declare(declared)
        walk, records, blocks, count, bases, scratch = [
            b.line(f"load {kind}, ptr getelementptr (i64, ptr @call, i64 {k})")
            for k, kind in enumerate(("ptr", "ptr", "ptr", "i64", "ptr", "ptr"))
        ]
        lying = [(base, given[position]) for base, position in native.input_bases]
        for base, address in [*lying, *zip(native.output_bases, made, strict=True)]:
            at = b.line(f"getelementptr i64, ptr {bases}, i64 {base}")
            b.lines.append(f"  store ptr {address}, ptr {at}")
        b.lines.append(f"  call void {walk}(ptr {records}, ptr {blocks}, i64 {count}, ptr {bases}, ptr {scratch})")

    refused = functools.partial(_refused, inputs)
    tables = {"call": words}
    made = entry(inputs, outputs, compute, fallback or refused, tables=tables, single=single, watched=watched)
    made.__self__.kept += (kept,)  # type: ignore[attr-defined]
    return made


def _refused(inputs: Sequence[Type], *args: Any) -> Any:
    wanted = ", ".join([f"{dtype} of shape {shape}" for shape, dtype in inputs])
    given = ", ".join([f"{getattr(a, 'dtype', type(a).__name__)} of shape {np.shape(a)}" for a in args])
    raise TypeError(f"compiled for arrays in C order: {wanted}; given: {given}. Compile it for these, or convert them")
