"""Atomic replacement of a file: it is written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], alone: bool = False) -> Iterator[Path]:
    """Give a temporary path to write to, which takes the place of `path` when the block ends without an error.

    The temporary file lies in the same folder and has the same suffix. Whoever reads `path` meets the old file or
    the new one, never a part, also after a power failure. On an error the old file stays and the temporary one is
    removed. A new file has the mode that `open` gives; a file that replaces another has the mode of the old one. A
    symbolic link stays, and the file that it points to is replaced. alone: no other process writes this file; the
    temporary file then always has the same name, so that the next write overwrites what a killed process left. Raises
    FileNotFoundError where the folder is missing and IsADirectoryError where `path` is a folder, before anything is
    written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/notes.txt") as temporary:
    ...         _ = temporary.write_text("all of it")
    ...     print(Path(folder, "notes.txt").read_text())
    all of it
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "No such folder", str(target.parent))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "Is a folder, not a file", os.fspath(path))
    temporary = target.with_name(f".{target.name}.{'partial' if alone else uuid4().hex}{target.suffix}")
    try:
        yield temporary
        _flush(temporary)
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    _flush_folder(target.parent)


def _flush(path: Path) -> None:
    with open(path, "rb+") as file:  # Windows flushes only what is open for writing
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Flush the folder, so that the new name survives a power failure; errors are ignored: the file itself is safe."""
    with contextlib.suppress(OSError):  # Windows opens no folder, and some network drives flush none
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
