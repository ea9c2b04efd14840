"""Minima, roots and solutions of differential equations, by exact derivatives."""

from dezero.ode import odeint, odeint_taylor
from dezero.optimize.householder import householder
from dezero.optimize.minimize import minimize
from dezero.optimize.newton import newton
from dezero.optimize.result import Result

__all__ = ["Result", "householder", "minimize", "newton", "odeint", "odeint_taylor"]
