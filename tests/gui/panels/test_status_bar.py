"""The status bar: what observing costs and what was lost, in figures that stand still."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from rocketgui.options import Options
from rocketgui.protocol import messages
from tests.gui.conftest import Advance, MakeWindow


def test_the_strip_fits_at_1280_and_its_figures_stand_still(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=2, limit=10**12))
    window.resize(1280, 720)
    window.launch()
    strip, widths = window.status_bar, set()
    for cost in (messages.Overhead(0.02, 0.039, 2.0), messages.Overhead(0.398, 0.3, 2.0)):
        advance(bridge, 60)
        bridge.say(cost)
        advance(bridge, 1)
        strip.refresh(window.controller.run)
        QApplication.processEvents()
        widths.add(strip.figures.width())
        assert strip.figures.sizeHint().width() <= strip.figures.width()
        assert strip.sentence.sizeHint().width() <= strip.sentence.width()
    assert len(widths) == 1


def test_a_notice_is_said_and_gone_with_the_next_launch(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(limit=1_000_000))
    bridge.say(messages.Notice("Python could not be started: no such file."))
    advance(bridge, 1)
    assert "no such file" in window.status_bar.sentence.text()
    window.launch()
    advance(bridge, 1)
    assert "no such file" not in window.status_bar.sentence.text()


def test_the_strip_says_each_loss_by_its_name(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(limit=10**12))
    run = window.controller.run
    window.status_bar.refresh(run)
    assert window.status_bar.figures.text() == ""
    window.launch()
    advance(bridge, 60)
    run = window.controller.run
    run.apply(messages.Overhead(0.05, 0.039, 0.5))
    window.status_bar.refresh(run)
    words = window.status_bar.figures.text().replace("\N{FIGURE SPACE}", "").split("  ·  ")
    assert words == ["observing costs the program 10.0 %", "collector 3.9 % of a core", "0 samples lost"]
    run.apply(messages.Losses(1_234, 5, 6, 7))
    window.status_bar.refresh(run)
    words = window.status_bar.figures.text().split("  ·  ")
    assert words[2:] == ["1,234 samples lost", "7 lines lost", "5 bad messages", "6 never reported"]
    run.apply(messages.Losses(1, 1, 0, 1))
    window.status_bar.refresh(run)
    assert window.status_bar.figures.text().split("  ·  ")[2:] == ["1 sample lost", "1 line lost", "1 bad message"]
