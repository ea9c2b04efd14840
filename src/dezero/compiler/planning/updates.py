"""Updates of inputs that are written where the input lies, and not copied there at the end."""

from __future__ import annotations

from collections.abc import Collection

from dezero.compiler.graph import CONSTANT, INPUT
from dezero.compiler.planning.bodies import Loop
from dezero.compiler.planning.memory import is_all, touched
from dezero.compiler.planning.regions import Call, Plan


def written_in_place(plan: Plan, called: Collection[int]) -> dict[int, int]:
    """The roots that may lie in the memory of the input that they update, with this input's place.

    Nothing reads the input's old elements after the root is computed, and nothing that can fail runs after that.
    """
    graph = plan.graph
    steps = [(step, section.rows) for section in plan.sections for step in [*section.first, *section.steps]]
    calls = max([k for k, (step, _) in enumerate(steps) if isinstance(step, Call)], default=-1)
    seen = [plan.views[place].root for place in [*graph.outputs, *graph.updates.values()]]
    found: dict[int, int] = {}
    for place, value in graph.updates.items():
        root = plan.views[value].root
        node, given = graph.nodes[root], graph.nodes[place]
        same = node.shape == given.shape and node.dtype == given.dtype and is_all(plan, value)
        alone = seen.count(root) == 1 and place not in seen and place in plan.shapes
        if same and alone and root not in called and node.primitive not in (INPUT, CONSTANT):
            writers = [k for k, (step, _) in enumerate(steps) if root in _written(step)]
            safe = len(writers) == 1 and writers[0] > calls and not steps[writers[0]][1]
            if safe and _read_before(plan, [step for step, _ in steps], place, root, writers[0]):
                found[root] = place
    return found


def _written(step: object) -> list[int]:
    if not isinstance(step, Loop):
        return []
    return [view.root for view in step.views[len(step.kernel.loads) :]]


def _read_before(plan: Plan, steps: list[object], place: int, root: int, writer: int) -> bool:
    """Whether steps read an input only before it is written, or element by element where it is."""
    readers = [k for k, step in enumerate(steps) if place in touched(plan, step)]  # type: ignore[arg-type]
    step = steps[writer]
    if max(readers, default=-1) > writer or not isinstance(step, Loop):
        return False
    kernel, loads = step.kernel, len(step.kernel.loads)
    stores = [o for (_, o), view in zip(kernel.stores, step.views[loads:], strict=False) if view.root == root]
    same = [
        operand.strides == stores[0].strides and view.offset == 0
        for operand, view in zip(kernel.loads, step.views, strict=False)
        if view.root == place and stores
    ]
    return bool(stores) and all(same)
