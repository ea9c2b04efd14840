"""Results as Markdown: a table a section, the targets, and the machine."""

import math
from collections.abc import Callable, Mapping, Sequence

from benchmarks.peers import LIBRARIES
from benchmarks.rows import Profile, Result, Results, Row, Section, relative_error
from benchmarks.targets import TARGETS, NotMeasured

UNITS = {"s": 1.0, "ms": 1e3, "µs": 1e6}
MEGABYTE = 1e6


def number(value: float | None) -> str:
    """Return a figure to three significant digits, nothing for None."""
    if value is None:
        return ""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if value >= 100:
        return f"{value:,.0f}"
    if value < 1e-3:
        return f"{value:.2g}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"


def _time(row: Row, result: Result | None) -> str:
    if result is None:
        return ""
    if result.seconds is None:
        return "-"
    return _seconds(row, result.seconds) + ("" if result.samples > 1 else "*")


def _seconds(row: Row, seconds: float | None) -> str:
    return "" if seconds is None else number(seconds * UNITS[row.unit] / row.operations)


def _ratio(results: Mapping[str, Result], library: str) -> str:
    ours, theirs = results["DeZero"].seconds, results[library].seconds if library in results else None
    return "" if ours is None or theirs is None else number(ours / theirs)


def _megabytes(row: Row, results: Mapping[str, Result], library: str) -> str:
    peak = results[library].peak_bytes if library in row.fresh and library in results else None
    return "" if peak is None else number(peak / MEGABYTE)


