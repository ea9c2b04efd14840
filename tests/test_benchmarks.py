"""The benchmark suite at tiny sizes, on DeZero alone and with a clock that only counts: nothing is timed."""

import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # benchmarks/ stands beside src/, uninstalled

from benchmarks import isolation, orders, peers, report
from benchmarks.cli import main
from benchmarks.derivatives import count_nodes
from benchmarks.harness import Ladders, measure
from benchmarks.rows import PROFILES, Case, Finding, Profile, Result, Row, Section, relative_error
from benchmarks.suite import find_row, sections
from benchmarks.targets import TARGETS
from dezero import Variable

TINY = PROFILES["tiny"]
KEYS = [row.key for section in sections(TINY) for row in section.rows]


def counting_clock():
    return itertools.count(1.0).__next__


def run_here(row: Row, library: str, profile: Profile) -> Result:
    case = row.cases[library]
    finding = case.inspect(case.prepare()())
    first = None if case.isolated else 3.0
    return Result(1.0, first_seconds=first, samples=1, value=finding.value, nodes=finding.nodes, peak_bytes=1)


def measured(row: Row, absent=(), profile: Profile = TINY, ladders: Ladders | None = None, **options):
    options = {"clock": counting_clock(), "spawn": run_here} | options
    return measure(row, profile, absent, ladders or Ladders(math.inf), **options)


