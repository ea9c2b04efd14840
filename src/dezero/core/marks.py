"""What stands in a Variable's place for its operation where none was recorded, or the one that was is void."""

from __future__ import annotations

from typing import Any

from dezero.core.errors import GraphError, describe


class Computed:
    """Stands where the operation would be, of a value that was computed: a leaf, though nobody made it for one.

    NumPy may take it for an array.
    """

    rules = ()


class Cut(Computed):
    """This Variable was computed, but not recorded: it has no derivative. why: in words."""

    def __init__(self, why: str) -> None:
        self.why = why


CONSTANT = Computed()
CUT = Cut("was computed while no graph was recorded (no_grad); compute it outside no_grad")
UNRECORDED = Cut(
    "is a derivative that was taken without create_graph=True, a constant for what comes after; take it with "
    "create_graph=True to differentiate it"
)


class Overwritten:
    """Stands where the operation was: the result's data was rebound, so the operation's derivative is not its own."""

    def __init__(self, node: Any) -> None:
        first = node._args[0]
        self.name = (first._op if isinstance(getattr(first, "_data", None), tuple) else node._op).name
        self.label = describe(node)

    def view(self, node: Any) -> None:
        return None

    def fail(self, name: str) -> None:
        raise GraphError(
            f"{name}: the result of {self.name}, {self.label}, had its .data rebound after it was computed; "
            "compute a new Variable instead of overwriting an intermediate one"
        )
