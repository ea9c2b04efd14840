"""Downloading data files into one directory, each whole or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from urllib.request import urlretrieve
from uuid import uuid4

BAR_WIDTH = 30


def data_directory() -> Path:
    """Return where downloads are kept: `$DEZERO_DATA`, or `.dezero` in the home directory."""
    return Path(os.environ.get("DEZERO_DATA") or Path.home() / ".dezero")


def get_file(url: str, file_name: str | None = None) -> str:
    """Download `url` into the data directory, unless it is there already, and return the file's path.

    file_name: what to call it; by default the last part of the URL's path. The file appears under its name
    only when it is complete: a download that fails or is interrupted leaves nothing behind. Raises ValueError
    where the name is no plain file name, OSError (urllib.error.URLError is one) where the download fails or
    ends early.
    """
    name = PurePosixPath(unquote(urlsplit(url).path)).name if file_name is None else file_name
    if name in ("", ".", "..") or Path(name).name != name:
        raise ValueError(f"get_file: {name!r}, for {url!r}, is no plain file name; give one as file_name")
    path = data_directory() / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{name}.{uuid4().hex}")
        print(f"Downloading {name}", file=sys.stderr)
        try:
            urlretrieve(url, partial, show_progress)  # raises where the connection ends before Content-Length
            os.replace(partial, path)
        finally:
            print(file=sys.stderr)
            partial.unlink(missing_ok=True)
    return str(path)


def show_progress(block_num: int, block_size: int, total_size: int) -> None:
    """Draw a download's progress on one line of standard error, in the form of urllib's report hook.

    block_num: blocks received so far. block_size, total_size: bytes; a total that is unknown is 0 or less.
    """
    received = block_num * block_size
    if total_size > 0:
        share = min(received / total_size, 1.0)
        line = f"[{'#' * round(BAR_WIDTH * share):<{BAR_WIDTH}}] {share:7.2%}"
    else:
        line = f"{received:,} bytes"
    print(f"\r{line}", end="", file=sys.stderr, flush=True)
