"""Labels of fixed size, which do not move what is around them.

Tested by tests/gui/program/test_script_controls.py.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.widgets.card import set_role
from rocketgui.gui.widgets.labels import Label
from rocketgui.model.formatting import harmless


class Lines(Label):
    """Small text with room for a fixed number of lines."""

    def __init__(self, text: str, lines: int) -> None:
        super().__init__(text)
        self._lines = lines
        self.setProperty("role", "muted")
        self.setWordWrap(lines > 1)
        set_text(self, 0.92)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.text_resized()

    def text_resized(self) -> None:
        """The size of text has changed."""
        self.setFixedHeight(self._lines * self.fontMetrics().lineSpacing() + 2)


class Remark(Lines):
    """A remark below a field, which a wrong entry turns into a sentence about it."""

    def __init__(self, lines: int) -> None:
        super().__init__("", lines)
        self.setWordWrap(True)
        self._remark = ""

    @property
    def error(self) -> str:
        """The sentence about a wrong entry; empty if there is none."""
        return self.text() if self.property("role") == "error" else ""

    def set_remark(self, text: str) -> None:
        """Set the text that is shown while nothing is wrong."""
        self._remark = text
        if not self.error:
            self.setText(text)

    def set_error(self, sentence: str) -> None:
        """Show what is wrong."""
        set_role(self, "error")
        self.setText(sentence)
        self.setToolTip(sentence)
        self.setAccessibleName(sentence)

    def clear_error(self) -> None:
        """Show the remark again."""
        set_role(self, "muted")
        self.setText(self._remark)
        self.setToolTip("")
        self.setAccessibleName("")


class Elided(Label):
    """A line of text that is elided in its middle if there is too little room; the tooltip has all of it."""

    def __init__(self, factor: float, *, bold: bool = False) -> None:
        super().__init__()
        self._whole = ""
        set_text(self, factor, bold=bold)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_whole(self, text: str, tip: str) -> None:
        """Show this text."""
        self._whole = harmless(text)
        self.setToolTip(tip)
        self.setAccessibleName(text)
        self.setAccessibleDescription(tip)
        self._fit()

    def text_resized(self) -> None:
        """The size of text has changed."""
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))


class Sentence(Label):
    """A line of text that is elided at its end if there is too little room; `text()` is all of it."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        set_text(self, factor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter = QPainter(self)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self.style().drawItemText(
            painter, room, int(align), self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )
        painter.end()
