"""A run of a program of the user's as the window shows it: its processes, what they do, and the values found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rocketgui.gui.panels.plots_panel import LANES, RATE, TIMELINE
from rocketgui.gui.plots.bars import bar
from rocketgui.gui.plots.canvas import View
from rocketgui.gui.plots.ranges import value_label, value_range
from rocketgui.gui.plots.waits import Waits, waiting_pixels
from rocketgui.gui.run_controller import RunState
from rocketgui.gui.view_models.process_columns import SCRIPT_COLUMNS, short_name
from rocketgui.gui.view_models.watched_values import shortened
from rocketgui.model.process import Process
from rocketgui.protocol import messages
from tests.gui.conftest import Advance
from tests.gui.inspection import has, state
from tests.gui.script_story import MS, ROOT, Launched, a_tree, cells, column, said, show


def test_the_tree_stands_in_order_and_helpers_last(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, told = launch()
    a_tree(told)
    show(window, bridge, advance)
    em = "\N{EM SPACE}"
    assert cells(window, "process") == [
        "MainProcess", f"{em}watchdog", "branch-0", f"{em}leaf-1", f"{em * 2}twig", "branch-1", f"{em}feed 3",
        f"{em}leaf-0", "sleep", "resource tracker",
    ]  # fmt: skip
    assert window.processes.remark.text() == "7 of 7 processes alive"
    muted = window.themes.theme.colour("muted")
    model = window.processes.model
    colours = [
        model.data(model.index(row, 0), Qt.ItemDataRole.ForegroundRole).name() for row in range(model.rowCount())
    ]
    assert [row for row, colour in enumerate(colours) if colour == muted.name()] == [1, 6, 9]
    assert said(window, 6, "process") == "process: Thread-3 (feed)"


def test_threads_follow_their_process_however_it_is_sorted(
    launch: Callable[..., Launched], advance: Advance, qtbot: QtBot
) -> None:
    window, bridge, told = launch()
    a_tree(told)
    for number, cpu in ((2, 10.0), (3, 80.0), (4, 30.0), (5, 20.0), (6, 50.0), (7, 79.0), (9, 1.0)):
        told.load(number, cpu)
    show(window, bridge, advance)
    table, model = window.processes.table, window.processes.model
    table.setCurrentIndex(model.index(6, 0))
    for _ in range(2):
        window.processes.sort_by(column("CPU"))
        names = [name.strip() for name in cells(window, "process")]
        assert names[:2] == ["MainProcess", "watchdog"]
        assert names[names.index("branch-1") + 1] == "feed 3"
        assert names[-1] == "resource tracker"
        assert model.data(table.currentIndex()).strip() == "feed 3"
    assert names[2:-1] == ["sleep", "branch-0", "leaf-1", "leaf-0", "twig", "branch-1", "feed 3"]


def test_what_comes_later_does_not_disturb_what_is_selected(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, told = launch()
    told.process(2, "first")
    told.process(3, "second")
    show(window, bridge, advance)
    table, model = window.processes.table, window.processes.model
    table.setCurrentIndex(model.index(2, 0))
    told.process(4, "late", parent=2)
    told.process(5, "later", parent=ROOT, kind="thread")
    show(window, bridge, advance)
    assert [name.strip() for name in cells(window, "process")] == ["MainProcess", "later", "first", "late", "second"]
    assert model.data(table.currentIndex()) == "second"


def test_threads_are_alive_or_ended_and_have_no_dashes(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, told = launch()
    a_tree(told)
    told.end(8, None, 200)
    show(window, bridge, advance)
    assert (cells(window, "state")[1], cells(window, "state")[6]) == ("ended", "alive")
    assert (cells(window, "value")[6], cells(window, "memory")[6]) == ("", "")
    assert said(window, 6, "memory") == "memory: not told of a thread; its process has it"


def test_what_is_no_python_says_why_its_values_are_not_known(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, told = launch()
    a_tree(told)
    told.load(9, 3.0)
    show(window, bridge, advance)
    assert (cells(window, "value")[8], cells(window, "CPU")[8], cells(window, "state")[8]) == ("–", "3 %", "running")
    assert "it is no Python program" in said(window, 8, "value")
    assert (cells(window, "state")[9], cells(window, "value")[9]) == ("helper", "")
    assert "Python's own" in said(window, 9, "state")
    told.end(9, 0, 300)
    show(window, bridge, advance)
    assert (cells(window, "state")[8], cells(window, "ended")[8]) == ("ended", "finished")


def test_a_fork_of_the_programs_own_is_running(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, _ = launch()
    bridge.say(messages.ProcessSeen(2, ROOT, 4712, "process", "process 4712", True))
    bridge.say(messages.LifecycleEvent(2, "began", 30 * MS))
    show(window, bridge, advance)
    assert cells(window, "state") == ["running", "running"]
    process = window.controller.run.processes[2]
    shown = bar(process, window.themes.theme.worker(0), 1.0)
    assert (shown.entered, shown.left) == (0.03, 1.0)


def test_the_columns_are_those_of_the_program_that_is_shown(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, _ = launch()
    header = window.processes.table.horizontalHeader()
    assert header.count() == len(SCRIPT_COLUMNS)
    window.processes.sort_by(2)
    window.controller.stop()
    advance(bridge, 2)
    window.show_rocket()
    window.launch()
    advance(bridge, 10)
    window._words.now()
    model = window.processes.model
    assert model.headerData(1, Qt.Orientation.Horizontal) == "rocket"
    assert model.headerData(2, Qt.Orientation.Horizontal) == "rate"
    assert not header.isSortIndicatorShown()
    assert model.rowCount() == 3


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


def test_the_state_says_what_a_process_does(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, told = launch()
    told.process(2, "func1")
    told.process(3, "func2")
    told.activity(ROOT, "join", 100, 30, "process 4712")
    told.activity(2, "full queue", 120)
    told.activity(3, "lock", 120, 7, "lock 1")
    show(window, bridge, advance)
    assert cells(window, "state") == ["waits in join", "waits: queue is full", "waits for a lock"]
    assert cells(window, "where") == ["two.py:30 in work", "two.py:12 in work", "two.py:7 in work"]
    tip = "state: waits in join (the end of func1, pid 4712), at two.py:30 in work\n/code/two.py"
    assert said(window, 0, "state") == tip
    assert said(window, 2, "state").startswith("state: waits for a lock (lock 1), at two.py:7 in work")
    metrics = window.processes.table.fontMetrics()
    for words in cells(window, "state"):
        assert metrics.horizontalAdvance(words) < window.processes.table.columnWidth(column("state"))
    told.end(2, 0, 200)
    show(window, bridge, advance)
    assert (cells(window, "state")[1], cells(window, "where")[1]) == ("ended", "–")


@pytest.mark.parametrize("count", [6, 255])
def test_the_timeline_draws_what_waits_thinner(launch: Callable[..., Launched], advance: Advance, count: int) -> None:
    window, bridge, told = launch()
    plots = window.plots
    plots.core_views.choose(TIMELINE)
    for number in range(2, count + 2):
        told.process(number, f"func{number - 1}")
        told.activity(number, "python", 100)
        told.activity(number, "lock", 500)
        told.activity(number, "native", 1_300)
    bridge.say(messages.LifecycleEvent(ROOT, "joined", 1))
    advance(bridge, 120)
    show(window, bridge, advance)
    theme = window.themes.theme
    assert "thin: it waits" in plots.cores_card.remark.text()
    image = plots.timeline.grab().toImage()
    colour = theme.worker(0).rgb()
    view = plots.timeline._view()
    left = plots.timeline.width() - round(view.width) - 16

    def tall(t_s: float) -> int:
        return sum(image.pixel(left + round(view.x(t_s)), y) == colour for y in range(image.height()))

    assert tall(0.3) >= 6
    assert tall(0.9) == 0
    assert tall(1.6) == tall(0.3)
    rows = [text for text, _ in plots.timeline.rows_at(0.9)]
    assert rows[1] == f"{count + 1} at work"
    assert ("func1  waits for a lock" in rows) is (count == 6) or f"{count} × waits for a lock" in rows
    assert not any("waits" in text for text, _ in plots.timeline.rows_at(0.3))


def test_a_restless_process_is_waiting_where_it_waits_most_of_the_time() -> None:
    view = View(0.0, 10.0, 0.0, 1.0, 100.0, 50.0, 1.0)
    begins = np.arange(0.0, 10.0, 0.01)
    busy = np.column_stack((begins, begins + np.where(begins < 5.0, 0.003, 0.007)))
    assert waiting_pixels(busy, view) == ((50.0, 100.0),)
    assert waiting_pixels(np.empty((0, 2)), view) == ()
    assert waiting_pixels(np.array([[1.0, 2.0], [2.0, 3.0], [9.0, 99.0]]), view) == ((10.0, 30.0), (90.0, 100.0))


@given(
    st.lists(st.tuples(st.integers(1, 400), st.sampled_from(["python", "lock", "sleep", "native"])), max_size=60),
    st.integers(0, 30_000),
)
def test_waits_are_those_of_the_process_at_any_time(steps: list[tuple[int, str]], extra: int) -> None:
    process, waits, t_ns = Process(1, agent=True), Waits(), 0
    for step, what in steps:
        t_ns += step * MS
        process.add_activity(messages.Activity(1, t_ns, what, "", 0, "", ""))
        waits.update(process, t_ns + extra)
    waits.update(process, t_ns + extra)
    for begins, ends, what in process.waits_ns(t_ns + extra):
        assert waits.at((begins + ends) / 2e9) == what
    assert waits.at(t_ns / 1e9 + 1e6) is None


def test_one_of_the_found_values_is_chosen_and_all_follow(
    launch: Callable[..., Launched], advance: Advance, qtbot: QtBot
) -> None:
    window, bridge, told = launch()
    plots, values = window.plots, window.plots.values
    told.process(2, "func1")
    for k in range(60):
        told.value(2, "jobs", k, 50 + 10 * k)
    show(window, bridge, advance)
    assert not values.isVisible()
    assert plots.counters_card.heading.text() == "COUNTERS · jobs"
    before = [widget.geometry() for widget in (plots.counters_card, plots.counters, plots.counter_views.buttons[0])]
    for k in range(60):
        told.value(2, "depth", -5.5 * k, 50 + 10 * k)
    told.value(ROOT, "jobs", 7, 60)
    told.value(ROOT, "jobs", 9, 70)
    show(window, bridge, advance)
    assert values.isVisible()
    assert [values.itemText(k) for k in range(values.count())] == ["jobs", "depth"]
    QTest.keyClick(window, Qt.Key.Key_W)
    qtbot.waitUntil(values.view().isVisible)
    QTest.keyClick(values.view(), Qt.Key.Key_Down)
    QTest.keyClick(values.view(), Qt.Key.Key_Return)
    assert window.controller.run.watch == "depth"
    assert [curve.name for curve in plots.counters.item.canvas.curves] == ["func1"]
    assert (plots.counters.bottom, plots.counters.top) == (-400.0, 0.0)
    assert window.processes.model.headerData(1, Qt.Orientation.Horizontal) == "depth"
    assert cells(window, "value") == ["–", "-324.5"]
    assert window.program.parent_value.text() == "depth = –"
    QApplication.processEvents()
    after = [widget.geometry() for widget in (plots.counters_card, plots.counters, plots.counter_views.buttons[0])]
    assert after == before
    plots.counter_views.choose(LANES)
    assert has(plots.lanes, window.themes.theme.worker(0))
    plots.counter_views.choose(RATE)
    assert plots.rates.item.canvas.curves
    assert plots.rates._values[0] < -500


def test_the_value_that_changes_in_most_processes_is_drawn_as_soon_as_it_does(
    launch: Callable[..., Launched], advance: Advance
) -> None:
    window, bridge, told = launch()
    for number in (2, 3):
        told.process(number, f"func{number - 1}")
    for k in range(3):
        told.value(2, "early", k, 50 + 10 * k)
    show(window, bridge, advance)
    assert [curve.name for curve in window.plots.counters.item.canvas.curves] == ["func1"]
    for number in (2, 3):
        for k in range(3):
            told.value(number, "late", 100 * k, 90 + 10 * k)
    show(window, bridge, advance)
    assert window.plots.values.currentText() == "late"
    assert [curve.name for curve in window.plots.counters.item.canvas.curves] == ["func1", "func2"]
    assert window.plots.counters.top == 250
    assert window.processes.model.headerData(1, Qt.Orientation.Horizontal) == "late"


def test_the_choice_holds_for_the_next_run(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, told = launch()
    for name in ("jobs", "depth"):
        told.value(ROOT, name, 1, 50)
        told.value(ROOT, name, 2, 60)
    show(window, bridge, advance)
    window.plots.values.setCurrentIndex(1)
    bridge.say(messages.RunEnded(900 * MS, "finished", 0))
    advance(bridge, 1)
    window.launch()
    advance(bridge, 3)
    assert window.controller.run.watch != "depth"
    for name in ("jobs", "depth"):
        told.value(ROOT, name, 1, 50)
        told.value(ROOT, name, 2, 60)
    show(window, bridge, advance)
    assert window.controller.run.watch == "depth"
    assert window.plots.values.currentText() == "depth"


def test_a_program_without_a_number_is_told_how_to_name_one(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, _ = launch()
    canvas = window.plots.counters.item.canvas
    assert canvas.backdrop.hint == ""
    advance(bridge, 120)
    show(window, bridge, advance)
    assert canvas.backdrop.hint == "Nothing to draw: name a value with Watch."
    assert canvas.backdrop.grid_v == ()
    assert state(window) is RunState.RUNNING
    assert window.top.pause.isEnabled()
    assert window.plots.counters_card.heading.text() == "COUNTERS"
    for place in (LANES, RATE):
        window.plots.counter_views.choose(place)
        window.plots.draw()
        window.plots.lanes.grab()
    assert window.plots.rates.item.canvas.backdrop.hint == "Nothing to draw: name a value with Watch."
    bridge.say(messages.RunEnded(1900 * MS, "failed", 1))
    show(window, bridge, advance)
    assert window.plots.rates.item.canvas.backdrop.hint == "The program failed; Output says why."


def test_a_name_that_nobody_has_is_said(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, _ = launch("rockte")
    assert window.plots.counters_card.heading.text() == "COUNTERS · rockte"
    advance(bridge, 120)
    show(window, bridge, advance)
    assert window.plots.counters.item.canvas.backdrop.hint == "No process has a number named rockte."


def test_values_that_are_no_whole_numbers_are_told_as_they_are(
    launch: Callable[..., Launched], advance: Advance
) -> None:
    window, bridge, told = launch()
    told.value(ROOT, "loss", 0.5, 50)
    told.value(ROOT, "loss", 0.125, 90)
    show(window, bridge, advance)
    assert window.plots.counters.rows_at(0.1)[1][0] == "MainProcess  0.125"
    assert window.plots.counters.top == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("lowest", "highest", "shown"),
    [
        (0, 0, (0, 1)), (7, 7, (0, 8)), (-7, -7, (-8, 0)), (0, 35, (0, 40)), (0, 0.0004, (0, 0.0005)),
        (-104.5, 0, (-150, 0)), (-3, 8, (-4, 10)), (1000, 1010, (997.5, 1012.5)), (5e11, 5.001e11, (0, 6e11)),
        (-1010, -1000, (-1012.5, -997.5)),
    ],
)  # fmt: skip
def test_the_range_of_values(lowest: float, highest: float, shown: tuple[float, float]) -> None:
    assert value_range(lowest, highest) == pytest.approx(shown)


@given(st.floats(-1e200, 1e200), st.floats(0, 1e200))
def test_a_range_holds_its_values(lowest: float, span: float) -> None:
    bottom, top = value_range(lowest, lowest + span)
    assert bottom - 1e-300 <= lowest <= lowest + span <= top + 1e-300
    assert bottom < top


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [(40.0, 20.0, "40"), (1002.0, 2.0, "1.002 k"), (0.0005, 0.0001, "0.0005"), (4e7, 1e7, "40 M"),
     (-1005.0, 5.0, "-1.005 k")],
)  # fmt: skip
def test_what_stands_on_the_axis(value: float, step: float, text: str) -> None:
    assert value_label(value, step) == text


def test_names_are_shortened_in_their_middle() -> None:
    assert shortened("ForkPoolWorker-1", 12) == "ForkPool…r-1"
    assert shortened("rocket", 12) == "rocket"
    assert short_name("Thread-12 (_handle_results)") == "_handle_results 12"
    assert short_name("Thread-12") == "Thread-12"
