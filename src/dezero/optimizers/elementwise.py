"""Optimizers that step every element by one formula of its gradient and its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dezero.backends import as_numpy, get_array_module
from dezero.core.arraylike import raw
from dezero.core.dtypes import Array, is_inexact
from dezero.core.variable import Parameter
from dezero.optimizers.blocks import Chunks, Plan, Scratch, working_dtype
from dezero.optimizers.optimizer import Optimizer, is_count


class Elementwise(Optimizer):
    """An Optimizer given by the formula of one element: subclasses define `step` and name their `slots`.

    slots: the arrays that are remembered of each Parameter, zeros at first, of its shape and dtype. counts: names for
    the number of its own steps. decay: the fraction by which each update shrinks the data, besides the step.
    """

    slots: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    decay: float = 0.0
    _plan: Plan | None = None

    def step(self, g: Array, *arrays: Any) -> None:
        """Write the array to subtract from the data into `out`: a subclass defines `step(self, g, *slots, out, tmp)`.

        All arrays have one shape and dtype; they hold one Parameter, a part of one, or several in a row. The gradient
        `g` must not be changed; `tmp` holds anything. Counts come after the slots, as integer arrays of shape ()
        that include this step.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no step(self, g, *slots, out, tmp)")

    def prepare(self, params: list[Parameter]) -> None:
        """Check the Parameters and lay out their state; skip both where only numbers have changed."""
        if self._one_by_one():
            return super().prepare(params)
        grads = [raw(p._grad) for p in params]
        if self._plan is not None and self._plan.fits(params, grads):
            return None
        self.check(params)
        if self._plan is None or not self._plan.rebound(params, grads):
            self._plan = None  # the next line moves the arrays of the old plan, and may raise
            self._plan = Plan(params, grads, [self._slots_of(p) for p in params], self.slots, self.counts)
        return None

    def check(self, params: list[Parameter]) -> None:
        super().check(params)
        for param in params:
            for shape in [np.shape(a) for name, a in self.states.get(param, {}).items() if name in self.slots]:
                if shape != param.shape:
                    raise ValueError(
                        f"{type(self).__name__}: {self._told(param)} was stepped with shape {shape} before; make a new "
                        "optimizer for data of another shape"
                    )

    def update_all(self, params: list[Parameter]) -> None:
        if self._one_by_one():
            return super().update_all(params)
        assert self._plan is not None
        self._plan.run(self.step, 1 - self.decay, [raw(p._grad) for p in params])
        for param in params:
            param._renewed()
        return None

    def update_one(self, param: Parameter) -> None:
        """Change one Parameter as `update` does; a subclass may call it for some, and treat others in its own way."""
        self.check([param])
        self._plan = None  # its counts are shared among several Parameters
        state = self._slots_of(param)
        kept, counts = [[state[name] for name in some] for some in (self.slots, self.counts)]
        chunks = Chunks(param.data, kept, counts, Scratch(len(self.slots)))
        chunks.run(self.step, 1 - self.decay, raw(param._grad))
        param._renewed()

    def advance(self, params: list[Parameter]) -> None:
        super().advance(params)
        self._count(params, 1)

    def retreat(self, params: list[Parameter]) -> None:
        super().retreat(params)
        self._count(params, -1)

    def _count(self, params: list[Parameter], by: int) -> None:
        for count in {id(c): c for p in params for c in [self.states[p][name] for name in self.counts]}.values():
            count += by

    def check_state(self, name: str, param: Parameter, arrays: Mapping[str, Array]) -> None:
        self._same_keys(f"load_state_dict: {name}", arrays, (*self.slots, *self.counts))
        for slot, value in arrays.items():
            if slot in self.counts:
                if not is_count(value):
                    raise ValueError(f"{type(self).__name__}.load_state_dict: {slot} of {name} must be 0, 1, 2, ...")
                continue
            if not is_inexact(np.asarray(value)):
                raise TypeError(f"{type(self).__name__}.load_state_dict: {slot} of {name} holds no floats")
            if param._data is not None and np.shape(value) != param.shape:
                raise ValueError(
                    f"{type(self).__name__}.load_state_dict: {slot} of {name} has shape {np.shape(value)}, the "
                    f"Parameter has shape {param.shape}"
                )

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        super().load_state_dict(saved)
        self._plan = None

    def _one_by_one(self) -> bool:
        return type(self).update_one is not Elementwise.update_one  # a user's own update_one may do anything

    def _slots_of(self, param: Parameter) -> dict[str, Array]:
        """The state of a Parameter, in the step's dtype and on the device of its data."""
        data, state = param.data, self.state_of(param)
        xp, dtype = get_array_module(data), working_dtype(data)
        for name in self.slots:
            old = state.get(name)
            if old is None:
                state[name] = xp.zeros(data.shape, dtype)
            elif old.dtype != dtype or get_array_module(old) is not xp:
                state[name] = xp.asarray(as_numpy(old) if xp is np else old, dtype=dtype)
        for name in self.counts:
            state[name] = np.array(state.get(name, 0))  # a copy: an old plan shares one count among several Parameters
        return state

    def __getstate__(self) -> dict[str, Any]:
        # It holds views of shared vectors; in a copy they would be separate arrays.
        return {**self.__dict__, "_plan": None}