def _count(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _error(result: Result) -> str:
    return "" if result.error is None else f"{result.error:.1e}"


def _columns(libraries: Sequence[str]) -> list[tuple[str, Callable[[Row, Mapping[str, Result]], str]]]:
    """Return the heading and the cell of every column that a table could have."""
    times = [(name, lambda row, found, name=name: _time(row, found.get(name))) for name in libraries]
    ratios = [(f"DeZero / {name}", lambda row, found, name=name: _ratio(found, name)) for name in libraries[1:]]
    memory = [(f"{name} MB", lambda row, found, name=name: _megabytes(row, found, name)) for name in libraries]
    return [
        ("", lambda row, found: row.name),
        *times,
        ("DeZero first", lambda row, found: _seconds(row, found["DeZero"].first_seconds)),
        *ratios,
        ("nodes", lambda row, found: _count(found["DeZero"].nodes)),
        *memory,
        ("error", lambda row, found: _error(found["DeZero"])),
    ]


def table(lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table of a heading and the lines under it, without the columns that are empty."""
    kept = [k for k in range(len(lines[0])) if any(line[k] for line in lines[1:])]
    rule = ["---" if k == 0 else "---:" for k in range(len(lines[0]))]
    return "\n".join("| " + " | ".join(line[k] for k in kept) + " |" for line in (lines[0], rule, *lines[1:]))


def notes(rows: Sequence[Row], results: Results) -> list[str]:
    """Return a sentence for each library left out or wrong, in the order of the rows and each said once."""
    found: dict[str, None] = {}
    for row in rows:
        for library, result in results[row.key].items():
            where = f"{library}, {row.ladder or row.name}"
            if result.note:
                found[f"{where}: {result.note}."] = None
            if result.error is not None and not result.error <= row.tolerance:
                found[f"{library}, {row.name}: **wrong value**, relative error {result.error:.1e}."] = None
    return list(found)


def agreements(rows: Sequence[Row], results: Results, peer: str = "PyTorch") -> list[str]:
    """Return how closely DeZero and a peer agree on the highest step of each ladder that both climbed."""
    highest: dict[str, str] = {}
    for row in rows:
        ours, theirs = (results[row.key].get(library, Result()).value for library in ("DeZero", peer))
        if row.ladder and ours is not None and theirs is not None:
            difference = relative_error(ours[-1:], theirs[-1:])
            highest[row.ladder] = f"{row.name}: {difference:.1e}"
    if not highest:
        return []
    differences = "; ".join(highest.values())
    return [f"Relative difference of DeZero and {peer} at the highest common order: {differences}."]


def _section(section: Section, results: Results) -> str:
    rows = [row for row in section.rows if row.key in results]
    named = dict.fromkeys((*LIBRARIES, *(name for row in rows for name in row.cases)))
    libraries = [name for name in named if any(name in results[row.key] for row in rows)]
    columns = _columns(libraries)
    lines = [[heading for heading, _ in columns]]
    lines += [[cell(row, results[row.key]) for _, cell in columns] for row in rows]
    units = " and ".join(sorted({row.unit for row in rows}))
    per = " an operation" if any(row.operations > 1 for row in rows) else ""
    remarks = [f"Times in {units}{per}.", *notes(rows, results), *agreements(rows, results)]
    listed = "\n".join(f"- {remark}" for remark in remarks)
    return f"## {section.title}\n\n{section.text}\n\n{table(lines)}\n\n{listed}"


def targets(results: Results) -> str:
    """Return the table of targets, nothing where no row of any was run."""
    lines = [["", "target", "measured (warm; first run)", ""]]
    for target in TARGETS:
        limit = f"≤ {target.limit:g}{target.unit}"
        try:
            measured = target.measure(results)
        except KeyError:  # its rows were not asked for
            continue
        except NotMeasured as reason:
            lines.append([target.text, limit, f"not measured: {reason}", ""])
            continue
        where = f" ({measured.where})" if measured.where else ""
        first = "" if measured.first is None else f"; {number(measured.first)}{target.unit}"
        verdict = _verdict(target.limit, measured.figure, measured.first)
        lines.append([target.text, limit, f"{number(measured.figure)}{target.unit}{where}{first}", verdict])
    return "## Targets\n\n" + table(lines) if len(lines) > 1 else ""


def _verdict(limit: float, figure: float, first: float | None) -> str:
    if not figure <= limit:
        return "**missed**"
    return "met" if first is None or first <= limit else "met once warm"


def slower(sections: Sequence[Section], results: Results) -> str:
    """Return a sentence that names each row in which a peer is faster than DeZero, and by how much DeZero is slower."""
    losing: dict[str, list[str]] = {}
    compared = 0
    for section in sections:
        for row in section.rows:
            found = results.get(row.key, {})
            times = {
                library: result.seconds
                for library, result in found.items()
                if library in LIBRARIES and result.seconds is not None
            }
            ours = times.pop("DeZero", None)
            if ours is None or not times:
                continue
            compared += 1
            beaten = [f"{library} {number(ours / theirs)}" for library, theirs in times.items() if theirs < ours]
            if beaten:
                losing.setdefault(section.title, []).append(f"{row.name} ({', '.join(beaten)})")
    if not compared:
        return ""
    if not losing:
        return f"DeZero, once warm, is slower than a peer in none of {compared} rows."
    named = ". ".join(f"{title}: {'; '.join(rows)}" for title, rows in losing.items())
    count = sum(map(len, losing.values()))
    return (
        f"DeZero, once warm, is slower than a peer in {count} of {compared} rows (its time over the peer's). {named}."
    )


def markdown(
    sections: Sequence[Section],
    results: Results,
    profile: Profile,
    machine: Mapping[str, str],
    absent: Mapping[str, str],
) -> str:
    """Return the whole report."""
    facts = "\n".join(f"- {name}: {fact}" for name, fact in machine.items())
    missing = "".join(f"\n{library} could not be loaded: {reason}.\n" for library, reason in absent.items())
    measured = [section for section in sections if any(row.key in results for row in section.rows)]
    parts = [
        "# Benchmarks",
        "Written by `python -m benchmarks --output docs/benchmarks.md`; not to be edited by hand.",
        "Every library ran in the same process, on one core and one thread except where a section says otherwise, "
        "in turns (A B C A B C ...); a "
        f"time is the median of up to {profile.repeats} turns after a warm-up, with Python's garbage "
        "collector as users have it. `*` marks a time from one run. `-` marks a library that was left out, "
        "for the reason under the table: as the order grows, a library goes on while its next step is "
        f"expected to take at most {profile.limit_seconds:g} s. Steps that may take longer or exhaust "
        "memory run in a process of their own, which is stopped at that time or at "
        f"{profile.memory_bytes / 2**30:g} GiB. A ratio below 1 says that DeZero was faster. DeZero "
        "remembers how it differentiated a graph and does so faster the next time: *DeZero first* is the "
        "first run of a new process, with nothing to remember. *MB* is what that run, or a peer's in a "
        f"process of its own, adds to the peak of resident memory.\n{missing}",
        facts,
        *(_section(section, results) for section in measured),
        "\n\n".join(part for part in (targets(results), slower(sections, results)) if part),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def with_targets(page: str, text: str) -> str:
    """Return a page with the targets of a report, and the rows that DeZero loses, between its two benchmark marks.

    Raises ValueError where the page has no marks, or the report no targets.
    """
    before, mark, rest = page.partition("<!-- benchmarks -->\n")
    _, end, after = rest.partition("<!-- /benchmarks -->")
    _, heading, targets = text.partition("## Targets\n\n")
    if not (mark and end and heading):
        raise ValueError("the page has no <!-- benchmarks --> marks, or the report no targets")
    return before + mark + targets.split("\n## ")[0].strip() + "\n" + end + after
