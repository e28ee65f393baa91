"""Lessons in the window: opened from the menu, the command line and the keyboard; each sets the controls.

Also tests rocketgui.gui.widgets.scrolled_text.
"""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from rocketgui import lessons
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.run_controller import RunState
from rocketgui.options import LESSONS, Options
from rocketgui.protocol import messages
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import Advance, MakeWindow


def controls(window: MainWindow) -> tuple[object, ...]:
    options = window.program.options
    return options.workers, options.limit, options.variant.start_method, options.variant


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


def test_a_step_with_a_program_of_its_own(make_window: MakeWindow, advance: Advance) -> None:
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


def test_next_step_ends_a_run(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(lesson=2))
    window.launch()
    advance(bridge, 20)
    QTest.keyClick(window, Qt.Key.Key_PageDown)
    assert bridge.sent[-1] is messages.Request.STOP
    advance(bridge, 1)
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


def test_a_step_with_its_own_program_greys_out_what_that_does_not_take(make_window: MakeWindow) -> None:
    window, bridge = make_window(Options(lesson=7))
    rocket, lesson = window.program.rocket, window.lesson
    choices = (rocket.choices.run_as, rocket.choices.method, rocket.choices.work, rocket.choices.variable)
    for number, place, takes_numbers in ((7, 2, True), (9, 0, False)):
        lesson.open_lesson(number, place)
        step = lesson.step
        assert step is not None
        assert not any(choice.isEnabled() for choice in (*choices, rocket.choices.pin))
        assert all("program of its own" in choice.toolTip() for choice in choices)
        assert (rocket.limit.slider.isEnabled(), rocket.workers.field.isEnabled()) == (takes_numbers, takes_numbers)
        assert ("numbers of its own" in rocket.limit.remark.text()) is not takes_numbers
        assert window.plots.counters.hint == f"Press Space to launch {step.program}"
        assert "program of its own" in rocket._meaning.text()
    window.launch()
    launch = bridge.sent[-1]
    assert isinstance(launch, messages.Launch)
    assert (launch.argv, launch.variant.run_as, launch.variant.variable) == (("maxint.py",), "processes", "private")
    lesson.open_lesson(9, 1)
    assert all(part.isEnabled() for part in (*choices, rocket.limit.slider, rocket.workers.field))
    assert choices[0].toolTip() == choices[0].accessibleDescription()


def test_remarks_below_the_sliders_are_of_the_step(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**12))
    rocket = window.program.rocket
    window.launch()
    advance(bridge, 60)
    window.program.refresh(window.controller.run)
    assert "12" in rocket.limit.remark.text()
    rocket.choose(Options(workers=64, limit=10**6))
    assert "they take turns" in rocket.workers.remark.text()
    assert "From 0: 8" in rocket.limit.remark.text()  # ms, at 12 M/s
    # What sleeps counts at another rate, and needs no core of its own.
    rocket.choose(Options(workers=64, limit=10**6, variant=Variant(work="sleep")))
    assert "sleep" in rocket.workers.remark.text()
    assert "once it runs" in rocket.limit.remark.text()
    rocket.choose(Options(workers=2, variant=Variant(run_as="threads")))
    assert "GIL" in rocket.workers.remark.text()


def test_what_is_left_of_the_step_before_is_marked(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(lesson=1))
    window.launch()
    advance(bridge, 60)
    window.status_bar.say("Something went wrong.")
    assert window.findings.remark.text() == ""
    window.lesson.go_on()
    assert window.findings.remark.text() == "of the run before"
    assert window.plots.counters.item.opacity() < 0.5
    assert window.status_bar.sentence.property("role") != "error"
    advance(bridge, 5)
    window.launch()
    advance(bridge, 5)
    window._words.now()
    assert window.findings.remark.text() == ""
    assert window.plots.counters.item.opacity() == 1.0


def test_a_step_chooses_its_views(make_window: MakeWindow) -> None:
    window, _ = make_window(Options(lesson=1))
    seen = set()
    for number in range(1, LESSONS + 1):
        for place, step in enumerate(lessons.lesson(number).steps):
            window.lesson.open_lesson(number, place)
            shown = (
                lessons.COUNTER_VIEWS[window.plots.counter_views.current],
                lessons.CORE_VIEWS[window.plots.core_views.current],
            )
            assert step.counter_view in (None, shown[0])
            assert step.core_view in (None, shown[1])
            seen.add(shown)
    assert len(seen) > 1


def test_a_step_that_cannot_be_had_does_not_ask_for_a_launch(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "START_METHODS", ("spawn",))
    window, _ = make_window(Options(lesson=3))
    assert "Press Space" not in window.lesson.text.text()
    assert window.plots.counters.hint == "This system has no fork."
