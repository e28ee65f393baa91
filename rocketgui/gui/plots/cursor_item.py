"""The line under the pointer, and the values beside it.

Tested by tests/gui/plots/test_time_axis.py.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from rocketgui.gui.plots.canvas import View
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import text_font

Rows = tuple[tuple[str, QColor], ...]


class CursorItem(QGraphicsItem):
    """Drawn above everything else in a plot. Its coordinates are the logical pixels of the view box."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._view: View | None = None
        self._t_s: float | None = None
        self._rows: Rows = ()
        self._bounds = QRectF()
        self.setZValue(100)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    def point_at(self, view: View, t_s: float | None, rows: Rows) -> None:
        """Show the line at a time, with rows of text beside it; None: hide it."""
        if (view, t_s, rows) == (self._view, self._t_s, self._rows):
            return
        self.prepareGeometryChange()
        self._view, self._t_s, self._rows = view, t_s, rows
        self._bounds = QRectF(0, 0, view.width, view.height)
        self.setVisible(t_s is not None)
        self.update()

    # ------------------------------------------------------------ Qt

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        view, rows = self._view, self._rows
        if self._t_s is None or view is None or not 0 <= view.x(self._t_s) <= view.width:
            return
        x = view.x(self._t_s)
        painter.setPen(QPen(theme.colour("faint"), 1.0))
        painter.drawLine(QPointF(x, 0), QPointF(x, view.height))
        if not rows:
            return
        metrics = QFontMetricsF(text_font(0.85))
        line = metrics.height()
        width = max(metrics.horizontalAdvance(text) for text, _ in rows) + 14
        height = line * len(rows) + 8
        left = x + 8 if x + 8 + width < view.width else max(x - 8 - width, 0)
        box = QRectF(left, 4, width, height)
        painter.setPen(QPen(theme.colour("border"), 1.0))
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(text_font(0.85))
        for row, (text, colour) in enumerate(rows):
            painter.setPen(colour)
            rect = QRectF(left + 7, 8 + row * line, width - 14, line)
            painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
