"""Run random programs: `python -m tests.programs --count 10000 --jax` (three hours on one core, one without JAX).

A line a seed goes to the file of results, so that a run that was stopped goes on where it was; two runs of different
ranges (--start) may share the work. `--seed 15` judges one program, makes it smaller and prints it to be run.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the arrays are tiny

from tests.programs.generate import generate
from tests.programs.judge import Disagreement, Peer, judge
from tests.programs.shrink import shrink


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.programs", description=__doc__)
    arguments.add_argument("--start", type=int, default=0, help="the first seed")
    arguments.add_argument("--count", type=int, default=300, help="how many seeds")
    arguments.add_argument("--jax", action="store_true", help="compare with JAX as well, where it has every operation")
    arguments.add_argument("--results", type=Path, default=None, help="build/programs-START.txt if not given")
    arguments.add_argument("--seed", type=int, help="judge, shrink and print one program")
    asked = arguments.parse_args()
    peer = None
    if asked.jax:
        from tests.programs.peer import jax_derivatives as peer
    if asked.seed is not None:
        return _one(asked.seed, peer)
    return _many(asked.start, asked.count, asked.results or Path(f"build/programs-{asked.start}.txt"), peer)


def _many(start: int, count: int, results: Path, peer: Peer | None) -> int:
    results.parent.mkdir(parents=True, exist_ok=True)
    before = [line.split(" ", 2) for line in results.read_text().splitlines()] if results.exists() else []
    failed = {int(seed) for seed, said, *_ in before if said == "FAIL"}
    done = {int(seed) for seed, *_ in before}
    with results.open("a", buffering=1) as out:
        for seed in range(start, start + count):
            if seed in done:
                continue
            try:
                wrong = judge(generate(seed), peer)
            except Exception as error:  # a step of a program could not run
                wrong = [Disagreement(seed, "generate", 0, f"raised {type(error).__name__}: {error}")]
            failed |= {seed} if wrong else set()
            for line in wrong:
                print(line, flush=True)
            out.write(f"{seed} FAIL {' | '.join(map(str, wrong))}\n" if wrong else f"{seed} ok\n")
    print(f"{count - len(failed)} of {count} programs agree in every reading; failed: {sorted(failed)}")
    return int(bool(failed))


def _one(seed: int, peer: Peer | None) -> int:
    program = generate(seed)
    wrong = judge(program, peer)
    if not wrong:
        print(f"{program.runnable()}\nAll readings agree.")
        return 0
    reading = wrong[0].reading

    def fails(smaller) -> bool:
        try:
            return any(line.reading == reading for line in judge(smaller, peer))
        except Exception:  # a smaller program that cannot run at all is none that fails alike
            return False

    smaller = shrink(program, fails)
    print(smaller.runnable())
    print("\n".join(map(str, judge(smaller, peer))))
    return 1


if __name__ == "__main__":
    sys.exit(main())
