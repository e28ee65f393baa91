"""The drawn history of curves as a picture in device pixels.

What was drawn does not change while the view stays the same, so it is drawn once:

    redraw of all (view, size, theme or limit changed): background, grid, limit, every curve thinned to the width
    each frame (`advance`): only what was added, in segments of some pixels
    painting: the picture, then the last few pixels of each curve up to its newest point, and the rockets
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from rocketgui.gui.plots.polylines import draw_curve, thinned
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import text_font, text_scale
from rocketgui.model.series import Floats, Series, averaged, sampled

#: A segment is drawn into the picture when it is this long, in logical pixels.
_COMMIT_PX = 4.0

#: Of a curve with more new points than this, all of them are drawn.
_BACKLOG = 8

#: Beyond this many curves thin lines are used, which are several times faster.
_THICK_CURVES = 16

#: No label of a previous run stands in this share of the width, where curves begin.
_BEGINNING = 0.15


@dataclass(frozen=True, slots=True)
class View:
    """The ranges shown and the size of the picture in logical pixels."""

    t0: float
    t1: float
    v0: float
    v1: float
    width: float
    height: float
    ratio: float

    def x(self, t_s: float) -> float:
        """Pixels from the left."""
        return (t_s - self.t0) * self.width / (self.t1 - self.t0)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return self.height - (value - self.v0) * self.height / (self.v1 - self.v0)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw on."""
        return self.width < 2 or self.height < 2 or self.t1 <= self.t0 or self.v1 <= self.v0


@dataclass(slots=True, eq=False)
class Curve:
    """A series with its colour and name, and how far it is drawn: `done` points, up to the pixel (x, y). `seen` points
    are known, the newest is at (head_x, head_y). `smooth`: it is thinned by averaging, for values that jump."""

    series: Series
    hue: Callable[[], QColor]
    name: str
    smooth: bool = False
    done: int = 0
    x: float = 0.0
    y: float = 0.0
    head_x: float = 0.0
    head_y: float = 0.0
    seen: int = 0

    @property
    def colour(self) -> QColor:
        """The colour of the curve in the current theme."""
        return self.hue()


