"""What ends a command early: one line on stderr and an exit code, never a traceback."""


class UsageError(Exception):
    """The command was not used as it should be; exit code 2."""


class CommandFailed(Exception):
    """The command was understood and could not be done; exit code 1."""
