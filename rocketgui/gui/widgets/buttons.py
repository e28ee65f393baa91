"""Controls that leave the keyboard to the run: a click does not take the focus, Tab does.

Tested by tests/gui/program/test_variant_controls.py.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QPushButton, QStyle, QStyleOptionComboBox, QToolButton, QWidget

from rocketgui.gui.style.fonts import set_text


class _Keys(QObject):
    """The keys of a control that has the focus: Space belongs to it and not to the window's shortcut, and Enter calls
    `press`, if it is given."""

    def __init__(self, control: QWidget, press: Callable[[], object] | None) -> None:
        super().__init__(control)
        self._press = press
        control.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space:
            event.accept()
            return True
        enter = event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self._press is not None:
            self._press()
            return True
        return False


def _describe(control: QWidget, name: str, tip: str, press: Callable[[], object] | None = None) -> None:
    """Set a control's keys, the size of its text, its tooltip and what a screen reader says."""
    _Keys(control, press)
    set_text(control, 1.0)
    control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    control.setToolTip(tip)
    control.setAccessibleName(name)
    control.setAccessibleDescription(tip)


class Button(QPushButton):
    """A push button."""

    def __init__(self, text: str, tip: str) -> None:
        super().__init__(text)
        _describe(self, text, tip, self.click)


class CheckBox(QCheckBox):
    """A check box."""

    def __init__(self, text: str, tip: str) -> None:
        super().__init__(text)
        _describe(self, text, tip, self.click)


class MenuButton(QToolButton):
    """A button that opens its menu."""

    def __init__(self, text: str, name: str, tip: str) -> None:
        super().__init__()
        _describe(self, name, tip, self.showMenu)
        self.setText(text)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def open(self) -> None:
        """Show the menu, also while the button itself is hidden."""
        if self.isVisible():
            self.showMenu()
        else:
            self.menu().popup(self.window().mapToGlobal(self.window().rect().center()))


class ComboBox(QComboBox):
    """A drop-down list."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        _describe(self, name, tip)

    def closed_text(self, room: int) -> str:
        """What the closed box shows, with so many pixels of room."""
        return self.currentText()

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        edit = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, edit, self)
        option.currentText = self.closed_text(room.width())
