"""Which function asks a Variable for an array or a number, whether a derivative is lost, and what the message says.

This code runs just before an error or a warning, so it may take time to inspect frames and source lines.
"""

from __future__ import annotations

import ast
import functools
import itertools
import linecache
import opcode
import sys
import warnings
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType, ModuleType

import numpy as np

from dezero.core.arraylike import Node, Operators
from dezero.core.errors import GraphError, GraphWarning, describe
from dezero.core.marks import Computed

_LIBRARIES = {"dezero", "numpy", "scipy"}  # packages whose lines the user did not write
_STORE = opcode.opmap["STORE_SUBSCR"]
_WALK = 1000  # nodes: the most that one float(v), which may stand in a loop, visits

# Modules whose functions mean the same as those of their name in dezero.functions; _OTHERS lists the exceptions.
_ALIKE = frozenset(
    {"builtins", "math", "numpy", "numpy.linalg", "numpy.fft"}
    | {f"scipy.{name}" for name in ("special", "linalg", "fft", "integrate")}
)
_OTHERS = frozenset({"scipy.special.huber", "scipy.special.kl_div", "math.remainder", "builtins.pow"})
# What to write where the name or the defaults differ: the call equals the other function with its own defaults.
_INSTEAD = {
    "scipy.special.softmax": "softmax(v, axis=None), None being SciPy's default axis",
    "scipy.special.log_softmax": "log_softmax(v, axis=None), None being SciPy's default axis",
    "scipy.linalg.cholesky": "cholesky(v, upper=True)",
    "scipy.linalg.qr": 'qr(v), which is mode="economic" of SciPy\'s',
    "scipy.linalg.pinv": "pinv(v, rcond=max(v.shape) * numpy.finfo(v.dtype).eps)",
    "scipy.linalg.lstsq": "lstsq(a, v, rcond=numpy.finfo(v.dtype).eps)",
    "scipy.signal.correlate": 'correlate(a, v, mode="full")',
    "scipy.signal.convolve": "convolve(a, v)",
    "scipy.stats.norm.cdf": "ndtr(v)",
    "scipy.stats.norm.sf": "ndtr(-v)",
    "scipy.stats.norm.logcdf": "log_ndtr(v)",
    "scipy.stats.norm.ppf": "ndtri(v)",
    "math.lgamma": "gammaln(v)",
    "math.fabs": "abs(v)",
    "math.fsum": "sum(v)",
    "math.dist": "norm(v - w)",
}
_MAKERS = frozenset({"numpy.array", "numpy.asarray", "numpy.asanyarray", "numpy.ascontiguousarray", "numpy.full"})
_NUMBERS = frozenset({"float", "int", "complex", "numpy.float64", "numpy.float32", "numpy.complex128"})
_WRITERS = frozenset({"put", "fill", "__setitem__"})


def takes_part(node: Node, most: float = float("inf")) -> bool:
    """Whether a derivative can be asked for in some Variable from which this one was computed.

    It cannot where all of them are constants: plain arrays, results that a transform returned, detached values.
    most: for a graph with more nodes the answer is True without a search.
    """
    for count, below in enumerate(_below(node)):
        if (not below._args and not isinstance(below._op, Computed)) or count >= most:
            return True
    return False


def rests_on_argument(node: Node) -> bool:
    """Whether this was computed from an argument of a transform, as far as the first _WALK nodes tell."""
    return any([x._is_argument for x in itertools.islice(_below(node), _WALK)])


def _below(node: Node) -> Iterator[Node]:
    """A node and all nodes from which it was computed."""
    stack, seen = [node], {id(node)}
    while stack:
        node = stack.pop()
        yield node
        for a in node._args:
            if isinstance(a, Operators) and id(a) not in seen:
                seen.add(id(a))
                stack.append(a)  # type: ignore[arg-type]  # a Variable


