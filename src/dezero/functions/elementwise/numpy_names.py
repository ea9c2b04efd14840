"""NumPy's other names of operations: each is the same function."""

from __future__ import annotations

from dezero.core.arithmetic import div, mul, neg, sub
from dezero.core.power import pow
from dezero.core.registry import operations
from dezero.functions.elementwise.hyperbolic import arccosh, arcsinh, arctanh
from dezero.functions.elementwise.rounding import remainder, round, trunc
from dezero.functions.elementwise.signs import abs
from dezero.functions.elementwise.trigonometric import arccos, arcsin, arctan, arctan2, degrees, radians

subtract, multiply, divide, true_divide, negative, absolute, power = sub, mul, div, div, neg, abs, pow
acos, acosh, asin, asinh, atan, atan2, atanh = arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh
mod, fix, around, deg2rad, rad2deg = remainder, trunc, round, radians, degrees

for _name in (
    *("subtract", "multiply", "divide", "true_divide", "negative", "absolute", "power"),
    *("acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh"),
    *("mod", "fix", "around", "deg2rad", "rad2deg"),
):
    setattr(operations, _name, globals()[_name])
