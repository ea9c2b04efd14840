"""Optimizer: what all optimizers share, from collecting gradients to saving their state."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np

from dezero.backends import as_numpy
from dezero.core.dtypes import Array, is_inexact, is_whole
from dezero.core.errors import describe
from dezero.core.variable import Parameter, Variable
from dezero.core.watch.tracing import trace_here
from dezero.optimizers.traced import update_traced

_Self = TypeVar("_Self", bound="Optimizer")


class Optimizer:
    """Changes the Parameters of a target by their gradients: subclasses define `update_one`.

    A subclass keeps the arrays that belong to a Parameter in `state_of(param)`, and its numbers in public attributes:
    `state_dict` saves both.

    >>> import dezero
    >>> class SignDescent(dezero.optimizers.Optimizer):
    ...     def update_one(self, param):
    ...         param.data -= 0.5 * np.sign(param.grad.data)
    >>> layer = dezero.layers.Linear(1, in_size=1)
    >>> layer.b.grad = Variable(np.array([3.0]))
    >>> SignDescent().setup(layer).update()
    >>> layer.b
    variable([-0.5])
    """

    step_count = 0  # updates made so far
    limits: ClassVar[Mapping[str, float]] = {}  # hyperparameter -> upper bound: 0 <= value < bound
    whole: ClassVar[tuple[str, ...]] = ()  # hyperparameters that are integers, 1 or more

    def __init__(self) -> None:
        self.target: Any = None
        self.hooks: list[Callable[[list[Parameter]], None]] = []
        self.states: dict[Parameter, dict[str, Array]] = {}
        self._schedules: dict[str, Callable[[int], float]] = {}

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.limits:
            value = self._number(name, value)
        if name in vars(self).get("_schedules", ()):
            self._schedules = {key: schedule for key, schedule in self._schedules.items() if key != name}
        super().__setattr__(name, value)

    def setup(self: _Self, target: Any) -> _Self:
        """Say whose Parameters to update, and return this optimizer.

        target: a Layer, a Model or anything else with a method `params`; TypeError otherwise.
        """
        if not callable(getattr(target, "params", None)):
            raise TypeError(
                f"{type(self).__name__}.setup: {type(target).__name__} has no params(); pass a Layer or a Model, "
                "or an object whose params() yields its Parameters"
            )
        self.target = target
        return self

    def add_hook(self, hook: Callable[[list[Parameter]], None]) -> None:
        """Have `hook` called in each update with the list of Parameters that have a gradient, before they change.

        A hook may give Parameters another gradient, or none: these are then left as they are.
        """
        if not callable(hook):
            raise TypeError(f"{type(self).__name__}.add_hook: {type(hook).__name__} cannot be called with a list")
        self.hooks.append(hook)

    def schedule(self: _Self, **schedules: Callable[[int], float]) -> _Self:
        """Have hyperparameters follow schedules, and return this optimizer.

        schedules: for each hyperparameter's name a function that gives its value for the updates 0, 1, 2, ... . An
        update that goes on from a saved state goes on in the schedule. Assigning a hyperparameter ends its schedule,
        also where the optimizer does so itself, as with a damping that it adapts. KeyError for a name that is none;
        then, and where a schedule raises or gives a value out of range, none of these is followed.

        >>> from dezero.optimizers import SGD, ExponentialDecay
        >>> SGD().schedule(lr=ExponentialDecay(0.1, 0.5)).lr
        0.1
        """
        for name, value in schedules.items():
            if name not in self.hyperparameters():
                raise KeyError(
                    f"{type(self).__name__}.schedule: {name!r} is no hyperparameter of it; these are "
                    + ", ".join(self.hyperparameters())
                )
            if not callable(value):
                raise TypeError(f"{type(self).__name__}.schedule: {name} must be a function of the step, got {value!r}")
        self._follow({**self._schedules, **schedules})
        return self

    # -- a step ------------------------------------------------------------------------------------------------

    def update(self, loss_function: Callable[[], Variable] | None = None) -> Variable | None:
        """Make one step with the gradients that the Parameters have; those without one stay as they are.

        loss_function: computes the loss, a Variable, from the target's Parameters; gradients are then cleared, the
        loss is differentiated and returned. Raises RuntimeError before `setup`, and ValueError or TypeError for
        gradients that do not fit their data; no data is changed then. After any error the update does not count, and
        Parameters have the gradients again that they had before the hooks.
        """
        loss = None if loss_function is None else self._differentiate(loss_function)
        params = self.params()  # the first computation of the loss may make some of them
        trace = trace_here()
        if trace is not None:
            for hook in self.hooks:
                hook(_with_gradient(params))
            self.check(_with_gradient(params))
            update_traced(self, _with_gradient(params), trace)
            return loss
        self._follow(self._schedules)
        count, grads = self.step_count, [param._grad for param in params]
        try:
            for hook in self.hooks:
                hook(_with_gradient(params))
            stepped = _with_gradient(params)
            self.prepare(stepped)
            self.step_count += 1
            self.update_all(stepped)
        except BaseException:
            self.step_count = count
            for param, grad in zip(params, grads, strict=True):
                param._grad = grad
            raise
        return loss

    def advance(self, params: list[Parameter]) -> None:
        """Count a step of these Parameters that a compiled function makes, and follow the schedules."""
        self._follow(self._schedules)
        self.step_count += 1

    def retreat(self, params: list[Parameter]) -> None:
        """Undo the count of `advance`, where the compiled function raised before it stepped."""
        self.step_count -= 1

    def prepare(self, params: list[Parameter]) -> None:
        """Check the Parameters, and prepare their state for the step; a subclass may do more here."""
        self.check(params)

    def update_all(self, params: list[Parameter]) -> None:
        """Change these Parameters, which have gradients that fit."""
        for param in params:
            self.update_one(param)

    def update_one(self, param: Parameter) -> None:
        """Change `param.data` by `param.grad.data`; NotImplementedError where a subclass does not say how."""
        raise NotImplementedError(f"{type(self).__name__} defines no update_one(self, param): say there how to step")

    def check(self, params: list[Parameter]) -> None:
        """Raise for Parameters that cannot be updated, while nothing has changed yet."""
        for param in params:
            data, grad = param.data, param.grad.data  # type: ignore[union-attr]
            if data is None:
                raise ValueError(f"{type(self).__name__}: {self._told(param)} has a gradient, but no data")
            if not is_inexact(data):
                raise TypeError(f"{type(self).__name__}: {self._told(param)} cannot be stepped; give it floats")
            if grad.shape != data.shape:
                raise ValueError(
                    f"{type(self).__name__}: {self._told(param)} has a gradient of shape {grad.shape}, from before its "
                    "data changed shape; call cleargrads() before backward()"
                )
            if not np.can_cast(grad.dtype, data.dtype, "same_kind"):
                raise TypeError(f"{type(self).__name__}: {self._told(param)} has a {grad.dtype} gradient; make it real")
            if isinstance(data, np.ndarray) and not data.flags.writeable:
                raise ValueError(f"{type(self).__name__}: {self._told(param)} is read-only; give it a copy")

    def params(self) -> list[Parameter]:
        """The target's Parameters, each once; RuntimeError before `setup`."""
        if self.target is None:
            raise RuntimeError(f"{type(self).__name__} has no target yet; call setup(model) first")
        return list({id(param): param for param in self.target.params()}.values())

    def _named_params(self) -> list[tuple[str, Parameter]]:
        params = self.params()
        if not callable(getattr(self.target, "named_params", None)):
            return [(str(i), param) for i, param in enumerate(params)]
        names = {id(param): name for name, param in reversed(list(self.target.named_params()))}  # the first one stays
        return [(names.get(id(param), str(i)), param) for i, param in enumerate(params)]

    def _told(self, param: Parameter) -> str:
        name = next((name for name, p in self._named_params() if p is param), "a Parameter")
        return f"{name} ({describe(param.data)})"

    def _differentiate(self, loss_function: Callable[[], Variable]) -> Variable:
        for param in self.params():
            param.cleargrad()
        loss = loss_function()
        if not isinstance(loss, Variable):
            raise TypeError(f"{type(self).__name__}.update: the loss must be a Variable, got {describe(loss)}")
        loss.backward()
        return loss

    def _follow(self, schedules: dict[str, Callable[[int], float]]) -> None:
        values = {name: self._number(name, float(schedule(self.step_count))) for name, schedule in schedules.items()}
        for name, value in values.items():
            setattr(self, name, value)
        self._schedules = schedules  # setattr has ended them

    def _number(self, name: str, value: object, where: str = "") -> float:
        """A hyperparameter as a plain number within its limits."""
        me, limit = type(self).__name__, self.limits.get(name)
        number = value.item() if isinstance(value, np.generic | np.ndarray) and np.ndim(value) == 0 else value
        if not isinstance(number, int | float):
            raise TypeError(
                f"{me}{where}: {name} must be a number, got {describe(value)}; the model comes by setup: "
                f"{me}(...).setup(model)"
            )
        if limit is not None and not 0 <= number < limit:
            wanted = "finite number, 0 or more" if limit == math.inf else f"number from 0 up to {limit}"
            raise ValueError(f"{me}{where}: {name} is {number}; give a {wanted}")
        return number

    # -- state ------------------------------------------------------------------------------------------------

    def state_of(self, param: Parameter) -> dict[str, Array]:
        """The state of a Parameter: arrays by name, none before the first step."""
        return self.states.setdefault(param, {})

    def hyperparameters(self) -> dict[str, float]:
        """The numbers among the public attributes, such as the learning rate."""
        public = {k: v for k, v in vars(self).items() if k != "step_count" and not k.startswith("_")}
        return {k: np.asarray(v).item() for k, v in public.items() if isinstance(v, int | float | np.generic)}

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on bit for bit: the number of steps, hyperparameters, and copies of the state.

        The state is NumPy arrays by the Parameter's name in the target and by their own: `["state"]["l1/W"]["v"]`.
        """
        return {
            "step_count": self.step_count,
            "hyperparameters": self.hyperparameters(),
            "state": {
                name: {key: np.array(as_numpy(value)) for key, value in self.states[param].items()}
                for name, param in self._named_params()
                if self.states.get(param)
            },
        }

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave, hyperparameters included.

        KeyError for keys that are missing or unknown, ValueError or TypeError for values that do not fit; nothing is
        changed then.
        """
        params = dict(self._named_params())
        numbers = self.hyperparameters()
        self._check_dict("the state", saved)
        self._same_keys("load_state_dict", saved, ["step_count", "hyperparameters", "state"])
        self._check_dict("hyperparameters", saved["hyperparameters"])
        self._same_keys("load_state_dict: hyperparameters", saved["hyperparameters"], numbers)
        numbers = {name: self._like(name, now, saved["hyperparameters"][name]) for name, now in numbers.items()}
        if not is_count(saved["step_count"]):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: step_count must be 0, 1, 2, ..., got {saved['step_count']!r}"
            )
        self._check_dict("state", saved["state"])
        for name, arrays in saved["state"].items():
            self._check_dict(f"the state of {name}", arrays)
        if unknown := ", ".join(sorted(map(str, saved["state"].keys() - params.keys()))):
            raise KeyError(f"{type(self).__name__}.load_state_dict: the target has no Parameter {unknown}")
        states = {
            params[name]: {key: np.array(value, order="C") for key, value in arrays.items()}
            for name, arrays in saved["state"].items()
        }
        self._check_states(saved["state"], params, numbers)
        schedules = self._schedules
        for name, number in numbers.items():
            setattr(self, name, number)
        self._schedules = schedules  # setattr has ended them
        self.step_count = int(saved["step_count"])
        self.states = states

    def _check_states(
        self, states: Mapping[str, Mapping[str, Array]], params: Mapping[str, Parameter], numbers: Mapping[str, float]
    ) -> None:
        """Raise for states that do not fit the Parameters or the hyperparameters that are loaded with them."""
        for name, arrays in states.items():
            self.check_state(name, params[name], arrays)

    def check_state(self, name: str, param: Parameter, arrays: Mapping[str, Array]) -> None:
        """Raise for arrays that cannot be the state of a Parameter; subclasses know what it holds."""

    def _check_dict(self, what: str, value: object) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(
                f"{type(self).__name__}.load_state_dict: {what} must be a dict, got {describe(value)}; load what its "
                "state_dict gave"
            )

    def _like(self, name: str, now: float, value: object) -> float:
        """A hyperparameter's saved value, checked: a boolean may only replace a boolean, a number a number."""
        number = self._number(name, value, ".load_state_dict")
        if isinstance(now, bool) != isinstance(number, bool):
            wanted = "True or False" if isinstance(now, bool) else "a number"
            raise TypeError(f"{type(self).__name__}.load_state_dict: {name} must be {wanted}, got {value!r}")
        if name in self.whole and not (is_count(number) and number):
            raise ValueError(f"{type(self).__name__}.load_state_dict: {name} must be 1, 2, 3, ..., got {value!r}")
        return number

    def _check_floats(self, name: str, arrays: Mapping[str, Array], slots: Iterable[str]) -> None:
        """TypeError for an array of a Parameter's state that holds no floats."""
        for slot in slots:
            if not is_inexact(np.asarray(arrays[slot])):
                raise TypeError(f"{type(self).__name__}.load_state_dict: {slot} of {name} holds no floats")

    def _same_keys(self, where: str, found: Iterable[str], wanted: Iterable[str]) -> None:
        missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
        if missing or extra:
            told = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(extra)} too many"
            raise KeyError(f"{type(self).__name__}.{where} {told}; load what its state_dict gave")


def _with_gradient(params: list[Parameter]) -> list[Parameter]:
    return [param for param in params if param._grad is not None]


def is_count(value: Any) -> bool:
    """Whether it is one whole number, 0 or more."""
    return np.ndim(value) == 0 and is_whole(np.asarray(value)) and bool(value >= 0)
