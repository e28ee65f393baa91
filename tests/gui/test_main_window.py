"""The window as its user meets it: states, keys, typed values, what is said when something goes wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QWidget
from pytestqt.qtbot import QtBot

from rocketgui.gui.run_controller import RunState
from rocketgui.model.formatting import format_duration
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import CONTROLS, last, state


def test_every_control_has_a_name_and_a_tooltip(make_window: MakeWindow) -> None:
    window, _ = make_window()
    inner = [
        w for w in window.findChildren(QWidget) if isinstance(w, CONTROLS) and not w.objectName().startswith("qt_")
    ]
    controls = [w for w in inner if not isinstance(w.parent(), QAbstractScrollArea)]
    assert len(controls) >= 9
    for control in controls:
        assert control.accessibleName(), control
        assert control.toolTip(), control.accessibleName()


def test_every_button_says_its_key(make_window: MakeWindow) -> None:
    window, _ = make_window()
    for button, key in ((window.top.launch, "Space"), (window.top.pause, "Space"), (window.top.stop, "Esc")):
        assert key in button.toolTip()


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
    assert isinstance(bridge.sent[-1], messages.Pause)
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
    assert isinstance(bridge.sent[-1], messages.Stop)
    assert state(window) is RunState.STOPPING
    advance(bridge, 1)
    assert state(window) is RunState.STOPPED


def test_space_on_a_control_that_has_the_focus_is_the_controls_own(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, bridge = make_window()
    window.program.limit.field.setFocus()
    QTest.keyClick(window.program.limit.field, Qt.Key.Key_Space)
    assert not bridge.sent
    window.top.launch.setFocus()
    QTest.keyClick(window.top.launch, Qt.Key.Key_Return)
    assert isinstance(last(bridge, messages.Launch), messages.Launch)


@pytest.mark.parametrize("wrong", ["ten", "", "0", "-5", "1.5", "99999999999999999999", "1e400"])
def test_a_wrong_limit_is_refused_in_one_sentence(make_window: MakeWindow, qtbot: QtBot, wrong: str) -> None:
    window, _ = make_window()
    limit = window.program.limit
    limit.field.setFocus()
    limit.field.setText(wrong)
    QTest.keyClick(limit.field, Qt.Key.Key_Return)
    assert limit.error.endswith(".")
    assert limit.value == 10_000_000
    QTest.keyClick(limit.field, Qt.Key.Key_Escape)
    assert limit.error == ""
    assert limit.field.text() == "10 M"


def test_a_wrong_entry_goes_when_the_field_is_left_and_its_sentence_stays(make_window: MakeWindow) -> None:
    window, _ = make_window(Options(workers=6))
    workers, limit = window.program.workers, window.program.limit
    workers.field.setFocus()
    QTest.keyClicks(workers.field, "2.5")
    QTest.keyClick(workers.field, Qt.Key.Key_Return)
    assert workers.field.text() == "2.5"
    limit.field.setFocus()
    QTest.keyClicks(limit.field, "7000")
    assert (workers.field.text(), workers.value) == ("6", 6)
    assert workers.error.endswith(".")


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [("1e8", 10**8, "100 M"), ("50M", 50_000_000, "50 M"), ("sys.maxsize", sys.maxsize, "sys.maxsize"), ("7", 7, "7")],
)
def test_a_typed_limit_is_taken_over(make_window: MakeWindow, qtbot: QtBot, typed: str, value: int, shown: str) -> None:
    window, _ = make_window()
    limit = window.program.limit
    limit.field.setFocus()
    limit.field.setText(typed)
    QTest.keyClick(limit.field, Qt.Key.Key_Return)
    assert (limit.value, limit.field.text(), limit.error) == (value, shown, "")


def test_256_workers_can_be_typed_and_257_not(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window()
    workers = window.program.workers
    for typed, value in (("256", 256), ("257", 256)):
        workers.field.setFocus()
        workers.field.setText(typed)
        QTest.keyClick(workers.field, Qt.Key.Key_Return)
        assert workers.value == value
    assert "256" in workers.error


def test_sliders_act_live_and_the_last_value_gets_through(
    make_window: MakeWindow, advance: Advance, qtbot: QtBot
) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 10)
    for workers in range(3, 12):
        window.program.workers.slider.setValue(workers)
    qtbot.waitUntil(lambda: last(bridge, messages.SetWorkers) == messages.SetWorkers(11))
    assert len([c for c in bridge.sent if isinstance(c, messages.SetWorkers)]) < 9
    window.program.limit.slider.setValue(window.program.limit.slider.maximum())
    qtbot.waitUntil(lambda: last(bridge, messages.SetLimit) == messages.SetLimit(sys.maxsize))
    advance(bridge, 10)
    assert len(window.controller.run.workers) == 11


def test_a_killed_worker_is_named(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(workers=3, limit=10**12))
    window.launch()
    advance(bridge, 30)
    bridge.kill(3)
    advance(bridge, 2)
    qtbot.waitUntil(lambda: "func2" in window.status_bar.sentence.text())
    assert "SIGKILL" in window.status_bar.sentence.text()
    assert "SIGKILL" in window.findings.text.text()


def test_a_notice_is_said_and_gone_with_the_next_launch(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(limit=1_000_000))
    bridge.say(messages.Notice("Python could not be started: no such file."))
    advance(bridge, 1)
    assert "no such file" in window.status_bar.sentence.text()
    window.launch()
    advance(bridge, 1)
    assert "no such file" not in window.status_bar.sentence.text()


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


def test_a_far_limit_is_as_far_as_the_first_worker_has_to_go(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**12))
    window.launch()
    advance(bridge, 60)
    window.plots.refresh()
    remark = window.plots.counters_card.remark
    arrival = window.controller.run.first_arrival_s()
    assert arrival is not None
    assert f"limit in {format_duration(arrival)}" in remark.text()
    window.program.refresh(window.controller.run)
    assert window.program.limit.remark.text().startswith("From 0: about ")


def test_the_strip_says_each_loss_by_its_name(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(limit=10**12))
    run = window.controller.run
    window.status_bar.refresh(run)
    assert window.status_bar.figures.text() == ""
    window.launch()
    advance(bridge, 60)
    run = window.controller.run
    run.apply(messages.Overhead(0.05, 0.039, 0.5))
    window.status_bar.refresh(run)
    words = window.status_bar.figures.text().replace("\N{FIGURE SPACE}", "").split("  ·  ")
    assert words == ["observing costs the program 10.0 %", "collector 3.9 % of a core", "0 samples lost"]
    run.apply(messages.Losses(1_234, 5, 6, 7))
    window.status_bar.refresh(run)
    words = window.status_bar.figures.text().split("  ·  ")
    assert words[2:] == ["1,234 samples lost", "7 lines lost", "5 bad messages", "6 never reported"]
    run.apply(messages.Losses(1, 1, 0, 1))
    window.status_bar.refresh(run)
    assert window.status_bar.figures.text().split("  ·  ")[2:] == ["1 sample lost", "1 line lost", "1 bad message"]


def test_closing_closes_the_bridge(make_window: MakeWindow) -> None:
    window, bridge = make_window()
    window.close()
    assert bridge.closes == 1


def test_the_parent_stands_first_and_its_value_large(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(workers=4, limit=10**12))
    window.launch()
    advance(bridge, 30)
    model = window.processes.model
    qtbot.waitUntil(lambda: model.rowCount() == 5)
    assert model.data(model.index(0, 0)) == "MainProcess"
    assert window.program.parent_value.text() == "rocket = 0"
    # The first words come before the last figures.
    qtbot.waitUntil(lambda: model.data(model.index(1, 1)) != "–")


def test_output_is_shown_with_name_and_time(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 30)
    qtbot.waitUntil(lambda: "start func2" in window.output.text.toPlainText())
    assert window.output.text.toPlainText().splitlines()[0].split()[:2] == ["0.096", "func1"]


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
