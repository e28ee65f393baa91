"""A text for bug reports in a dialog: read-only, in letters of one width, and a button that copies it.

Tested by tests/gui/dialogs/test_about_dialog.py.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit

from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.widgets.buttons import Button


class DetailsText(QPlainTextEdit):
    """Shows the text; it can be selected, and Tab leaves it."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAcceptDrops(False)  # a file that is dropped is for the window
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setProperty("role", "details")
        self.setAccessibleName(name)
        self.setAccessibleDescription(description)
        set_text(self, 0.92, font=QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))


class CopyButton(Button):
    """Puts a text on the clipboard and says so, until `reset`."""

    def __init__(self, text: Callable[[], str], tip: str) -> None:
        super().__init__("Copied", tip)
        # As wide as its longer text, so that nothing moves.
        self.setMinimumWidth(self.sizeHint().width())
        self._text = text
        self.clicked.connect(self._copy)
        self.reset()

    def reset(self) -> None:
        """Show again that there is something to copy."""
        self.setText("Copy")
        self.setAccessibleName("Copy")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text())
        self.setText("Copied")
        self.setAccessibleName("Copied")


def button_row(dialog: QDialog, copy: CopyButton) -> QHBoxLayout:
    """Copy and Close, at the right end. Neither is pressed by an Enter that was meant for something else."""
    close = Button("Close", "Close this window (Esc)")
    close.clicked.connect(dialog.close)
    row = QHBoxLayout()
    row.addStretch(1)
    for button in (copy, close):
        button.setAutoDefault(False)
        row.addWidget(button)
    return row
