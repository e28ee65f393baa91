"""What the window holds: nothing is cut off, and nothing moves."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rocketgui.gui.style.theme import ColourScheme
from rocketgui.options import Options
from rocketgui.protocol.variant import Variant
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import cut_texts, shown


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
@pytest.mark.parametrize(("workers", "limit"), [(2, 50_000_000), (64, sys.maxsize), (256, 12_345_678)])
def test_no_text_is_cut_at_1280x720(
    make_window: MakeWindow, advance: Advance, qtbot: QtBot, scheme: ColourScheme, workers: int, limit: int
) -> None:
    window, bridge = make_window(
        Options(workers=workers, limit=limit, variant=Variant(start_method="spawn")), scheme=scheme
    )
    window.resize(1280, 720)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: cut_texts(window) == [])
    window.launch()
    advance(bridge, 60)
    qtbot.waitUntil(lambda: window.processes.model.rowCount() == workers + 1)
    bridge.kill(2)
    advance(bridge, 30)
    qtbot.waitUntil(lambda: cut_texts(window) == [])


def test_the_layout_does_not_move_from_idle_to_ended(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(workers=2, limit=3_000_000))
    watched = (
        window.top.launch,
        window.top.stop,
        window.program.limit,
        window.findings,
        window.plots,
        window.status_bar,
    )
    before = [widget.geometry() for widget in watched]
    window.launch()
    advance(bridge, 5)
    bridge.say_long()
    advance(bridge, 60)
    qtbot.waitUntil(lambda: "overlap" in shown(window))
    assert [widget.geometry() for widget in watched] == before
