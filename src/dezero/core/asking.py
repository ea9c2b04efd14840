"""Who asks a Variable for an array or a number, whether a derivative is lost, and what the message says.

Everything here runs where an error or a warning is on its way, so it may look at frames and at source lines.
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
from typing import Any

import numpy as np

from dezero.core.arraylike import Operators
from dezero.core.errors import GraphError, GraphWarning, describe
from dezero.core.marks import Computed

_LIBRARIES = {"dezero", "numpy", "scipy"}  # whose lines are none of the user's
_STORE = opcode.opmap["STORE_SUBSCR"]
_WALK = 1000  # nodes; what float(v) in a loop may look at each time

# Modules whose functions mean what those of the same name in dezero.functions do, but for _OTHERS.
_ALIKE = frozenset(
    {"builtins", "math", "numpy", "numpy.linalg", "numpy.fft"}
    | {f"scipy.{name}" for name in ("special", "linalg", "fft", "integrate")}
)
_OTHERS = frozenset({"scipy.special.huber", "scipy.special.kl_div", "math.remainder", "builtins.pow"})
# What to write where the name or the defaults differ: it gives what the other function gives by its own defaults.
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


def takes_part(node: Any, most: float = float("inf")) -> bool:
    """Whether a derivative can be asked for in anything that this Variable was computed from.

    Nobody can where all of that are constants: plain arrays, results that a transform handed back, detached values.
    most: of a graph with more nodes it is taken for granted.
    """
    for count, below in enumerate(_below(node)):
        if (not below._args and not isinstance(below._op, Computed)) or count >= most:
            return True
    return False


def rests_on_argument(node: Any) -> bool:
    """Whether this was computed from an argument of a transform; of a graph too large to look through: no."""
    return any([x._is_argument for x in itertools.islice(_below(node), _WALK)])


def _below(node: Any) -> Iterator[Any]:
    """A node and what it was computed from."""
    stack, seen = [node], {id(node)}
    while stack:
        node = stack.pop()
        yield node
        for a in node._args:
            if isinstance(a, Operators) and id(a) not in seen:
                seen.add(id(a))
                stack.append(a)


def asks_scipy(depth: int) -> bool:
    """Whether the frame so many levels above the caller's is one of SciPy's."""
    name: str = sys._getframe(depth + 1).f_globals.get("__name__", "")
    return name.startswith("scipy.")


def sparse_asks() -> bool:
    """Whether what called the caller is a product or quotient of SciPy's sparse matrices.

    They take what NumPy makes a 0-d object array of for no array, and let it answer: S @ v is then v.__rmatmul__(S).
    """
    caller = sys._getframe(3)  # of __array__, which asked through conversion.array
    code, module = caller.f_code, caller.f_globals.get("__name__", "")
    return module.startswith("scipy.sparse.") and code.co_name in ("_matmul_dispatch", "multiply", "_divide")


def lost_array(v: Any) -> GraphError:
    """The error for an array asked of a Variable that takes part in recording."""
    name, inner, user = _asker(sys._getframe(1))
    return GraphError(
        f"{name or 'the array asked for here'} would make a constant of a Variable that takes part in recording "
        f"({describe(v)}) and lose its derivative. {_remedy(name, inner, user)}; for a constant, use v.data"
    )


def lost_number(kind: str, v: Any) -> None:
    """Warn, once for each line of the user's, that a number was asked of what a transform differentiates.

    GraphError where the line assigns it to an element of an array, which is what asked.
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


# -- who asked -------------------------------------------------------------------------------------------------


