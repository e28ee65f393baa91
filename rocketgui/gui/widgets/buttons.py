"""Buttons that leave the keyboard to the run: a click does not take the focus, Tab does.

Tested by tests/gui/program/test_variant_controls.py.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QPushButton, QToolButton, QWidget

from rocketgui.gui.style.fonts import set_text

_PRESS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def claims_space(widget: QWidget, event: QEvent) -> bool:
    """Whether an event is Space on a control with the focus: it belongs to the control, and not to the window's
    shortcut."""
    claimed = (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and event.key() == Qt.Key.Key_Space
        and widget.hasFocus()
    )
    if claimed:
        event.accept()
    return claimed


class Button(QPushButton):
    """A push button; with the focus, Space and Enter press it."""

    def __init__(self, text: str, tip: str) -> None:
        super().__init__(text)
        set_text(self, 1.0)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(tip)
        self.setAccessibleName(text)
        self.setAccessibleDescription(tip)

    def event(self, event: QEvent) -> bool:
        return claims_space(self, event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _PRESS:
            self.click()
        else:
            super().keyPressEvent(event)


class MenuButton(QToolButton):
    """A button that opens its menu."""

    def __init__(self, text: str, name: str, tip: str) -> None:
        super().__init__()
        set_text(self, 1.0)
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip(tip)
        self.setAccessibleName(name)
        self.setAccessibleDescription(tip)

    def open(self) -> None:
        """Show the menu, also while the button itself is out of sight."""
        if self.isVisible():
            self.showMenu()
        else:
            self.menu().popup(self.window().mapToGlobal(self.window().rect().center()))

    def event(self, event: QEvent) -> bool:
        return claims_space(self, event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _PRESS:
            self.showMenu()
        else:
            super().keyPressEvent(event)


class ComboBox(QComboBox):
    """A drop-down list."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        set_text(self, 1.0)
        self.tip = tip
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setAccessibleDescription(tip)
        self.setToolTip(tip)

    def event(self, event: QEvent) -> bool:
        return claims_space(self, event) or super().event(event)
