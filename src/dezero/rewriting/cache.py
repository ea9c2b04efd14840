"""One cache for what depends on a graph's structure alone: steps of derivatives, plans of sparse derivatives."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any, NamedTuple


class CacheInfo(NamedTuple):
    """hits, misses: how many look-ups found an entry, or none. bytes: of all entries, estimated; limit: the most."""

    hits: int
    misses: int
    entries: int
    bytes: int
    limit: int


class _Entry:
    """A value, its bytes, what to call when it is removed, and whether it was found since it was last passed over."""

    __slots__ = ("gone", "size", "used", "value")

    def __init__(self, value: object, size: int, gone: Callable[[], None] | None) -> None:
        self.value, self.size, self.gone, self.used = value, size, gone, False


class Cache:
    """Values by key, with a limit on their bytes together; entries that are not used are removed first.

    Without room the oldest entry is removed, unless it was found since it was last passed over: then it moves to the
    end of the queue (the second chance of F. J. Corbato, 1968). The cost of an entry does not grow with their number.
    Threads may share the cache: changes take its lock, finding needs none.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self.hits = self.misses = 0
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self.lock = threading.RLock()

    def find(self, key: Hashable) -> Any:
        """The value, or None."""
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        entry.used = True
        return entry.value

    def keep(self, key: Hashable, value: object, size: int, gone: Callable[[], None] | None = None) -> bool:
        """Store a value; False where it alone is larger than the limit. gone: called when it is removed."""
        with self.lock:
            if size > self.limit:
                return False
            if key in self._entries:
                self.remove(key)
            while self._entries and self.size + size > self.limit:
                self._remove_one()
            self._entries[key] = _Entry(value, size, gone)
            self.size += size
            return True

    def _remove_one(self) -> None:
        oldest = next(iter(self._entries))
        entry = self._entries[oldest]
        if entry.used:
            entry.used = False
            self._entries.move_to_end(oldest)
        else:
            self.remove(oldest)

    def remove(self, key: Hashable) -> None:
        with self.lock:
            entry = self._entries.pop(key)
            self.size -= entry.size
            if entry.gone is not None:
                entry.gone()

    def clear(self) -> None:
        with self.lock:
            for key in list(self._entries):
                self.remove(key)
            self.hits = self.misses = 0

    def info(self) -> CacheInfo:
        return CacheInfo(self.hits, self.misses, len(self._entries), self.size, self.limit)

    def sizes(self) -> list[int]:
        """The bytes of each entry."""
        return [entry.size for entry in list(self._entries.values())]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(list(self._entries))


CACHE = Cache(2**25)


def _unlock() -> None:
    """Free the lock in a forked child process: the thread that held it exists in the parent only."""
    CACHE.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)
