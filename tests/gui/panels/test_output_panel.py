"""What the processes printed, filtered by process."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import (
    QStyle,
    QStyleOptionComboBox,
)
from pytestqt.qtbot import QtBot

from rocketgui.gui.main_window import MainWindow
from rocketgui.options import Options
from rocketgui.protocol import messages
from tests.gui.conftest import Advance, MakeWindow


def texts(window: MainWindow) -> list[str]:
    return window.output.text.toPlainText().splitlines()


def test_one_process_only(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2))
    window.launch()
    advance(bridge, 30)
    window.output.refresh()
    everything = texts(window)
    assert any("func1" in line for line in everything)
    assert any("func2" in line for line in everything)
    window.output.whose.setCurrentText("func2")
    assert texts(window) == [line for line in everything if "func2" in line.split()[1]]
    run = window.controller.run
    run.apply(messages.Output(2, 5_000_000_000, "stdout", "more of func1"))
    window.output.refresh()
    assert texts(window) == [line for line in everything if "func2" in line.split()[1]]
    window.output.show_process(None)
    assert texts(window)[-1].endswith("more of func1")


def test_late_lines_stand_where_they_belong(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2))
    window.launch()
    advance(bridge, 30)
    run, panel = window.controller.run, window.output
    for t_s in (5, 7, 6):
        run.apply(messages.Output(2, t_s * 1_000_000_000, "stdout", f"at {t_s}"))
        panel.refresh()
    assert [line.split()[-1] for line in texts(window)[-3:]] == ["5", "6", "7"]


def test_list_of_processes_is_of_this_run(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=1000))
    for _ in range(2):
        window.launch()
        advance(bridge, 60)
        window.output.refresh()
    whose = window.output.whose
    assert [whose.itemText(row) for row in range(whose.count())] == ["all", "MainProcess", "func1", "func2"]


def test_choice_stays_from_run_to_run(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**12))
    whose, width = window.output.whose, window.output.whose.width()
    window.launch()
    advance(bridge, 30)
    window.output.refresh()
    whose.setCurrentText("func2")
    window.controller.stop()
    advance(bridge, 2)
    window.launch()
    advance(bridge, 1)
    assert whose.currentText() == "func2"
    advance(bridge, 30)
    window.output.refresh()
    assert [line.split()[1] for line in texts(window)] == ["func2"]
    window.controller.stop()
    advance(bridge, 2)
    # One that does not come again has nothing to show.
    window.program.workers.set_value(1)
    window.launch()
    advance(bridge, 10)
    window.controller.stop()
    advance(bridge, 2)
    window.output.refresh()
    assert whose.currentText() == "all"
    assert any("func1" in line for line in texts(window))
    assert whose.width() == width


def test_an_open_list_does_not_change(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**12))
    window.launch()
    advance(bridge, 30)
    window.output.refresh()
    whose = window.output.whose
    whose.showPopup()
    qtbot.waitUntil(whose.view().isVisible)
    before = whose.count()
    window.controller.run.apply(messages.ProcessSeen(9, 1, 4719, "process", "late", True))
    window.output.refresh()
    assert whose.count() == before
    whose.hidePopup()
    window.output.refresh()
    assert whose.count() == before + 1


@pytest.mark.parametrize("name", ["all", "MainProcess", "func256"])
def test_names_are_not_cut_in_the_list_of_processes(make_window: MakeWindow, name: str) -> None:
    window, _ = make_window()
    window.resize(1280, 720)
    whose = window.output.whose
    option = QStyleOptionComboBox()
    whose.initStyleOption(option)
    style = whose.style()
    field = style.subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, whose
    )
    assert field.width() >= whose.fontMetrics().horizontalAdvance(name)


def test_long_line_is_read_to_its_end(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=1, limit=10**12))
    window.resize(1280, 720)
    window.launch()
    bridge.say(messages.Output(1, 0, "stderr", "AttributeError: module 'sys' has no attribute 'maxint' " * 2))
    advance(bridge, 5)
    window.output.refresh()
    text = window.output.text
    assert text.document().lineCount() > text.blockCount()
    assert text.horizontalScrollBar().maximum() == 0


def test_output_is_shown_with_name_and_time(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 30)
    qtbot.waitUntil(lambda: "start func2" in window.output.text.toPlainText())
    assert window.output.text.toPlainText().splitlines()[0].split()[:2] == ["0.096", "func1"]
