"""A text to be read, in a frame that scrolls where there is too little room for it.

Tested by tests/gui/panels/test_lesson_panel.py.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

from rocketgui.gui.style.fonts import set_text


class ScrolledText(QScrollArea):
    """Shows rich text; `label` is what it stands in."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.label = QLabel()
        self.label.setAccessibleName(name)
        set_text(self.label, 1.0)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setWidget(self.label)
        self._fade = _Fade(self)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._show_fade)
        bar.rangeChanged.connect(self._show_fade)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_fade()

    def _show_fade(self) -> None:
        bar, room = self.verticalScrollBar(), self.viewport().geometry()
        height = self.label.fontMetrics().lineSpacing()
        self._fade.setGeometry(room.left(), room.bottom() + 1 - height, room.width(), height)
        self._fade.setVisible(bar.value() < bar.maximum())
        self._fade.raise_()


class _Fade(QWidget):
    """Lets the last line fade where the text goes on below: it may be cut in half."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        back, clear = self.palette().base().color(), self.palette().base().color()
        clear.setAlpha(0)
        shade = QLinearGradient(0, 0, 0, self.height())
        shade.setColorAt(0.0, clear)
        shade.setColorAt(0.85, back)
        painter = QPainter(self)
        painter.fillRect(self.rect(), shade)
        painter.end()
