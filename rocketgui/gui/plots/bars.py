"""The rows of the timeline: a process as a bar, and the items that draw bars and their names."""

from __future__ import annotations

import math
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from rocketgui.gui.plots.canvas import View
from rocketgui.gui.plots.time_plot import left_width
from rocketgui.gui.plots.waits import Stretch
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import text_font, text_scale
from rocketgui.gui.view_models.process_columns import short_name
from rocketgui.model.process import Process, ProcessState

#: Logical pixels for text of the usual size: the largest height of a row; the heights from which on the end of a
#: process is written, and its join drawn; the distance of names. Rows are as high as the room allows. Where they
#: are too thin for names, only every n-th row has one.
ROW_PX, _WORDS_PX, _JOIN_PX, _NAMES_PX = 26.0, 11.0, 7.0, 12.0
#: The smallest half height of the mark at a bad end, in pixels.
_BAD_PX = 3.0
#: The opacity (of 255) of the line that stands for waiting.
_WAITING_ALPHA = 150
_BAD = (ProcessState.KILLED, ProcessState.FAILED)


class Bar(NamedTuple):
    """One row: times in seconds since launch; None: not reached, or not known."""

    name: str
    colour: QColor
    called: float | None
    entered: float | None
    left: float | None
    ended: float | None
    joined: float | None
    bad: str
    #: Only its beginning and end are known: a thread that is no worker.
    only_lives: bool = False
    #: Where it waited while it was in its function, from x to x, in logical pixels.
    waits: tuple[Stretch, ...] = ()


def is_known(process: Process) -> bool:
    """Whether it is known when a process began, so that it can have a row."""
    return process.start_called_ns is not None or process.began_ns is not None


def bar(process: Process, colour: QColor, now_s: float) -> Bar:
    """The row of a process at the time `now_s`."""
    called = seconds(process.start_called_ns if process.start_called_ns is not None else process.began_ns)
    ended = seconds(process.exited_ns)
    # A process that multiprocessing did not start has no target: it works from its beginning on.
    alone = process.is_root or (process.start_called_ns is None and process.target_entered_ns is None)
    entered = called if alone else seconds(process.target_entered_ns)
    left = seconds(process.target_left_ns)
    until = now_s if ended is None else ended
    if entered is not None and left is None:
        left = until
    bad = process.outcome() if process.state in _BAD else ""
    only_lives = process.kind == "thread" and process.worker_index is None
    name = "parent" if process.is_root else short_name(process.shown)
    return Bar(name, colour, called, entered, left, until, seconds(process.joined_ns), bad, only_lives)


def seconds(ns: int | None) -> float | None:
    return None if ns is None else ns / 1e9


