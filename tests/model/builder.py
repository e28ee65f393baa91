"""Runs for tests, told message by message as the collector would."""

from __future__ import annotations

from rocketgui.model.model import Model
from rocketgui.model.run import Run
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame, Message
from rocketgui.protocol.variant import Variant

MS = 1_000_000


class Story:
    """A run of `workers` workers that begin 10 ms apart. Times are given in ms since launch."""

    def __init__(self, workers: int = 2, cores: int = 2, *, helper: bool = False, **more: str) -> None:
        self.model = Model()
        self.again(workers, cores, helper=helper, **more)

    def again(
        self, workers: int = 2, cores: int = 2, *, helper: bool = False, run_as: str = "processes", work: str = "count",
        variable: str = "private", start_method: str = "spawn",
    ) -> Story:  # fmt: skip
        """Launch once more."""
        watch = ("rocket",) if variable == "private" else ("attempts", "rocket")
        self.tell(
            0,
            messages.RunStarted(
                ("rocket.py", "--workers", str(workers)), "/usr/bin/python3",
                Variant(run_as, work, variable, start_method), "Linux", cores,
                "2026-11-22T12:00:00.000000+00:00", workers, 10_000_000, watch,
            ),
            messages.PythonInfo("3.11.7", True),
            messages.ProcessSeen(1, None, 100, "process", "MainProcess", True),
            messages.LifecycleEvent(1, "began", 20 * MS),
        )  # fmt: skip
        parent = 1
        if helper:
            self.tell(30, messages.ProcessSeen(50, 1, 150, "helper", "fork server", False))
            parent = 50
        self.workers = tuple(range(2, workers + 2))
        for number in self.workers:
            self.tell(
                40,
                messages.ProcessSeen(number, parent, 99 + number, "process", f"func{number - 1}", True),
                messages.LifecycleEvent(number, "start_called", 40 * MS),
                messages.LifecycleEvent(number, "began", 80 * MS),
                messages.LifecycleEvent(number, "target_entered", (80 + 10 * number) * MS),
            )
        return self

    @property
    def run(self) -> Run:
        return self.model.run

    def tell(self, t_ms: float, *told: Message) -> None:
        self.model.apply_frame(Frame(round(t_ms * MS), told))

    def count(self, t_ms: float, **values: int) -> None:
        """Samples at one time: p1=0, p2=5_000, ..."""
        rows = [(int(name[1:]), value) for name, value in values.items()]
        count = len(rows)
        self.tell(
            t_ms,
            messages.Samples(
                tuple(n for n, _ in rows), ("rocket",) * count, (round(t_ms * MS),) * count, tuple(v for _, v in rows)
            ),
        )

    def sample(self, t_ms: float, number: int, name: str, value: int) -> None:
        """One sample of any name."""
        self.tell(t_ms, messages.Samples((number,), (name,), (round(t_ms * MS),), (value,)))

    def load(self, t_ms: float, numbers: tuple[int, ...], cpu_s: float, involuntary: int) -> None:
        count = len(numbers)
        self.tell(
            t_ms,
            messages.ProcessLoad(
                round(t_ms * MS), numbers, (50.0,) * count, (cpu_s,) * count, (0,) * count, (2,) * count,
                (involuntary,) * count, (10_000,) * count, (20_000,) * count, (1,) * count,
            ),
        )  # fmt: skip

    def leave(self, number: int, t_ms: float) -> None:
        self.tell(
            t_ms,
            messages.LifecycleEvent(number, "target_left", round(t_ms * MS)),
            messages.LifecycleEvent(number, "exited", round(t_ms * MS)),
            messages.Ended(number, 0, None, False),
        )

    def end(self, t_ms: float, ended: str = "finished", code: int | None = 0) -> None:
        self.tell(t_ms, messages.Ended(1, code, None, False), messages.RunEnded(round(t_ms * MS), ended, code))