@dataclass(frozen=True, slots=True, eq=False)
class Faint:
    """A previous run: its title, and the times (s) and values of its curves."""

    title: str
    curves: tuple[tuple[Floats, Floats], ...]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What is drawn behind the curves: the lines of the grid, and a limit with its label."""

    grid_t: tuple[float, ...] = ()
    grid_v: tuple[float, ...] = ()
    limit: float | None = None
    limit_text: str = ""
    hint: str = ""


class Canvas:
    """The picture of the curves."""

    def __init__(self) -> None:
        self.image = QImage()
        self.curves: list[Curve] = []
        self.faint: list[Faint] = []
        self._pens: dict[tuple[int, float], QPen] = {}
        self._drawn_for: object = None
        #: What was drawn behind the curves last.
        self.backdrop = Backdrop()

    @property
    def line_width(self) -> float:
        """The width of curves in logical pixels."""
        return (2.0 if len(self.curves) <= _THICK_CURVES else 1.0) * text_scale()

    def pen(self, curve: Curve) -> QPen:
        """The pen of a curve."""
        colour = curve.colour
        key = (colour.rgb(), self.line_width)
        pen = self._pens.get(key)
        if pen is None:
            pen = self._pens[key] = QPen(colour, self.line_width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    def invalidate(self) -> None:
        """Draw everything again at the next `advance`."""
        self._drawn_for = None

    def advance(self, view: View, backdrop: Backdrop) -> QRectF | None:
        """Draw what is new. Return the rectangle that changed, in logical pixels; None: nothing did."""
        self.backdrop = backdrop
        key = (view, backdrop, theme.current().id, self.line_width)
        if key != self._drawn_for:
            self._drawn_for = key
            self._draw_all(view, backdrop)
            return QRectF(0, 0, view.width, view.height)
        return self._draw_new(view)

    # ------------------------------------------------------------ whole

    def _draw_all(self, view: View, backdrop: Backdrop) -> None:
        pixels = (QSizeF(view.width, view.height) * view.ratio).toSize()
        if self.image.size() != pixels or self.image.devicePixelRatio() != view.ratio:
            self.image = QImage(pixels, QImage.Format.Format_RGB32)
            self.image.setDevicePixelRatio(view.ratio)
        self.image.fill(theme.colour("panel"))
        painter = QPainter(self.image)
        limit_label = _draw_backdrop(painter, view, backdrop)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ends = [self._draw_faint(painter, view, run) for run in self.faint]
        self._name_faint(painter, view, ends, limit_label)
        for curve in self.curves:
            self._draw_history(painter, view, curve)
        painter.end()

    def _draw_faint(self, painter: QPainter, view: View, run: Faint) -> tuple[float, float]:
        """Draw a previous run. Return the leftmost point at which one of its curves ends or leaves the picture."""
        colour = theme.colour("faint")
        painter.setPen(QPen(colour, 1.0, Qt.PenStyle.DotLine))
        ends = []
        for t, v in run.curves:
            x, y = (
                (t - view.t0) * (view.width / (view.t1 - view.t0)),
                view.height - (v - view.v0) * (view.height / (view.v1 - view.v0)),
            )
            draw_curve(painter, x, y)
            inside = np.flatnonzero((x >= 0) & (x <= view.width) & (y >= 0) & (y <= view.height))
            last = inside[-1] if len(inside) else 0
            ends.append((float(x[last]), float(y[last])))
        return min(ends)

    def _name_faint(
        self, painter: QPainter, view: View, ends: list[tuple[float, float]], limit_label: QRectF | None
    ) -> None:
        """Write the titles of previous runs at the ends of their curves, not over one another or the limit's label."""
        painter.setFont(text_font(0.82))
        metrics = QFontMetricsF(painter.font())
        back = theme.colour("panel")
        back.setAlpha(215)
        taken = [limit_label] if limit_label is not None else []
        for run, end in zip(self.faint, ends, strict=True):
            size = QSizeF(metrics.horizontalAdvance(run.title) + 8, metrics.height())
            rect = label_rect(QPointF(*end), size, QSizeF(view.width, view.height), taken)
            taken.append(rect)
            painter.fillRect(rect, back)
            painter.setPen(theme.colour("muted"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, run.title)

    def _draw_history(self, painter: QPainter, view: View, curve: Curve) -> None:
        series = curve.series
        curve.done = curve.seen = series.total
        if not series.total:
            return
        thin = averaged if curve.smooth else sampled
        t, v = thin(series, view.t0, view.t1, max(int(view.width / 2), 16))
        curve.x = curve.head_x = view.x(series.last_t)
        curve.y = curve.head_y = view.y(series.head)
        painter.setPen(self.pen(curve))
        x = (t - view.t0) * (view.width / (view.t1 - view.t0))
        y = view.height - (v - view.v0) * (view.height / (view.v1 - view.v0))
        draw_curve(painter, x, y)

    # ------------------------------------------------------------ what is new

    def _draw_new(self, view: View) -> QRectF | None:
        changed: list[tuple[float, float]] = []  # points whose bounding rectangle is to be painted again
        segments: list[tuple[Curve, QLineF]] = []
        late: list[Curve] = []
        for curve in self.curves:
            series = curve.series
            if series.total == curve.seen:
                continue
            first = curve.done == 0
            changed.append((curve.head_x, curve.head_y))
            fresh = series.total - curve.seen
            curve.seen = series.total
            curve.head_x, curve.head_y = view.x(series.last_t), view.y(series.head)
            changed.append((curve.head_x, curve.head_y))
            if first or fresh > _BACKLOG:
                late.append(curve)
                changed += [(curve.x, 0.0), (curve.x, view.height)]  # in between it may have gone anywhere
            elif abs(curve.head_x - curve.x) + abs(curve.head_y - curve.y) >= _COMMIT_PX:
                segments.append((curve, QLineF(curve.x, curve.y, curve.head_x, curve.head_y)))
                changed.append((curve.x, curve.y))
                curve.x, curve.y, curve.done = curve.head_x, curve.head_y, curve.seen
        if not changed:
            return None
        if segments or late:
            self._commit(view, segments, late)
        xs, ys = zip(*changed, strict=True)
        return QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))

    def _commit(self, view: View, segments: Sequence[tuple[Curve, QLineF]], late: Sequence[Curve]) -> None:
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve, segment in segments:
            painter.setPen(self.pen(curve))
            painter.drawLine(segment)
        for curve in late:
            t, v = curve.series.since(max(curve.done - 1, 0))
            x = (t - view.t0) * (view.width / (view.t1 - view.t0))
            y = view.height - (v - view.v0) * (view.height / (view.v1 - view.v0))
            painter.setPen(self.pen(curve))
            draw_curve(painter, *thinned(x, y, _COMMIT_PX))
            curve.x, curve.y, curve.done = curve.head_x, curve.head_y, curve.seen
        painter.end()


