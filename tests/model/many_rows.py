"""Runs with thousands of short-lived processes and threads."""

from __future__ import annotations

from rocketgui.model.model import Model
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame, Message
from rocketgui.protocol.variant import OTHER

MS = 1_000_000


class Storm:
    """A program of the user's; each process that it is told of begins 10 ms after the one before."""

    def __init__(self) -> None:
        self.model = Model()
        self.t_ms = 0
        self.number = 1
        self.tell(
            messages.RunStarted(
                ("storm.py",), "/usr/bin/python3", OTHER, "Linux", 2,
                "2026-11-22T12:00:00.000000+00:00", 0, 0, (),
            ),
            messages.ProcessSeen(1, None, 100, "process", "MainProcess", True),
            messages.LifecycleEvent(1, "began", MS),
        )  # fmt: skip

    def tell(self, *told: Message) -> None:
        """What happens now."""
        self.model.apply_frame(Frame(self.t_ms * MS, told))

    def wait(self) -> None:
        """Half a second passes: by then it is known which processes are no helpers."""
        self.t_ms += 500
        self.tell()

    def begin(self, name: str = "sh", kind: str = "process", parent: int = 1) -> int:
        """One that lives on; its id."""
        self.number += 1
        self.t_ms += 10
        pid = 100 if kind == "thread" else 100 + self.number
        self.tell(
            messages.ProcessSeen(self.number, parent, pid, kind, name, kind == "thread"),
            messages.LifecycleEvent(self.number, "began", self.t_ms * MS),
        )
        return self.number

    def end(self, number: int, code: int | None = 0, signal: int | None = None) -> None:
        """It ends 1 ms later."""
        self.tell(
            messages.LifecycleEvent(number, "exited", (self.t_ms + 1) * MS), messages.Ended(number, code, signal, False)
        )

    def lives(self, count: int, name: str = "sh", kind: str = "process", code: int | None = 0) -> list[int]:
        """So many come and go, one after another; `{}` in the name is their number. Their ids."""
        ids = []
        for place in range(count):
            number = self.begin(name.format(place), kind)
            self.end(number, code)
            ids.append(number)
        return ids

    def finish(self) -> None:
        """The program comes to its end."""
        self.t_ms += 10
        self.tell(messages.Ended(1, 0, None, False), messages.RunEnded(self.t_ms * MS, "finished", 0))
