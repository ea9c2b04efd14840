"""`compile`: a function that is traced at its first call, and runs as a program from then on."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection, Sequence
from types import MethodType
from typing import Any, NamedTuple, overload

import numpy as np

from dezero.compiler.specialise import Options, Specialisation
from dezero.compiler.tracing.trace import hidden
from dezero.compiler.tracing.trees import flatten
from dezero.core.config import training
from dezero.core.variable import Parameter, Variable
from dezero.core.watch.tracing import TRACES

_MOST = 256  # specialisations that a function keeps
_SIMPLE = {Variable, Parameter, np.ndarray}  # arguments of these classes are recognised without taking containers apart


class CacheInfo(NamedTuple):
    """hits: calls that found their specialisation. misses: specialisations made. entries: those that are kept."""

    hits: int
    misses: int
    entries: int


class Compiled:
    """A function that `compile` gives: it is called as the function that it was made of."""

    holds_programs = True  # a trace of a function that reaches this one looks at what it was made of alone

    def __init__(self, function: Callable[..., Any], options: Options) -> None:
        functools.update_wrapper(self, function)
        self._function, self._options = function, options
        self._found: dict[Any, Specialisation] = {}  # by structure and types of the arguments; the oldest first
        self._by_value: set[Any] = set()  # keys of arguments whose floats the function asks for their values
        self._hits = self._misses = 0
        self._lock = threading.Lock()
        self._derived: dict[Any, Any] = {}

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if TRACES:
            return self._function(*args, **kwargs)  # it is part of a larger computation, which needs its graph
        leaves, key = self._taken_apart(args, kwargs)
        if any([type(x) is not np.ndarray and isinstance(x, Variable) and (x._args or x._is_argument) for x in leaves]):
            return self._function(*args, **kwargs)
        misses = self._misses
        found = self._current(key, args, kwargs)
        arrays = None if found is None else found.inputs(leaves)
        if found is None or arrays is None:
            found, leaves = self._specialised(key, leaves, args, kwargs)
            arrays = found.inputs(leaves)
            if arrays is None:
                raise RuntimeError(f"compile: arrays that {self.__name__} uses change while it is called")  # type: ignore[attr-defined]
        self._hits += misses == self._misses
        return found(leaves, arrays)

    def _taken_apart(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Sequence[Any], Any]:
        """The inputs among the arguments, and the key of the specialisation that takes them.

        Python floats are inputs, unless the function was found to ask for their values.
        """
        if not kwargs and not self._options.static and _SIMPLE.issuperset(map(type, args)):
            return args, _key(args)
        shown = hidden(args, kwargs, self._options.static)
        leaves, structure = flatten(shown, numbers=True)
        key = (structure, *_key(leaves))
        if self._by_value and key in self._by_value:
            leaves, structure = flatten(shown)
            key = (structure, *_key(leaves))
        return leaves, key

    def _current(self, key: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Specialisation | None:
        """The specialisation of a key, a new one where something outside has changed that is burned into its program.

        A second trace tells: where it gives the same program, what changed is read at each call, or not at all.
        """
        found = self._found.get(key)
        changed = found.changed() if found is not None else ()
        if found is None or not changed:
            return found
        new = self._made(args, kwargs, found.trace.numbers)
        if not new.computes_as(found):
            return self._keep(key, new, args, kwargs)
        found.trust(changed)
        return found

    def _specialised(
        self, key: Any, leaves: Sequence[Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Specialisation, Sequence[Any]]:
        """A new specialisation, and its inputs among the arguments."""
        numbers = any([type(x) is float for x in leaves])
        try:
            return self._keep(key, self._made(args, kwargs, numbers), args, kwargs), leaves
        except Exception:
            if not numbers:
                raise
        self._by_value.add(key)  # it asks for the value of a float: each value is compiled apart
        leaves, key = self._taken_apart(args, kwargs)
        return self._found.get(key) or self._keep(key, self._made(args, kwargs, False), args, kwargs), leaves

    def _made(self, args: tuple[Any, ...], kwargs: dict[str, Any], numbers: bool) -> Specialisation:
        return Specialisation(self._function, args, kwargs, self._options, numbers)

    def _keep(self, key: Any, new: Specialisation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Specialisation:
        """Keep a specialisation under a key, and let it take the calls itself where it can."""
        with self._lock:
            self._misses += 1
            self._found.pop(key, None)
            self._found[key] = new
            while len(self._found) > _MOST:
                del self._found[next(iter(self._found))]
        self._enter(new, args, kwargs)
        return new

    def _enter(self, found: Specialisation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Let machine code take the calls itself where it can, without Python: a call takes a fifth of a microsecond.

        A class of its own holds that code as its `__call__`; what it does not take goes the general way.
        """
        if type(self) is not Compiled or kwargs or self._options.static or {*map(type, args)} != {np.ndarray}:
            return
        fast = found.entry(args, functools.partial(Compiled.__call__, self))
        if fast is not None:
            self.__class__ = type("Compiled", (Compiled,), {"__call__": fast, "__doc__": Compiled.__doc__})

    def __repr__(self) -> str:
        return f"<compiled {self.__qualname__}>"  # type: ignore[attr-defined]

    def __reduce__(self) -> tuple[Any, ...]:
        return compile_with, (self._function, self._options)

    def derived(self, key: Any, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Compiled:
        """A function that is made of this one's, such as its gradient, compiled with its settings; kept by the key."""
        with self._lock:
            if key not in self._derived:
                self._derived[key] = Compiled(make(self._function), self._options._replace(static=frozenset()))
            return self._derived[key]

    def cache_info(self) -> CacheInfo:
        """How many calls found their specialisation, and how many are kept.

        Calls with small plain arrays go straight to machine code, which counts none.
        """
        return CacheInfo(self._hits, self._misses, len(self._found))

    def clear_cache(self) -> None:
        """Forget every specialisation: the next call traces the function again."""
        with self._lock:
            self._found.clear()

    def traced(self, *args: Any, **kwargs: Any) -> Specialisation:
        """The specialisation for arguments of these types, whose machine code may not be made yet; nothing runs."""
        leaves, key = self._taken_apart(args, kwargs)
        found = self._current(key, args, kwargs)
        return found if found is not None and found.fits() else self._specialised(key, leaves, args, kwargs)[0]

    @property
    def strict(self) -> bool:
        """Whether every result is rounded as without the compiler: see `dezero.compile`."""
        return self._options.strict

    @property
    def fallback(self) -> str:
        """What happens where machine code cannot be made: see `dezero.compile`."""
        return self._options.fallback

    def specialisation(self, *args: Any, **kwargs: Any) -> Specialisation:
        """The specialisation for arguments of these types, made if there is none; the function does not run."""
        found = self.traced(*args, **kwargs)
        found.run  # noqa: B018 - makes it
        return found

    def explain(self, *args: Any, **kwargs: Any) -> Any:
        """What the function became for arguments of these types: see `Explanation`, which prints as text."""
        from dezero.compiler.explain import Explanation

        return Explanation(self.__qualname__, self.specialisation(*args, **kwargs))  # type: ignore[attr-defined]

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The graph for arguments of these types, and LLVM's assembly of its kernels where it runs as machine code."""
        from dezero.compiler.explain import source_of

        return source_of(self.specialisation(*args, **kwargs))


def _key(leaves: Sequence[Any]) -> tuple[Any, ...]:
    """What must be equal for a program to serve other arrays, beside the structure that they stand in."""
    key: list[Any] = [training()]
    for x in leaves:
        data = x if type(x) is np.ndarray else getattr(x, "_data", x)
        key += (float,) if type(x) is float else (type(x), data.dtype, data.shape)
    return tuple(key)


def compile_with(function: Callable[..., Any], options: Options) -> Compiled:
    """A compiled function, with what its user asks for as one value."""
    return Compiled(function, options)


@overload
def compile(
    function: Callable[..., Any],
    *,
    static: Collection[int | str] | int | str = (),
    strict: bool = False,
    threads: int | None = None,
    fallback: str = "eager",
) -> Compiled: ...
@overload
def compile(
    function: None = None,
    *,
    static: Collection[int | str] | int | str = (),
    strict: bool = False,
    threads: int | None = None,
    fallback: str = "eager",
) -> Callable[[Callable[..., Any]], Compiled]: ...
def compile(
    function: Callable[..., Any] | None = None,
    *,
    static: Collection[int | str] | int | str = (),
    strict: bool = False,
    threads: int | None = None,
    fallback: str = "eager",
) -> Any:
    """A function that runs as a program: traced at the first call with arguments of some types, then without Python.

    function: anything built of operations: a formula, a transform such as `grad(f)`, a loss with `gradients` inside, a
    step of training. Its arguments and results are Variables, arrays, numbers and nested containers of them, as
    before; results carry no graph, so derivatives are taken inside (of a compiled function that a transform, or an
    argument with a graph, reaches, the function itself runs). Variables and arrays from outside are read at each
    call. static: places and names of arguments that the function gets as they are; each value is compiled apart.
    strict: no products and sums joined into one rounding, no reordered sums. threads: how many work on the rows at
    once (None: one). fallback: where machine code cannot be made, "eager" runs NumPy's functions, "error" raises.

    Without a function it is a decorator with these settings. Raises ConcretizationError, a TypeError, where the
    function asks a traced value for its number or depends on what its program would not see; TypeError and ValueError
    for other settings.

    >>> import dezero
    >>> import dezero.functions as F
    >>> slope = dezero.compile(dezero.grad(lambda x: F.sum(F.sin(x) ** 2)))
    >>> slope(np.array([0.5, 1.0]))
    variable([0.84147098 0.90929743])
    >>> slope.cache_info()
    CacheInfo(hits=0, misses=1, entries=1)
    """
    names = [static] if isinstance(static, int | str) else list(static)
    if not all([isinstance(name, int | str) for name in names]):
        raise TypeError(f"compile: static takes places and names of arguments, got {static!r}")
    if fallback not in ("eager", "error"):
        raise ValueError(f"compile: fallback must be 'eager' or 'error', got {fallback!r}")
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise ValueError(f"compile: threads must be a whole number from 1 on, got {threads!r}")
    options = Options(frozenset(names), bool(strict), threads or 1, fallback)
    if function is None:
        return functools.partial(compile_with, options=options)
    if not callable(function):
        raise TypeError(f"compile: takes a function, got {type(function).__name__}")
    return Compiled(function, options)
