"""What has ended long ago in the window: one row and one bar for all alike, and none of the cost of thousands."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from rocketgui.gui.panels.output_panel import OutputPanel
from rocketgui.gui.panels.plots_panel import RATE, PlotsPanel
from rocketgui.gui.panels.process_table import ProcessPanel
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.timeline import TimelinePlot
from rocketgui.gui.view_models.process_columns import SCRIPT_COLUMNS
from rocketgui.gui.view_models.process_rows import TableRow
from rocketgui.model.process import ProcessState
from rocketgui.protocol import messages
from tests.model.many_rows import MS, Storm


@pytest.fixture
def storm() -> Storm:
    storm = Storm()
    storm.lives(2_000)
    return storm


@pytest.fixture
def panel(qtbot: QtBot, storm: Storm) -> ProcessPanel:
    panel = ProcessPanel()
    qtbot.addWidget(panel)
    panel.resize(800, 300)
    panel.show()
    panel.set_run(storm.model.run)
    panel.refresh(storm.model.run)
    return panel


def cell(panel: ProcessPanel, row: int, heading: str = "process") -> str:
    column = [one.heading for one in SCRIPT_COLUMNS].index(heading)
    return str(panel.model.data(panel.model.index(row, column)))


def names(panel: ProcessPanel) -> list[str]:
    return [cell(panel, row) for row in range(panel.model.rowCount())]


def test_all_alike_have_one_row_which_tells_their_number_and_end(panel: ProcessPanel, storm: Storm) -> None:
    folded = len(storm.model.run.folded)
    assert folded > 1_300
    last = panel.model.rowCount() - 1
    assert (cell(panel, last), cell(panel, last, "ended")) == (f"{folded:,} × sh", "finished")
    assert cell(panel, last, "pid") in ("", "–")
    assert panel.remark.text() == "1 of 2,001 processes alive"
    tip = panel.model.data(panel.model.index(last, 0), Qt.ItemDataRole.ToolTipRole)
    assert "can be found" in tip


def test_one_is_found_by_pid_and_by_name(panel: ProcessPanel, storm: Storm) -> None:
    assert panel.search.isVisible()
    rows = panel.model.rowCount()
    panel.search.setText("109")
    assert panel.model.rowCount() == rows + 1
    assert (cell(panel, rows).strip(), cell(panel, rows, "pid")) == ("sh", "109")
    panel.search.setText("SH")
    assert panel.model.rowCount() == rows + 100
    panel.search.setText("nothing of that name")
    assert (panel.model.rowCount(), panel.remark.text()) == (rows, "none found")
    panel.search.clear()
    assert (panel.model.rowCount(), panel.remark.text()) == (rows, "1 of 2,001 processes alive")


def test_few_ended_ones_need_no_search(qtbot: QtBot) -> None:
    storm = Storm()
    storm.lives(20)
    panel = ProcessPanel()
    qtbot.addWidget(panel)
    panel.show()
    panel.set_run(storm.model.run)
    panel.refresh(storm.model.run)
    assert not panel.search.isVisible()
    assert panel.model.rowCount() == 21


def test_rows_that_go_take_no_selection_along(panel: ProcessPanel, storm: Storm) -> None:
    number = storm.begin("stays")
    storm.wait()
    panel.refresh(storm.model.run)
    (row,) = (row for row, name in enumerate(names(panel)) if name == "stays")
    panel.table.setCurrentIndex(panel.model.index(row, 0))
    storm.lives(1_000)
    panel.refresh(storm.model.run)
    assert cell(panel, panel.table.currentIndex().row()) == "stays"
    assert number in storm.model.run.processes
    assert len(names(panel)) == len(set(storm.model.run.processes)) + 1


def test_sorting_and_theme_with_groups(panel: ProcessPanel) -> None:
    panel.search.setText("10")
    for column in range(len(SCRIPT_COLUMNS)):
        panel.sort_by(column)
        assert cell(panel, 0) == "MainProcess"
    for row in range(panel.model.rowCount()):
        assert panel.model.data(panel.model.index(row, 3), Qt.ItemDataRole.AccessibleTextRole)
        assert panel.model.data(panel.model.index(row, 0), Qt.ItemDataRole.ForegroundRole)


def test_only_rows_in_sight_are_read(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    storm = Storm()
    for _ in range(2_000):
        storm.begin()
    storm.wait()
    panel = ProcessPanel()
    qtbot.addWidget(panel)
    panel.resize(800, 300)
    panel.show()
    panel.set_run(storm.model.run)
    panel.refresh(storm.model.run)
    read: list[TableRow] = []
    before = panel.model._read

    def noted(row: TableRow) -> list[tuple[str, ProcessState]]:
        read.append(row)
        return before(row)

    monkeypatch.setattr(panel.model, "_read", noted)
    panel.refresh(storm.model.run)
    assert 0 < len(read) < 40
    storm.tell(messages.ProcessLoad(MS, (1, 1_999), (50.0, 70.0), *[(None, None)] * 7))
    changed: list[int] = []
    panel.model.dataChanged.connect(lambda index, _: changed.append(index.row()))
    panel.refresh(storm.model.run)
    assert changed == [0]
    panel.table.scrollToBottom()
    assert cell(panel, 1_998, "CPU") == "70 %"


def test_a_refresh_of_thousands_costs_little(panel: ProcessPanel, storm: Storm) -> None:
    for _ in range(1_500):
        storm.begin()
    storm.wait()
    panel.refresh(storm.model.run)
    times = []
    for _ in range(9):
        storm.tell()
        began = time.process_time()
        panel.refresh(storm.model.run)
        times.append(time.process_time() - began)
    assert sorted(times)[4] < 0.008


def test_the_timeline_has_one_bar_for_all_alike(qtbot: QtBot, storm: Storm) -> None:
    axis = TimeAxis()
    plot = TimelinePlot(axis)
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.show()
    plot.set_run(storm.model.run)
    plot.draw()
    last = plot.bars[-1]
    assert last.name == f"{len(storm.model.run.folded):,} × sh"
    assert last.called == pytest.approx(0.01)
    assert len(plot.bars) < 800
    storm.lives(1_000)
    plot.draw()
    assert len(plot._waits) <= len(storm.model.run.processes)


def test_curves_of_those_that_ended_long_ago_are_let_go(qtbot: QtBot) -> None:
    storm = Storm()
    plots = PlotsPanel()
    qtbot.addWidget(plots)
    plots.resize(700, 500)
    plots.show()
    plots.set_run(storm.model.run)
    for batch in range(12):
        for _ in range(100):
            number = storm.begin("python")
            at = storm.t_ms * MS
            storm.tell(messages.Samples((number,) * 3, ("i",) * 3, (at, at + 1, at + 500 * MS), (0, 1, batch)))
            storm.end(number)
        plots.counter_views.choose(RATE if batch % 2 else 0)
        plots.draw()
        plots.refresh()
    kept = len(storm.model.run.processes)
    assert 0 < len(plots.counters._drawn) == len(plots.counters.item.canvas.curves) < kept
    plots.rates.draw()
    assert 0 < len(plots.rates._drawn) == len(plots.rates.item.canvas.curves) < kept
    plots.theme_changed()


def test_the_list_of_whose_output_is_shown_stays_short(qtbot: QtBot, storm: Storm) -> None:
    panel = OutputPanel()
    qtbot.addWidget(panel)
    panel.show()
    panel.set_run(storm.model.run)
    panel.refresh()
    first = storm.model.run.workers[0].id
    panel.show_process(first)
    storm.tell(messages.Output(first, MS, "stdout", "hello"))
    storm.lives(1_000)
    panel.refresh()
    assert first in storm.model.run.folded
    assert panel.whose.currentData() == first
    assert "sh" in panel.text.toPlainText()
    assert panel.whose.count() <= len(storm.model.run.processes) + 2
