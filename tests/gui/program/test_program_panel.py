"""Which program will run, and the parent's own value."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.gui import settings
from rocketgui.gui.main_window import MainWindow
from rocketgui.model.formatting import parse_limit
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.protocol.launch_spec import Launch, Script
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.fake_bridge import FakeBridge
from tests.gui.inspection import drop, launched


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


@pytest.mark.parametrize("variable", ["private", "locked"])
def test_parents_value_is_not_cut_off(make_window: MakeWindow, advance: Advance, variable: str) -> None:
    window, bridge = make_window(Options(variant=Variant(variable=variable)))
    window.launch()
    advance(bridge, 10)
    run = window.controller.run
    for value in (0, 1_800_000, 10**12, 2**63):
        run.apply(messages.Samples((1,), ("rocket",), (10**10,), (value,)))
        window.program.refresh(run)
        label = window.program.parent_value
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width(), label.text()


def test_back_to_the_rocket_program(opened: tuple[MainWindow, FakeBridge], script: Path) -> None:
    window, bridge = opened
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert window.program.script is None
    assert window.program.rocket.isVisible()
    assert window.windowTitle() == "rocketgui"
    assert window.plots.counters.hint == "Press Space to launch 2 processes"
    window.launch()
    assert launched(bridge).argv[0] == "rocket.py"


def test_lesson_and_sweep_are_of_the_rocket_program(opened: tuple[MainWindow, FakeBridge], script: Path) -> None:
    window, _ = opened
    shown = []
    for act in (
        lambda: window.lesson.open_lesson(1),
        lambda: drop(window, script),
        lambda: window.show_sweep().close(),
    ):
        act()
        shown.append((window.program.script is not None, window.lesson.step is not None))
    assert shown == [(False, True), (True, False), (False, False)]


def test_controls_of_the_rocket_program_do_not_reach_a_program_of_the_users(
    opened: tuple[MainWindow, FakeBridge], advance: Advance
) -> None:
    window, bridge = opened
    window.launch()
    advance(bridge, 5)
    window.program.show_rocket()
    window.program.workers.slider.setValue(5)
    window.program.limit.field.setText("7")
    window.program.limit.field.returnPressed.emit()
    assert window.program.limit.value == parse_limit("7")
    assert all(isinstance(command, Launch) for command in bridge.sent)


def test_the_python_of_a_program_is_not_remembered_for_the_rocket_program(
    qtbot: QtBot, tmp_path: Path, script: Path
) -> None:
    file = tmp_path / "settings.ini"
    remembered = settings.Settings(controls={"python": "/usr/bin/env", "workers": 5})
    settings.save(file, remembered)
    options = settings.load(file).applied(Options(script=Script((str(script),)), python=sys.executable))
    assert (options.python, options.workers) == (sys.executable, 5)
    window = MainWindow(FakeBridge(), options, remember=file)
    qtbot.addWidget(window)
    assert window.program.command().python == sys.executable
    assert window.program.options.python == "/usr/bin/env"
    window.close()
    assert settings.load(file).controls["python"] == "/usr/bin/env"
