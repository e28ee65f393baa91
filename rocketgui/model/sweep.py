"""Speed-up and efficiency against the number of workers: what a series of runs with 1, 2, 3, ... of them shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rocketgui.model.findings.finding import Finding
from rocketgui.model.report import program_of, system_of
from rocketgui.model.run import Run

VERSION = 1
#: More workers that bring less than this share of the best speed-up bring nothing.
_KNEE = 0.9


@dataclass(frozen=True, slots=True)
class Point:
    """So many workers counted so much in a second, all together."""

    workers: int
    counts_per_s: float


def numbers(least: int, most: int) -> list[int]:
    """How many workers to measure, from so many to so many: one first, even if that is not wanted, since a speed-up is
    against one."""
    return sorted({1, *range(least, most + 1)})


@dataclass(slots=True)
class Sweep:
    """What was measured so far; the first point is that of one worker, which all are held against."""

    cores: int
    points: list[Point] = field(default_factory=list)

    def speed_up(self, point: Point) -> float:
        """How many times as fast as one worker."""
        return point.counts_per_s / self.points[0].counts_per_s

    def efficiency(self, point: Point) -> float:
        """The speed-up for each worker: 1 if every one of them brings as much as one alone."""
        return self.speed_up(point) / point.workers

    def knee(self) -> int | None:
        """The fewest workers that are nearly as fast as any number was; None while there is less than two points."""
        if len(self.points) < 2:
            return None
        best = max(self.speed_up(point) for point in self.points)
        return next(point.workers for point in self.points if self.speed_up(point) >= _KNEE * best)

    def finding(self) -> Finding | None:
        """What the sweep shows."""
        knee = self.knee()
        if knee is None:
            return None
        at = next(point for point in self.points if point.workers == knee)
        last = self.points[-1]
        gain = self.speed_up(at)
        cores = f"{self.cores} core{'s' * (self.cores > 1)}"
        figures = {"knee": knee, "cores": self.cores, "speed_up": round(gain, 2)}
        if knee == self.points[0].workers:
            text = f"More workers bring nothing. {last.workers} are {self.speed_up(last):.2f} times as fast as one was."
        else:
            text = (
                f"{knee} workers are {gain:.2f} times as fast as one, on a machine with {cores}: each brings "
                f"{100 * self.efficiency(at):.0f} % of what one alone does."
            )
            if last is not at:
                text += f" More bring nothing: {last.workers} are {self.speed_up(last):.2f} times as fast."
        return Finding("sweep", text, figures)

    def report(self, run: Run, seconds: float) -> dict[str, Any]:
        """All of it as plain JSON values; `run` is any of its runs."""
        finding = self.finding()
        return {
            "version": VERSION,
            "program": program_of(run),
            "system": system_of(run),
            "seconds": seconds,
            "points": [
                {
                    "workers": point.workers,
                    "counts_per_s": round(point.counts_per_s, 1),
                    "speed_up": round(self.speed_up(point), 3),
                    "efficiency": round(self.efficiency(point), 3),
                }
                for point in self.points
            ],
            "knee": self.knee(),
            "findings": [{"id": finding.id, "text": finding.text, "figures": finding.figures}] if finding else [],
        }


class Measurement:
    """Measures one point while a run goes on: counts/s of all workers together, from when the last of them counts.

    `seconds` is how long; `workers` how many have to count before it begins.
    """

    def __init__(self, workers: int, seconds: float) -> None:
        self.workers = workers
        self.seconds = seconds
        self._began: dict[int, tuple[float, float]] = {}

    def point(self, run: Run) -> Point | None:
        """What was measured, once it was for long enough; called whenever there is something new."""
        watch = run.watch
        counting = [worker for worker in run.workers if watch in worker.values and worker.values[watch].series.head > 0]
        if len(counting) < self.workers:
            return None
        if not self._began:
            self._began = {w.id: (w.values[watch].series.last_t, w.values[watch].series.head) for w in counting}
            return None
        rates, shortest = 0.0, self.seconds
        for worker in counting:
            series = worker.values[watch].series
            began_s, value = self._began.get(worker.id, (series.last_t, series.head))
            seconds = series.last_t - began_s
            shortest = min(shortest, seconds)
            rates += (series.head - value) / seconds if seconds > 0 else 0.0
        return Point(self.workers, rates) if shortest >= self.seconds else None
