"""The command `dezero`: derivatives, Newton's method, graphs and plots of an expression."""

from dezero.cli.app import main

__all__ = ["main"]
