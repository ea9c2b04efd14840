"""Downloading data files into one directory, each whole or not at all, and checking what they hold."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from urllib.error import ContentTooShortError
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

from dezero.io.atomic import replacing

BAR_WIDTH = 30
BLOCK = 1 << 16  # bytes
TIMEOUT = 60  # seconds without a byte


def data_directory() -> Path:
    """Return where downloads are kept: `$DEZERO_DATA`, or `.dezero` in the home directory."""
    return Path(os.environ.get("DEZERO_DATA") or Path.home() / ".dezero")


def get_file(url: str, file_name: str | None = None, *, sha256: str | None = None) -> str:
    """Download `url` into the data directory, unless it is there already, and return the file's path.

    file_name: what to call it; by default the last part of the URL's path. sha256: the digest that the file must have,
    in hexadecimal; a file that is there already is checked too, and never removed. The file appears under its name
    only when it is complete and checked: a download that fails or is interrupted leaves nothing behind. Raises
    ValueError where the name is no plain file name or the digest is another, OSError (urllib.error.URLError is one)
    where the download fails or ends early, with a note of the URL and of where a copy would be found.
    """
    name = PurePosixPath(unquote(urlsplit(url).path)).name if file_name is None else file_name
    if name in ("", ".", "..") or Path(name).name != name:
        raise ValueError(f"get_file: {name!r}, for {url!r}, is no plain file name; give one as file_name")
    path = data_directory() / name
    if path.exists():
        _check(path, sha256, f"{path} is not the file expected", f"remove it, and it is downloaded again from {url}")
        return str(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        try:
            _download(url, name, partial)
        except OSError as error:
            error.add_note(f"get_file: {url} could not be downloaded; a copy of it at {path} is used without network")
            raise
        _check(partial, sha256, f"{url} did not give the file expected", f"try again, or put the right one at {path}")
    return str(path)


def _check(path: Path, expected: str | None, problem: str, remedy: str) -> None:
    if expected is None:
        return
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected.lower():
        raise ValueError(f"get_file: {problem}: its SHA-256 is {found}, not {expected.lower()}; {remedy}")


def _download(url: str, name: str, path: Path) -> None:
    received = 0
    with urlopen(url, timeout=TIMEOUT) as response, open(path, "wb") as file:
        total = int(response.headers.get("Content-Length") or 0)
        early = ContentTooShortError(f"{url} ended early", (str(path), response.headers))
        with _progress(name, total) as advance:
            try:
                while block := response.read(BLOCK):
                    file.write(block)
                    received += len(block)
                    advance(len(block))
            except HTTPException as error:  # a chunked response that ends early raises this, which is no OSError
                raise early from error
    if received < total:
        raise early


@contextlib.contextmanager
def _progress(name: str, total: int) -> Iterator[Callable[[int], object]]:
    """Yield a function to call with the number of bytes received; it moves tqdm's bar, or ours without tqdm."""
    try:
        from tqdm import tqdm
    except ImportError:
        received = 0

        def advance(count: int) -> None:
            nonlocal received
            received += count
            show_progress(received, 1, total)

        print(f"Downloading {name}", file=sys.stderr)
        try:
            yield advance
        finally:
            print(file=sys.stderr)
    else:
        with tqdm(desc=name, total=total or None, unit="B", unit_scale=True, unit_divisor=1024) as bar:
            yield bar.update


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