class BarsItem(QGraphicsItem):
    """Draws the visible rows. Its coordinates are the logical pixels of the view box."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._view: View | None = None
        self._bars: list[Bar] = []
        self._row = ROW_PX
        self._bounds = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_bars(self, view: View, bars: list[Bar], row: float) -> None:
        """Draw these bars, each in a row of `row` pixels."""
        if QRectF(0, 0, view.width, view.height) != self._bounds:
            self.prepareGeometryChange()
            self._bounds = QRectF(0, 0, view.width, view.height)
        if (view, bars, row) != (self._view, self._bars, self._row):
            self._view, self._bars, self._row = view, bars, row
            self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._view is None:
            return
        painter.setClipRect(self._bounds)
        painter.setFont(text_font(0.82))
        for index, one in enumerate(self._bars):
            self._draw(painter, self._view, one, index * self._row)
        # After all bars, since the bars of thin rows would cover the marks.
        for index, one in enumerate(self._bars):
            if one.bad and one.ended is not None:
                self._mark_bad(painter, self._view.x(one.ended), (index + 0.5) * self._row, one.bad)

    def _draw(self, painter: QPainter, view: View, one: Bar, top: float) -> None:
        inset = min(2.0, self._row / 6)
        height = max(self._row - 2 * inset, 1.0)

        def span(start: float | None, end: float | None, colour: QColor, thin: float = 0.0) -> None:
            if start is None or end is None or end < start:
                return
            x0, x1 = max(view.x(start), -2.0), min(view.x(end), view.width + 2)
            if x1 > -2 and x0 < view.width + 2:
                painter.fillRect(QRectF(x0, top + inset + thin, max(x1 - x0, 1.0), height - 2 * thin), colour)

        leaving = QColor(one.colour)
        leaving.setAlpha(90)
        span(one.called, one.entered if one.entered is not None else one.ended, theme.colour("faint"), height / 4)
        if one.entered is not None and one.left is not None and one.waits:
            self._draw_waits(painter, view, one, top + inset, height)
        else:
            span(one.entered, one.left, one.colour, height / 4 if one.only_lives else 0.0)
        if one.entered is not None:
            span(one.left, one.ended, leaving)
        if one.joined is not None and not one.bad and self._row >= _JOIN_PX:
            self._diamond(painter, view.x(one.joined), top + self._row / 2)

    def _mark_bad(self, painter: QPainter, x: float, y: float, why: str) -> None:
        """Mark where a process ended badly, and write how, if there is room."""
        half = max(self._row / 2 - 1, _BAD_PX)
        painter.setPen(QPen(theme.colour("error"), 2.0))
        painter.drawLine(QPointF(x, y - half), QPointF(x, y + half))
        if self._row >= _WORDS_PX * text_scale():
            room = QRectF(x + 6, y - self._row / 2, self._bounds.width() - x - 6, self._row)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, why)

    def _draw_waits(self, painter: QPainter, view: View, one: Bar, top: float, height: float) -> None:
        """Draw the time in its function: a full bar where it ran, a thin line where it waited."""
        x0, x1 = max(view.x(one.entered or 0.0), -2.0), min(view.x(one.left or 0.0), view.width + 2)
        thin = min(max(round(height / 4), 2), height)
        middle = top + (height - thin) / 2
        pale = QColor(one.colour)
        pale.setAlpha(_WAITING_ALPHA)
        ran_from = x0
        for begins, ends in one.waits:
            begins, ends = max(begins, x0), min(ends, x1)
            if ends <= begins:
                continue
            if begins > ran_from:
                painter.fillRect(QRectF(ran_from, top, begins - ran_from, height), one.colour)
            painter.fillRect(QRectF(begins, middle, ends - begins, thin), pale)
            ran_from = ends
        # Less than a pixel belongs to a wait that goes on.
        if x1 - ran_from >= 1.0:
            painter.fillRect(QRectF(ran_from, top, x1 - ran_from, height), one.colour)

    def _diamond(self, painter: QPainter, x: float, y: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("text"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPolygon([QPointF(x - 4, y), QPointF(x, y - 4), QPointF(x + 4, y), QPointF(x, y + 4)])


class NamesItem(QGraphicsItem):
    """Draws the names of the rows, left of the view box."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._bars: list[Bar] = []
        self._row = ROW_PX
        self._bounds = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_names(self, bars: list[Bar], row: float, height: float) -> None:
        names = [(one.name, one.colour.rgb()) for one in bars]
        if names != [(one.name, one.colour.rgb()) for one in self._bars] or row != self._row:
            self.update()
        if height != self._bounds.height():
            self.prepareGeometryChange()
            self._bounds = QRectF(-left_width(), 0, left_width(), height)
        self._bars, self._row = bars, row

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setFont(text_font(0.82))
        metrics = QFontMetricsF(text_font(0.82))
        apart = _NAMES_PX * text_scale()
        height = max(self._row, apart)
        for index in range(0, len(self._bars), math.ceil(apart / self._row)):
            one = self._bars[index]
            painter.setPen(one.colour)
            room = QRectF(-left_width(), (index + 0.5) * self._row - height / 2, left_width() - 4, height)
            text = metrics.elidedText(one.name, Qt.TextElideMode.ElideMiddle, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
