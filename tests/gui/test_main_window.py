"""The window as its user meets it: every control has a name, and the keyboard reaches it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from rocketgui.gui.dialogs.shortcuts_dialog import ShortcutsDialog
from rocketgui.gui.main_window import MainWindow
from rocketgui.options import Options
from rocketgui.protocol import messages
from tests.gui.conftest import MakeWindow
from tests.gui.inspection import CONTROLS, last


def test_every_control_has_a_name_and_a_tooltip(make_window: MakeWindow) -> None:
    window, _ = make_window()
    inner = [
        w for w in window.findChildren(QWidget) if isinstance(w, CONTROLS) and not w.objectName().startswith("qt_")
    ]
    controls = [w for w in inner if not isinstance(w.parent(), QAbstractScrollArea)]
    assert len(controls) >= 9
    for control in controls:
        assert control.accessibleName(), control
        assert control.toolTip(), control.accessibleName()


def test_space_on_a_control_that_has_the_focus_is_the_controls_own(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, bridge = make_window()
    window.program.limit.field.setFocus()
    QTest.keyClick(window.program.limit.field, Qt.Key.Key_Space)
    assert not bridge.sent
    window.top.launch.setFocus()
    QTest.keyClick(window.top.launch, Qt.Key.Key_Return)
    assert isinstance(last(bridge, messages.Launch), messages.Launch)


def test_closing_closes_the_bridge(make_window: MakeWindow) -> None:
    window, bridge = make_window()
    window.close()
    assert bridge.closes == 1


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
    window.lesson.open_lesson(6)
    found = [control for top in everything(window) for control in controls(top)]
    assert len(found) > 40
    nameless = [f"{type(control).__name__} in {type(control.parent()).__name__}" for control in found
                if not control.accessibleName()]  # fmt: skip
    assert nameless == []


def test_the_keyboard_reaches_every_control(make_window: MakeWindow) -> None:
    """By Tab; what is reached by a key of its own need not be."""
    window, _ = make_window(Options(workers=200, limit=10**12))
    window.lesson.open_lesson(6)
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
