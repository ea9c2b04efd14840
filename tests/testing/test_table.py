"""The table of certificates is made, read back, and held against later runs."""

import pytest

from dezero.testing import Certificate, Failure, claims, load, main, overclaimed, table


def certificate(operation="sin", title=None, orders=10, **more):
    errors = {"raw": {1: 2.1e-16, 2: 3.49e-15, 3: 9.95e-11}, "plain": {1: 0.0}}
    found = Certificate(operation, title or operation, orders, against="mpmath", errors=errors)
    found.attempted = {"raw": 3, "plain": 2}
    for name, value in more.items():
        setattr(found, name, value)
    return found


def test_what_is_written_is_read_back_rounded_up():
    assert claims(table({"trig": [certificate()], "other": [certificate("exp")]})) == {
        ("sin", "raw"): {1: 3e-16, 2: 4e-15, 3: 1e-10},
        ("sin", "plain"): {1: 0.0},
        ("exp", "raw"): {1: 3e-16, 2: 4e-15, 3: 1e-10},
        ("exp", "plain"): {1: 0.0},
    }


def test_an_operation_has_the_largest_error_of_its_cases_to_the_lowest_order_that_they_reached():
    other = certificate(title="sin (far out)", errors={"raw": {1: 1e-13, 2: 1e-17}})
    assert claims(table({"trig": [certificate(), other]})) == {
        ("sin", "raw"): {1: 1e-13, 2: 4e-15},
        ("sin", "plain"): {1: 0.0},
    }


def test_reasons_are_in_the_page():
    page = table(
        {
            "trig": [
                certificate(
                    conditions={"0-d": "it has an axis", "views": "", "empty": "it has an axis"},
                    stopped={"raw": "too large"},
                )
            ]
        }
    )
    assert "| sin | 0-d, empty: it has an axis; raw beyond: too large |\n" in page


def test_what_failed_gets_no_table():
    with pytest.raises(ValueError, match="not certified, so no table: sin"):
        table({"trig": [certificate(failures=[Failure("sin", "raw", "wrong", 1)])]})


@pytest.mark.parametrize(("old", "new"), [("4e-15", "1e-15"), ("| · |", "| 1e-15 |"), ("`sin`", "`cos`")])
def test_a_table_changed_by_hand_is_refused(old, new):
    page = table({"trig": [certificate()]})
    assert old in page
    with pytest.raises(ValueError, match="changed by hand"):
        claims(page.replace(old, new, 1))


def test_a_page_without_rows_is_refused():
    with pytest.raises(ValueError, match="changed by hand"):
        claims("# Certified operations\n")


@pytest.mark.parametrize(
    ("later", "what"),
    [
        ({}, []),
        ({"errors": {"raw": {1: 2e-15, 2: 1e-15, 3: 3e-9}, "plain": {1: 0.0}}}, []),
        ({"errors": {"raw": {1: 1e-16, 2: 1e-15, 3: 4e-9}, "plain": {1: 0.0}}}, ["raw, order 3.* saw 4.0e-09"]),
        ({"errors": {"raw": {1: 1e-16, 2: 1e-15}, "plain": {1: 0.0}}}, ["raw, order 3.* did not get there"]),
        ({"errors": {"raw": {1: 1e-16, 2: 1e-15}}, "attempted": {"raw": 2}}, []),
        ({"orders": 2}, ["raw, order 3.* the case stops at order 2"]),
        ({"operation": "cos"}, []),
    ],
)
def test_a_later_run_bears_the_table_out_or_says_what_it_does_not(later, what):
    import re

    found = overclaimed(claims(table({"trig": [certificate()]})), certificate(**later))
    assert len(found) == len(what)
    assert all(re.search(pattern, line) for pattern, line in zip(what, found, strict=True))


GOOD = """
import dezero.functions as F
from dezero.testing import Case, Reals
CASES = [Case(F.exp, Reals(-1, 1), mp="exp"), Case(F.sin, Reals(-1, 1), mp="sin")]
"""
BAD = GOOD.replace('mp="sin"', 'mp="cos"')


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cases_few.py").write_text(GOOD)
    return tmp_path


def test_a_folder_is_certified_and_its_page_written(folder, capsys):
    assert main(folder, folder / "page.md") == 0
    assert {operation for operation, _ in claims((folder / "page.md").read_text())} == {"exp", "sin"}
    assert "2 of 2 cases certified" in capsys.readouterr().out


def test_named_operations_write_no_page(folder, capsys):
    assert main(folder, folder / "page.md", ["exp"]) == 0
    assert "1 of 1 cases certified" in capsys.readouterr().out
    assert main(folder, folder / "page.md", ["nothing"]) == 1
    assert not (folder / "page.md").exists()


def test_a_failure_is_told_and_leaves_the_page_as_it_was(folder, capsys):
    (folder / "cases_few.py").write_text(BAD)
    (folder / "page.md").write_text("as it was")
    assert main(folder, folder / "page.md") == 1
    assert (folder / "page.md").read_text() == "as it was"
    out = capsys.readouterr().out
    assert "sin [value, order 0]: expected" in out
    assert "1 of 2 cases certified" in out


def test_two_cases_of_one_title_are_refused(folder):
    (folder / "cases_more.py").write_text(GOOD)
    with pytest.raises(ValueError, match="give them different labels: exp, sin"):
        load(folder)
