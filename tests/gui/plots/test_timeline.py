"""The views of the counters and of the cores: lanes, rates and the timeline, as they are drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.gui.panels.plots_panel import LANES, RATE, TIMELINE
from rocketgui.gui.plots.bars import bar
from rocketgui.gui.plots.canvas import label_rect
from rocketgui.gui.plots.rates import catch_up
from rocketgui.gui.style.theme import ColourScheme
from rocketgui.model.series import Series
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import has
from tests.model.builder import Story


def test_keys_choose_the_views(make_window: MakeWindow) -> None:
    window, _ = make_window()
    plots = window.plots
    for key, views, place in (
        (Qt.Key.Key_2, plots.counter_views, 1),
        (Qt.Key.Key_3, plots.counter_views, 2),
        (Qt.Key.Key_1, plots.counter_views, 0),
        (Qt.Key.Key_5, plots.core_views, 1),
        (Qt.Key.Key_4, plots.core_views, 0),
    ):
        QTest.keyClick(window, key)
        assert views.current == place
        assert [button.isChecked() for button in views.buttons] == [k == place for k in range(len(views.buttons))]
    # In a field they are digits.
    window.program.limit.field.setFocus()
    QTest.keyClick(window.program.limit.field, Qt.Key.Key_2)
    assert plots.counter_views.current == 0


def test_lanes(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=3, limit=10**7))
    window.plots.counter_views.choose(LANES)
    window.launch()
    advance(bridge, 30)
    window.plots.draw()
    theme = window.themes.theme
    assert all(has(window.plots.lanes, theme.worker(place)) for place in range(3))
    assert not has(window.plots.lanes, theme.worker(3))
    assert has(window.plots.lanes, theme.colour("accent")), "no line at the limit"


def test_lanes_without_an_end(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=2**63 - 1))
    window.plots.counter_views.choose(LANES)
    window.launch()
    advance(bridge, 30)
    window.plots.draw()
    assert window.plots.counters.shown_limit is None
    assert not has(window.plots.lanes, window.themes.theme.colour("accent"))


@pytest.mark.parametrize("workers", [1, 64, 256])
def test_any_number_of_lanes_and_rows(make_window: MakeWindow, advance: Advance, workers: int) -> None:
    window, bridge = make_window(Options(workers=workers, limit=10**9))
    window.plots.counter_views.choose(LANES)
    window.plots.core_views.choose(TIMELINE)
    window.launch()
    advance(bridge, 20)
    window.plots.draw()
    plots = window.plots
    assert len(plots.timeline.bars) == workers + 1
    assert not plots.timeline.scroll.isVisible()
    for _ in range(3):
        plots.draw()
        plots.lanes.grab()
        plots.timeline.grab()
    assert has(plots.timeline, window.themes.theme.worker(workers - 1))


def test_rate(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**9))
    window.launch()
    advance(bridge, 60)
    window.plots.counter_views.choose(RATE)
    curves = window.plots.rates.item.canvas.curves
    assert [curve.name for curve in curves] == ["func1", "func2"]
    # The fake one counts 12 M/s; what went by before anybody looked is there too.
    assert all(curve.series.head == pytest.approx(12e6, rel=0.1) for curve in curves)
    assert all(len(curve.series) > 4 for curve in curves)
    assert window.plots.rates.rows_at(0.8)[1][0].endswith("M/s")


@given(st.lists(st.tuples(st.floats(0.001, 0.5), st.integers(0, 10**12)), min_size=2, max_size=60), st.integers(1, 60))
def test_rates_do_not_depend_on_when_they_are_asked_for(steps: list[tuple[float, int]], cut: int) -> None:
    counts, at_once, bit_by_bit = Series(256), Series(256), Series(256)
    t_s, value = 0.0, 0
    for number, (seconds, more) in enumerate(steps):
        t_s, value = t_s + seconds, value + more
        counts.append(t_s, value)
        if number % cut == 0:
            catch_up(bit_by_bit, counts)
    catch_up(at_once, counts)
    catch_up(bit_by_bit, counts)
    assert abs(len(at_once) - len(bit_by_bit)) <= 1
    assert (at_once.v >= 0).all()


def test_timeline_of_a_run(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**7))
    window.plots.core_views.choose(TIMELINE)
    assert window.plots.cores_card.accessibleName() == "Timeline"
    window.launch()
    advance(bridge, 60)
    window.plots.draw()
    window.plots.refresh()
    assert [one.name for one in window.plots.timeline.bars] == ["parent", "func1", "func2"]
    assert has(window.plots.timeline, window.themes.theme.worker(0))
    assert "at work" in window.plots.timeline.rows_at(0.5)[1][0]
    window.plots.core_views.choose(0)
    assert window.plots.cores_card.accessibleName() == "Cores"


def test_bar_of_a_worker_in_its_life() -> None:
    story = Story(1)
    worker = story.run.processes[2]
    colour = QColor("red")
    alive = bar(worker, colour, 0.5)
    assert (alive.called, alive.entered, alive.left, alive.ended, alive.joined) == (0.04, 0.1, 0.5, 0.5, None)
    story.leave(2, 700)
    over = bar(worker, colour, 0.9)
    assert (over.left, over.ended, over.bad) == (0.7, 0.7, "")


def test_bar_of_one_that_was_killed_before_its_first_line() -> None:
    story = Story(1)
    worker = story.run.processes[2]
    worker.target_entered_ns = None
    worker.exited_ns, worker.signal, worker.ended = 90_000_000, 9, True
    killed = bar(worker, QColor("red"), 0.9)
    assert (killed.entered, killed.left, killed.ended, killed.bad) == (None, None, 0.09, "killed by SIGKILL")


def test_runs_before_stay_as_faint_curves(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**7, variant=Variant(start_method="spawn")))
    canvas = window.plots.counters.item.canvas
    for number in range(3):
        window.launch()
        advance(bridge, 120)
        assert [faint.title for faint in canvas.faint] == ["2 processes (spawn)"] * number
    assert all(len(faint.curves) == 2 for faint in canvas.faint)
    # They stay, however far this one goes; the last three are promised.
    for limit in (1_000, 10**12, 10**6):
        window.program.limit.set_value(limit)
        window.launch()
        advance(bridge, 10)
        window.plots.draw()
        assert len(canvas.faint) == 3


def test_runs_that_counted_something_else_are_not_compared(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**6))
    for _ in range(2):
        window.launch()
        advance(bridge, 60)
    (before,) = window.controller.run.before
    window.controller.run.before = (replace(before, watch="attempts"), before)
    window.plots.counters.set_run(window.controller.run)
    assert len(window.plots.counters.item.canvas.faint) == 1


@given(st.floats(-50, 900), st.floats(-50, 400), st.integers(0, 6), st.floats(60, 800), st.floats(30, 300))
def test_labels_of_runs_before_lie_in_the_picture_and_not_on_each_other(
    x: float, y: float, count: int, width: float, height: float
) -> None:
    limit = QRectF(8, 20, 70, 15)
    taken = [limit]
    for _ in range(count):
        size, picture = QSizeF(50, 14), QSizeF(width, height)
        place = label_rect(QPointF(x, y), size, picture, taken)
        if 16 * (len(taken) + 3) < height:
            assert not any(place.intersects(other) for other in taken)
        assert place.left() >= 0
        assert place.right() <= max(width, 54)
        assert place.top() >= 0
        assert place.bottom() <= height
        taken.append(place)


def test_rows_without_number_scroll_beside_the_same_axis(make_window: MakeWindow) -> None:
    window, _ = make_window()
    plots, story = window.plots, Story(600)
    plots.core_views.choose(TIMELINE)
    plots.timeline.set_run(story.run)
    plots.timeline.draw()
    assert plots.timeline.scroll.isVisible()
    assert plots.timeline.scroll.maximum() == len(plots.timeline.bars) - 512
    plots.timeline.scroll.setValue(plots.timeline.scroll.maximum())
    plots.timeline.draw()
    plots.timeline.grab()
    assert plots.timeline.width() == plots.counters.width()


def test_pointer_names_the_row_that_it_is_in(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=200, limit=10**12))
    window.plots.core_views.choose(TIMELINE)
    window.launch()
    advance(bridge, 90)
    timeline = window.plots.timeline
    timeline.draw()
    box = timeline._box
    row = box.rect().height() / 201
    at = timeline.mapFromScene(box.mapToScene(QPointF(box.rect().width() / 2, 150.5 * row)))
    QTest.mouseMove(timeline.viewport(), at)
    _, named, *_ = timeline.rows_at(1.4)
    assert named[0] == "func150  at work"
    assert timeline.rows_at(0.001)[1][0] == "func150  not started"


def test_feeder_thread_of_a_queue_has_no_row(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**12))
    window.plots.core_views.choose(TIMELINE)
    window.launch()
    advance(bridge, 30)
    bridge.say(messages.ProcessSeen(9, 2, 4712, "thread", "QueueFeederThread", True))
    bridge.say(messages.LifecycleEvent(9, "began", 300_000_000))
    advance(bridge, 5)
    window.plots.draw()
    assert [one.name for one in window.plots.timeline.bars] == ["parent", "func1", "func2"]


@pytest.mark.parametrize("core_view", [0, TIMELINE])
def test_plots_are_drawn_anew_in_another_size(
    make_window: MakeWindow, advance: Advance, qtbot: QtBot, core_view: int
) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**6))
    plots = window.plots
    plots.core_views.choose(core_view)
    window.launch()
    advance(bridge, 60)
    window.resize(1400, 900)
    drawn = (plots.counters, plots.timeline if core_view else plots.cores)
    qtbot.waitUntil(lambda: all(plot.item.view == plot._view() for plot in drawn))


def test_heading_says_what_the_view_shows(make_window: MakeWindow) -> None:
    window, _ = make_window()
    card = window.plots.counters_card
    for place, heading in ((RATE, "RATE · rocket per second"), (LANES, "COUNTERS · rocket"), (0, "COUNTERS · rocket")):
        window.plots.counter_views.choose(place)
        assert card.heading.text() == heading


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
def test_chosen_view_shows_that_it_has_the_keyboard(make_window: MakeWindow, scheme: ColourScheme) -> None:
    window, _ = make_window(scheme=scheme)
    button = window.plots.counter_views.buttons[0]
    assert not has(button, window.themes.theme.colour("focus"))
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert has(button, window.themes.theme.colour("focus"))


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
def test_cells_of_the_cores_are_seen(make_window: MakeWindow, advance: Advance, scheme: ColourScheme) -> None:
    window, bridge = make_window(scheme=scheme)
    advance(bridge, 12)
    window.plots.refresh()
    assert has(window.plots.core_strip, window.themes.theme.colour("hover"))
    assert window.themes.theme.colour("hover") != window.themes.theme.colour("panel")