def asks_scipy(depth: int) -> bool:
    """Whether the frame `depth` levels above the caller's runs code of SciPy."""
    name: str = sys._getframe(depth + 1).f_globals.get("__name__", "")
    return name.startswith("scipy.")


def sparse_asks() -> bool:
    """Whether a product or quotient of SciPy's sparse matrices asked the caller for an array.

    Given a 0-d object array, SciPy does not take v for an array and defers: S @ v becomes v.__rmatmul__(S).
    """
    caller = sys._getframe(3)  # the caller of __array__, which called conversion.array
    code, module = caller.f_code, caller.f_globals.get("__name__", "")
    return module.startswith("scipy.sparse.") and code.co_name in ("_matmul_dispatch", "multiply", "_divide")


def lost_array(v: Node) -> GraphError:
    """The error for converting a Variable that takes part in recording to an array."""
    name, inner, user = _asker(sys._getframe(1))
    return GraphError(
        f"{name or 'the array asked for here'} would make a constant of a Variable that takes part in recording "
        f"({describe(v)}) and lose its derivative. {_remedy(name, inner, user)}; for a constant, use v.data"
    )


def lost_number(kind: str, v: Node) -> None:
    """Warn, once for each line of the user's code, that a number is taken from what a transform differentiates.

    GraphError where the line assigns v to an element of an array, so that the assignment asked for the number.
    """
    if not takes_part(v, _WALK):
        return
    name, inner, user = _asker(sys._getframe(1))
    if _stores(user):
        raise GraphError(
            "a[i] = v of a Variable that is being differentiated in would lose its derivative; join the elements with "
            "dezero.functions.stack or set them with dezero.functions.index_update, or assign v.item() for a constant"
        )
    level, frame = 1, sys._getframe(0)
    while frame is not user and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(
        f"{name or kind}(v) of a Variable that is being differentiated in is a constant: the derivative does not see "
        f"it. {_remedy(name, inner, user)}; v.item() takes a constant without this warning",
        GraphWarning,
        stacklevel=level,
    )


# -- which function asked ----------------------------------------------------------------------------------------


def _asker(frame: FrameType) -> tuple[str, bool, FrameType]:
    """The public name of the function that asked ("" where it cannot be told), whether a line of NumPy or SciPy
    asked, and the frame of the user's line."""
    found: list[FrameType] = []
    while frame.f_back is not None and _module(frame).partition(".")[0] in _LIBRARIES:
        if not _module(frame).startswith("dezero"):
            found.append(frame)
        frame = frame.f_back
    for inner in reversed(found):  # the user called the outermost, or it is a wrapper of a decorator
        name = _public(inner)
        if name:
            return name, True, frame
    return ("" if found else _called(frame)), bool(found), frame


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _public(frame: FrameType) -> str:
    """The public module and name of the library function that runs in a frame; "" where it has none."""
    code, module, owner = frame.f_code, _module(frame), frame.f_locals.get("self")
    if owner is not None:
        owner = getattr(owner, "dist", owner)  # a frozen distribution of SciPy holds the distribution
        method = "" if code.co_name in ("__call__", "__init__") else f".{code.co_name}"
        name = getattr(owner, "name", None)
        found = _exported(name, module, lambda known: type(known) is type(owner)) if isinstance(name, str) else ""
        found = found or _exported(type(owner).__name__, module, lambda known: known is type(owner))
        return found + method if found else ""
    held = [_unwrapped(frame.f_locals.get(name)) for name in code.co_freevars]  # under a decorator
    inside = [(code, module), *[(f.__code__, f.__module__) for f in held if f is not None]]
    codes = [code for code, _ in inside]
    for c, m in inside:
        found = _exported(c.co_name, m, lambda known: getattr(_unwrapped(known), "__code__", None) in codes)
        if found:
            return found
    return ""


