"""What the timeline shows of a process as a bar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QColor

from rocketgui.gui.plots.bars import bar
from rocketgui.protocol import messages
from tests.gui.conftest import Advance
from tests.gui.script_story import MS, ROOT, Launched, cells, show
from tests.model.builder import Story


def test_bar_of_a_worker_in_its_life() -> None:
    story = Story(1)
    worker = story.run.processes[2]
    colour = QColor("red")
    alive = bar(worker, colour, 0.5)
    assert (alive.called, alive.entered, alive.left, alive.ended, alive.joined) == (0.04, 0.1, 0.5, 0.5, None)
    story.leave(2, 700)
    over = bar(worker, colour, 0.9)
    assert (over.left, over.ended, over.bad) == (0.7, 0.7, "")


def test_bar_of_one_that_was_killed_before_its_first_line() -> None:
    story = Story(1)
    worker = story.run.processes[2]
    worker.target_entered_ns = None
    worker.exited_ns, worker.signal, worker.ended = 90_000_000, 9, True
    killed = bar(worker, QColor("red"), 0.9)
    assert (killed.entered, killed.left, killed.ended, killed.bad) == (None, None, 0.09, "killed by SIGKILL")


def test_a_fork_of_the_programs_own_is_running(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, _ = launch()
    bridge.say(messages.ProcessSeen(2, ROOT, 4712, "process", "process 4712", True))
    bridge.say(messages.LifecycleEvent(2, "began", 30 * MS))
    show(window, bridge, advance)
    assert cells(window, "state") == ["running", "running"]
    process = window.controller.run.processes[2]
    shown = bar(process, window.themes.theme.worker(0), 1.0)
    assert (shown.entered, shown.left) == (0.03, 1.0)
