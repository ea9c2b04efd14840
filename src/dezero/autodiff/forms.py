"""Of which graphs a derivation is worth keeping: those whose like comes again.

Numbers and arrays that are new each time, as in a loop over a learning rate, soon leave nothing in the cache: to store
a derivation takes longer than to do without.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

_FORMS = 4096  # forms of graphs of which is remembered with which numbers and plain arrays they came
_CONTENTS = (
    8  # of the plain arrays in a graph, for which derivations of one form are kept: mini-batches never come again
)
_IDLE = 64  # derivations of one form stored and none of them replayed, after which only one in _PROBED is still stored
_PROBED = 16


class Form:
    """The graphs of one form.

    contents: hashes of the contents of plain arrays that came. keys: of the derivations in the cache. idle: how many
    came since one was replayed.
    """

    __slots__ = ("contents", "idle", "keys")

    def __init__(self) -> None:
        self.contents: set[int] = set()
        self.keys: set[Hashable] = set()
        self.idle = 0


class Forms:
    """What is remembered of each form. A key of a graph is its form, its numbers, and the contents of its arrays."""

    def __init__(self) -> None:
        self._forms: dict[int, Form] = {}

    def of(self, key: tuple[Any, ...]) -> Form:
        """The form of a key, made where it is new."""
        if len(self._forms) > _FORMS:
            self._forms.clear()
        return self._forms.setdefault(hash(key[0]), Form())

    def worth(self, key: tuple[Any, ...]) -> bool:
        """Whether a derivation of this key should be stored, now that there is none."""
        form = self._forms.get(hash(key[0]))
        if form is None:
            return True
        form.idle += 1
        return len(form.contents) <= _CONTENTS and (form.idle <= _IDLE or form.idle % _PROBED == 0)

    def clear(self) -> None:
        self._forms.clear()


def comes_with_new_arrays(form: Form, key: tuple[Any, ...]) -> bool:
    """Whether a graph of this form came with so many contents of plain arrays that none is likely to come again."""
    form.contents.add(hash(key[2]))
    return len(form.contents) > _CONTENTS