def _exported(name: str, module: str, same: Callable[[object], bool]) -> str:
    """The name in the outermost public package of the module that has the object; same: tells the object."""
    public = list(itertools.takewhile(lambda part: not part.startswith("_"), module.split(".")))
    packages = [".".join(public[: i + 1]) for i in range(len(public))]
    for package in packages:
        if same(getattr(sys.modules.get(package), name, None)):
            return f"{package}.{name}"
    known = getattr(sys.modules.get(packages[-1]), name, None) if packages else None
    dispatched = callable(known) and not isinstance(known, FunctionType | type)  # as in scipy.fft
    return f"{packages[-1]}.{name}" if dispatched else ""


def _unwrapped(function: object) -> FunctionType | None:
    """The Python function under decorators and NumPy's dispatch; None where there is no Python function."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    function = getattr(function, "_implementation", function)
    return function if isinstance(function, FunctionType) else None


def _called(frame: FrameType) -> str:
    """The function, written in C, that a line of the user's code calls, as the source names it."""
    text = _source(frame.f_code, frame.f_lasti)
    if not text:
        return ""
    known: object = None
    first, *rest = text.split(".")
    for names in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if first in names:
            known = names[first]
            break
    for name in rest:
        known = getattr(known, name, None) if isinstance(known, ModuleType) else None
    package, called = getattr(known, "__module__", None), getattr(known, "__name__", None)
    if not isinstance(package, str) or not isinstance(called, str):
        return text
    return called if package == "builtins" else f"{package.lstrip('_')}.{called}"


@functools.lru_cache(maxsize=128)
def _source(code: CodeType, at: int) -> str:
    """The dotted name of the function that an instruction calls; "" where the source is unknown or has no name."""
    start, end, left, right = next(itertools.islice(code.co_positions(), at // 2, None), (None,) * 4)
    if start is None or start != end or left is None or right is None:
        return ""
    line = linecache.getline(code.co_filename, start).encode()[left:right].decode(errors="replace")
    try:
        call = ast.parse(line.strip(), mode="eval").body
    except SyntaxError:
        return ""
    if not isinstance(call, ast.Call):
        return ""
    text = ast.unparse(call.func)
    if all(part.isidentifier() for part in text.split(".")):
        return text
    return f"(...).{call.func.attr}" if isinstance(call.func, ast.Attribute) else ""


def _stores(frame: FrameType) -> bool:
    return frame.f_code.co_code[frame.f_lasti] == _STORE


# -- what to write instead ---------------------------------------------------------------------------------------


def _remedy(name: str, inner: bool, user: FrameType) -> str:
    """What to write instead, so that the derivative is kept."""
    module, _, last = name.rpartition(".")
    ours = dir(sys.modules.get("dezero.functions", object))
    if name in _INSTEAD:
        return f"Use dezero.functions.{_INSTEAD[name]}"
    if name.startswith(("scipy.optimize.", "scipy.integrate.solve_ivp", "scipy.integrate.odeint")):
        return f"Use dezero.{'custom_root' if 'optimize' in name else 'optimize.odeint'} for that of a solution"
    if name in _MAKERS:
        return "Leave one Variable as it is, join several with dezero.functions.stack([v, w])"
    if name in _NUMBERS:
        return "Leave it a Variable"
    if not inner and (_stores(user) or last in _WRITERS):
        return "Use dezero.functions.index_update for a[i] = v"
    if last in ours and (module or "builtins") in _ALIKE and name not in _OTHERS:
        joined = " of dezero.functions.stack([v, w])" if module == "numpy" else ""  # v alone NumPy would have asked
        return f"Use dezero.functions.{last}{joined}"
    if not inner and module and module not in sys.modules and last in ours and hasattr(np.ndarray, last):
        return f"Use dezero.functions.{last}, F.{last}(a, v) for a.{last}(v)"
    if name:
        return "Compute it with dezero's or NumPy's functions of v, as no function here has this meaning"
    return "Use the function of the same name in dezero.functions, F.dot(a, v) for a.dot(v)"
