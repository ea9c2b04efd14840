"""A tree of arrays, numbers and strings as one npz file, without pickles."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from dezero.core.dtypes import Array, DType, Shape
from dezero.io import read_arrays, write_arrays


def write_checkpoint(path: str | PathLike[str], tree: object) -> None:
    """Write a tree of dicts, lists, tuples, arrays, numbers, strings and None to a file, whole or not at all.

    path: ends in .npz; no other process may write it. What a killed process left beside it is removed. numpy.load shows
    the arrays, under their keys joined by "/". TypeError for anything else in the tree.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_checkpoint(f"{folder}/c.npz", {"step": 3, "model": {"l1/W": np.ones(2)}})
    ...     read_checkpoint(f"{folder}/c.npz")
    {'step': 3, 'model': {'l1/W': array([1., 1.])}}
    """
    path = _checked(path)
    arrays: dict[str, Array | np.generic] = {}
    structure = json.dumps({"checkpoint": 1, "tree": _flatten(tree, "", arrays)})
    arrays["structure"] = np.frombuffer(structure.encode(), np.uint8)
    write_arrays(path, arrays, alone=True)


def read_checkpoint(path: str | PathLike[str]) -> Any:
    """The tree that `write_checkpoint` wrote; FileNotFoundError, or ValueError for a damaged file or another kind.

    Of a Trainer's checkpoint, `["model"]` is the model's state_dict and `["position"]["history"]` the history. Reading
    takes no more memory than the file is large.
    """
    path = _checked(path)

    def check(found: Mapping[str, tuple[Shape, DType]]) -> None:
        size = sum(math.prod(shape) * dtype.itemsize for shape, dtype in found.values())
        if size > path.stat().st_size:
            raise ValueError(f"{path}: no checkpoint of a Trainer (it is compressed, and {size} bytes large)")

    arrays = read_arrays(path, check)
    try:
        content = json.loads(arrays["structure"].tobytes())
        if content["checkpoint"] != 1:
            raise ValueError(f"it is of version {content['checkpoint']}, and this library reads version 1")
        return _unflatten(content["tree"], arrays)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: no checkpoint of a Trainer ({error})") from error


def _checked(path: str | PathLike[str]) -> Path:
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"{path}: the name of a checkpoint must end in .npz")
    return path


def _flatten(node: object, name: str, arrays: dict[str, Array | np.generic]) -> object:
    """The node as JSON; its arrays are put into `arrays`. Containers are tagged, so that keys may be whole numbers."""
    if node is None or isinstance(node, str) or type(node) in (bool, int, float):
        return node
    if isinstance(node, np.ndarray | np.generic) and node.dtype.kind in "biufc":
        while name in arrays or name == "structure":  # the key "a/b" at the top, and "b" within "a"
            name += "'"
        arrays[name] = node
        return {"array" if isinstance(node, np.ndarray) else "scalar": name}
    if isinstance(node, Mapping):
        if wrong := [key for key in node if type(key) not in (str, int)]:
            raise TypeError(f"checkpoint: key {wrong[0]!r} in {name or 'the tree'}; keys are strings or whole numbers")
        inside = name and name + "/"
        return {"dict": [[key, _flatten(value, f"{inside}{key}", arrays)] for key, value in node.items()]}
    if isinstance(node, list | tuple):
        return {type(node).__name__: [_flatten(value, f"{name}/{n}", arrays) for n, value in enumerate(node)]}
    kind = f"{type(node).__name__} {getattr(node, 'dtype', '')}".strip()
    raise TypeError(f"checkpoint: {name or 'the tree'} is of type {kind}; save arrays of numbers, numbers and strings")


def _unflatten(node: Any, arrays: Mapping[str, Array]) -> Any:
    if not isinstance(node, dict):
        return node
    ((kind, content),) = node.items()
    if kind == "dict":
        return {key: _unflatten(value, arrays) for key, value in content}
    if kind in ("list", "tuple"):
        return (list if kind == "list" else tuple)(_unflatten(value, arrays) for value in content)
    if kind not in ("array", "scalar"):
        raise ValueError(f"there is no kind {kind!r}")
    return arrays[content][()] if kind == "scalar" else arrays[content]
