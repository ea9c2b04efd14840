"""A cache of the arrays that were computed from a downloaded file."""

from __future__ import annotations

from pathlib import Path

from dezero.core.dtypes import Array
from dezero.io import read_arrays, write_arrays
from dezero.io.download import data_directory


def load_cache_npz(filename: str, train: bool = False) -> tuple[Array, Array] | tuple[None, None]:
    """Return the data and labels that `save_cache_npz` kept for a file or URL, or (None, None).

    Raises ValueError, naming the file, for one that is damaged.
    """
    path = _path(filename, train)
    if not path.exists():
        return None, None
    arrays = read_arrays(path)
    if not {"data", "label"} <= arrays.keys():
        raise ValueError(f"{path}: holds {sorted(arrays)}, not data and label; remove it")
    return arrays["data"], arrays["label"]


def save_cache_npz(data: Array, label: Array, filename: str, train: bool = False) -> str:
    """Save data and labels computed from a file or URL, unless the cache exists, and return its path.

    It lies in `$DEZERO_DATA`, by default `~/.dezero`, under the file's name with .train.npz or .test.npz.
    """
    path = _path(filename, train)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, {"data": data, "label": label})
    return str(path)


def _path(filename: str, train: bool) -> Path:
    name = filename.rpartition("/")[2]
    return data_directory() / f"{name}.{'train' if train else 'test'}.npz"
