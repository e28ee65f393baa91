"""What a program of the user's does, made up message by message and sent through the fake bridge."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.view_models.process_columns import SCRIPT_COLUMNS
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Number
from tests.gui.fake_bridge import FakeBridge

MS = 1_000_000
ROOT = 1


class Told:
    """Tells a window's fake bridge about processes; `ROOT` is there once the program was launched."""

    def __init__(self, bridge: FakeBridge) -> None:
        self._bridge = bridge

    def process(self, number: int, name: str, parent: int = ROOT, *, kind: str = "process", agent: bool = True) -> None:
        """A process, or what `kind` says, is there, and in its function."""
        self._bridge.say(messages.ProcessSeen(number, parent, 4710 + number, kind, name, agent))
        if kind == "process" and agent:
            for place, moment in enumerate(("start_called", "began", "target_entered")):
                self._bridge.say(messages.LifecycleEvent(number, moment, (number + place) * MS))
        else:
            self._bridge.say(messages.LifecycleEvent(number, "began", number * MS))

    def helper(self, number: int, name: str) -> None:
        """One of Python's own helpers."""
        self._bridge.say(messages.ProcessSeen(number, None, 4710 + number, "helper", name, False))

    def value(self, number: int, name: str, value: Number, at_ms: int) -> None:
        """A watched value."""
        self._bridge.say(messages.Samples((number,), (name,), (at_ms * MS,), (value,)))

    def activity(self, number: int, what: str, at_ms: int, line: int = 12, on: str = "") -> None:
        """What a process does from now on."""
        self._bridge.say(messages.Activity(number, at_ms * MS, what, "/code/two.py", line, "work", on))

    def load(self, number: int, cpu: float) -> None:
        """What the system says of it."""
        one = (number,), (cpu,), (0.5,), (1,), (3,), (4,), (11_800_000,), (12_800_000,), (2,)
        self._bridge.say(messages.ProcessLoad(MS, *one))

    def end(self, number: int, code: int | None, at_ms: int) -> None:
        """It has ended."""
        self._bridge.say(messages.LifecycleEvent(number, "exited", at_ms * MS))
        self._bridge.say(messages.Ended(number, code, None, False))


#: The window in which a program runs, its fake bridge, and what tells it of processes.
Launched = tuple[MainWindow, FakeBridge, Told]


def show(window: MainWindow, bridge: FakeBridge, advance: Callable[[FakeBridge, int], None]) -> None:
    """Let the window take in what was told. Who is no Python could be a helper for a third of a second."""
    advance(bridge, 20)
    window.plots.draw()
    window._words.now()


def column(heading: str) -> int:
    """The column of the process table with this heading."""
    return [one.heading for one in SCRIPT_COLUMNS].index(heading)


def cells(window: MainWindow, heading: str) -> list[str]:
    """What stands in a column of the process table, row by row."""
    model = window.processes.model
    return [model.data(model.index(row, column(heading))) for row in range(model.rowCount())]


def said(window: MainWindow, row: int, heading: str) -> str:
    """The tooltip of a cell of the process table."""
    model = window.processes.model
    return str(model.data(model.index(row, column(heading)), Qt.ItemDataRole.ToolTipRole))


def a_tree(told: Told) -> None:
    """Processes below processes, threads of some of them, a program that is no Python, and a helper."""
    told.process(2, "branch-0")
    told.process(3, "branch-1")
    told.process(4, "leaf-0", parent=3)
    told.process(5, "leaf-1", parent=2)
    told.process(6, "twig", parent=5)
    told.process(7, "Thread-3 (feed)", parent=3, kind="thread")
    told.process(8, "watchdog", parent=ROOT, kind="thread")
    told.process(9, "sleep", agent=False)
    told.helper(10, "resource tracker")
