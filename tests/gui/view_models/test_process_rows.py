"""Which processes the table shows, in which order, and how far each is indented."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Advance
from tests.gui.script_story import ROOT, Launched, a_tree, cells, column, said, show


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
