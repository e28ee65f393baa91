"""The live number of workers of the built-in program: how many it should have started, and which end early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class WorkerTarget:
    """Compares the number of workers that is wanted with the workers that were started.

    The program starts workers until it has started `to_launch` in all. A worker that has reached the limit still
    counts. Workers end early only when the wanted number is lowered, the newest first. A program that begins with 0
    workers decides itself how many it has; then `is_led` is False.
    """

    def __init__(self, workers: int) -> None:
        self.to_launch = workers
        self.is_led = workers > 0
        self._dismissed: set[int] = set()

    def known(self) -> dict[str, Any]:
        """The state as plain JSON values, for `restore`."""
        return {"to_launch": self.to_launch, "dismissed": sorted(self._dismissed)}

    def restore(self, known: dict[str, Any]) -> None:
        self.to_launch = known["to_launch"]
        self._dismissed = set(known["dismissed"])

    @property
    def workers(self) -> int:
        """The number of workers that is wanted now."""
        return self.to_launch - len(self._dismissed)

    def resize(self, workers: int, started: Sequence[int], alive: Sequence[int]) -> list[int]:
        """Set the number of workers that is wanted; return the workers that should end, newest first. `started` and
        `alive` are ids of process entries in the order of their starts."""
        if workers >= self.workers:
            self.to_launch += workers - self.workers
            return []
        not_started = max(0, self.to_launch - len(started))
        taken_back = min(not_started, self.workers - workers)
        self.to_launch -= taken_back
        surplus = self.workers - workers
        newest = [process for process in reversed(started) if process not in self._dismissed][:surplus]
        self._dismissed.update(newest)
        return [process for process in newest if process in alive]

    def overtaken(self, started: Sequence[int], alive: Sequence[int]) -> list[int]:
        """The workers that should end since the program started them before it read that fewer are wanted."""
        if not self.is_led or len(started) <= self.to_launch:
            return []
        wanted, self.to_launch = self.workers, len(started)
        return self.resize(wanted, started, alive)

    def refused(self, started: int) -> None:
        """The system refused to start more workers than `started`: want no more than these."""
        self.to_launch = min(self.to_launch, max(started, len(self._dismissed)))
