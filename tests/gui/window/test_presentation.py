"""Presenting: large text, and the controls out of the way and back.

Also tests rocketgui.gui.style.fonts.
"""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QWidget,
)
from pytestqt.qtbot import QtBot

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.style.theme import ColourScheme
from rocketgui.gui.window.geometry import Geometry
from rocketgui.gui.window.presentation import Shape
from rocketgui.options import SHAPES, Options
from tests.gui.conftest import Advance, MakeWindow
from tests.gui.inspection import cut_texts

pytestmark = pytest.mark.usefixtures("usual_text")


def sides(window: MainWindow) -> list[QWidget]:
    return [window.program, window.processes, window.output]


def test_the_shapes_of_the_command_line_are_those_of_the_window() -> None:
    assert tuple(Shape) == SHAPES


def test_f11_presents_and_goes_back_to_what_was(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window()
    before = {widget: widget.font() for widget in window.findChildren(QLabel)}
    size, least = window.size(), window.minimumSize()
    QTest.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    assert not any(side.isVisible() for side in (*sides(window), window.top.lessons, window.status_bar))
    assert all(part.isVisible() for part in (window.plots, window.findings, window.top.stop, window.top.present))
    QTest.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen()
    assert all(side.isVisible() for side in (*sides(window), window.top.lessons, window.status_bar))
    assert (window.size(), window.minimumSize()) == (size, least)
    assert {widget: widget.font() for widget in before} == before


def test_leaving_gives_everything_its_place_back(make_window: MakeWindow, advance: Advance) -> None:
    window, bridge = make_window(Options(workers=3, limit=10**12))
    window.resize(1280, 720)
    window.launch()
    advance(bridge, 30)
    watched = [window.program, window.plots, window.findings, window.processes, window.output, window.plots.cores_card]
    before = [(widget.geometry(), widget.font().pixelSize()) for widget in watched]
    row = window.processes.table.rowHeight(0)
    window.presentation.show(Shape.P1080)
    QApplication.processEvents()
    QTest.keyClick(window, Qt.Key.Key_C)
    QApplication.processEvents()
    window.presentation.show(None)
    QApplication.processEvents()
    assert [(widget.geometry(), widget.font().pixelSize()) for widget in watched] == before
    assert window.processes.table.rowHeight(0) == row


@pytest.mark.parametrize("controls", [False, True])
def test_text_keeps_its_size_when_the_look_is_switched(make_window: MakeWindow, controls: bool) -> None:
    window, _ = make_window()
    window.presentation.show(Shape.P1080)
    QApplication.processEvents()
    if controls:
        QTest.keyClick(window, Qt.Key.Key_C)
    texts = [widget for widget in window.findChildren(QWidget) if widget.property("textFactor") is not None]
    before = {widget: widget.font().pixelSize() for widget in texts}
    assert len(set(before.values())) > 3
    QTest.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert {widget: widget.font().pixelSize() for widget in before} == before


@pytest.mark.parametrize("shape", [Shape.P720, Shape.P1080])
def test_the_window_has_exactly_the_size_that_was_asked_for(make_window: MakeWindow, shape: Shape) -> None:
    window, _ = make_window()
    next(action for action in window.top.present.menu().actions() if action.data() == shape).trigger()
    assert window.size() == shape.size == QSize(*{"720p": (1280, 720), "1080p": (1920, 1080)}[shape])
    assert window.minimumSize() == window.maximumSize() == window.size()
    window.presentation.show(Shape.FULL)
    assert window.isFullScreen()
    window.presentation.show(None)
    assert window.maximumSize().width() > 10_000


def test_a_screen_that_is_too_small_is_said(make_window: MakeWindow) -> None:
    window, _ = make_window()
    window.presentation.show(Shape.P1080)  # the screen of the tests has 800 x 800 pixels
    assert window.status_bar.sentence.text() == "This screen is too small for 1920 × 1080 pixels."
    assert window.status_bar.isVisible()


@pytest.mark.parametrize("scheme", [ColourScheme.DARK, ColourScheme.LIGHT])
@pytest.mark.parametrize("shape", [Shape.P720, Shape.P1080])
def test_no_text_is_cut_with_and_without_controls_and_lesson(
    make_window: MakeWindow, advance: Advance, qtbot: QtBot, scheme: ColourScheme, shape: Shape
) -> None:
    window, bridge = make_window(Options(workers=4, limit=10**12), scheme=scheme)
    window.launch()
    advance(bridge, 60)
    window.presentation.show(shape)
    qtbot.waitUntil(lambda: cut_texts(window) == [])
    large = window.findings.text.font().pixelSize()
    assert large == round(17 * window.height() / 720)
    QTest.keyClick(window, Qt.Key.Key_C)
    assert all(side.isVisible() for side in sides(window))
    qtbot.waitUntil(lambda: cut_texts(window) == [])
    assert window.program.workers.field.font().pixelSize() <= round(1.3 * large)
    # All of the controls fit.
    lowest = window.program.parent_value.mapTo(window, QPoint(0, window.program.parent_value.height()))
    assert lowest.y() < window.height()
    QTest.keyClick(window, Qt.Key.Key_C)
    for number in range(1, 10):
        window.lesson.open_lesson(number)
        assert window.lesson.isVisible()
        assert window.output.isVisible()
        qtbot.waitUntil(lambda: cut_texts(window) == [])
    window.lesson.close_lesson()
    assert not window.lesson.isVisible()
    qtbot.waitUntil(lambda: window.plots.width() > window.width() - 30)


def test_closed_while_presented_it_stands_where_it_stood_before(make_window: MakeWindow) -> None:
    window, _ = make_window()
    before = Geometry.of(window)
    window.presentation.show(Shape.P720)
    assert window.presentation.geometry == before
    pixels = QApplication.font().pixelSize()
    window.close()
    assert QApplication.font().pixelSize() < pixels
