"""What a traced function reads from outside and changes there: Variables, gradients, arrays, numbers of each call."""

from __future__ import annotations

import functools
import operator
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.compiler.tracing.abstract import Abstract, abstract
from dezero.core.arraylike import raw
from dezero.core.variable import Variable, wrap

DATA, GRAD, ARRAY, ITEM, NUMBER, RANDOM = "data", "grad", "array", "item", "number", "random"


IN_PLACE = "in place"


class Source(NamedTuple):
    """A place outside of a traced function from which a run takes an array, and to which it may write one.

    kind: DATA and GRAD of a Variable, an ARRAY itself, the ITEM key of a dict, the NUMBER or the RANDOM array that a
    function gives, which is called once for each run. holder: the Variable, array, dict or function. key: of an ITEM;
    IN_PLACE for DATA whose array is changed, and not replaced.
    """

    kind: str
    holder: Any
    key: Any = None

    def read(self) -> Any:
        """The array or NumPy scalar that is there now."""
        if self.kind == DATA:
            return self.holder._data
        if self.kind == GRAD:
            return raw(self.holder._grad)
        if self.kind == ARRAY:
            return self.holder
        return self.holder[self.key] if self.kind == ITEM else self.holder()

    def write(self, value: Any) -> None:
        """Put an array there, which nobody else holds; None for no gradient."""
        if self.kind == DATA:
            if self.key == IN_PLACE:
                self.holder._data[...] = value
                self.holder._renewed()
            else:
                self.holder.data = value
        elif self.kind == GRAD:
            self.holder._grad = None if value is None else wrap(value)
        elif self.kind == ARRAY:
            self.holder[...] = value
        else:
            self.holder[self.key][...] = value

    def renew(self) -> None:
        """Note that its array was changed in place: graphs that used it before are out of date."""
        if self.kind == DATA:
            self.holder._renewed()

    @property
    def identity(self) -> tuple[Any, ...]:
        if self.kind in (NUMBER, RANDOM) and self.key is not None:
            return self.kind, self.key
        return self.kind, id(self.holder), self.key if self.kind == ITEM else None


_SLOTS = "_data", "_grad", "_op", "_args", "_age", "_origin", "_resume"


class Borrowed:
    """Variables and dicts from outside that hold abstract arrays while a function is traced.

    given: each source with the abstract array that stands there. giving_back restores all.
    """

    def __init__(self) -> None:
        self.given: dict[tuple[Any, ...], tuple[Source, Abstract]] = {}
        self.variables: dict[int, tuple[Variable, tuple[Any, ...]]] = {}
        self.items: list[tuple[dict[Any, Any], dict[Any, Any]]] = []

    def _stand_in(self, source: Source, value: Any) -> Abstract:
        array = abstract(value.shape, value.dtype)
        self.given[source.identity] = source, array
        return array

    def borrow(self, v: Variable) -> None:
        """Put abstract arrays in place of a Variable's data and gradient."""
        if id(v) in self.variables or not hasattr(v._data, "dtype"):
            return
        self.variables[id(v)] = v, tuple([getattr(v, slot) for slot in _SLOTS])
        v._data = self._stand_in(Source(DATA, v), v._data)
        if v._grad is not None:
            stand_in = self._stand_in(Source(GRAD, v), raw(v._grad))
            v._grad = wrap(stand_in)  # type: ignore[arg-type]

    def borrow_items(self, items: dict[Any, Any]) -> None:
        """Put abstract arrays in place of the arrays in a dict."""
        self.items.append((items, dict(items)))
        for key, value in items.items():
            if isinstance(value, np.ndarray) and value.ndim:
                items[key] = self._stand_in(Source(ITEM, items, key), value)

    def changes(self) -> Iterator[tuple[Source, Any]]:
        """The sources that the function changed, each with what it left there."""
        for v, before in self.variables.values():
            if not self._is_given(Source(DATA, v), v._data):
                found = self.given[Source(DATA, v).identity][1]
                yield Source(DATA, v, IN_PLACE if v._data is found else None), v._data
            if (v._grad is not None or before[1] is not None) and not self._is_given(Source(GRAD, v), raw(v._grad)):
                yield Source(GRAD, v), v._grad
        for items, _ in self.items:
            for key, value in items.items():
                if hasattr(value, "dtype") and np.shape(value) and not self._is_given(Source(ITEM, items, key), value):
                    yield Source(ITEM, items, key), value

    def _is_given(self, source: Source, value: Any) -> bool:
        found = self.given.get(source.identity)
        return found is not None and found[1] is value and not value.written

    def give_back(self) -> None:
        for v, state in self.variables.values():
            for slot, value in zip(_SLOTS, state, strict=True):
                setattr(v, slot, value)
        for items, before in self.items:
            items.clear()
            items.update(before)


