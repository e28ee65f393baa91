"""The lanes: each worker's rocket flies along a lane of its own, to the limit."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent, QPen, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from rocketgui.gui.plots.sprites import HEIGHT, WIDTH, rocket
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import text_font, text_scale
from rocketgui.gui.view_models.watched_values import drawn, is_drawn, nothing_drawn
from rocketgui.model.formatting import format_count, format_limit, format_short
from rocketgui.model.run import Run

#: Logical pixels.
_LANE_MOST, _NAMED_FROM = 64.0, 14.0
#: Logical pixels around the lanes, for text of the usual size.
_LEFT, _RIGHT, _TOP, _BOTTOM = 84.0, 118.0, 10.0, 22.0


class Lanes(QWidget):
    """Draws the present values of the workers."""

    def __init__(self) -> None:
        super().__init__()
        self._run = Run()
        self._start, self._end = 0.0, 1.0
        self._limit: int | None = None
        self.hint = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 80)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Lanes")

    def set_run(self, run: Run) -> None:
        """Show another run."""
        self._run = run
        self.update()

    def show_now(self, start: float, end: float, limit: int | None) -> None:
        """Draw the values of now, in lanes from `start` to `end`. The limit's line is drawn if it is given."""
        self._start, self._end, self._limit = start, end, limit
        self.update()

    def _share(self, value: float) -> float:
        """How far along its lane a value is, from 0 to 1."""
        return min(max((value - self._start) / (self._end - self._start), 0.0), 1.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("panel"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        run = self._run
        name = run.watch
        # All workers of the built-in program have the value sooner or later; of a user's program, some do.
        workers = [one for one in drawn(run) if is_drawn(one, name)] if run.is_script else run.workers
        if not workers:
            painter.setFont(text_font(0.95))
            painter.setPen(theme.colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.hint or nothing_drawn(run))
            return
        wide = text_scale()
        left, right = _LEFT * wide, _RIGHT * wide
        field = QRectF(left, _TOP, self.width() - left - right, self.height() - _TOP - _BOTTOM * wide)
        lane = min(field.height() / len(workers), _LANE_MOST * wide)
        field = QRectF(field.left(), field.center().y() - lane * len(workers) / 2, field.width(), lane * len(workers))
        self._draw_limit(painter, field)
        for index, worker in enumerate(workers):
            watched = worker.values.get(name)
            value = watched.last if watched is not None else 0
            box = QRectF(field.left(), field.top() + index * lane, field.width(), lane)
            self._draw_lane(painter, box, worker.shown, value, theme.worker(worker.worker_index), over=worker.is_over)

    def _draw_limit(self, painter: QPainter, field: QRectF) -> None:
        painter.setFont(text_font(0.9))
        below = QRectF(0, field.bottom() + 2, self.width(), _BOTTOM * text_scale() - 2)
        flags = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.colour("muted"))
        painter.drawText(
            below.adjusted(field.left(), 0, 0, 0), flags | Qt.AlignmentFlag.AlignLeft, format_short(self._start)
        )
        if self._limit is None:
            # The end of the lanes is a round number on the way to the limit, which grows with the values.
            text = f"{format_short(self._end)}{'' if self._run.is_script else ', and on'}"
            painter.drawText(below.adjusted(0, 0, -_RIGHT * text_scale(), 0), flags | Qt.AlignmentFlag.AlignRight, text)
            return
        accent = theme.colour("accent")
        x = field.left() + field.width() * self._share(self._limit)
        painter.setPen(QPen(accent, 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, field.top() - 4), QPointF(x, field.bottom() + 4))
        painter.setPen(accent)
        text = f"limit {format_limit(self._limit)}"
        width = QFontMetricsF(text_font(0.9)).horizontalAdvance(text)
        painter.drawText(QRectF(x - width / 2, below.top(), width + 2, below.height()), flags, text)

    def _draw_lane(
        self, painter: QPainter, box: QRectF, name: str, value: float, colour: QColor, *, over: bool
    ) -> None:
        middle = box.center().y()
        x = box.left() + box.width() * self._share(value)
        wide = text_scale()
        named = box.height() >= _NAMED_FROM * wide
        painter.setPen(QPen(theme.colour("grid"), 1.0))
        painter.drawLine(QPointF(box.left(), middle), QPointF(box.right(), middle))
        thick = min(max(box.height() * 0.34, 1.5), 15.0 * wide)
        trail = QLinearGradient(box.left(), 0, max(x, box.left() + 1), 0)
        pale = QColor(colour)
        pale.setAlpha(25)
        trail.setColorAt(0, pale)
        trail.setColorAt(1, colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(trail))
        painter.drawRoundedRect(
            QRectF(box.left(), middle - thick / 2, max(x - box.left(), 0.5), thick), thick / 2, thick / 2
        )
        self._draw_rocket(painter, QPointF(x, middle), box.height(), colour)
        if not named:
            return
        painter.setFont(text_font(0.95))
        painter.setPen(colour)
        metrics = QFontMetricsF(text_font(0.95))
        label = metrics.elidedText(name, Qt.TextElideMode.ElideRight, _LEFT * wide - 12)
        left = QRectF(0, box.top(), _LEFT * wide - 10, box.height())
        painter.drawText(left, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, label)
        painter.setPen(theme.colour("muted" if over else "text"))
        shown = format_count(value) if abs(value) < 10**10 else format_short(value)
        right = QRectF(self.width() - _RIGHT * wide, box.top(), _RIGHT * wide - 6, box.height())
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)

    def _draw_rocket(self, painter: QPainter, at: QPointF, lane: float, colour: QColor) -> None:
        scale = min(max(lane / 30.0, 0.35), 1.7 * text_scale())
        sprite = rocket(colour.rgb(), theme.colour("panel").rgb(), self.devicePixelRatioF() * 2)
        painter.save()
        # The sprite points up; here it points to the right, with its tail at the end of the trail.
        painter.setTransform(QTransform().translate(at.x(), at.y()).rotate(90).scale(scale, scale), True)
        painter.drawPixmap(QRectF(-WIDTH / 2, -HEIGHT + 4, WIDTH, HEIGHT), sprite, QRectF(sprite.rect()))
        painter.restore()
