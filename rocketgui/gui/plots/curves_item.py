"""The item that shows a canvas in a plot, and draws on top of it what changes with every frame.

Tested by tests/gui/plots/test_canvas.py.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from rocketgui.gui.plots.canvas import Backdrop, Canvas, Curve, View
from rocketgui.gui.plots.cursor_item import Rows
from rocketgui.gui.plots.sprites import HEIGHT, WIDTH, rocket, rocket_rect
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import text_font, text_scale

#: Up to this many curves are told apart by colour alone; of more, names are shown beside the heads too.
_COLOURS_SUFFICE = 8

#: The least distance of names, and their distance from the heads, in logical pixels; and the size of their text.
_NAME_GAP, _NAME_APART, _NAME_TEXT = 14.0, 8.0, 0.85


#: How many values are written beside the pointer at most.
_POINTED = 10


class CurvesItem(QGraphicsItem):
    """All curves of a plot. Its coordinates are the logical pixels of the view box. `catch_up` repaints only what
    changed."""

    def __init__(self, parent: QGraphicsItem, *, rockets: bool) -> None:
        super().__init__(parent)
        self._rockets = rockets
        self._view = View(0, 1, 0, 1, 0, 0, 1)
        self._bounds = QRectF()
        self._named: list[tuple[Curve, str]] = []
        self._widest = 0.0
        self.canvas = Canvas()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def view(self) -> View:
        """The ranges that are shown."""
        return self._view

    def set_curves(self, curves: list[Curve]) -> None:
        """Show other curves."""
        self.canvas.curves = curves
        self._named = []
        self.canvas.invalidate()

    def drop_curves(self, kept: list[Curve]) -> None:
        """Draw only these curves from now on. What was drawn of the others stays until all is drawn again."""
        self.canvas.curves = kept
        self._named = []

    def add_curve(self, curve: Curve) -> None:
        """Show another curve as well."""
        self.canvas.curves.append(curve)

    def choose_names(self) -> None:
        """Choose the curves whose names are shown; heads too close together share a name. Not called for every frame,
        since names would flicker."""
        self._named, self._widest = [], 0.0
        if not self._rockets or len(self.canvas.curves) <= _COLOURS_SUFFICE:
            return
        begun = sorted((curve for curve in self.canvas.curves if curve.done), key=lambda curve: curve.head_y)
        start = 0
        for end in range(1, len(begun) + 1):
            if end == len(begun) or begun[end].head_y - begun[start].head_y > _NAME_GAP:
                others = end - start - 1
                text = f"{begun[start].name} and {others} more" if others else begun[start].name
                self._named.append((begun[start], text))
                start = end
        metrics = QFontMetricsF(text_font(_NAME_TEXT))
        self._widest = max((metrics.horizontalAdvance(text) for _, text in self._named), default=0.0)

    def rows_at(self, t_s: float, shown: Callable[[float], str]) -> Rows:
        """The curves' values at a time as text beside the pointer, each in the curve's colour."""
        known = [(curve, value) for curve in self.canvas.curves if (value := curve.series.at(t_s)) is not None]
        muted = theme.colour("muted")
        rows = [(f"{curve.name}  {shown(value)}", curve.colour) for curve, value in known[:_POINTED]]
        more = [(f"and {len(known) - _POINTED} more", muted)] if len(known) > _POINTED else []
        return ((f"{t_s:.3f} s", muted), *rows, *more)

    def catch_up(self, view: View, backdrop: Backdrop) -> None:
        """Draw what was added to the series."""
        if view.is_empty:
            return
        if view != self._view:
            self._view = view
            self.prepareGeometryChange()
            self._bounds = QRectF(0, 0, view.width, view.height)
        changed = self.canvas.advance(view, backdrop)
        if changed is not None:
            names = self._widest + 4 + _NAME_APART * text_scale() if self._named else 0.0
            edge = self.canvas.line_width + 1
            wide = text_scale()
            margin = (WIDTH * wide / 2 + edge, HEIGHT * wide) if self._rockets else (edge, edge)
            self.update(changed.adjusted(-margin[0] - names, -margin[1], margin[0] + names, margin[1]))

    # ------------------------------------------------------------ Qt

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        canvas = self.canvas
        if canvas.image.isNull():
            return
        painter.drawImage(QPointF(0, 0), canvas.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve in canvas.curves:
            if curve.done and (curve.x != curve.head_x or curve.y != curve.head_y):
                painter.setPen(canvas.pen(curve))
                painter.drawLine(QPointF(curve.x, curve.y), QPointF(curve.head_x, curve.head_y))
        if self._rockets:
            self._paint_rockets(painter)

    def _paint_rockets(self, painter: QPainter) -> None:
        outline, ratio, wide = theme.colour("panel").rgb(), self._view.ratio, text_scale()
        for curve in self.canvas.curves:
            if curve.done and -WIDTH < curve.head_x < self._view.width + WIDTH:
                sprite = rocket(curve.colour.rgb(), outline, ratio, wide)
                painter.drawPixmap(rocket_rect(curve.head_x, curve.head_y, wide).topLeft(), sprite)
        if not self._named:
            return
        painter.setFont(text_font(_NAME_TEXT))
        metrics = QFontMetricsF(text_font(_NAME_TEXT))
        back = QColor(outline)
        back.setAlpha(200)
        for curve, text in self._named:
            width = metrics.horizontalAdvance(text) + 4
            left = curve.head_x - _NAME_APART * wide - width
            if left < 0:  # the curve has only begun
                left = curve.head_x + _NAME_APART * wide
            rect = QRectF(left, max(curve.head_y - 15 * wide, 0.0), width, 13 * wide)
            painter.fillRect(rect, back)
            painter.setPen(curve.colour)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
