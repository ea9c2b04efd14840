"""What a layer saves, by name: copied out, checked against what a file holds, and set from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dezero.core.variable import Variable

Header = tuple[tuple[int, ...], Any]  # the shape and the dtype of an array


class State:
    """The Parameters and Buffers of a layer, each with its name and the layer whose own it is.

    kind: the layer's class, for messages. ValueError for a name that two have.
    """

    def __init__(self, kind: str, entries: list[tuple[str, Any, Any]]) -> None:
        self.kind = kind
        self.entries: dict[str, tuple[Any, Any]] = {}
        for name, owner, value in entries:
            if name in self.entries:
                raise ValueError(f"{kind}: two of its arrays have the name {name}; rename one, or its key")
            self.entries[name] = owner, value

    def copies(self) -> dict[str, np.ndarray[Any, Any]]:
        empty = [name for name, (_, value) in self.entries.items() if value._data is None]
        if empty:
            raise ValueError(
                f"{self.kind}: {_listed(empty)} holds no data yet; call the layer on an input first, or give its "
                "input's size when you make it"
            )
        return {name: np.array(value.numpy()) for name, (_, value) in self.entries.items()}

    def check(self, found: Mapping[str, Header], strict: bool, what: str) -> None:
        """Raise for what `assign` could not do; `what` begins the message."""
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

    def assign(self, arrays: Mapping[str, Any]) -> None:
        """Set what was checked to copies of these arrays, in the dtype and where the old data is."""
        for name, (owner, value) in self.entries.items():
            if name in arrays:
                array = np.array(arrays[name], dtype=dtype_of(owner, value) or arrays[name].dtype)
                on_host = value._data is None or isinstance(value._data, np.ndarray | np.generic)
                value.data = array if on_host else type(value._data)(array)

    def joined(self, found: Mapping[str, Any], join: Callable[[list[Any]], Any]) -> dict[str, Any]:
        """What was found, with arrays that stand there in pieces put together: see `Layer.pieces`."""
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
    """The header of arrays side by side along their last axis, None where they do not fit."""
    shapes = [shape for shape, _ in headers]
    if not all(shapes) or len({shape[:-1] for shape in shapes}) > 1:
        return None
    return (*shapes[0][:-1], sum([shape[-1] for shape in shapes])), np.result_type(*[dtype for _, dtype in headers])


def arrays_beside(arrays: list[Any]) -> Any:
    """Arrays side by side along their last axis, None where they do not fit."""
    fit = headers_beside([(array.shape, array.dtype) for array in arrays])
    return None if fit is None else np.concatenate(arrays, axis=-1)


def dtype_of(owner: Any, value: Variable) -> Any:
    """The dtype that a Parameter or Buffer holds or will hold, None where nothing says."""
    if value._data is not None:
        return value.dtype
    return getattr(value, "kind", getattr(owner, "dtype", None))


def _fits(shape: tuple[int, ...], pattern: tuple[int | None, ...]) -> bool:
    return len(shape) == len(pattern) and all(m in (None, n) for n, m in zip(shape, pattern, strict=True))


def _remedy(found: Mapping[str, Any], some: bool) -> str:
    if "structure" in found and any([name.startswith("model/") for name in found]):
        return 'this is a checkpoint of a Trainer: load_state_dict(read_checkpoint(path)["model"])'
    return "pass strict=False to load what fits" if some else "no name fits: rename them"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
