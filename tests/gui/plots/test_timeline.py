"""The timeline: a row for each process or thread, and the pointer that names it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtTest import QTest

from rocketgui.gui.panels.plots_panel import LANES, TIMELINE
from rocketgui.options import Options
from rocketgui.protocol import messages
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import has
from tests.gui.script_story import ROOT, Launched, show
from tests.model.builder import Story


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
