"""The book of recipes: which are kept, for how many bytes, and of which graphs none is worth keeping."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, ValuesView
from typing import Any, Protocol

_FORMS = 4096  # forms of graphs of which is remembered with which numbers and plain arrays they came
_CONTENTS = 8  # of the plain arrays in a graph, for which recipes of one form are kept: mini-batches never come again
_IDLE = 64  # recipes of one form, none of which was followed, after which only one in _PROBED is still noted
_PROBED = 16


class Entry(Protocol):
    """A recipe. size: bytes, about. used: whether it was followed since it was last thought of for removal."""

    size: int
    used: bool
    shelf: Shelf


class Shelf:
    """The graphs of one form: which contents of plain arrays came, and recipes noted since one was followed."""

    __slots__ = ("contents", "idle", "structures")

    def __init__(self) -> None:
        self.contents: set[int] = set()
        self.structures: dict[Any, None] = {}
        self.idle = 0


class Book:
    """Recipes by the structure of their graph: its form, its numbers and parameters, and what its arrays hold.

    Whoever changes it holds a lock; looking up needs none. Where there are too many bytes, the recipes that were noted
    first go, those that were used since last of all (the second chance of F. J. Corbato, 1968); nothing is gone through
    but what is removed, so that each recipe costs the same however many there are. Numbers and arrays that are new
    each time, as in a loop over a learning rate, soon leave no recipes: to make one takes longer than to do without.
    """

    def __init__(self) -> None:
        self._recipes: OrderedDict[Any, Any] = OrderedDict()
        self._shelves: dict[int, Shelf] = {}  # by the hash of the form
        self.size = 0  # of all recipes together

    def get(self, structure: Any) -> Any:
        recipe = self._recipes.get(structure)
        if recipe is not None:
            recipe.used = True
            recipe.shelf.idle = 0
        return recipe

    def takes(self, structure: Any) -> bool:
        """Whether a recipe of this structure would be kept."""
        shelf = self._shelves.get(hash(structure[0]))
        if shelf is None:
            return True
        shelf.idle += 1
        return len(shelf.contents) <= _CONTENTS and (shelf.idle <= _IDLE or shelf.idle % _PROBED == 0)

    def keep(self, structure: Any, recipe: Entry, room: int) -> None:
        """Put a recipe in, with at most `room` bytes of all together."""
        form, _, contents = structure
        if len(self._shelves) > _FORMS:
            self._shelves.clear()
        shelf = self._shelves.setdefault(hash(form), Shelf())
        shelf.contents.add(hash(contents))
        if len(shelf.contents) > _CONTENTS:
            for other in list(shelf.structures):
                del self[other]
            return
        if recipe.size > room:
            return
        if structure in self._recipes:  # another thread was faster
            del self[structure]
        while self._recipes and self.size + recipe.size > room:
            self._remove_one()
        recipe.shelf = shelf  # before anybody finds it
        self._recipes[structure] = recipe
        shelf.structures[structure] = None
        self.size += recipe.size

    def _remove_one(self) -> None:
        oldest = next(iter(self._recipes))
        recipe = self._recipes[oldest]
        if recipe.used:
            recipe.used = False
            self._recipes.move_to_end(oldest)
        else:
            del self[oldest]

    def __delitem__(self, structure: Any) -> None:
        self.size -= self._recipes.pop(structure).size
        shelf = self._shelves.get(hash(structure[0]))
        if shelf is not None:
            shelf.structures.pop(structure, None)

    def clear(self) -> None:
        self._recipes.clear()
        self._shelves.clear()
        self.size = 0

    def __len__(self) -> int:
        return len(self._recipes)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._recipes)

    def values(self) -> ValuesView[Any]:
        return self._recipes.values()
