import pytest

from dezero.cli import main


@pytest.fixture
def dezero(capsys):
    """Run the command line in this process: exit code, standard output, standard error."""

    def run(*argv):
        code = main(list(argv))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def fails(dezero):
    """Run what must fail in one line (and the expression with its caret) and print nothing else."""

    def run(*argv, code=2, printed=""):
        found, out, err = dezero(*argv)
        assert (found, out) == (code, printed)
        assert err.startswith("dezero: ")
        assert err.endswith("\n")
        assert "Traceback" not in err
        assert len(err.splitlines()) == (3 if err.endswith("^\n") else 1)
        return err.removeprefix("dezero: ").removesuffix("\n")

    return run
