"""Labels and tooltips that show text from a program or its user as plain text.

Qt takes a label's text, and every tooltip, for HTML where it begins like it: a process called `<b>x</b>` would be shown
in bold, and one called `<img src=...>` would have a file opened.

Tested by tests/gui/test_foreign_text.py.
"""

from __future__ import annotations

from html import escape

from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from rocketgui.model.formatting import harmless


def tip(text: str) -> str:
    """A text for `setToolTip` that is shown as it is."""
    shown = harmless(text, keep="\n")
    if not QtGui.Qt.mightBeRichText(shown):
        return shown
    return f'<div style="white-space:pre-wrap">{escape(shown, quote=False)}</div>'


class Label(QLabel):
    """A label whose text, and whose tooltip, are plain."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(harmless(text, keep="\n"))

    def setToolTip(self, text: str) -> None:
        super().setToolTip(tip(text))

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(harmless(name, keep="\n"))

    def setAccessibleDescription(self, description: str) -> None:
        super().setAccessibleDescription(harmless(description, keep="\n"))
