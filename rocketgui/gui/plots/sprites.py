"""The small rocket at the head of a curve.

Tested by tests/gui/plots/test_lanes.py.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

#: Logical pixels; the curve ends at the middle of the tail.
WIDTH, HEIGHT = 13.0, 22.0


@lru_cache(maxsize=256)
def rocket(colour: int, outline: int, ratio: float, scale: float = 1.0) -> QPixmap:
    """A rocket that points up, `scale` times its usual size, for screens with `ratio` device pixels per logical pixel.
    Colours are Qt's 32-bit numbers."""
    pixmap = QPixmap(round(WIDTH * scale * ratio), round(HEIGHT * scale * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.scale(scale, scale)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = WIDTH / 2
    fins = QPainterPath(QPointF(middle, 10))
    fins.lineTo(WIDTH - 1, 21)
    fins.lineTo(1, 21)
    fins.closeSubpath()
    hull = QPainterPath(QPointF(middle, 1))
    hull.cubicTo(middle + 5, 6, middle + 5, 13, middle + 3, 19)
    hull.lineTo(middle - 3, 19)
    hull.cubicTo(middle - 5, 13, middle - 5, 6, middle, 1)
    painter.setPen(QPen(QColor(outline), 1.0))
    painter.setBrush(QColor(colour).darker(130))
    painter.drawPath(fins)
    painter.setBrush(QColor(colour))
    painter.drawPath(hull)
    painter.setBrush(QColor(outline))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(QPointF(middle, 9.5), 1.7, 1.7)
    painter.end()
    return pixmap


def rocket_rect(x: float, y: float, scale: float = 1.0) -> QRectF:
    """The rectangle of the rocket of a curve that ends at (x, y)."""
    return QRectF(x - WIDTH * scale / 2, y - HEIGHT * scale + 2, WIDTH * scale, HEIGHT * scale)