@pytest.fixture
def no_peers(monkeypatch):
    def missing():
        raise ImportError("scipy.integrate")

    loaders = (
        peers.torch,
        peers.jax,
        peers.folx,
        peers.autograd,
        peers.diffrax,
        peers.heyoka,
        peers.casadi,
        peers.numba,
    )
    for name in ("torch", "jax", "folx", "autograd", "diffrax", "heyoka", "casadi", "numba"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(peers._LOADERS, "SciPy", missing)  # DeZero's own solver calls SciPy
    for load in loaders:
        load.cache_clear()
    yield peers.absent()
    for load in loaders:
        load.cache_clear()


@pytest.mark.parametrize("key", KEYS)
def test_every_row_runs_on_dezero_alone(key, no_peers):
    row = find_row(key, TINY)
    results = measured(row, no_peers)
    ours = results["DeZero"]
    assert set(results) == set(row.cases) - {*peers.LIBRARIES[1:]}
    assert ours.note == ""
    assert ours.seconds > 0
    assert math.isfinite(ours.seconds)
    assert np.isfinite(ours.value).all()
    assert ours.error <= row.tolerance
    if row.ladder and not row.ladder.startswith("loss"):
        assert ours.nodes > 0
    if "DeZero" in row.fresh:
        assert ours.peak_bytes > 0
        assert ours.first_seconds == (None if row.cases["DeZero"].isolated else 3.0)


def test_the_report_names_the_peers_that_are_absent(no_peers):
    chosen = sections(TINY)
    results = {row.key: measured(row, no_peers) for section in chosen for row in section.rows}
    text = report.markdown(chosen, results, TINY, {"Processor": "any"}, no_peers)
    for library in ("PyTorch", "JAX", "folx", "diffrax", "autograd", "SciPy"):
        assert f"{library} could not be loaded: " in text
        assert f"DeZero / {library}" not in text
    assert all(row.name in text for section in chosen for row in section.rows)
    assert "failed" not in text
    assert "wrong value" not in text


def test_every_row_has_its_own_key_and_every_target_reads_rows_that_exist():
    for profile in PROFILES.values():
        keys = [row.key for section in sections(profile) for row in section.rows]
        assert len(keys) == len(set(keys))
    for name in ("full", "quick"):
        rows = [row for section in sections(PROFILES[name]) for row in section.rows]
        result = Result(1.0, samples=3, nodes=1, peak_bytes=1, error=0.0)
        results = {row.key: dict.fromkeys(row.cases, result) for row in rows}
        figures = [target.measure(results).figure for target in TARGETS]
        assert all(math.isfinite(figure) for figure in figures)


def test_references_agree_with_closed_forms():
    k = np.arange(1, 21)
    np.testing.assert_allclose(orders.reference("sin x", 20)[:, 0], np.sin(orders.POINT + k * np.pi / 2), rtol=1e-13)
    x = orders.POINT  # 1/(1+x²) = Im 1/(x-i): its k-th derivative is (-1)^k k! Im (x-i)^-(k+1)
    exact = [(-1) ** j * math.factorial(j) * ((x - 1j) ** -(j + 1)).imag for j in range(1, 21)]
    np.testing.assert_allclose(orders.reference("1/(1+x²)", 20)[:, 0], exact, rtol=1e-12)


def test_count_nodes_counts_a_shared_variable_once_and_leaves_out_numbers():
    x = Variable(np.array(2.0))
    y = x * x
    assert count_nodes(x) == 1
    assert count_nodes(y) == 2
    assert count_nodes(y * 3.0 + y) == 4


# -- the harness, with cases that only note that they ran ----------------------------------------------------


def noting_row(names, notes, **options):
    def case(name):
        return Case(lambda: lambda: notes.append(name), lambda _: Finding(np.array([[1.0]]), 1))

    return Row("key", "name", {name: case(name) for name in names}, lambda: np.array([[1.0]]), **options)


def test_libraries_take_turns():
    notes = []
    profile = Profile("test", repeats=3, sample_seconds=0.0, spend_seconds=100.0)
    results = measured(noting_row("AB", notes), profile=profile)
    assert "".join(notes) == "AABB" + "AB" * 2  # a warm-up and a first sample each, then turns
    assert {library: result.samples for library, result in results.items()} == {"A": 3, "B": 3}
    assert results["A"].seconds == 1.0


def test_short_runs_are_repeated_within_a_sample():
    notes = []
    measured(noting_row("A", notes), profile=Profile("test", repeats=2, sample_seconds=5.0, spend_seconds=100.0))
    assert len(notes) == 2 + 5


def test_a_slow_run_stands_for_itself_and_a_cold_one_has_no_warm_up():
    notes = []
    row = noting_row("AB", notes)
    cold = Row(row.key, row.name, {"A": row.cases["A"], "B": Case(row.cases["B"].prepare, cold=True)}, row.reference)
    results = measured(cold, profile=Profile("test", repeats=4, spend_seconds=0.4))
    assert notes == ["A", "B"]
    assert results["A"].samples == results["B"].samples == 1


def test_a_library_that_grows_too_slow_leaves_its_ladder_and_says_when():
    times = {1: 1.0, 2: 4.0, 3: 16.0, 4: 64.0, 5: 256.0}
    ladders, climbed = Ladders(limit_seconds=20.0), []
    for step in times:
        row = noting_row("A", climbed, ladder="f", step=step)
        reason = ladders.reason_to_skip(row, "A")
        if not reason:
            climbed.append(step)
            ladders.record(row, "A", Result(times[step]))
    assert climbed == [1, 2, 3]
    assert reason == "left out from n = 4 on: expected about 64 s"
    assert ladders.expected_seconds(noting_row("A", [], ladder="f", step=5), "A") == 256.0
    assert ladders.reason_to_skip(noting_row("A", [], ladder="g", step=5), "A") == ""


def test_a_library_that_fails_is_noted_and_leaves_its_ladder():
    def fails():
        raise RecursionError("too deep")

    notes, ladders = [], Ladders(math.inf)
    row = noting_row("A", notes, ladder="f", step=4)
    row = Row(**{**vars(row), "cases": {**row.cases, "B": Case(lambda: fails)}})
    results = measured(row, ladders=ladders)
    assert results["A"].seconds == 1.0
    assert results["B"].seconds is None
    assert results["B"].note == "left out from n = 4 on: RecursionError: too deep"
    assert measured(row, ladders=ladders)["B"].note == results["B"].note


def test_a_case_runs_in_a_process_of_its_own():
    result = isolation.spawn(find_row("newton", TINY), "DeZero", TINY)
    assert result.note == ""
    assert result.value == pytest.approx(1.0, abs=1e-12)
    assert result.seconds > 0


def test_a_process_that_fails_hands_its_error_on():
    assert isolation.spawn(find_row("newton", TINY), "none", TINY).note == "KeyError: 'none'"


# -- figures and tables --------------------------------------------------------------------------------------


@given(st.floats(1e-9, 1e9))
def test_a_figure_is_shown_to_three_digits(value):
    shown = report.number(value)
    assert float(shown.replace(",", "")) == pytest.approx(value, rel=0.051 if value < 1e-3 else 0.00501)


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=5), st.floats(-0.5, 0.5), st.floats(1e-5, 1e5))
def test_relative_error_knows_no_scale(reference, error, scale):
    reference = np.array([[1.0] * len(reference), reference])
    value = reference * [[1.0], [1 + error]]
    assert relative_error(value, reference) == pytest.approx(abs(error), abs=1e-12)
    assert relative_error(scale * value, scale * reference) == pytest.approx(abs(error), abs=1e-12)


def test_relative_error_of_the_last_rows_and_of_shapes_that_do_not_fit():
    assert relative_error(np.array([[3.0]]), np.array([[1.0], [2.0]])) == 0.5
    assert math.isnan(relative_error(np.array([[math.nan]]), np.array([[1.0]])))
    with pytest.raises(ValueError, match=r"\(1, 2\).*\(1, 1\)"):
        relative_error(np.ones((1, 2)), np.ones((1, 1)))


def test_a_wrong_value_is_noted_whoever_gave_it():
    row = noting_row("A", [])
    for error in (2e-6, math.nan):
        (note,) = report.notes([row], {"key": {"A": Result(1.0, error=error)}})
        assert note.startswith("A, name: **wrong value**")
    assert report.notes([row], {"key": {"A": Result(1.0, error=1e-6)}}) == []


