"""A case in a process of its own: `python -m benchmarks.isolation ROW LIBRARY PROFILE` prints JSON."""

import faulthandler
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import limit_memory, peak_bytes, resident_bytes
from benchmarks.rows import PROFILES, Profile, Result, Row

BACKSTOP_SECONDS = 150.0


def spawn(row: Row, library: str, profile: Profile) -> Result:
    """Return the result of one run of a case in a process of its own, with a note where it came to nothing.

    It inherits this one's core and threads. A run on a ladder has `profile.limit_seconds`, any other the backstop.
    """
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "benchmarks.isolation", row.key, library, profile.name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=BACKSTOP_SECONDS, cwd=root)
    except subprocess.TimeoutExpired:
        return Result(note=f"stopped after {BACKSTOP_SECONDS:g} s")
    if done.returncode != 0:
        return Result(note=_why(done.returncode, done.stderr, profile))
    answer = json.loads(done.stdout.splitlines()[-1])
    if answer["value"] is not None:
        answer["value"] = np.array(answer["value"])
    return Result(samples=1, **answer)


def _why(code: int, errors: str, profile: Profile) -> str:
    if "Timeout (0:" in errors:
        return f"stopped after {profile.limit_seconds:g} s"
    if any(sign in errors for sign in ("MemoryError", "not enough memory", "can't allocate memory", "bad_alloc")):
        return f"more memory than {profile.memory_bytes / 2**30:g} GiB or half the machine's"
    if code < 0:
        return f"ended by signal {-code}"
    return (errors.strip().splitlines() or [f"exit code {code}"])[-1]


def _main(key: str, library: str, profile: Profile) -> None:
    from benchmarks.suite import find_row

    row = find_row(key, profile)
    case = row.cases[library]
    run = case.prepare()
    limit_memory(profile.memory_bytes)
    if row.ladder and case.isolated:
        faulthandler.dump_traceback_later(profile.limit_seconds, exit=True)  # stops compilers in C++ too
    before = resident_bytes()
    start = time.perf_counter()
    outcome = run()
    first = seconds = time.perf_counter() - start
    peak = peak_bytes()
    finding = case.inspect(outcome)
    del outcome
    if row.ladder and case.isolated and not case.cold and first < profile.spend_seconds:  # that was a warm-up
        start = time.perf_counter()
        run()
        seconds = time.perf_counter() - start
    faulthandler.cancel_dump_traceback_later()
    print(
        json.dumps(
            {
                "seconds": seconds,
                "first_seconds": None if case.isolated else first,
                "value": None if finding.value is None else finding.value.tolist(),
                "nodes": finding.nodes,
                "peak_bytes": None if peak is None or before is None else peak - before,
            }
        )
    )


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], PROFILES[sys.argv[3]])
