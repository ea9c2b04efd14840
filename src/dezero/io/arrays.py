"""Arrays by name in one file: npz, or safetensors. Nothing in a file is ever unpickled."""

from __future__ import annotations

import math
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dezero.io.atomic import replacing

Check = Callable[[dict[str, tuple[tuple[int, ...], Any]]], None]


def write_arrays(
    path: str | PathLike[str], arrays: Mapping[str, np.ndarray[Any, Any] | np.generic], alone: bool = False
) -> Path:
    """Write NumPy arrays to a file, whole or not at all, and return its path.

    path: ends in .safetensors for that format, else in .npz, which is added where it is missing. alone: as for
    `io.atomic.replacing`. TypeError for what is no array of numbers, or of a kind that safetensors does not have, such
    as complex128; ImportError, naming the extra, where safetensors is needed and missing.
    """
    path = Path(path)
    for name, array in arrays.items():
        dtype = np.asarray(array).dtype
        if dtype.kind not in "biufc":
            raise TypeError(f"write_arrays: {name!r} holds {_told(dtype)}; only arrays of numbers are written")
        if path.suffix == ".safetensors" and dtype.newbyteorder("=") not in _DTYPES.values():
            raise TypeError(f"write_arrays: {name!r} holds {dtype}, which safetensors does not have; use .npz")
    if path.suffix == ".safetensors":
        save = _safetensors("numpy").save_file
        with replacing(path, alone) as partial:
            save({name: np.asarray(array, order="C") for name, array in arrays.items()}, partial)
        return path
    path = path if path.suffix == ".npz" else path.with_name(path.name + ".npz")
    with replacing(path, alone) as partial, zipfile.ZipFile(partial, "w") as archive:  # stored: weights hardly shrink
        for name, array in arrays.items():  # not by savez: an array could not be named as one of its arguments
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
    return path


def read_arrays(path: str | PathLike[str], check: Check | None = None) -> dict[str, np.ndarray[Any, Any]]:
    """Read what `write_arrays`, numpy.savez or safetensors has written.

    check: called with each array's (shape, dtype) by name before the arrays are read; what it raises is raised. So a
    file cannot fill the memory with arrays that nobody asked for; without check a small compressed file may. A path
    without suffix finds the file that was saved under it. Raises FileNotFoundError, ValueError, naming the file, for
    one that is damaged or of another kind.
    """
    path = Path(path)
    if not path.exists() and path.with_name(path.name + ".npz").exists():
        path = path.with_name(path.name + ".npz")
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    read = _read_safetensors if path.suffix == ".safetensors" else _read_npz
    return read(path, check or (lambda found: None))


def _read_npz(path: Path, check: Check) -> dict[str, np.ndarray[Any, Any]]:
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: no npz file, or the end of one is missing; save it anew")
    with open(path, "rb") as file:  # opened once, so that the arrays are read from the file that was checked
        try:
            archive = zipfile.ZipFile(file)
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            if len(members) < len(archive.infolist()):
                raise ValueError("two arrays have the same name")
            headers = {name: _header(archive, info) for name, info in members.items()}
        except Exception as error:  # zlib.error, BadZipFile and others: whatever the damage looks like
            raise ValueError(f"{path}: damaged, or no npz file of arrays of numbers ({error})") from error
        check({name: (header.shape, header.dtype) for name, header in headers.items()})
        try:
            return {name: _array(archive, info, headers[name]) for name, info in members.items()}
        except Exception as error:
            raise ValueError(f"{path}: damaged ({error}); save it anew") from error


class _Header(NamedTuple):
    """The header of an npy file; size: the bytes before the array."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: Any
    size: int


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, header: _Header) -> np.ndarray[Any, Any]:
    array = np.empty(math.prod(header.shape), header.dtype)
    view = memoryview(array.view(np.uint8))  # type: ignore[arg-type]
    member: Any  # its declared type lacks readinto
    with archive.open(info) as member:
        member.read(header.size)
        at = 0
        while at < len(view):
            count = member.readinto(view[at : at + _PIECE])
            if not count:
                raise ValueError(f"{info.filename} ends early")
            at += count
        member.read()  # the end of the file: zipfile compares the checksum there
    return array.reshape(header.shape[::-1]).T if header.fortran else array.reshape(header.shape)


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Header:
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        start = member.tell()
        (length,) = struct.unpack("<H", member.read(2)) if version == (1, 0) else struct.unpack("<I", member.read(4))
        # Usual headers are parsed here: NumPy's reader leaves a cycle of references behind for each one.
        usual = _USUAL.fullmatch(member.read(length))
        if usual:
            descr, order, shape = usual.groups()
            lengths = tuple([int(n) for n in shape.replace(b" ", b"").split(b",") if n])
            header = _Header(lengths, order == b"True", np.dtype(descr.decode()), member.tell())
    if not usual:  # written by another program
        with archive.open(info) as member:
            member.read(start)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            header = _Header(*read(member), member.tell())
    if header.dtype.kind not in "biufc":
        raise ValueError(f"{info.filename} holds {_told(header.dtype)}, which is not read")
    if info.file_size != header.dtype.itemsize * math.prod(header.shape) + header.size:
        raise ValueError(f"{info.filename} says it is of shape {header.shape}, and its length is of another")
    return header


_PIECE = 2**18  # bytes read at once
_USUAL = re.compile(rb"\{'descr': '([^']+)', 'fortran_order': (True|False), 'shape': \(((?:\d+, ?)*\d*)\),? ?\}\s*")


def _told(dtype: np.dtype[Any]) -> str:
    return "Python objects" if dtype.hasobject else str(dtype)


def _read_safetensors(path: Path, check: Check) -> dict[str, np.ndarray[Any, Any]]:
    library = _safetensors()
    try:
        with library.safe_open(path, framework="np") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  # no mapping
            headers = {name: (tuple(s.get_shape()), _DTYPES[s.get_dtype()]) for name, s in slices.items()}
    except KeyError as error:
        raise ValueError(f"{path}: holds numbers of the kind {error}, which NumPy does not have") from error
    except library.SafetensorError as error:
        raise ValueError(f"{path}: damaged, or no safetensors file ({error})") from error
    check(headers)
    with library.safe_open(path, framework="np") as file:
        return {name: file.get_tensor(name) for name in headers}


_DTYPES = {
    "BOOL": np.dtype(bool),
    "C64": np.dtype(np.complex64),
    **{f"{c}{8 * n}": np.dtype(f"{k}{n}") for c, k in (("I", "i"), ("U", "u")) for n in (1, 2, 4, 8)},
    **{f"F{8 * n}": np.dtype(f"f{n}") for n in (2, 4, 8)},
}


def _safetensors(module: str = "") -> Any:
    from importlib import import_module

    try:
        import_module("safetensors.numpy")
        return import_module(f"safetensors.{module}" if module else "safetensors")
    except ImportError as error:
        raise ImportError('safetensors is missing; run pip install "dezero-nth[learn]", or use .npz') from error
