"""Presenting: large text, controls out of the way and back, the keys that are pressed, and the sheet of all keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from rocketgui.gui.dialogs.shortcuts_dialog import ShortcutsDialog, rows
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
        window.open_lesson(number)
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


def test_pressed_keys_are_shown_if_wanted(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window(Options(limit=10**12))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    show = window.top.present.menu().actions()[-1]
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_2)
    assert not window.keystrokes.isVisible()
    show.trigger()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_3)
    assert (window.keystrokes.isVisible(), window.keystrokes.text()) == (True, "3   Show: Rate")
    assert window.keystrokes.geometry().bottom() < window.height()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier)
    assert window.keystrokes.text() == "Ctrl+X"
    qtbot.waitUntil(lambda: not window.keystrokes.isVisible(), timeout=5000)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_3)
    show.trigger()
    assert not window.keystrokes.isVisible()


def test_the_sheet_shows_every_key(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window()
    for _ in range(2):
        QTest.keyClick(window, Qt.Key.Key_F1)
    (sheet,) = window.findChildren(ShortcutsDialog)
    text = "".join(label.text() for label in sheet.labels)
    for key, what in rows(window.actions()):
        assert key in text
        assert what in text
    sheet.close()
    qtbot.waitUntil(lambda: not window.findChildren(ShortcutsDialog))


def test_no_two_actions_have_one_key(make_window: MakeWindow) -> None:
    window, _ = make_window()
    keys = [action.shortcut().toString() for action in window.actions()]
    assert len(keys) == len(set(keys))
    assert "" not in keys
    assert all(action.text() for action in window.actions())


def test_the_plots_are_moved_by_keys(make_window: MakeWindow, advance: Advance, qtbot: QtBot) -> None:
    window, bridge = make_window(Options(limit=10**12))
    window.launch()
    advance(bridge, 120)
    axis, control, alt = window.plots.axis, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    t0, t1 = axis.t0, axis.t1
    QTest.keyClick(window, Qt.Key.Key_Plus, control)
    assert axis.t1 - axis.t0 == pytest.approx((t1 - t0) / 2)
    assert not axis.is_following
    QTest.keyClick(window, Qt.Key.Key_Minus, control)
    QTest.keyClick(window, Qt.Key.Key_Left, control)
    assert [axis.t0, axis.t1] == pytest.approx([t0 - (t1 - t0) / 4, t1 - (t1 - t0) / 4])
    QTest.keyClick(window, Qt.Key.Key_Right, control)
    QTest.keyClick(window, Qt.Key.Key_Right, alt)
    QTest.keyClick(window, Qt.Key.Key_Left, alt)
    assert window.plots.counters.rows_at(window.plots._pointed or 0.0)
    QTest.keyClick(window, Qt.Key.Key_0, control)
    assert axis.is_following


def test_a_menu_opens_by_a_key_even_if_its_button_is_hidden(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, _ = make_window()
    window.presentation.show(Shape.P720)
    menu = window.top.lessons.menu()
    QTest.keyClick(window, Qt.Key.Key_L)
    qtbot.waitUntil(menu.isVisible)
    assert len(menu.actions()) == 9
    menu.close()


def controls(window: QWidget) -> list[QWidget]:
    """All that a user can do something with."""
    kinds = (QAbstractButton, QAbstractSlider, QAbstractScrollArea, QComboBox, QLineEdit)
    found = [widget for widget in window.findChildren(QWidget) if isinstance(widget, kinds)]
    # What belongs to a control of Qt's own: the bars of what scrolls, the list of a choice, the field's button.
    return [
        one
        for one in found
        if not (isinstance(one, QScrollBar) and any(isinstance(above, QAbstractScrollArea) for above in ancestors(one)))
        and not one.objectName().startswith("qt_")
        and not any(isinstance(above, QComboBox) for above in ancestors(one))
        and type(one).__name__ not in ("QTableCornerButton", "QHeaderView")
    ]


def ancestors(widget: QWidget) -> Iterator[QWidget]:
    above = widget.parentWidget()
    while above is not None:
        yield above
        above = above.parentWidget()


def everything(window: MainWindow) -> list[QWidget]:
    """The window and all its dialogs."""
    window.show_keys()
    window.show_about()
    return [window, *window.findChildren(ShortcutsDialog), window.show_sweep()]


def test_every_control_has_a_name(make_window: MakeWindow) -> None:
    window, _ = make_window()
    window.open_lesson(6)
    found = [control for top in everything(window) for control in controls(top)]
    assert len(found) > 40
    nameless = [f"{type(control).__name__} in {type(control.parent()).__name__}" for control in found
                if not control.accessibleName()]  # fmt: skip
    assert nameless == []


def test_the_keyboard_reaches_every_control(make_window: MakeWindow) -> None:
    """By Tab; what is reached by a key of its own need not be."""
    window, _ = make_window(Options(workers=200, limit=10**12))
    window.open_lesson(6)
    by_key = {window.plots.counters, window.plots.rates, window.plots.cores, window.plots.timeline}
    reached = set()
    widget = window.nextInFocusChain()
    while widget is not None and widget not in reached:
        reached.add(widget)
        widget = widget.nextInFocusChain()
    for control in controls(window):
        if control in by_key or not control.isVisible() or not control.isEnabled():
            continue
        assert control in reached
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, (type(control).__name__, control.accessibleName())


def test_every_tooltip_of_an_action_names_its_key(make_window: MakeWindow) -> None:
    window, _ = make_window()
    tips = "\n".join(button.toolTip() for button in window.findChildren(QAbstractButton))
    unnamed = [
        action.text()
        for action in window.actions()
        if action.shortcut().toString(QKeySequence.SequenceFormat.NativeText) not in tips
    ]
    # These have no button: the mouse does the same in the plots, and menus show their own keys.
    assert {text for text in unnamed if not text.startswith("Values") and "time" not in text} <= {
        "Zoom in", "Zoom out", "Follow the run again", "Controls, while presented", "Choose how to present",
        "Next step of the lesson", "Step before", "Back to the rocket program",
    }  # fmt: skip
