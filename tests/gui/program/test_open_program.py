"""Programs of the user's, opened in a dialog or dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.run_controller import RunState
from rocketgui.gui.window.presentation import Shape
from rocketgui.options import Options
from rocketgui.protocol.launch_spec import Script
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.fake_bridge import FakeBridge
from tests.gui.inspection import controls, drop, launched, state


def test_a_dropped_program_is_opened_and_not_launched(make_window: MakeWindow, script: Path) -> None:
    window, bridge = make_window()
    drop(window, script)
    assert window.program.script == Script((str(script),), folder=str(script.parent))
    assert window.status_bar.sentence.text() == "two.py is opened. Launch it with Space."
    assert window.status_bar.sentence.property("role") == "info"
    assert not bridge.sent
    assert window.plots.counters.hint == "Press Space to launch two.py"
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert launched(bridge).argv == (str(script),)


def test_opening_another_while_one_runs_stops_nothing(make_window: MakeWindow, advance: Advance, script: Path) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 20)
    drop(window, script)
    assert state(window) is RunState.RUNNING
    assert "once what runs has ended; Esc ends it now" in window.status_bar.sentence.text()
    advance(bridge, 20)
    assert len(bridge.sent) == 1
    QTest.keyClick(window, Qt.Key.Key_Escape)
    advance(bridge, 2)
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert launched(bridge).argv == (str(script),)


def test_what_cannot_be_opened_is_said_in_one_sentence(make_window: MakeWindow, script: Path, tmp_path: Path) -> None:
    window, _ = make_window()
    other = tmp_path / "data.csv"
    other.write_text("1")
    for paths, sentence in (
        ((other,), "data.csv is no Python program: its name does not end in .py."),
        ((script, other), "Open one program at a time."),
        ((tmp_path,), f"{tmp_path.name} is no Python program: its name does not end in .py."),
        ((tmp_path / "gone.py",), f"There is no file {tmp_path / 'gone.py'}."),
    ):
        drop(window, *paths)
        assert window.status_bar.sentence.text() == sentence
        assert window.status_bar.sentence.property("role") == "error"
    window.status_bar.clear()
    drop(window, "a text")
    assert window.status_bar.sentence.property("role") == "muted"
    assert window.program.script is None


def test_a_file_can_be_dropped_anywhere(opened: tuple[MainWindow, FakeBridge]) -> None:
    window, _ = opened
    assert window.acceptDrops()
    assert [w for w in window.findChildren(QWidget) if w.acceptDrops()] == []


def test_the_dialog_opens_a_program(make_window: MakeWindow, script: Path, qtbot: QtBot) -> None:
    window, bridge = make_window()
    QTest.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = window.findChildren(QFileDialog)
    dialog.setDirectory(str(script.parent))
    dialog.selectFile(str(script))
    dialog.accept()
    assert window.program.script == Script((str(script),), folder=str(script.parent))
    assert not bridge.sent
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog))
    assert "Ctrl+O" in window.top.open.toolTip()


def test_what_is_opened_while_presented_has_the_size_of_the_controls(make_window: MakeWindow, script: Path) -> None:
    window, _ = make_window()
    window.presentation.show(Shape.P1080)
    window.presentation.toggle_controls()
    QApplication.processEvents()
    drop(window, script)
    workers, arguments = window.program.workers.field, controls(window).arguments.field
    assert arguments.font().pixelSize() == window.program.choices.method.font().pixelSize()
    assert workers.font().pixelSize() > arguments.font().pixelSize()
    window.presentation.show(None)
    assert arguments.font().pixelSize() == QApplication.font().pixelSize()
