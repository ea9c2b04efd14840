"""Replacing a file that one process alone writes, and is killed while it does, time and again."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from os import PathLike
from pathlib import Path


@contextlib.contextmanager
def aside(path: str | PathLike[str]) -> Iterator[Path]:
    """Give a path in a folder of its own beside `path`, whose file takes the place of `path` when the block ends.

    The folder, `.NAME.partial`, is what `io.atomic.replacing` lacks: what a killed process left in it is known to be
    of no use, and is removed by the next one.
    """
    target = Path(os.path.realpath(path))
    folder = target.with_name(f".{target.name}.partial")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder / target.name
        os.replace(folder / target.name, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
