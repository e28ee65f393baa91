"""A sweep in its window: runs one after another, a point for each, and what they show.

Also tests rocketgui.gui.plots.sweep_plot.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rocketgui.gui.dialogs.sweep_window import SweepWindow
from rocketgui.gui.run_controller import LIVE
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.fake_bridge import FakeBridge
from tests.gui.inspection import has

SHORT = Options(sweep=(1, 3), seconds=0.3, variant=Variant(start_method="spawn"))


def launches(bridge: FakeBridge) -> list[messages.Launch]:
    return [command for command in bridge.sent if isinstance(command, messages.Launch)]


def finish(sweep: SweepWindow, bridge: FakeBridge, advance: Advance) -> None:
    for _ in range(60):
        if not sweep.sweeper.is_running:
            return
        advance(bridge, 10)
    pytest.fail("the sweep has no end")


def test_from_one_to_three(make_window: MakeWindow, advance: Advance, tmp_path: Path) -> None:
    window, bridge = make_window(SHORT)
    sweep = window.show_sweep()
    assert sweep.range.text() == "1-3"
    assert not sweep.save.isEnabled()
    sweep.go.click()
    finish(sweep, bridge, advance)
    assert [launch.workers for launch in launches(bridge)] == [1, 2, 3]
    assert {launch.limit for launch in launches(bridge)} == {sys.maxsize}
    points = sweep.sweeper.sweep.points
    # The fake machine has two cores.
    assert [point.counts_per_s for point in points] == pytest.approx([12e6, 24e6, 24e6], rel=0.1)
    finding = sweep.sweeper.sweep.finding()
    assert finding is not None
    assert sweep.said.text() == finding.text
    assert window.controller.state not in LIVE
    sweep.save_as(tmp_path / "s.json")
    assert len(json.loads((tmp_path / "s.json").read_text())["points"]) == 3
    sweep.grab()
    sweep.close()


def test_one_is_measured_before_what_is_wanted(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(SHORT._replace(sweep=(3, 4)))
    sweep = window.show_sweep()
    sweep.start()
    finish(sweep, bridge, advance)
    assert [launch.workers for launch in launches(bridge)] == [1, 3, 4]
    sweep.close()


def test_stopped_half_way(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(SHORT)
    sweep = window.show_sweep()
    sweep.start()
    advance(bridge, 40)
    assert sweep.go.text() == "Stop"
    QTest.keyClick(sweep, Qt.Key.Key_Escape)
    advance(bridge, 2)
    assert sweep.isVisible()
    assert not sweep.sweeper.is_running
    assert window.controller.state not in LIVE
    many = len(launches(bridge))
    advance(bridge, 20)
    assert len(launches(bridge)) == many
    QTest.keyClick(sweep, Qt.Key.Key_Escape)
    assert not sweep.isVisible()


def test_run_that_the_main_window_stops(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(SHORT)
    sweep = window.show_sweep()
    sweep.start()
    advance(bridge, 10)
    window.controller.stop()
    advance(bridge, 5)
    assert not sweep.sweeper.is_running
    assert len(launches(bridge)) == 1
    sweep.close()


def test_closed_half_way(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(SHORT)
    sweep = window.show_sweep()
    sweep.start()
    advance(bridge, 10)
    sweep.close()
    advance(bridge, 2)
    assert window.controller.state not in LIVE


@pytest.mark.parametrize(
    ("workers", "seconds", "says"), [("4", "1", "such as 1-8"), ("1-2", "0", "0.1 to 3600"), ("3-1", "1", "lower one")]
)
def test_typed_wrongly(make_window: MakeWindow, workers: str, seconds: str, says: str) -> None:
    window, bridge = make_window(SHORT)
    sweep = window.show_sweep()
    sweep.range.setText(workers)
    sweep.seconds.setText(seconds)
    sweep.go.click()
    assert says in sweep.said.text()
    assert not launches(bridge)
    sweep.close()


def test_report_that_cannot_be_written(make_window: MakeWindow, advance: Advance, tmp_path: Path) -> None:
    window, bridge = make_window(SHORT)
    sweep = window.show_sweep()
    sweep.start()
    finish(sweep, bridge, advance)
    sweep.save_as(tmp_path / "no such folder" / "s.json")
    assert sweep.said.text().startswith("s.json could not be saved")
    sweep.close()


def test_report_that_the_command_line_asks_for_is_the_sweeps(
    make_window: MakeWindow, advance: Advance, tmp_path: Path
) -> None:
    path = tmp_path / "r.json"
    window, bridge = make_window(SHORT._replace(report=path))
    sweep = window.show_sweep()
    sweep.start()
    finish(sweep, bridge, advance)
    report = json.loads(path.read_text())
    assert [point["workers"] for point in report["points"]] == [1, 2, 3]
    assert report["seconds"] == 0.3
    sweep.close()


def test_look_is_switched_from_here_too(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window(SHORT)
    sweep = window.show_sweep()
    qtbot.waitUntil(sweep.isActiveWindow)
    before = window.themes.theme.id
    QTest.keyClick(sweep, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert window.themes.theme.id != before
    assert has(sweep.picture, window.themes.theme.colour("window"))
    sweep.close()


def test_efficiency_is_drawn_beside_the_speed_up(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(SHORT)
    sweep = window.show_sweep()
    sweep.start()
    finish(sweep, bridge, advance)
    assert has(sweep.picture, window.themes.theme.worker(0))
    assert has(sweep.picture, window.themes.theme.worker(2))
    sweep.close()
