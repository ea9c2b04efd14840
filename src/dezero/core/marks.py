"""What `_op` of a Variable holds where no operation was recorded, or where the recorded one is no longer valid."""

from __future__ import annotations

from dezero.core.arraylike import Node
from dezero.core.errors import GraphError, describe


class Computed:
    """Marks a value that was computed without a record: a leaf of the graph, though no user made it as one.

    No derivative is asked for in it, so NumPy may convert it to an array.
    """

    rules = ()


class Frozen(Computed):
    """Marks a leaf whose requires_grad is False: `backward` gives it no gradient. used: whether a leaf ever was so."""

    used = False

    def __call__(self, frozen: bool) -> Frozen | None:
        """The mark of a leaf that is frozen or not."""
        self.used = self.used or frozen
        return self if frozen else None

    def __reduce__(self) -> str:
        return "FROZEN"  # a copy of the mark is the mark itself


class Cut(Computed):
    """Marks a value whose derivative was lost, since nothing was recorded. why: the reason, as errors say it."""

    def __init__(self, why: str) -> None:
        self.why = why


CONSTANT = Computed()
FROZEN = Frozen()
CUT = Cut("was computed while no graph was recorded (no_grad); compute it outside no_grad")
UNRECORDED = Cut(
    "is a derivative that was taken without create_graph=True, a constant for what comes after; take it with "
    "create_graph=True to differentiate it"
)
COMPILED = Cut(
    "was computed by a compiled function, a constant for what comes after; take the derivative inside of the function "
    "that is compiled"
)


class Overwritten:
    """Marks a result whose data was rebound: the derivative of its operation is not that of the new data."""

    def __init__(self, node: Node) -> None:
        first = node._args[0]
        self.name = (first._op if isinstance(getattr(first, "_data", None), tuple) else node._op).name
        self.label = describe(node)

    def view(self, node: Node) -> None:
        return None

    def fail(self, name: str) -> None:
        raise GraphError(
            f"{name}: the result of {self.name}, {self.label}, had its .data rebound after it was computed; "
            "compute a new Variable instead of overwriting an intermediate one"
        )