# -- what a function can reach ---------------------------------------------------------------------------------------

_LIBRARIES = ("numpy", "scipy", "builtins")


_PLAIN = str | bytes | int | float | complex  # bool is an int


class Setting(NamedTuple):
    """A value that a function could read. read: gives what stands in its place now.

    place: a dict and a text that is its key, or a cell, where the value stands in one of these; a dict or a list and
    None, where it is its length.
    """

    value: Any
    read: Callable[[], Any]
    place: tuple[Any, ...] = ()

    def changed(self) -> bool:
        """Whether another object stands there now; of numbers, texts and flags: one that is not equal."""
        try:
            now = self.read()
        except (AttributeError, IndexError, KeyError, ValueError):
            return True
        if now is self.value:
            return False
        return type(now) is not type(self.value) or not isinstance(now, _PLAIN) or now != self.value


def _item(holder: Any, key: Any, value: Any) -> Setting:
    """What a dict or a list holds under a key."""
    named = type(holder) is dict and type(key) is str
    return Setting(value, functools.partial(operator.getitem, holder, key), (holder, key) if named else ())


def _attribute(owner: Any, name: str) -> Setting:
    return Setting(getattr(owner, name, None), functools.partial(getattr, owner, name))


def _cell(cell: types.CellType) -> Setting:
    return _attribute(cell, "cell_contents")._replace(place=(cell,))


def _length(container: Any) -> Setting:
    place = (container, None) if type(container) in (dict, list) else ()
    return Setting(len(container), functools.partial(len, container), place)


def lacking(v: Variable) -> Setting:
    """Whether a Variable has no gradient: what `backward` gives it is added to one that is there."""

    def read() -> bool:
        return v._grad is None

    return Setting(read(), read)


def _of_class(kind: type, name: str) -> Any:
    """What objects of a class find there, or in a class from which it inherits, under a name."""
    for base in kind.__mro__:
        if name in vars(base):
            return vars(base)[name]
    raise AttributeError(name)


_EMPTY = types.CellType()  # of a name that is not assigned yet: cells are equal where their contents are
_RECORDS = ("_seen",)  # what a layer notes of each call: its result does not depend on it