def test_targets_say_met_missed_and_why_not_measured():
    newton = {"DeZero": Result(0.2, first_seconds=0.25), "PyTorch": Result(1.0)}
    mlp = {"DeZero": Result(0.6), "PyTorch": Result(1.0)}
    chain = {"DeZero": Result(0.6), "PyTorch": Result(note="stopped")}
    text = report.targets({"newton": newton, "mlp": mlp, "long-chain/forward+backward": chain})
    lines = {line.split(" | ")[0]: line for line in text.splitlines() if line.startswith("| ")}
    assert len(lines) == 5  # a heading, its rule and the three whose rows were run
    assert report.targets({}) == ""
    assert lines["| Newton's method / PyTorch's"].endswith("| ≤ 0.3 | 0.200; 0.250 | met |")
    assert lines["| Step of training / PyTorch's"].endswith("| ≤ 0.5 | 0.600 | **missed** |")
    assert "not measured: PyTorch was left out" in lines["| 10⁶-operation chain, forward+backward / PyTorch's"]


def test_a_target_that_the_first_run_misses_is_met_once_warm():
    text = report.targets({"newton": {"DeZero": Result(0.2, first_seconds=0.4), "PyTorch": Result(1.0)}})
    heading, _, line = text.splitlines()[2:]
    assert heading == "|  | target | measured (warm; first run) |  |"
    assert line.endswith("| ≤ 0.3 | 0.200; 0.400 | met once warm |")


@pytest.mark.parametrize(
    ("figure", "first", "verdict"),
    [
        (1.0, None, "met"),
        (1.0, 1.0, "met"),
        (1.0, 1.1, "met once warm"),
        (0.5, math.nan, "met once warm"),
        (1.1, None, "**missed**"),
        (1.1, 0.9, "**missed**"),
        (math.nan, None, "**missed**"),
    ],
)
def test_met_stands_where_the_first_run_meets_the_target_too(figure, first, verdict):
    assert report._verdict(1.0, figure, first) == verdict


def test_the_rows_that_dezero_loses_are_named():
    rows = [Row(key, f"row {key}", {}, lambda: None) for key in "abcde"]
    chosen = [Section("One", "", tuple(rows[:2])), Section("Two", "", tuple(rows[2:]))]
    results = {
        "a": {"DeZero": Result(1.0), "PyTorch": Result(2.0), "JAX": Result(0.5), "autograd": Result(0.1)},
        "b": {"DeZero": Result(1.0), "PyTorch": Result(1.0)},
        "c": {"DeZero": Result(3.0), "PyTorch": Result(2.0), "JAX": Result(note="stopped")},
        "d": {"DeZero": Result(3.0)},  # no peer ran, so there is nothing to compare
    }
    assert report.slower(chosen, results) == (
        "DeZero, once warm, is slower than a peer in 2 of 3 rows (its time over the peer's). "
        "One: row a (JAX 2.00, autograd 10.0). Two: row c (PyTorch 1.50)."
    )
    assert report.slower(chosen, {"b": results["b"]}).endswith("is slower than a peer in none of 1 rows.")
    assert report.slower(chosen, {"d": results["d"]}) == ""


def test_the_losing_rows_stand_under_the_targets_of_the_page():
    row = Row("newton", "the row", {}, lambda: None)
    results = {"newton": {"DeZero": Result(2.0), "PyTorch": Result(1.0)}}
    text = report.markdown([Section("One", "", (row,))], results, TINY, {}, {})
    page = report.with_targets("<!-- benchmarks -->\n<!-- /benchmarks -->", text)
    assert "| ≤ 0.3 | 2.00 | **missed** |\n\nDeZero, once warm, is slower than a peer in 1 of 1 rows" in page
    assert page.endswith("One: the row (PyTorch 2.00).\n<!-- /benchmarks -->")


def test_agreement_is_that_of_the_highest_common_step():
    rows = [Row(str(n), f"f, n = {n}", {}, lambda: None, ladder="f", step=n) for n in (1, 2, 3)]
    values = {1: (1.0, 2.0), 2: (3.0, 2.0), 3: (1.0, None)}
    results = {
        str(n): {
            library: Result(1.0, value=None if value is None else np.array([[value]]))
            for library, value in zip(("DeZero", "PyTorch"), pair, strict=True)
        }
        for n, pair in values.items()
    }
    (line,) = report.agreements(rows, results)
    assert line.endswith("highest common order: f, n = 2: 5.0e-01.")


def test_a_table_leaves_out_columns_that_are_empty():
    assert report.table([["", "a", "b"], ["x", "", "1"]]) == "|  | b |\n| --- | ---: |\n| x | 1 |"


def test_the_command_line_lists_the_rows_that_match(capsys):
    assert main(["--list", "--only", "network/*/9"]) == 0
    assert capsys.readouterr().out.split() == ["network/scalar/9", "network/column/9"]
    assert main(["--list", "--only", "nothing"]) == 2


def test_the_targets_go_between_the_marks_of_a_page():
    page = "a\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nb"
    report_text = "## Rows\n\nx\n\n## Targets\n\n| t |\n\n"
    assert report.with_targets(page, report_text) == "a\n<!-- benchmarks -->\n| t |\n<!-- /benchmarks -->\nb"
    with pytest.raises(ValueError, match="no targets"):
        report.with_targets(page, "## Rows\n")
