"""Measure DeZero beside the libraries that are installed: PyTorch, JAX, folx and HIPS autograd."""

import argparse
import sys
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from benchmarks import machine, peers, report
from benchmarks.harness import Ladders, measure
from benchmarks.rows import PROFILES, Results
from benchmarks.suite import sections


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer orders and shorter limits, two minutes")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="rows by key, as network/*/9")
    parser.add_argument("--list", action="store_true", help="print the keys of the rows and measure nothing")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the tables there too")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="put the targets between its benchmark marks")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite; return 1 where DeZero failed in a row or gave a wrong value, 0 otherwise."""
    options = _arguments(arguments)
    profile = PROFILES["quick" if options.quick else "full"]
    chosen = sections(profile)
    rows = [row for section in chosen for row in section.rows if fnmatchcase(row.key, f"*{options.only}*")]
    if options.list or not rows:
        print(*(row.key for row in rows), sep="\n")
        return 0 if rows else 2
    absent, ladders, results = peers.absent(), Ladders(profile.limit_seconds), Results()
    failed = []
    for row in rows:
        start = time.perf_counter()
        with machine.threads(row.threads):
            results[row.key] = measure(row, profile, absent, ladders)
        ours = results[row.key]["DeZero"]
        if ours.seconds is None or (ours.error is not None and not ours.error <= row.tolerance):
            failed.append(f"{row.key}: {ours.note or f'relative error {ours.error:.1e}'}")
        print(f"{row.key}  {time.perf_counter() - start:.1f} s", file=sys.stderr)
    text = report.markdown(chosen, results, profile, machine.describe(), absent)
    print(text)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text, encoding="utf-8")
    if options.readme:
        page = options.readme.read_text(encoding="utf-8")
        options.readme.write_text(report.with_targets(page, text), encoding="utf-8")
    for line in failed:
        print(f"DeZero failed in {line}", file=sys.stderr)
    return 1 if failed else 0
