"""A plot over the shared time axis: pyqtgraph's view, axes and mouse, with curves drawn by `CurvesItem`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from rocketgui.gui.plots.canvas import Backdrop, View
from rocketgui.gui.plots.cursor_item import CursorItem, Rows
from rocketgui.gui.plots.curves_item import CurvesItem
from rocketgui.gui.plots.ranges import HISTORY_S, ticks, time_label
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import text_font, text_scale

#: The room for the axes, in logical pixels for text of the usual size; fixed, so that all plots are aligned and labels
#: of another width do not move them.
_LEFT_WIDTH, _BOTTOM_HEIGHT = 50, 22
_TICK_PX = {"bottom": 70, "left": 34}


def left_width() -> int:
    """Logical pixels left of the plots, for the axis and its numbers."""
    return round(_LEFT_WIDTH * text_scale())


class Ticks(pg.AxisItem):
    """An axis with ticks at round values. `label(value, step)` gives their texts; None: there are no ticks."""

    def __init__(self, orientation: str, label: Callable[[float, float], str] | None) -> None:
        super().__init__(orientation)
        self._label = label
        self.labels_shown = True
        self.setStyle(tickLength=0, autoExpandTextSpace=False, autoReduceTextSpace=False, tickTextOffset=6)
        self.setStyle(hideOverlappingLabels=False)
        self.text_resized()

    def text_resized(self) -> None:
        """The size of text has changed."""
        self.setStyle(tickFont=text_font(0.9))
        if self.orientation == "left":
            self.setWidth(left_width())
        else:
            self.setHeight(round(_BOTTOM_HEIGHT * text_scale()))

    def positions(self, lo: float, hi: float, size: float) -> tuple[float, list[float]]:
        """The distance of the ticks and their values, on an axis from `lo` to `hi` that is `size` pixels long."""
        if self._label is None:
            return 1.0, []
        least = 2 if self.orientation == "left" else 1  # one value alone gives no scale
        return ticks(lo, hi, max(int(size / (_TICK_PX[self.orientation] * text_scale())), least))

    def tickValues(self, lo: float, hi: float, size: float) -> list[tuple[float, list[float]]]:
        return [self.positions(lo, hi, size)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        label = self._label
        return [label(value, spacing) if label is not None and self.labels_shown else "" for value in values]


class TimeBox(pg.ViewBox):
    """pyqtgraph's view box with its mouse: wheel zooms and drag pans in time, double-click follows the run again."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self._axis = axis
        self.setMouseEnabled(x=True, y=False)
        self.setLimits(minXRange=0.02, maxXRange=HISTORY_S)
        self.disableAutoRange()
        self.sigRangeChangedManually.connect(self._moved)

    def _moved(self, *_: Any) -> None:
        self._axis.show_stretch(*self.viewRange()[0])

    def mouseClickEvent(self, ev: Any) -> None:
        if ev.double():
            self._axis.follow()
            ev.accept()


class TimePlot(pg.PlotWidget):
    """One plot. Subclasses choose the curves and the range of values.

    Signals:
        pointed: the time under the pointer in seconds, or None.
        resized: it has to be drawn again.
    """

    pointed = Signal(object)
    resized = Signal()

    def __init__(self, axis: TimeAxis, value_label: Callable[[float, float], str] | None, *, rockets: bool) -> None:
        self._box = TimeBox(axis)
        self._left = Ticks("left", value_label)
        self._bottom = Ticks("bottom", lambda t_s, step: f"{time_label(t_s, step)} s")
        super().__init__(viewBox=self._box, axisItems={"left": self._left, "bottom": self._bottom})
        self.axis = axis
        self.getPlotItem().hideButtons()
        # At the right, room for half of the last label.
        self.getPlotItem().layout.setContentsMargins(0, 8, 16, 0)
        self.setFrameShape(self.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(160, 80)
        for part in (self, self.viewport()):
            part.setAcceptDrops(False)  # a file that is dropped is for the window
        self.item = CurvesItem(self._box, rockets=rockets)
        self._cursor = CursorItem(self._box)
        self._values = (0.0, 1.0)
        self._grid_for: View | None = None
        self._grid: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
        self._shown: tuple[float, float, float, float] | None = None
        TimePlot.theme_changed(self)  # that of a subclass needs what is made later

    def theme_changed(self) -> None:
        """Take the colours of the current theme."""
        self.setBackground(theme.colour("panel"))
        for axis in (self._left, self._bottom):
            axis.setPen(theme.colour("axis"))
            axis.setTextPen(theme.colour("muted"))

    def text_resized(self) -> None:
        """The size of text has changed."""
        for axis in (self._left, self._bottom):
            axis.text_resized()
        self._grid_for = None
        self.item.canvas.invalidate()

    def set_values(self, lo: float, hi: float) -> None:
        """Set the range of values to show."""
        self._values = (lo, hi)

    def show_nothing(self, why: str) -> None:
        """Show a sentence in place of curves and values."""
        self._label_values(shown=not why)
        self.show_frame(hint=why)

    def _label_values(self, *, shown: bool) -> None:
        if self._left.labels_shown is not shown:
            self._left.labels_shown = shown
            self._left.picture = None
            self._left.update()
            self._grid_for = None

    def show_frame(self, *, limit: float | None = None, limit_text: str = "", hint: str = "") -> None:
        """Show the ranges of now, and what was added to the curves. `hint` is a text in the middle."""
        wanted = (self.axis.t0, self.axis.t1, *self._values)
        if wanted != self._shown:
            self._shown = wanted
            if self._bottom.labels_shown is self.axis.is_idle:
                self._bottom.labels_shown = not self.axis.is_idle
                self._bottom.picture = None
            self._box.setRange(xRange=wanted[:2], yRange=wanted[2:], padding=0, disableAutoRange=False)
        view = self._view()
        if view.is_empty:
            return
        if view != self._grid_for:
            self._grid_for = view
            _, grid_t = self._bottom.positions(view.t0, view.t1, view.width)
            _, grid_v = self._left.positions(view.v0, view.v1, view.height)
            self._grid = (tuple(grid_t), tuple(grid_v) if self._left.labels_shown else ())
            # All of it, since the items repaint only what they know of.
            self.viewport().update()
        self.item.catch_up(view, Backdrop(*self._grid, limit, limit_text, hint))

    def _view(self) -> View:
        rect = self._box.rect()
        (t0, t1), (v0, v1) = self._box.viewRange()
        return View(t0, t1, v0, v1, float(int(rect.width())), float(int(rect.height())), self.devicePixelRatioF())

    # ------------------------------------------------------------ pointer

    def rows_at(self, t_s: float) -> Rows:
        """The lines of text beside the pointer at a time."""
        return ()

    def point_at(self, t_s: float | None) -> None:
        """Show the pointer's line at a time; None: hide it."""
        self._cursor.point_at(self.item.view, t_s, () if t_s is None else self.rows_at(t_s))

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        super().mouseMoveEvent(ev)
        inside = self._box.mapSceneToView(self.mapToScene(ev.position().toPoint()))
        local = self._box.mapFromScene(QPointF(self.mapToScene(ev.position().toPoint())))
        self.pointed.emit(inside.x() if self._box.rect().contains(local) and not self.axis.is_idle else None)

    def resizeEvent(self, ev: QResizeEvent) -> None:
        super().resizeEvent(ev)
        self.resized.emit()

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self.pointed.emit(None)

    def wrapped(self) -> QWidget:
        """This plot as a plain widget, for layouts."""
        widget: QWidget = self
        return widget
