"""The plot of a sweep: speed-up and efficiency over the number of workers, the ideal line, and the machine's cores.

Tested by tests/gui/dialogs/test_sweep_window.py.
"""

from __future__ import annotations

import os

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from rocketgui.gui.plots.ranges import nice_above, ticks
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import text_font
from rocketgui.model.sweep import Sweep

#: Logical pixels around the field: for the axes' numbers, and for the words above and below.
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 30, 52, 42
#: The end of the axis of the efficiency, unless an efficiency is above it.
_EFFICIENCY_TOP = 1.15
#: With up to this many points, each has its number beside it.
_NUMBERED = 12
_RIGHT_SIDE, _LEFT_SIDE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
_CENTRE, _MIDDLE = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignVCenter


class SweepPlot(QWidget):
    """Shows `sweep` on an axis of up to `most` workers."""

    def __init__(self) -> None:
        super().__init__()
        self.sweep = Sweep(os.cpu_count() or 1)
        self.most = 2
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(360, 220)
        self.setAccessibleName("Speed-up and efficiency against the number of workers")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(0.92))
        _Drawing(painter, self.sweep, max(self.most, 2), self.width(), self.height()).draw()
        painter.end()


class _Drawing:
    """One painting of the plot. Each method draws a part of it."""

    def __init__(self, painter: QPainter, sweep: Sweep, most: int, width: int, height: int) -> None:
        self._painter, self._sweep, self._most = painter, sweep, most
        self._field = QRectF(_LEFT, _TOP, width - _LEFT - _RIGHT, height - _TOP - _BOTTOM)
        best = max((sweep.speed_up(point) for point in sweep.points), default=1.0)
        self._top = nice_above(max(best * 1.15, min(most, sweep.cores * 1.5), 1.5))
        efficient = max((sweep.efficiency(point) for point in sweep.points), default=1.0)
        self._efficiency_top = max(_EFFICIENCY_TOP, 1.05 * efficient)
        self._back = theme.colour("window")
        self._back.setAlpha(190)  # numbers stay readable over a line
        self._gain_colour, self._efficiency_colour = theme.worker(0), theme.worker(2)

    def draw(self) -> None:
        self._draw_gains_axis()
        self._draw_efficiency_axis()
        self._draw_workers_axis()
        self._draw_legend()
        self._draw_ideal()
        points = self._sweep.points
        efficient = [self._mark(p.workers, self._sweep.efficiency(p) / self._efficiency_top) for p in points]
        gains = [self._mark(p.workers, self._sweep.speed_up(p) / self._top) for p in points]
        self._draw_line(efficient, self._efficiency_colour, Qt.PenStyle.DotLine)
        self._draw_line(gains, self._gain_colour, Qt.PenStyle.SolidLine)
        for mark in efficient:
            self._draw_mark(mark, self._efficiency_colour, is_round=False)
        for mark in gains:
            self._draw_mark(mark, self._gain_colour, is_round=True)
        for mark, point in zip(gains, points, strict=True):
            if len(points) <= _NUMBERED or point.workers == self._sweep.knee():
                room = QRectF(mark.x() - 16, mark.y() + 8, 32, 15)
                self._painter.fillRect(room, self._back)
                self._painter.setPen(theme.colour("text"))
                self._painter.drawText(room, _CENTRE, f"{self._sweep.speed_up(point):.2f}")

    def _mark(self, workers: float, share: float) -> QPointF:
        """The point at a number of workers and a share of the field's height (0: bottom, 1: top)."""
        field = self._field
        return QPointF(
            field.left() + field.width() * (workers - 0.5) / self._most, field.bottom() - field.height() * share
        )

    def _draw_gains_axis(self) -> None:
        field = self._field
        for gain in ticks(0.0, self._top, max(int(field.height() / 40), 2))[1]:
            y = self._mark(1, gain / self._top).y()
            self._painter.setPen(theme.colour("grid"))
            self._painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
            self._painter.setPen(theme.colour("muted"))
            self._painter.drawText(QRectF(0, y - 8, field.left() - 8, 16), _RIGHT_SIDE | _MIDDLE, f"{gain:g}×")

    def _draw_efficiency_axis(self) -> None:
        field = self._field
        self._painter.setPen(theme.colour("muted"))
        for percent in ticks(0.0, 100 * self._efficiency_top, max(int(field.height() / 40), 2))[1]:
            y = self._mark(1, percent / 100 / self._efficiency_top).y()
            self._painter.drawText(
                QRectF(field.right() + 8, y - 8, _RIGHT - 8, 16), _LEFT_SIDE | _MIDDLE, f"{percent:g} %"
            )

    def _draw_workers_axis(self) -> None:
        painter, field, cores = self._painter, self._field, self._sweep.cores
        step = max(1, -(-self._most // max(int(field.width() / 34), 1)))
        for workers in range(1, self._most + 1, step):
            x = self._mark(workers, 0).x()
            painter.drawText(QRectF(x - 20, field.bottom() + 4, 40, 16), _CENTRE, str(workers))
        painter.drawText(QRectF(field.left(), field.bottom() + 20, field.width(), 18), _CENTRE, "workers")
        if cores <= self._most:
            x = self._mark(cores, 0).x()
            painter.setPen(QPen(theme.colour("faint"), 1.2, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
            painter.setPen(theme.colour("muted"))
            word = f"{cores} cores" if cores > 1 else "1 core"
            painter.drawText(QRectF(x + 6, field.bottom() - 20, 90, 16), _LEFT_SIDE | _MIDDLE, word)

    def _draw_legend(self) -> None:
        x = self._field.left()
        for text, colour in (
            ("● speed-up", self._gain_colour),
            ("■ efficiency (right)", self._efficiency_colour),
            ("- - ideal speed-up", theme.colour("accent")),
        ):
            width = QFontMetricsF(self._painter.font()).horizontalAdvance(text)
            self._painter.setPen(colour)
            self._painter.drawText(QRectF(x, 4, width + 2, 18), _LEFT_SIDE | _MIDDLE, text)
            x += width + 18

    def _draw_ideal(self) -> None:
        self._painter.save()
        self._painter.setClipRect(self._field)
        self._painter.setPen(QPen(theme.colour("accent"), 1.4, Qt.PenStyle.DashLine))
        self._painter.drawLine(self._mark(1, 1 / self._top), self._mark(self._most, self._most / self._top))
        self._painter.restore()

    def _draw_line(self, marks: list[QPointF], colour: QColor, style: Qt.PenStyle) -> None:
        self._painter.setPen(QPen(colour, 2.2, style))
        self._painter.drawPolyline(marks)

    def _draw_mark(self, mark: QPointF, colour: QColor, *, is_round: bool) -> None:
        self._painter.setPen(QPen(theme.colour("panel"), 1.5))
        self._painter.setBrush(colour)
        if is_round:
            self._painter.drawEllipse(mark, 5, 5)
        else:
            self._painter.drawRect(QRectF(mark.x() - 4.5, mark.y() - 4.5, 9, 9))
