"""Lessons in the window: opened from the menu, the command line and the keyboard; each sets the controls."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from rocketgui import lessons, messages
from rocketgui.arguments import LESSONS, Options
from rocketgui.gui.controller import RunState
from rocketgui.gui.main_window import MainWindow
from tests.gui.conftest import MakeWindow
from tests.gui.test_window import Run


def controls(window: MainWindow) -> tuple[object, ...]:
    options = window.program.options
    return options.workers, options.limit, options.start_method, options.variant


def test_none_at_first(make_window: MakeWindow) -> None:
    window, _ = make_window()
    assert not window.lesson.isVisible()
    assert window.lesson.step is None


def test_menu_has_all_of_them(make_window: MakeWindow) -> None:
    window, _ = make_window()
    menu = window.top.lessons.menu()
    menu.aboutToShow.emit()
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == [
        f"&{number}  {title}" for number, title in enumerate(lessons.titles(), 1)
    ]
    menu.actions()[2].trigger()
    assert window.lesson.isVisible()
    assert window.lesson.heading.text() == f"LESSON · 3 of {LESSONS}"
    assert controls(window)[2] == "fork"


def test_through_all_steps_and_back_by_keyboard(make_window: MakeWindow) -> None:
    window, bridge = make_window(Options(lesson=1))
    steps = [step for number in range(1, LESSONS + 1) for step in lessons.lesson(number).steps]
    for step in steps:
        assert window.lesson.step == step
        assert controls(window)[:2] == (step.options.workers, step.options.limit)
        assert window.program.options.variant == step.options.variant
        for word in (step.title, *step.look_for):
            assert word in window.lesson.text.text()
        QTest.keyClick(window, Qt.Key.Key_PageDown)
    assert window.lesson.step == steps[-1]
    assert not window.lesson.next.isEnabled()
    for step in reversed(steps):
        assert window.lesson.step == step
        QTest.keyClick(window, Qt.Key.Key_PageUp)
    assert not window.lesson.back.isEnabled()
    assert not bridge.sent


def test_a_step_with_a_program_of_its_own(make_window: MakeWindow, run: Run) -> None:
    window, bridge = make_window(Options(lesson=9))
    QTest.keyClick(window, Qt.Key.Key_Space)
    launch = bridge.sent[-1]
    assert isinstance(launch, messages.Launch)
    assert launch.argv == ("maxint.py",)
    assert "sys.maxint" in (launch.source or "")


def test_the_controls_stay_the_users(make_window: MakeWindow) -> None:
    """A lesson sets them; who changes them then gets what they say."""
    window, bridge = make_window(Options(lesson=1))
    window.program.workers.set_value(5)
    window.launch()
    launch = bridge.sent[-1]
    assert isinstance(launch, messages.Launch)
    assert launch.workers == 5


def test_next_step_ends_a_run(make_window: MakeWindow, run: Run) -> None:
    window, bridge = make_window(Options(lesson=2))
    window.launch()
    run(bridge, 20)
    QTest.keyClick(window, Qt.Key.Key_PageDown)
    assert isinstance(bridge.sent[-1], messages.Stop)
    run(bridge, 1)
    assert window.controller.state is RunState.STOPPED


def test_leaving(make_window: MakeWindow) -> None:
    window, _ = make_window(Options(lesson=6))
    before = controls(window)
    window.lesson.leave.click()
    assert not window.lesson.isVisible()
    assert controls(window) == before
    QTest.keyClick(window, Qt.Key.Key_PageDown)
    assert not window.lesson.isVisible()


def test_step_that_cannot_be_had(make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "START_METHODS", ("spawn",))
    window, _ = make_window(Options(lesson=3))
    assert "This system has no fork." in window.lesson.text.text()
