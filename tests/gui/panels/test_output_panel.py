"""The output: filtered by process; and beside it the program, to be read, copied and saved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStyle, QStyleOptionComboBox

from rocketgui.gui.main_window import MainWindow
from rocketgui.options import Options
from rocketgui.programs.variants import source
from rocketgui.protocol import messages
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.program.test_variant_controls import choose
from tests.helpers import LONGEST, clean


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


def test_code_is_what_is_launched(make_window: MakeWindow) -> None:
    window, bridge = make_window(Options(workers=3, limit=5_000, variant=Variant(start_method="spawn")))
    choose(window.program.choices.variable, "unlocked")
    shown = window.output.code.text.toPlainText()
    assert shown == source(Variant(variable="unlocked", start_method="spawn"), 3, 5_000)
    window.launch()
    launch = bridge.sent[-1]
    assert isinstance(launch, messages.Launch)
    assert launch.source == shown


def test_code_of_a_lesson(make_window: MakeWindow) -> None:
    window, _ = make_window(Options(lesson=9))
    assert "sys.maxint" in window.output.code.text.toPlainText()
    window.lesson.leave.click()
    assert "sys.maxint" not in window.output.code.text.toPlainText()


def test_copied_and_saved_it_runs(make_window: MakeWindow, tmp_path: Path) -> None:
    window, _ = make_window(Options(workers=2, limit=1_000))
    code = window.output.code
    window.output.views.choose(1)
    code.copy.click()
    assert QGuiApplication.clipboard().text() == code.text.toPlainText()
    path = tmp_path / "mine.py"
    code.save_as(path)
    assert code.said.text() == "Saved. Run it: python mine.py"
    done = subprocess.run(
        [sys.executable, str(path)], env=clean(), capture_output=True, text=True, timeout=LONGEST, check=True
    )
    assert sorted(done.stdout.splitlines())[-1] == "start func2"


def test_where_it_cannot_be_saved(make_window: MakeWindow, tmp_path: Path) -> None:
    window, _ = make_window()
    window.output.code.save_as(tmp_path / "no such folder" / "mine.py")
    assert window.output.code.said.text() == "mine.py could not be saved: No such file or directory."


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
