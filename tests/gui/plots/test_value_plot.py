"""The plots of the watched value: which curves they draw, and what they say where there are none."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from rocketgui.gui.plots.counters import CountersPlot
from rocketgui.gui.plots.rates import RatesPlot
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.value_plot import ValuePlot
from rocketgui.model.model import Model
from rocketgui.protocol import messages
from rocketgui.protocol.messages import Frame, Message
from rocketgui.protocol.variant import OTHER

MS = 1_000_000
STARTED = messages.RunStarted(("two.py",), "python3", OTHER, "Linux", 2, "", 0, 0, ("i", "j"))


def sampled(process: int, name: str) -> messages.Samples:
    times = tuple(range(0, 1000 * MS, 20 * MS))
    return messages.Samples((process,) * len(times), (name,) * len(times), times, tuple(range(len(times))))


def model(*told: Message) -> Model:
    """A model of a run of a user's program with two children, of which this was told as well."""
    seen = [messages.ProcessSeen(number, None if number == 1 else 1, 4710 + number, "process", f"p{number}", True)
            for number in (1, 2, 3)]  # fmt: skip
    made = Model()
    made.apply_frame(Frame(0, (STARTED, *seen, *told)))
    made.apply_frame(Frame(1000 * MS, ()))
    return made


@pytest.fixture(params=[CountersPlot, RatesPlot])
def plot(request: pytest.FixtureRequest, qtbot: QtBot) -> ValuePlot:
    made: ValuePlot = request.param(TimeAxis())
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    return made


def names(plot: ValuePlot) -> list[str]:
    return [curve.name for curve in plot.item.canvas.curves]


def test_a_curve_for_each_process_that_has_the_value(plot: ValuePlot) -> None:
    shown = model(sampled(2, "i"), sampled(3, "i"), sampled(3, "j"))
    plot.set_run(shown.run)
    plot.draw()
    assert names(plot) == ["p2", "p3"]
    shown.run.choose("j")
    plot.draw()
    assert names(plot) == ["p3"]


def test_a_process_without_a_row_has_no_curve(plot: ValuePlot) -> None:
    shown = model(sampled(2, "i"), sampled(3, "i"))
    plot.set_run(shown.run)
    plot.draw()
    del shown.run.processes[2]
    shown.run.changes += 1
    plot._drop_ended()
    assert names(plot) == ["p3"]


def test_a_sentence_stands_where_there_is_no_curve(plot: ValuePlot) -> None:
    shown = model()
    shown.apply_frame(Frame(3000 * MS, ()))
    plot.set_run(shown.run)
    plot.draw()
    assert plot.item.canvas.backdrop.hint
    plot.hint = "Press Space"
    plot.draw()
    assert plot.item.canvas.backdrop.hint == "Press Space"
