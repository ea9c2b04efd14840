"""The error of an iteration that finds no answer."""


class ConvergenceError(RuntimeError):
    """An iteration ended without an answer; the message tells how near it came and what to try."""
