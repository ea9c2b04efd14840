"""SciPy's integrators, called for right sides that are programs."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.errors import describe
from dezero.derivatives import ConvergenceError
from dezero.functions import _scipy

EXPLICIT, IMPLICIT = ("RK23", "RK45", "DOP853"), ("Radau", "BDF", "LSODA")
Rate = Callable[[Array, Any], Array]  # of the state and the time


@dataclass(frozen=True)
class Settings:
    """How SciPy integrates. method: a name of solve_ivp's; options: max_step and first_step, where given."""

    method: str
    rtol: float
    atol: Any
    most: int  # evaluations of f in one integration
    options: dict[str, Any] = field(default_factory=dict)
    first: float = 0.0  # the first time, where SciPy is given the times since then; for messages

    @property
    def implicit(self) -> bool:
        return self.method in IMPLICIT


def integrate(
    settings: Settings, rate: Rate, jacobian: Rate | None, y0: Array, times: Array, atol: Any = None, **more: Any
) -> Any:
    """SciPy's result over the times, which increase or decrease; more: dense_output, events and t_eval of solve_ivp.

    jacobian: for implicit methods. ConvergenceError where SciPy fails, or where f is called too often.
    """
    start, end = float(times[0]), float(times[-1])
    counted = _Counted(settings, rate, end)
    options = {**settings.options, **more}
    if settings.implicit and jacobian is not None:
        options["jac"] = lambda t, y: jacobian(y, np.float64(t))
    try:
        found = _solved(settings, counted, y0, start, end, settings.atol if atol is None else atol, options)
    finally:
        counted.release()
    if found.status < 0 or not np.all(np.isfinite(found.y[:, -1:])):
        reached = found.t[-1] if len(found.t) and more.get("t_eval") is None else counted.last
        raise _failed(settings, found.message, float(reached), end)
    return found


def _solved(
    settings: Settings, counted: _Counted, y0: Array, start: float, end: float, atol: Any, options: dict[str, Any]
) -> Any:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # LSODA warns of what its message says
        first = counted(start, y0)
        if not np.all(np.isfinite(first)):
            raise FloatingPointError(f"odeint: f is not finite at the first time {start + settings.first}: {first}")
        try:
            found = _scipy.integrate.solve_ivp(
                counted,
                (start, end),
                y0,
                method=_releasing(settings.method),
                rtol=settings.rtol,
                atol=atol,
                **options,
            )
        except np.linalg.LinAlgError as error:
            raise _failed(settings, str(error), counted.last, end) from error
        except ConvergenceError:
            raise
        except RuntimeError as error:
            if "converge" not in str(error):  # of brentq
                raise
            raise _failed(settings, f"the place of an event was not found ({error})", counted.last, end) from error
        except ValueError as error:  # LAPACK refuses a Jacobian that is not finite
            if "infs or NaNs" not in str(error):
                raise
            raise _failed(settings, "the Jacobian is not finite", counted.last, end) from error
    return found


class _Counted:
    """A right side for SciPy, that is called no more often than allowed."""

    def __init__(self, settings: Settings, rate: Rate, end: float) -> None:
        self.settings, self.rate, self.end = settings, rate, end
        self.calls, self.last = 0, 0.0
        self.solver: Any = None

    def __call__(self, t: float, y: Array) -> Array:
        self.calls += 1
        self.last = t
        if self.calls > self.settings.most:
            raise _failed(self.settings, f"f was called {self.settings.most} times", t, self.end)
        return self.rate(y, np.float64(t))

    def release(self) -> None:
        """Empty SciPy's solver, which refers to itself, so that it and all it holds do not wait for the collector."""
        if self.solver is not None:
            self.solver.__dict__.clear()
            self.solver = None


@functools.cache
def _releasing(method: str) -> Any:
    """SciPy's integrator, which tells the function that it integrates of itself."""
    base = getattr(_scipy.integrate, method)

    def init(self: Any, fun: _Counted, *args: Any, **options: Any) -> None:
        fun.solver = self
        base.__init__(self, fun, *args, **options)

    return type(method, (base,), {"__init__": init})


def _failed(settings: Settings, message: str, t: float, end: float) -> ConvergenceError:
    remedy = (
        "is the solution infinite there, or f not smooth? Otherwise raise rtol and atol"
        if settings.implicit
        else "if the equation is stiff, give method='BDF' or 'Radau'; if the solution is infinite there, end before "
        "it; otherwise raise rtol and atol"
    )
    reached, last = float(t) + settings.first, end + settings.first
    return ConvergenceError(
        f"odeint: {settings.method} reached t = {reached:.6g} of {last:.6g}: {message.rstrip('.')}; {remedy} "
        "(max_evaluations limits the calls of f)"
    )


def checked(method: object, rtol: object, atol: Any, options: dict[str, Any], most: object) -> Settings:
    """The settings; ValueError or TypeError for those that no integrator has."""
    names = (*EXPLICIT, *IMPLICIT)
    if method not in names:
        raise ValueError(f"odeint: method is {method!r}; give one of {', '.join(names)}")
    if not _positive(rtol):
        raise ValueError(f"odeint: rtol is {rtol!r}; give a number above 0")
    if not np.all(np.isfinite(atol)) or not np.all(np.asarray(atol) >= 0):
        raise ValueError(f"odeint: atol is {atol!r}; give numbers from 0 on")
    for name, value in options.items():
        if not _positive(value):
            raise ValueError(f"odeint: {name} is {describe(value)}; give a number above 0, or None")
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 1:
        raise ValueError(f"odeint: max_evaluations is {most!r}; give a whole number from 1 on")
    return Settings(str(method), float(rtol), atol, int(most), options)  # type: ignore[arg-type]


def _positive(x: object) -> bool:
    return isinstance(x, int | float | np.number) and not isinstance(x, bool) and bool(x > 0)
