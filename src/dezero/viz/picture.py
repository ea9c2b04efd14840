"""Picture: the nodes and edges of a drawing in any format; the graph is walked without recursion."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dezero.core import Variable
from dezero.core.dtypes import Array
from dezero.core.function import BuiltIn

Drawable = Variable | Sequence[Variable] | Mapping[str, Variable]
LIMIT = 2000
LONGEST_LABEL = 60
EXPECTED = "a graph is drawn from a Variable, a list of Variables or a dict of labels to Variables, not from {}"
# A drawing with more nodes than this shows unnamed Variables between operations as the arrow alone: half the nodes,
# half the time to lay them out, and a picture that can still be read.
COMPACT = 120
# Swapping the arguments of these changes nothing, so they need no ports.
SYMMETRIC = frozenset({"add", "mul", "maximum", "minimum"})


class GraphTooLargeError(ValueError):
    """More nodes than the caller's limit; nothing was drawn."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node: `kind` is "variable", "operation" or "constant"; `role` is "value" or "gradient".

    `ports` tell an operation's arguments apart where they are not alike: ①, ②, ... or their weights in a sum.
    """

    key: str
    kind: str
    role: str
    label: str
    ports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow, to the port of that number where the target has ports."""

    source: str
    target: str
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """The nodes, numbered in walk order from the outputs, and the edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def picture(
    output: Drawable,
    verbose: bool = False,
    *,
    values: Variable | Sequence[Variable] | None = None,
    limit: int = LIMIT,
) -> Picture:
    """Walk back from `output` and return what is to be drawn.

    A Variable is a gradient unless it is one of the values or a value was computed from it. The values are
    those given as `values`; without, the first Variable of a dict, and all Variables of anything else. Where
    the `.grad` of a drawn Variable is drawn too, it is a gradient and its owner a value.

    Raises TypeError for anything but Variables and GraphTooLargeError for more than `limit` nodes.
    """
    roots, labels = _roots(output)
    walk = _Walk(roots, limit)
    held, owners = _gradients_held(walk.variables)
    if values is None:
        candidates = roots[:1] if isinstance(output, Mapping) else roots
        starts = [root for root in candidates if id(root) not in held]
    else:
        starts = [values] if isinstance(values, Variable) else list(values)
        for start in starts:
            if not isinstance(start, Variable):
                raise TypeError(f"values must be a Variable or a list of Variables, not of {type(start).__name__}")
    of_values = _Walk([*starts, *owners], limit)
    return _Drawing(walk, of_values, labels, verbose).picture()


def _roots(output: Drawable) -> tuple[list[Variable], dict[int, str]]:
    """Return the Variables to draw and, by id, the label of each: empty where none is given."""
    labels: dict[int, str] = {}
    if not isinstance(output, Variable | Mapping | list | tuple):
        raise TypeError(EXPECTED.format(type(output).__name__))
    pairs: list[tuple[str, Variable]]
    if isinstance(output, Mapping):
        pairs = [(str(label), root) for label, root in output.items()]
    else:
        pairs = [("", root) for root in ([output] if isinstance(output, Variable) else output)]
    if not pairs:
        raise TypeError("there is no Variable to draw: the list is empty")
    for label, root in pairs:
        if not isinstance(root, Variable):
            raise TypeError(EXPECTED.format(type(root).__name__))
        labels[id(root)] = f"{labels[id(root)]}, {label}" if labels.get(id(root)) else label
    return [root for _, root in pairs], labels


def _gradients_held(variables: Mapping[int, Variable]) -> tuple[set[int], list[Variable]]:
    """Return the ids of the Variables that are the `.grad` of another, and the owners that are none."""
    pairs = [(v, v.grad) for v in variables.values() if v.grad is not None and id(v.grad) in variables]
    held = {id(grad) for _, grad in pairs}
    return held, [owner for owner, _ in pairs if id(owner) not in held]


class _Walk:
    """Every Variable and operation that `roots` were computed from, breadth first, up to `limit` nodes.

    An operation is known by its first living output: two looks at `.creator` may give two views of one.
    """

    def __init__(self, roots: Iterable[Variable], limit: int):
        self.variables: dict[int, Variable] = {}
        self.operations: dict[int, Any] = {}
        self.maker: dict[int, int] = {}  # id of a Variable -> key of the operation that made it
        self.order: list[tuple[str, int]] = []
        self._alive: list[list[Variable]] = []  # held, so that no other Variable gets their id during the walk
        constants = 0
        queue: deque[Variable] = deque(roots)
        while queue:
            variable = queue.popleft()
            if id(variable) in self.variables:
                continue
            self.variables[id(variable)] = variable
            self.order.append(("variable", id(variable)))
            creator = variable.creator
            if creator is not None:
                outputs = [y for reference in creator.outputs if (y := reference()) is not None] or [variable]
                key = self.maker[id(variable)] = id(outputs[0])
                if key not in self.operations:
                    self._alive.append(outputs)
                    self.operations[key] = creator
                    self.order.append(("operation", key))
                    inputs = [arg for arg in creator.args if isinstance(arg, Variable)]
                    constants += len(creator.args) - len(inputs)
                    queue.extend(inputs)
            if len(self.order) + constants > limit:
                raise GraphTooLargeError(
                    f"the graph has more than {limit} nodes: draw an intermediate Variable or a lower order, "
                    f"or raise the limit (limit={2 * limit})"
                )


class _Drawing:
    """Turns a walk into nodes and edges; `labels` has an entry for every root."""

    def __init__(self, walk: _Walk, of_values: _Walk, labels: Mapping[int, str], verbose: bool):
        self.walk, self.of_values, self.labels, self.verbose = walk, of_values, labels, verbose
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.texts = {key: self._variable_text(key) for key in walk.variables}
        self.keys = {entry: f"n{number}" for number, entry in enumerate(walk.order)}
        self.arrows: set[int] = set()  # Variables drawn as the arrow alone
        if len(walk.order) > COMPACT:
            self.arrows = {key for key, text in self.texts.items() if not text and key in walk.maker}

    def picture(self) -> Picture:
        for kind, key in self.walk.order:
            if kind == "operation":
                self._operation(key)
            elif key not in self.arrows:
                self._variable(key)
        return Picture(tuple(self.nodes), tuple(self.edges))

    def _variable_text(self, key: int) -> str:
        variable = self.walk.variables[key]
        name = self.labels.get(key) or variable.name
        lines = [_shorten(str(name))] if name else []
        is_end = key in self.labels or key not in self.walk.maker
        if self.verbose or (not name and is_end):
            lines.append(_holds(variable.data, self.verbose))
        return "\n".join(lines)

    def _variable(self, key: int) -> None:
        node = self.keys["variable", key]
        role = "value" if key in self.of_values.variables else "gradient"
        self.nodes.append(Node(node, "variable", role, self.texts[key]))
        if key in self.walk.maker:
            self.edges.append(Edge(self.keys["operation", self.walk.maker[key]], node))

    def _operation(self, key: int) -> None:
        node, creator = self.keys["operation", key], self.walk.operations[key]
        role = "value" if key in self.of_values.operations else "gradient"
        lines = [_shorten(str(creator.name))]
        ports = _ports(creator)
        # The weights of a sum are its ports.
        parameters = [f"{name}={_plain(p)}" for name, p in creator.parameters.items() if name != "weights"]
        if self.verbose and parameters:
            lines.append(_shorten(" ".join(", ".join(parameters).split())))
        self.nodes.append(Node(node, "operation", role, "\n".join(lines), ports))
        for position, arg in enumerate(creator.args):
            if not isinstance(arg, Variable):
                source = f"{node}_{position}"
                self.nodes.append(Node(source, "constant", role, _shorten(_plain(arg))))
            elif id(arg) in self.arrows:
                source = self.keys["operation", self.walk.maker[id(arg)]]
            else:
                source = self.keys["variable", id(arg)]
            self.edges.append(Edge(source, node, position if ports else None))


def _ports(creator: Any) -> tuple[str, ...]:
    arity = len(creator.args)
    if creator.name == "linear_combination" and "weights" in creator.parameters:
        return tuple(f"×{_plain(weight)}" for weight in creator.parameters["weights"])
    if arity < 2 or (creator.name in SYMMETRIC and isinstance(creator, BuiltIn)):
        return ()
    return tuple(chr(ord("①") + n) if n < 20 else str(n + 1) for n in range(arity))


def _holds(data: Array | None, verbose: bool) -> str:
    if data is None:
        return "no data"
    if data.ndim == 0 and verbose:
        return f"{_plain(data)} {data.dtype}"
    return _plain(data)


def _plain(value: Any) -> str:
    """Return a number in six digits, an array as its shape and dtype, anything else as its repr."""
    if getattr(value, "ndim", 0):
        return f"{tuple(value.shape)} {value.dtype}"
    if hasattr(value, "dtype"):
        value = value.item()
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
