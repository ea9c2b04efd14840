"""Machine code kept in files, so that later processes need not make it again.

The folder is the environment variable DEZERO_COMPILE_CACHE; without it nothing is kept. Its files are run as they
are, so it must belong to the user alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

_CHECK = 32  # bytes of the checksum with which a file begins


def key(*parts: str) -> str:
    """The name of what is made from texts: equal for equal ones only."""
    return hashlib.sha256("\0".join([f"{len(part)}:{part}" for part in parts]).encode()).hexdigest()


def load(name: str) -> bytes | None:
    """What is kept under a name; None where there is nothing, or where the file is damaged."""
    folder = _folder()
    if folder is None:
        return None
    try:
        content = (folder / name).read_bytes()
    except OSError:
        return None
    payload = content[_CHECK:]
    return payload if content[:_CHECK] == hashlib.sha256(payload).digest() else None


def store(name: str, payload: bytes) -> None:
    """Keep bytes under a name, where there is a folder that can be written."""
    folder = _folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(payload).digest() + payload)
            os.replace(path, folder / name)  # at once: other processes read the whole file or none
        except OSError:
            os.unlink(path)


def _folder() -> Path | None:
    given = os.environ.get("DEZERO_COMPILE_CACHE")
    return Path(given) if given else None