def _asker(frame: FrameType) -> tuple[str, bool, FrameType]:
    """The function that asked, by the name that a user knows it by ("" where it cannot be told), whether one of
    NumPy's or SciPy's lines asked for it, and the frame of the user's line."""
    found: list[FrameType] = []
    while frame.f_back is not None and _module(frame).partition(".")[0] in _LIBRARIES:
        if not _module(frame).startswith("dezero"):
            found.append(frame)
        frame = frame.f_back
    for inner in reversed(found):  # the outermost is what the user called, but for decorators' wrappers
        name = _public(inner)
        if name:
            return name, True, frame
    return ("" if found else _called(frame)), bool(found), frame


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _public(frame: FrameType) -> str:
    """The function or method of a library that runs in a frame, with the module that has it; "" where none has."""
    code, module, owner = frame.f_code, _module(frame), frame.f_locals.get("self")
    if owner is not None:
        owner = getattr(owner, "dist", owner)  # of a frozen distribution
        method = "" if code.co_name in ("__call__", "__init__") else f".{code.co_name}"
        name = getattr(owner, "name", None)
        found = _exported(name, module, lambda known: type(known) is type(owner)) if isinstance(name, str) else ""
        found = found or _exported(type(owner).__name__, module, lambda known: known is type(owner))
        return found + method if found else ""
    held = [_unwrapped(frame.f_locals.get(name)) for name in code.co_freevars]  # by a decorator's wrapper
    inside = [(code, module), *[(f.__code__, f.__module__) for f in held if f is not None]]
    codes = [code for code, _ in inside]
    for c, m in inside:
        found = _exported(c.co_name, m, lambda known: getattr(_unwrapped(known), "__code__", None) in codes)
        if found:
            return found
    return ""


def _exported(name: str, module: str, same: Callable[[Any], bool]) -> str:
    """The name with the first public package of the module's that has what is meant."""
    public = list(itertools.takewhile(lambda part: not part.startswith("_"), module.split(".")))
    packages = [".".join(public[: i + 1]) for i in range(len(public))]
    for package in packages:
        if same(getattr(sys.modules.get(package), name, None)):
            return f"{package}.{name}"
    known = getattr(sys.modules.get(packages[-1]), name, None) if packages else None
    dispatched = callable(known) and not isinstance(known, FunctionType | type)  # one of scipy.fft
    return f"{packages[-1]}.{name}" if dispatched else ""


def _unwrapped(function: Any) -> Any:
    """The function of Python's under decorators and NumPy's dispatch; None for what is none."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    function = getattr(function, "_implementation", function)
    return function if isinstance(function, FunctionType) else None


def _called(frame: FrameType) -> str:
    """The function of C's that a line of the user's calls, by what the source says."""
    text = _source(frame.f_code, frame.f_lasti)
    if not text:
        return ""
    known: Any = None
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
    """The dotted name that the call at an instruction calls; "" where the source is not known or says no name."""
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
    """What keeps the derivative, in words."""
    module, _, last = name.rpartition(".")
    ours = dir(sys.modules.get("dezero.functions", object))
    if name in _INSTEAD:
        return f"Use dezero.functions.{_INSTEAD[name]}"
    if name.startswith(("scipy.optimize.", "scipy.integrate.solve_ivp", "scipy.integrate.odeint")):
        return f"Use dezero.{'custom_root' if 'optimize' in name else 'optimize.odeint_taylor'} for that of a solution"
    if name in _MAKERS:
        return "Leave one Variable as it is, join several with dezero.functions.stack([v, w])"
    if name in _NUMBERS:
        return "Leave it a Variable"
    if not inner and (_stores(user) or last in _WRITERS):
        return "Use dezero.functions.index_update for a[i] = v"
    if last in ours and (module or "builtins") in _ALIKE and name not in _OTHERS:
        joined = " of dezero.functions.stack([v, w])" if module == "numpy" else ""  # of one, NumPy would have asked it
        return f"Use dezero.functions.{last}{joined}"
    if not inner and module and module not in sys.modules and last in ours and hasattr(np.ndarray, last):
        return f"Use dezero.functions.{last}, F.{last}(a, v) for a.{last}(v)"
    if name:
        return "Compute it with dezero's or NumPy's functions of v, as no function here has this meaning"
    return "Use the function of the same name in dezero.functions, F.dot(a, v) for a.dot(v)"
