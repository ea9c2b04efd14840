"""Differential equations in machine code: recurrences of Taylor coefficients, and the steps that they make."""
