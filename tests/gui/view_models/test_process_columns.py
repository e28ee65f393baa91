"""What stands in the columns of the process table."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from rocketgui.gui.view_models.process_columns import SCRIPT_COLUMNS, short_name
from tests.gui.conftest import Advance
from tests.gui.script_story import ROOT, Launched, a_tree, cells, column, said, show


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


def test_the_columns_are_those_of_the_program_that_is_shown(launch: Callable[..., Launched], advance: Advance) -> None:
    window, bridge, _ = launch()
    header = window.processes.table.horizontalHeader()
    assert header.count() == len(SCRIPT_COLUMNS)
    window.processes.sort_by(2)
    window.controller.stop()
    advance(bridge, 2)
    window.program.show_rocket()
    window.launch()
    advance(bridge, 10)
    window._words.now()
    model = window.processes.model
    assert model.headerData(1, Qt.Orientation.Horizontal) == "rocket"
    assert model.headerData(2, Qt.Orientation.Horizontal) == "rate"
    assert not header.isSortIndicatorShown()
    assert model.rowCount() == 3


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


def test_a_thread_is_called_by_its_function_and_its_number() -> None:
    assert short_name("Thread-12 (_handle_results)") == "_handle_results 12"
    assert short_name("Thread-12") == "Thread-12"
