"""Which workers run at the same time, and what the system gives them meanwhile.

Tested by tests/model/findings/test_cores.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rocketgui.model.process import Process, Reading

#: A share of a core is known once so many run at once for this long, in s; before, start-up blurs it.
SETTLED_S = 0.5


@dataclass(frozen=True, slots=True)
class Shares:
    """What some concurrent workers got: `workers` of them ran at once for `seconds`, pauses left out, and got `cores`
    cores together. `switches_per_s`: involuntary context switches per second; None where the system does not count
    them."""

    workers: int
    seconds: float
    cores: float
    switches_per_s: float | None


class ConcurrentWorkers:
    """Workers that run at once, from when all of them run until one of them leaves or another comes. `paused_ns(began,
    ended)` is the length of the pauses in a time span, in ns."""

    def __init__(self, workers: Iterable[Process], t_ns: int, paused_ns: Callable[[int, int], int]) -> None:
        self._paused_ns = paused_ns
        self._began_ns = t_ns
        self._workers = [
            (worker, worker.cpu_reading or _born(worker), worker.switches_reading or _born(worker))
            for worker in workers
        ]
        self.ids = frozenset(worker.id for worker, *_ in self._workers)

    def shares(self, now_ns: int) -> Shares | None:
        """What the workers got until now; None if that is not known."""
        seconds = (now_ns - self._began_ns - self._paused_ns(self._began_ns, now_ns)) / 1e9
        used = [self._per_s(before, worker.cpu_reading) for worker, before, _ in self._workers]
        known = [cores for cores in used if cores is not None]
        if seconds < SETTLED_S or not known or len(known) < len(used):
            return None
        switches = [
            rate
            for worker, _, before in self._workers
            if (rate := self._per_s(before, worker.switches_reading)) is not None
        ]
        often = sum(switches) * len(used) / len(switches) if switches else None
        return Shares(len(used), seconds, sum(known), often)

    def _per_s(self, before: Reading | None, after: Reading | None) -> float | None:
        if before is None or after is None:
            return None
        seconds = (after[0] - before[0] - self._paused_ns(before[0], after[0])) / 1e9
        return (after[1] - before[1]) / seconds if seconds >= SETTLED_S / 2 else None


class ConcurrencyTracker:
    """Follows which workers run at once.

    Attributes:
        most: what the largest earlier group of concurrent workers got; of groups of equal size, the one that lasted
        longest. None if no group lasted long enough.
    """

    def __init__(self, paused_ns: Callable[[int, int], int]) -> None:
        self._paused_ns = paused_ns
        self._now = ConcurrentWorkers((), 0, paused_ns)
        self.most: Shares | None = None

    def meet(self, workers: list[Process], t_ns: int) -> None:
        """Take in which workers run from now on. Call it before other news of the same time: a worker that leaves takes
        its last reading along."""
        if self._now.ids == {worker.id for worker in workers}:
            return
        past = self.shares(t_ns)
        if past is not None and (self.most is None or _size(past) > _size(self.most)):
            self.most = past
        self._now = ConcurrentWorkers(workers, t_ns, self._paused_ns)

    def shares(self, now_ns: int) -> Shares | None:
        """What the workers got that run now; None if that is not known."""
        return self._now.shares(now_ns)


def _size(shares: Shares) -> tuple[int, float]:
    return shares.workers, shares.seconds


def _born(worker: Process) -> Reading | None:
    return None if worker.began_ns is None else (worker.began_ns, 0.0)
