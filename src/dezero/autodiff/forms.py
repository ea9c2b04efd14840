"""Which derivations are worth storing: those of graphs that come again.

Where numbers or arrays are new each time, as in a loop over a learning rate, storing soon stops: to store a derivation
and never replay it takes longer than not to store it.
"""

from __future__ import annotations

from collections.abc import Hashable

from dezero.rewriting.keys import GraphKey

_FORMS = 4096  # the most forms that are noted
_CONTENTS = 8  # the most contents of plain arrays with which a form is stored: a mini-batch never comes again
# After so many derivations of a form that were stored and not replayed, only one in _PROBED is stored.
_IDLE = 64
_PROBED = 16


class Form:
    """What is noted of the graphs of one form: equal operations, shapes and dtypes.

    depends_on_arrays: whether the steps of their derivatives depend on what is in their plain arrays. contents: hashes
    of these then. keys: of their derivations in the cache. idle: how many graphs came since a derivation was replayed.
    """

    __slots__ = ("contents", "depends_on_arrays", "idle", "keys")

    def __init__(self) -> None:
        self.contents: set[int] = set()
        self.keys: set[Hashable] = set()
        self.idle = 0
        self.depends_on_arrays = False


class Forms:
    """The forms by their hash. The key of a graph is its form, its numbers, and its plain arrays (see GraphKey)."""

    def __init__(self) -> None:
        self._forms: dict[int, Form] = {}

    def of(self, key: GraphKey) -> Form:
        """The form of a key; a new one where none is noted."""
        if len(self._forms) > _FORMS:
            self._forms.clear()
        return self._forms.setdefault(hash(key.form), Form())

    def depend_on_arrays(self, key: GraphKey) -> bool:
        """Whether the steps for a graph of this form depend on what is in its plain arrays."""
        form = self._forms.get(hash(key.form))
        return form is not None and form.depends_on_arrays

    def worth(self, key: GraphKey) -> bool:
        """Whether to store a derivation with this key, which the cache does not have."""
        form = self._forms.get(hash(key.form))
        if form is None:
            return True
        form.idle += 1
        return len(form.contents) <= _CONTENTS and (form.idle <= _IDLE or form.idle % _PROBED == 0)

    def clear(self) -> None:
        self._forms.clear()


def comes_with_new_arrays(form: Form, key: GraphKey) -> bool:
    """Whether graphs of this form had so many different plain arrays that none is likely to come again."""
    form.contents.add(hash(key.arrays))
    return len(form.contents) > _CONTENTS
