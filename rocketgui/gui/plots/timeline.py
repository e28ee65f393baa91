"""The timeline: a row for each process or thread, from the call of start() to the end of join().

start()        first line                       end      joined
  |░░░░░░░░░░░░░░|██████████████████████████████|▒▒▒|       ◆
   cost of starting, grey     in its function    leaving
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import (
    QGraphicsItem,
    QHBoxLayout,
    QScrollBar,
    QStyleOptionGraphicsItem,
    QWidget,
)

from rocketgui.gui.plots.canvas import View
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.time_plot import TimePlot, left_width
from rocketgui.gui.theme import Theme, text_font, text_scale
from rocketgui.model.process import Process, ProcessState
from rocketgui.model.session import Session

#: Logical pixels of a row for text of the usual size: as high as there is room for, within these; below, rows scroll.
_ROW_PX = (12.0, 26.0)
_BAD = (ProcessState.KILLED, ProcessState.FAILED)


class Bar(NamedTuple):
    """One row: moments in seconds since launch; None: not reached, or not known."""

    name: str
    colour: QColor
    called: float | None
    entered: float | None
    left: float | None
    ended: float | None
    joined: float | None
    bad: str


def bar(process: Process, colour: QColor, now_s: float) -> Bar | None:
    """The row of a process as it stands at a time; None if nothing is known of it yet."""
    called = _seconds(process.start_called_ns if process.start_called_ns is not None else process.began_ns)
    if called is None:
        return None
    ended = _seconds(process.exited_ns)
    # The program itself is in no function of multiprocessing's: it works from its beginning on.
    entered = called if process.is_root else _seconds(process.target_entered_ns)
    left = _seconds(process.target_left_ns)
    until = now_s if ended is None else ended
    if entered is not None and left is None:
        left = until
    bad = process.outcome() if process.state in _BAD else ""
    name = "parent" if process.is_root else process.name
    return Bar(name, colour, called, entered, left, until, _seconds(process.joined_ns), bad)


def _seconds(ns: int | None) -> float | None:
    return None if ns is None else ns / 1e9


class _BarsItem(QGraphicsItem):
    """Draws the rows that are in sight, in the logical pixels of the view box."""

    def __init__(self, parent: QGraphicsItem, theme: Theme) -> None:
        super().__init__(parent)
        self.theme = theme
        self._view: View | None = None
        self._bars: list[Bar] = []
        self._row = _ROW_PX[1]
        self._bounds = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_bars(self, view: View, bars: list[Bar], row: float) -> None:
        """Draw these rows, each so many pixels high."""
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
        for place, one in enumerate(self._bars):
            self._draw(painter, self._view, one, place * self._row)

    def _draw(self, painter: QPainter, view: View, one: Bar, top: float) -> None:
        height = self._row - 4

        def span(start: float | None, end: float | None, colour: QColor, thin: float = 0.0) -> None:
            if start is None or end is None or end < start:
                return
            x0, x1 = max(view.x(start), -2.0), min(view.x(end), view.width + 2)
            if x1 > -2 and x0 < view.width + 2:
                painter.fillRect(QRectF(x0, top + 2 + thin, max(x1 - x0, 1.0), height - 2 * thin), colour)

        leaving = QColor(one.colour)
        leaving.setAlpha(90)
        span(one.called, one.entered if one.entered is not None else one.ended, self.theme.colour("faint"), height / 4)
        span(one.entered, one.left, one.colour)
        if one.entered is not None:
            span(one.left, one.ended, leaving)
        if one.bad and one.ended is not None:
            x = view.x(one.ended)
            painter.setPen(QPen(self.theme.colour("error"), 2.0))
            painter.drawLine(QPointF(x, top + 1), QPointF(x, top + height + 3))
            room = QRectF(x + 6, top, view.width - x - 6, self._row)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, one.bad)
        elif one.joined is not None:
            self._diamond(painter, view.x(one.joined), top + self._row / 2)

    def _diamond(self, painter: QPainter, x: float, y: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("text"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPolygon([QPointF(x - 4, y), QPointF(x, y - 4), QPointF(x + 4, y), QPointF(x, y + 4)])


class _NamesItem(QGraphicsItem):
    """The rows' names, left of the view box."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._bars: list[Bar] = []
        self._row = _ROW_PX[1]
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
        for place, one in enumerate(self._bars):
            painter.setPen(one.colour)
            room = QRectF(-left_width(), place * self._row, left_width() - 6, self._row)
            text = metrics.elidedText(one.name, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)


class TimelinePlot(TimePlot):
    """All rows over the shared time axis; a scroll bar appears where they are more than fit."""

    def __init__(self, axis: TimeAxis, theme: Theme) -> None:
        super().__init__(axis, theme, None, rockets=False)
        self._session = Session()
        self._bars_item = _BarsItem(self._box, theme)
        self._names = _NamesItem(self.getPlotItem())
        self.bars: list[Bar] = []
        self.hint = ""
        self._whole = QWidget()
        self.scroll = QScrollBar(Qt.Orientation.Vertical)
        self.scroll.setAccessibleName("Rows of the timeline")
        self.scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.scroll.hide()
        row = QHBoxLayout(self._whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(super().wrapped(), 1)
        row.addWidget(self.scroll)

    def wrapped(self) -> QWidget:
        return self._whole

    def set_session(self, session: Session) -> None:
        """Show another run."""
        self._session = session
        self.scroll.setValue(0)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._bars_item.theme = theme

    def draw(self) -> None:
        """Draw what is new."""
        session = self._session
        now_s = session.end_ns / 1e9
        shown = [process for process in session.processes.values() if process.kind != "helper"]
        muted = self.theme.colour("muted")  # the parent waits most of the time
        known = [bar(p, muted if p.place is None else self.theme.worker(p.place), now_s) for p in shown]
        self.bars = [one for one in known if one is not None]
        self.set_values(0.0, 1.0)
        empty = "" if self.bars else "A row for each process: start(), first line, end, join()"
        self.show_frame(hint=self.hint if not self.bars and self.hint else empty)
        view = self._view()
        count = max(len(self.bars), 1)
        least, most = (pixels * text_scale() for pixels in _ROW_PX)
        row = min(max(view.height / count, least), most)
        fit = max(int(view.height / row), 1)
        self._scroll_for(len(self.bars) - fit, fit)
        first = self.scroll.value()
        seen = self.bars[first : first + fit]
        self._bars_item.show_bars(view, seen, row)
        self._names.setPos(self._box.pos())
        self._names.show_names(seen, row, view.height)

    def _scroll_for(self, hidden: int, fit: int) -> None:
        if self.scroll.maximum() != max(hidden, 0) or self.scroll.pageStep() != fit:
            self.scroll.setRange(0, max(hidden, 0))
            self.scroll.setPageStep(fit)
        if self.scroll.isVisibleTo(self._whole) is not (hidden > 0):
            self.scroll.setVisible(hidden > 0)

    def rows_at(self, t_s: float) -> tuple[tuple[str, QColor], ...]:
        """How many are where at that time; and what starting cost, if there are few."""
        at_work = [one for one in self.bars if _holds(one.entered, t_s, one.left)]
        starting = [one for one in self.bars if _holds(one.called, t_s, one.entered) and one not in at_work]
        muted = self.theme.colour("muted")
        rows = [(f"{t_s:.3f} s", muted), (f"{len(at_work)} at work", self.theme.colour("text"))]
        if starting:
            rows.append((f"{len(starting)} starting", muted))
        return tuple(rows)


def _holds(start: float | None, t_s: float, end: float | None) -> bool:
    return start is not None and start <= t_s and (end is None or t_s < end)
