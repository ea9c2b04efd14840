"""The state of a layer, arrays by name: it is copied, checked against a file, and set from one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from dezero.core.dtypes import Array, DType, Shape
from dezero.core.variable import Variable

Header = tuple[Shape, DType]  # the shape and the dtype of an array
_Found = TypeVar("_Found", Header, Array)


class State:
    """The Parameters and Buffers of a layer, each with its name and the sublayer that holds it.

    kind: the layer's class, for messages. ValueError where two have the same name.
    """

    def __init__(self, kind: str, entries: list[tuple[str, Any, Any]]) -> None:
        self.kind = kind
        self.entries: dict[str, tuple[Any, Any]] = {}
        for name, owner, value in entries:
            if name in self.entries:
                raise ValueError(f"{kind}: two of its arrays have the name {name}; rename one, or its key")
            self.entries[name] = owner, value

    def copies(self) -> dict[str, Array]:
        empty = [name for name, (_, value) in self.entries.items() if value._data is None]
        if empty:
            raise ValueError(
                f"{self.kind}: {_listed(empty)} holds no data yet; call the layer on an input first, or give its "
                "input's size when you make it"
            )
        return {name: np.array(value.numpy()) for name, (_, value) in self.entries.items()}

    def check(self, found: Mapping[str, Header], strict: bool, what: str) -> None:
        """Raise for arrays that `assign` could not set; `what` begins the message."""
        missing, extra = [n for n in self.entries if n not in found], [n for n in found if n not in self.entries]
        if (strict and (missing or extra)) or (found and len(extra) == len(found)):
            told = [f"lacks {_listed(missing)}"] * bool(missing) + [f"has {_listed(extra)} too many"] * bool(extra)
            raise KeyError(
                f"{what}: the state for {self.kind} {' and '.join(told)}; {_remedy(found, len(extra) < len(found))}"
            )
        for name in [name for name in self.entries if name in found]:
            owner, value = self.entries[name]
            (shape, dtype), kept = found[name], dtype_of(owner, value)
            wanted = getattr(value, "pattern", None) if value._data is None else value.shape
            if wanted is not None and not _fits(shape, wanted):
                known = str(wanted).replace("None", "any")
                raise ValueError(f"{what}: {name} has shape {shape}, and {self.kind} needs {known}; leave it out")
            if not np.can_cast(dtype, kept or np.complex128, "same_kind"):
                raise TypeError(f"{what}: {name} holds {dtype}, and {self.kind} needs {kept}")

    def assign(self, arrays: Mapping[str, Array]) -> None:
        """Set to copies of these checked arrays, in the dtype and on the device of the old data."""
        for name, (owner, value) in self.entries.items():
            if name in arrays:
                array = np.array(arrays[name], dtype=dtype_of(owner, value) or arrays[name].dtype)
                on_host = value._data is None or isinstance(value._data, np.ndarray | np.generic)
                value.data = array if on_host else type(value._data)(array)

    def joined(self, found: Mapping[str, _Found], join: Callable[[list[_Found]], _Found | None]) -> dict[str, _Found]:
        """What a file holds, by name, with pieces joined into whole arrays: see `Layer.pieces`."""
        found = dict(found)
        for name, (owner, _) in self.entries.items():
            prefix, slash, own = name.rpartition("/")
            pieces = [prefix + slash + piece for piece in owner.pieces.get(own, ())]
            if pieces and name not in found and all([piece in found for piece in pieces]):
                whole = join([found[piece] for piece in pieces])
                if whole is not None:
                    found = {key: value for key, value in found.items() if key not in pieces} | {name: whole}
        return found


def headers_beside(headers: list[Header]) -> Header | None:
    """The header of the arrays joined along their last axis, None where they do not fit."""
    shapes = [shape for shape, _ in headers]
    if not all(shapes) or len({shape[:-1] for shape in shapes}) > 1:
        return None
    return (*shapes[0][:-1], sum([shape[-1] for shape in shapes])), np.result_type(*[dtype for _, dtype in headers])


def arrays_beside(arrays: list[Array]) -> Array | None:
    """The arrays joined along their last axis, None where they do not fit."""
    fit = headers_beside([(array.shape, array.dtype) for array in arrays])
    return None if fit is None else np.concatenate(arrays, axis=-1)


def dtype_of(owner: object, value: Variable) -> Any:
    """The dtype that a Parameter or Buffer holds or will hold, None where it is not known yet."""
    if value._data is not None:
        return value.dtype
    return getattr(value, "kind", getattr(owner, "dtype", None))


def _fits(shape: Shape, pattern: tuple[int | None, ...]) -> bool:
    return len(shape) == len(pattern) and all(m in (None, n) for n, m in zip(shape, pattern, strict=True))


def _remedy(found: Mapping[str, object], some: bool) -> str:
    if "structure" in found and any([name.startswith("model/") for name in found]):
        return 'this is a checkpoint of a Trainer: load_state_dict(read_checkpoint(path)["model"])'
    return "pass strict=False to load what fits" if some else "no name fits: rename them"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