def label_rect(end: QPointF, size: QSizeF, picture: QSizeF, taken: Sequence[QRectF]) -> QRectF:
    """Where to put a label beside the end of a curve: left of it, or right of it where curves begin; lower, since the
    limit's line and the rockets are at the end itself; and not over a rectangle of `taken`."""
    left = end.x() - size.width() - 6
    if left < picture.width() * _BEGINNING:
        left = end.x() + 6
    left = max(min(left, picture.width() - size.width() - 4), 4.0)
    lowest = picture.height() - size.height() - 2
    first = min(max(end.y() + 6, 2.0), lowest)
    # First downwards to the lower edge, then upwards from the end.
    tops = [*np.arange(first, lowest, size.height()), lowest, *np.arange(first, 0, -size.height())]
    rects = [QRectF(QPointF(left, float(top)), size) for top in tops]
    return next((one for one in rects if not any(one.intersects(other) for other in taken)), rects[0])


def _draw_backdrop(painter: QPainter, view: View, backdrop: Backdrop) -> QRectF | None:
    """Draw what is behind the curves; return the rectangle of the limit's label, if there is one."""
    painter.setPen(QPen(theme.colour("grid"), 1.0))
    for t_s in backdrop.grid_t:
        x = round(view.x(t_s)) + 0.5
        painter.drawLine(QPointF(x, 0), QPointF(x, view.height))
    for value in backdrop.grid_v:
        y = round(view.y(value)) + 0.5
        painter.drawLine(QPointF(0, y), QPointF(view.width, y))
    limit_label = _draw_limit(painter, view, backdrop) if backdrop.limit is not None else None
    if backdrop.hint:
        font = painter.font()
        font.setPixelSize(max(font.pixelSize(), 15))
        painter.setFont(font)
        painter.setPen(theme.colour("muted"))
        painter.drawText(QRectF(0, 0, view.width, view.height), Qt.AlignmentFlag.AlignCenter, backdrop.hint)
    return limit_label


def _draw_limit(painter: QPainter, view: View, backdrop: Backdrop) -> QRectF:
    y = round(view.y(backdrop.limit or 0.0)) + 0.5
    pen = QPen(theme.colour("accent"), 1.0)
    pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.drawLine(QPointF(0, y), QPointF(view.width, y))
    painter.setPen(theme.colour("accent"))
    text = painter.fontMetrics().boundingRect(backdrop.limit_text)
    rect = QRectF(8, y + 3, text.width() + 8, text.height() + 2)
    if rect.bottom() > view.height:
        rect.moveBottom(y - 2)
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, backdrop.limit_text)
    return rect
