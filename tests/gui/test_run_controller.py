"""A run in the window: the states that it goes through, and the report at its end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.gui.run_controller import RunState
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import last, state
from tests.gui.script_story import MS, ROOT, Launched, cells, show


def test_a_run_goes_through_its_states(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(workers=2, limit=5_000_000, variant=Variant(start_method="spawn")))
    assert state(window) is RunState.IDLE
    QTest.keyClick(window, Qt.Key.Key_Space)
    launch = last(bridge, messages.Launch)
    assert isinstance(launch, messages.Launch)
    assert launch.argv[1:] == ("--workers", "2", "--limit", "5000000", "--start-method", "spawn")
    assert Path(launch.argv[0]).name == "rocket.py"
    assert launch.python == sys.executable
    assert state(window) is RunState.STARTING
    assert not window.top.launch.isEnabled()
    advance(bridge, 20)
    assert state(window) is RunState.RUNNING
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert bridge.sent[-1] is messages.Request.PAUSE
    advance(bridge, 2)
    assert state(window) is RunState.PAUSED
    assert window.top.pause.text() == "Resume"
    QTest.keyClick(window, Qt.Key.Key_Space)
    advance(bridge, 60)
    assert state(window) is RunState.FINISHED
    assert window.top.launch.isEnabled()


def test_escape_stops(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 20)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert bridge.sent[-1] is messages.Request.STOP
    assert state(window) is RunState.STOPPING
    advance(bridge, 1)
    assert state(window) is RunState.STOPPED


def test_a_launch_that_comes_to_nothing_leaves_the_window_ready(make_window: MakeWindow) -> None:
    window, bridge = make_window()
    bridge.refuses = True
    window.launch()
    bridge.say(messages.Notice("Nothing could be started."))
    bridge.tick()
    assert state(window) is RunState.IDLE


def test_a_run_that_was_cut_off_is_lost_and_reported(make_window: MakeWindow, advance: Advance, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    window, bridge = make_window(Options(limit=10**12, report=path))
    window.launch()
    advance(bridge, 30)
    bridge.say(messages.Notice("The program was ended."), messages.RunEnded(10**9, "lost", None))
    bridge.tick()
    assert state(window) is RunState.LOST
    assert "was ended" in window.status_bar.sentence.text()
    assert json.loads(path.read_text())["ended"] == "lost"
    window.launch()
    advance(bridge, 20)
    assert state(window) is RunState.RUNNING


def test_the_report_is_written_when_a_run_ends(make_window: MakeWindow, advance: Advance, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    window, bridge = make_window(Options(limit=1_000_000, report=path))
    window.launch()
    advance(bridge, 60)
    written = json.loads(path.read_text())
    assert (written["ended"], len(written["processes"])) == ("finished", 3)


def test_a_report_that_cannot_be_written_is_said(make_window: MakeWindow, advance: Advance, tmp_path: Path) -> None:
    window, bridge = make_window(Options(limit=1_000_000, report=tmp_path / "missing" / "report.json"))
    window.launch()
    advance(bridge, 60)
    assert "report could not be written" in window.status_bar.sentence.text()


def test_closing_during_a_run_writes_the_report(make_window: MakeWindow, advance: Advance, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    window, bridge = make_window(Options(limit=10**12, report=path))
    window.launch()
    advance(bridge, 30)
    window.close()
    written = json.loads(path.read_text())
    assert written["ended"] == "stopped"
    assert written["processes"][1]["values"]["rocket"]["last"] > 0
    path.unlink()
    window.controller.close()
    assert bridge.closes == 1
    assert not path.exists()


def test_a_report_that_cannot_be_written_at_the_close_is_said_on_stderr(
    make_window: MakeWindow, advance: Advance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window, bridge = make_window(Options(limit=10**12, report=tmp_path / "missing" / "report.json"))
    window.launch()
    advance(bridge, 30)
    window.close()
    assert "report could not be written" in capsys.readouterr().err


def test_a_failed_process_is_marked_and_the_run_failed(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, told = launch()
    told.process(2, "climber")
    bridge.fail(2, "RuntimeError: the tank is empty")
    told.end(ROOT, 3, 900)
    bridge.say(messages.RunEnded(900 * MS, "failed", 3))
    show(window, bridge, advance)
    window.output.refresh()
    assert state(window) is RunState.FAILED
    assert cells(window, "state") == ["failed", "failed"]
    assert "RuntimeError" in cells(window, "ended")[1]
    assert "RuntimeError: the tank is empty" in window.output.text.toPlainText()
    assert window.status_bar.sentence.property("role") == "error"
    assert window.top.time_label.text() == "0.9 s  ·  exit code 3"


def test_the_window_goes_on_and_says_so_while_it_closes(
    make_window: MakeWindow, advance: Advance, qtbot: QtBot
) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 30)
    bridge.closes_late = True
    window.close()
    assert window.isVisible()
    assert state(window) == "Closing"
    assert not any(button.isEnabled() for button in (window.top.launch, window.top.pause, window.top.stop))
    window.close()
    assert bridge.closes == 1
    bridge.closed.emit()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window.controller.is_closed
