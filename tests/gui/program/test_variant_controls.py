"""The choices beside the sliders: what is offered, what is greyed out, and what is launched."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyle, QStyleOptionComboBox

from rocketgui.gui.program.python_combo_box import PythonComboBox
from rocketgui.gui.program.variant_controls import VariantControls
from rocketgui.gui.widgets.buttons import ComboBox
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.protocol.variant import INTERPRETERS_FROM, RUN_AS, VARIABLE, WORK, Variant
from rocketgui.python_installations import PythonInstallation
from tests.gui.conftest import MakeWindow


def choose(choice: ComboBox, value: str) -> None:
    choice.setCurrentIndex(choice.findData(value))


def values(choice: ComboBox) -> tuple[str, ...]:
    return tuple(choice.itemData(row) for row in range(choice.count()))


def test_all_that_the_command_line_has(make_window: MakeWindow) -> None:
    choices = make_window()[0].program.choices
    assert values(choices.run_as) == RUN_AS
    assert values(choices.work) == WORK
    assert values(choices.variable) == VARIABLE


def test_what_was_given_on_the_command_line(make_window: MakeWindow) -> None:
    given = Options(variant=Variant(run_as="threads", work="sleep", variable="locked", start_method="forkserver"))
    window, bridge = make_window(given)
    assert window.program.options.variant == given.variant
    window.launch()
    launch = bridge.sent[-1]
    assert isinstance(launch, messages.Launch)
    assert launch.variant == Variant("threads", "sleep", "locked", "")
    assert "threading.Lock()" in (launch.source or "")


def test_threads_have_no_start_method(make_window: MakeWindow) -> None:
    choices = make_window()[0].program.choices
    choose(choices.run_as, "threads")
    assert not choices.method.isEnabled()
    assert choices.method.toolTip() == "No process is started for each worker"
    choose(choices.run_as, "processes")
    assert choices.method.isEnabled()


def test_pinning_that_cannot_be_had(make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rocketgui.gui.program.variant_controls.pin_refusal", lambda: "this system has no cores")
    pin = make_window()[0].program.choices.pin
    assert not pin.isEnabled()
    assert pin.toolTip() == "Not available: this system has no cores."


def test_each_choice_says_what_it_means(make_window: MakeWindow) -> None:
    program = make_window()[0].program
    for value in reversed(VARIABLE):
        choose(program.choices.variable, value)
        assert program.rocket._meaning.text() == program.choices.meaning(program.choices.variable)
        assert program.rocket._meaning.text()


def test_space_ticks_a_box_that_has_the_focus_and_launches_nothing(make_window: MakeWindow) -> None:
    window, bridge = make_window()
    pin = window.program.choices.pin
    pin.setFocus()
    QTest.keyClick(pin, Qt.Key.Key_Space)
    assert pin.isChecked()
    assert not bridge.sent
    assert window.program.options.variant.pinned


def test_no_choice_is_cut_off(make_window: MakeWindow) -> None:
    choices: VariantControls = make_window()[0].program.choices
    for choice in (choices.run_as, choices.method, choices.work, choices.variable):
        for row in range(choice.count()):
            choice.setCurrentIndex(row)
            option = QStyleOptionComboBox()
            choice.initStyleOption(option)
            room = choice.style().subControlRect(
                QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, choice
            )
            assert choice.fontMetrics().horizontalAdvance(option.currentText) <= room.width(), option.currentText


def item(choice: ComboBox, value: str) -> QStandardItem:
    model = choice.model()
    assert isinstance(model, QStandardItemModel)
    return model.item(choice.findData(value))


def test_what_a_python_cannot_do_is_greyed_out(make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    program = make_window()[0].program
    choices, python = program.choices, program.python

    def choose_python(version: tuple[int, ...]) -> None:
        monkeypatch.setattr(PythonComboBox, "interpreter", PythonInstallation("/opt/python", version, "/opt"))
        python.chosen.emit()

    for version in ((3, 13, 2), (3, 14, 0)):
        choose_python(version)
        assert item(choices.run_as, "sub-interpreters").isEnabled() == (version >= INTERPRETERS_FROM)
    choose(choices.run_as, "sub-interpreters")
    assert not choices.method.isEnabled()
    for shared in ("locked", "unlocked"):
        assert not item(choices.variable, shared).isEnabled()
        assert "does not pass from one to another" in item(choices.variable, shared).toolTip()
    choose_python((3, 9, 1))
    assert choices.run_as.currentData() == "processes"
    assert item(choices.variable, "locked").isEnabled()
    assert item(choices.run_as, "sub-interpreters").toolTip() == (
        "Not available: sub-interpreters need Python 3.14 or newer; this one is 3.9."
    )


def test_a_shared_variable_is_given_up_for_interpreters(make_window: MakeWindow) -> None:
    choices = make_window(Options(variant=Variant(variable="locked")))[0].program.choices
    choose(choices.run_as, "sub-interpreters")
    assert choices.variant == Variant("sub-interpreters")
