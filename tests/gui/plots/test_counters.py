"""The counters: the curves of this run and of those before, and what is said where there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rocketgui.gui.panels.plots_panel import LANES, RATE
from rocketgui.gui.run_controller import RunState
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import state
from tests.gui.script_story import MS, ROOT, Launched, show


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
