"""Errors of a command: each ends it with one line on stderr and an exit code, without a traceback."""


class UsageError(Exception):
    """The command was used wrongly; exit code 2."""


class CommandFailed(Exception):
    """The command was used correctly, but failed; exit code 1."""
