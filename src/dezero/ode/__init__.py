"""Ordinary differential equations: solutions that can be differentiated."""

from dezero.ode.integrate import odeint
from dezero.ode.result import OdeResult
from dezero.ode.variational import odeint_taylor

__all__ = ["OdeResult", "odeint", "odeint_taylor"]
