"""The process table: its order, its selection, and that nothing in it is cut."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.panels.process_table import _CELL_MARGIN, ProcessModel
from rocketgui.gui.view_models.process_columns import COLUMNS
from rocketgui.gui.widgets.frozen_column import FrozenColumn
from rocketgui.options import Options
from rocketgui.protocol import messages
from tests.gui.conftest import Advance, MakeWindow
from tests.model.builder import MS, Story


def column(heading: str) -> int:
    return [one.heading for one in COLUMNS].index(heading)


def cells(window: MainWindow, heading: str) -> list[str]:
    model = window.processes.model
    return [model.data(model.index(row, column(heading))) for row in range(model.rowCount())]


@pytest.fixture
def running(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> MainWindow:
    """A window in which four workers count."""
    window, bridge = make_window(Options(workers=4, limit=10**12))
    window.launch()
    advance(bridge, 30)
    qtbot.waitUntil(lambda: "–" not in cells(window, "value"))
    return window


def test_sorted_by_a_click_and_the_parent_stays_first(running: MainWindow, qtbot: QtBot) -> None:
    header = running.processes.table.horizontalHeader()
    x = header.sectionViewportPosition(column("process")) + 5
    names = ["func1", "func2", "func3", "func4"]
    for wanted in (names, names[::-1], names):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, 8))
        assert cells(running, "process") == ["MainProcess", *wanted]
    assert not header.isSortIndicatorShown()


def test_figures_are_sorted_from_the_largest_down(running: MainWindow) -> None:
    running.processes.sort_by(column("value"))
    values = [int(cell.replace(",", "")) for cell in cells(running, "value")[1:]]
    assert values == sorted(values, reverse=True)
    running.processes.sort_by(column("value"))
    assert [int(cell.replace(",", "")) for cell in cells(running, "value")[1:]] == sorted(values)


def test_sorted_by_a_key_and_the_selection_stays_with_its_process(running: MainWindow) -> None:
    table, model = running.processes.table, running.processes.model
    table.setFocus()
    table.setCurrentIndex(model.index(1, 0))
    selected = model.data(model.index(1, 0))
    QTest.keyClick(table, Qt.Key.Key_S)
    QTest.keyClick(table, Qt.Key.Key_S)
    assert cells(running, "process") == ["MainProcess", "func4", "func3", "func2", "func1"]
    assert model.data(model.index(table.currentIndex().row(), 0)) == selected == "func1"


def test_what_is_not_known_comes_last() -> None:
    story = Story()
    story.tell(1, messages.ProcessLoad(MS, (3,), (1.0,), (0.1,), (0,), (1,), (1,), (1,), (1,), (5,)))
    model = ProcessModel()
    model.set_run(story.run)
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        model.sort(column("moves"), order)
        assert [model.data(model.index(row, column("moves"))) for row in range(3)] == ["–", "5", "–"]


def test_every_column_reads_and_explains_itself(running: MainWindow) -> None:
    model = running.processes.model
    for number, one in enumerate(COLUMNS):
        running.processes.sort_by(number)
        assert model.rowCount() == 5
        header = model.headerData(number, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole)
        assert one.tip in header
        for row in range(5):
            assert model.data(model.index(row, number), Qt.ItemDataRole.AccessibleTextRole)


def test_what_killed_a_worker_is_read_without_scrolling(running: MainWindow, advance: Advance) -> None:
    running.resize(1280, 720)
    panel, model, run = running.processes, running.processes.model, running.controller.run
    run.apply(messages.Ended(3, None, 9, False))
    panel.refresh(run)
    for _ in range(2):
        (row,) = model.marked()
        assert model.data(model.index(row, 0)) == "func2"
        index = model.index(row, column("rate"))
        assert (model.data(index), panel.table.columnSpan(row, index.column())) == ("killed by SIGKILL", 4)
        place = panel.table.visualRect(index)
        assert place.left() >= 0
        room = panel.table.viewport().width() - place.left() - _CELL_MARGIN
        assert room > panel.table.fontMetrics().horizontalAdvance("killed by SIGKILL")
        panel.sort_by(column("process"))
        panel.sort_by(column("process"))
    panel.set_run(run)
    assert panel.table.columnSpan(2, column("rate")) == 1


def test_names_stay_in_sight(running: MainWindow) -> None:
    table = running.processes.table
    names = table.findChild(FrozenColumn)
    assert isinstance(names, FrozenColumn)
    assert not names.isVisible()
    table.horizontalScrollBar().setValue(100)
    assert names.isVisible()
    assert names.columnWidth(0) == table.columnWidth(0) == names.width()
    assert names.rowViewportPosition(2) == table.rowViewportPosition(2)
    QTest.mouseClick(names.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, names.rowViewportPosition(2) + 5))
    assert table.currentIndex().row() == 2
    table.horizontalScrollBar().setValue(0)
    assert not names.isVisible()


@pytest.mark.parametrize("value", [99_999_999, 100_000_000, 184_501_223, 2**63 - 1])
def test_no_value_is_cut(running: MainWindow, value: int) -> None:
    panel, run = running.processes, running.controller.run
    run.apply(messages.Samples((2,), ("rocket",), (run.t_ns + 1,), (value,)))
    panel.refresh(run)
    text = cells(running, "value")[1]
    room = panel.table.columnWidth(column("value")) - _CELL_MARGIN
    assert panel.table.fontMetrics().horizontalAdvance(text) <= room
