"""Measuring a row: every library in turn, again and again, and the median of each."""

import math
import statistics
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace

from benchmarks import isolation
from benchmarks.rows import Case, Profile, Result, Row, relative_error

Clock = Callable[[], float]
Spawn = Callable[[Row, str, Profile], Result]


@dataclass
class Ladders:
    """How long each library took on the steps of each ladder, and why it was taken off one."""

    limit_seconds: float
    _climbed: dict[tuple[str, str], list[tuple[int, float]]] = field(default_factory=dict)
    _left: dict[tuple[str, str], str] = field(default_factory=dict)

    def record(self, row: Row, library: str, result: Result) -> None:
        """Remember how the library did on this step."""
        if not row.ladder:
            return
        if result.seconds is None:
            reason = f"left out from n = {row.step} on: {result.note}"
            result.note = self._left.setdefault((row.ladder, library), reason)
        else:
            self._climbed.setdefault((row.ladder, library), []).append((row.step, result.seconds))

    def expected_seconds(self, row: Row, library: str) -> float:
        """Return the time this step would take if each one cost as many times the last as it did lately."""
        steps = self._climbed.get((row.ladder, library), [])
        if len(steps) < 2:
            return 0.0
        (first, earlier), (last, later) = steps[-2:]
        return later * max(1.0, later / earlier) ** ((row.step - last) / (last - first))

    def reason_to_skip(self, row: Row, library: str) -> str:
        """Return why the library does not take part in this row, empty where it does."""
        place = (row.ladder, library)
        if row.ladder and place not in self._left:
            expected = self.expected_seconds(row, library)
            if expected > self.limit_seconds:
                self._left[place] = f"left out from n = {row.step} on: expected about {expected:,.0f} s"
        return self._left.get(place, "")


class _InProcess:
    """A case run beside the others, in this process."""

    def __init__(self, case: Case, profile: Profile, clock: Clock) -> None:
        self._case, self._profile, self._clock = case, profile, clock
        self._run = case.prepare()
        self._number = 1

    def first(self) -> Result:
        """Run once and look at what came of it; a warm case runs again, and that is its first sample.

        A run twice as long as all samples may be together is taken as it is: no first call costs a library
        that much.
        """
        start = self._clock()
        outcome = self._run()
        seconds = self._clock() - start
        finding = self._case.inspect(outcome)
        del outcome
        if not self._case.cold and seconds < 2 * self._profile.spend_seconds:
            seconds = self.again()
            self._number = max(1, min(1000, int(self._profile.sample_seconds / max(seconds, 1e-9))))
        return Result(seconds, samples=1, value=finding.value, nodes=finding.nodes)

    def again(self) -> float:
        """Return the seconds of a run, the mean of as many as make a sample long enough to time."""
        run, number = self._run, self._number
        start = self._clock()
        for _ in range(number):
            run()
        return (self._clock() - start) / number

    def sample_seconds(self, seconds: float) -> float:
        """Return how long a sample of runs of `seconds` takes."""
        return seconds * self._number


class _Isolated:
    """A case that has a process of its own for each run."""

    def __init__(self, row: Row, library: str, profile: Profile, spawn: Spawn) -> None:
        self._arguments, self._spawn = (row, library, profile), spawn

    def first(self) -> Result:
        return self._spawn(*self._arguments)

    def again(self) -> float:
        result = self._spawn(*self._arguments)
        if result.seconds is None:
            raise RuntimeError(f"a second run was {result.note}")
        return result.seconds

    def sample_seconds(self, seconds: float) -> float:
        return math.inf  # starting a process takes longer than most samples: it has the rounds of its row only


_Runner = _InProcess | _Isolated


def measure(
    row: Row,
    profile: Profile,
    absent: Container[str],
    ladders: Ladders,
    clock: Clock = time.perf_counter,
    spawn: Spawn = isolation.spawn,
) -> dict[str, Result]:
    """Return what each library made of a row, medians of rounds in which every library has its turn.

    A library whose samples take longer than `profile.spend_seconds` together has fewer of them, `row.rounds`
    at least. Those that are `absent` have no result.
    """
    results: dict[str, Result] = {}
    runners: dict[str, _Runner] = {}
    for library, case in row.cases.items():
        if library in absent:
            continue
        if note := ladders.reason_to_skip(row, library):
            results[library] = Result(note=note)
            continue
        try:
            alone = case.isolated
            runner = _Isolated(row, library, profile, spawn) if alone else _InProcess(case, profile, clock)
            results[library] = runner.first()
        except Exception as error:  # a library may fail in any way of its own; the table says how
            results[library] = Result(note=f"{type(error).__name__}: {error}")
        if results[library].seconds is not None:
            runners[library] = runner
    _take_turns(row, runners, results, profile)
    for library, result in results.items():
        ladders.record(row, library, result)
        if library in row.fresh and library in runners and not row.cases[library].isolated:
            fresh = spawn(row, library, profile)
            result.first_seconds, result.peak_bytes = fresh.first_seconds, fresh.peak_bytes
            result.note = fresh.note
    _judge(row, results)
    return results


def _take_turns(row: Row, runners: Mapping[str, _Runner], results: dict[str, Result], profile: Profile) -> None:
    samples = {library: [results[library].seconds or 0.0] for library in runners}
    spent = {library: runner.sample_seconds(samples[library][0]) for library, runner in runners.items()}
    for turn in range(1, max(profile.repeats, row.rounds)):
        for library, runner in runners.items():
            expected = runner.sample_seconds(samples[library][-1])
            if turn >= row.rounds and spent[library] + expected > profile.spend_seconds:
                continue
            samples[library].append(runner.again())
            spent[library] += runner.sample_seconds(samples[library][-1])
    for library, seconds in samples.items():
        results[library] = replace(results[library], seconds=statistics.median(seconds), samples=len(seconds))


def _judge(row: Row, results: Mapping[str, Result]) -> None:
    reference = row.reference()
    for result in results.values():
        if reference is not None and result.value is not None:
            result.error = relative_error(result.value, reference)