class Reachable:
    """What a function names, in its closure, defaults and globals, and in objects among these.

    variables, arrays, optimizers; settings: where these and all other values stand that may be replaced.
    """

    def __init__(self, *roots: object) -> None:
        self.variables: list[Variable] = []
        self.arrays: list[Any] = []
        self.settings: list[Setting] = []
        self.optimizers: list[Any] = []
        self._seen: dict[int, object] = {}
        stack = list(roots)
        while stack:
            stack += self._visit(stack.pop())

    def _visit(self, value: Any) -> list[Any]:
        if isinstance(value, type):
            return self._class(value)
        if id(value) in self._seen or value is None or isinstance(value, _PLAIN):
            return []
        self._seen[id(value)] = value
        if isinstance(value, Variable):
            self.variables.append(value)
            return []
        if isinstance(value, np.ndarray):
            self.arrays.append(value)
            return []
        if isinstance(value, dict):
            if len(value) >= 10_000:
                return []
            # A copy: another thread, or a finalizer, may change it.
            items = value.copy() if type(value) is dict else dict(value)
            self.settings += [_item(value, key, v) for key, v in items.items() if key not in _RECORDS]
            self.settings.append(_length(value))
            return [*items, *items.values()]
        if isinstance(value, list | tuple | set | frozenset):
            if len(value) >= 10_000:
                return []
            if isinstance(value, list):
                self.settings += [*[_item(value, k, v) for k, v in enumerate(value)], _length(value)]
            return list(value)
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.MethodType):
            return [value.__func__, value.__self__]
        if isinstance(value, functools.partial):
            return [value.func, value.args, value.keywords]
        return self._object(value)

    def _watched(self, settings: Sequence[Setting]) -> list[Any]:
        """Note where values stand; returns the values."""
        self.settings += settings
        return [setting.value for setting in settings]

    def _function(self, function: types.FunctionType) -> list[Any]:
        """What stands in a function's cells and defaults; of the user's, what its code names among globals, too."""
        cells = [_cell(cell) for cell in function.__closure__ or () if cell != _EMPTY]
        held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        held.append(getattr(function, "__wrapped__", None))
        if function.__module__ is not None and _of_library(function.__module__):
            return [*held, *[cell.value for cell in cells]]  # the library's stay as they are
        names = {*_names(function.__code__)}
        found = [*cells, *_named(function.__globals__, names)]
        modules = [
            s.value for s in found if isinstance(s.value, types.ModuleType) and not _of_library(s.value.__name__)
        ]
        return held + self._watched(found + [s for module in modules for s in _named(vars(module), names)])

    def _class(self, kind: type) -> list[Any]:
        """What stands in a class of the user's, and in those from which it inherits, but for methods."""
        if id(kind) in self._seen:
            return []
        self._seen[id(kind)] = kind
        of_user = [base for base in kind.__mro__ if not _of_library(base.__module__)]
        names = {name: None for base in of_user for name in vars(base) if not name.startswith("__")}
        values = {name: _of_class(kind, name) for name in names}
        values = {name: v for name, v in values.items() if not callable(v) and not hasattr(type(v), "__get__")}
        return self._watched([Setting(v, functools.partial(_of_class, kind, name)) for name, v in values.items()])

    def _object(self, value: Any) -> list[Any]:
        if isinstance(value, types.ModuleType) or type(value).__module__.partition(".")[0] in _LIBRARIES:
            return []
        if callable(getattr(value, "advance", None)) and hasattr(value, "states"):  # an optimizer, of a later room
            self.optimizers.append(value)
            return [value.target, *value.hooks]
        wrapped = getattr(value, "__wrapped__", None)
        if getattr(type(value), "holds_programs", False):  # a compiled function: what it keeps changes no result
            return [wrapped]
        held = [vars(value)] if hasattr(value, "__dict__") else []
        held += self._watched([_attribute(value, name) for kind in type(value).__mro__ for name in _slots(kind)])
        held += self._class(type(value))
        call = getattr(type(value), "__call__", None)  # noqa: B004 - the function is wanted
        inner = [call] if isinstance(call, types.FunctionType) and not call.__module__.startswith("dezero") else []
        return [*held, wrapped, *inner]


def _named(holder: dict[str, Any], names: Iterable[str]) -> list[Setting]:
    """What a module holds under some names."""
    return [_item(holder, name, holder[name]) for name in names if name in holder]


def _slots(kind: type) -> tuple[str, ...]:
    """The names of the slots that a class of the user's adds to its objects."""
    found = vars(kind).get("__slots__", ()) if not _of_library(kind.__module__) else ()
    return (found,) if isinstance(found, str) else tuple([n for n in found if n not in ("__weakref__", "__dict__")])


def _of_library(module: str) -> bool:
    """Whether a module is this library's, one of those that it stands on, or Python's own."""
    return module.partition(".")[0] in (*_LIBRARIES, "dezero") or module.partition(".")[0] in sys.stdlib_module_names


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
