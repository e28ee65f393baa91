"""A sweep in a window of its own: runs with 1, 2, 3, ... workers, and how much faster each number is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from rocketgui.arguments import Options
from rocketgui.gui.buttons import Button
from rocketgui.gui.card import set_role
from rocketgui.gui.controller import LIVE, RunController, RunState
from rocketgui.gui.plots.ranges import nice_above, ticks
from rocketgui.gui.theme import Theme, text_font
from rocketgui.model.sweep import Measurement, Sweep, numbers
from rocketgui.model.text import format_rate, parse_range, parse_seconds
from rocketgui.recording.files import write_json


class Sweeper(QObject):
    """Launches one run after another through the controller, and measures each.

    Signals:
        measured: a point was added to `sweep`.
        over: all was measured, or nothing more will be.
    """

    measured = Signal()
    over = Signal()

    def __init__(self, controller: RunController, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._measurement: Measurement | None = None
        self._options = Options()
        self._wanted: list[int] = []
        self._taken = False
        self.sweep = Sweep(os.cpu_count() or 1)
        controller.changed.connect(self._changed)
        controller.state_changed.connect(self._state_changed)

    @property
    def is_running(self) -> bool:
        return self._measurement is not None

    def start(self, options: Options, least: int, most: int, seconds: float) -> None:
        """Measure one worker, then so many to so many; all but their number and the limit is as in `options`."""
        if self.is_running or self._controller.state in LIVE:
            return
        self.sweep = Sweep(os.cpu_count() or 1)
        self._options, self._wanted = options, numbers(least, most)
        self._launch(self._wanted.pop(0), seconds)

    def stop(self) -> None:
        """Measure no more."""
        if self.is_running:
            self._measurement = None
            self._controller.stop()
            self.over.emit()

    def _launch(self, workers: int, seconds: float) -> None:
        self._measurement = Measurement(workers, seconds)
        self._taken = False
        options = self._options._replace(workers=workers, limit=sys.maxsize)
        self._controller.launch(options.command(own_session=True))

    def _changed(self) -> None:
        if self._measurement is None or self._taken:
            return
        point = self._measurement.point(self._controller.session)
        if point is not None:
            self._taken = True
            self.sweep.points.append(point)
            self.measured.emit()
            self._controller.stop()

    def _state_changed(self, state: RunState) -> None:
        measurement = self._measurement
        if measurement is None or state in LIVE:
            return
        if self._taken and self._wanted:
            self._launch(self._wanted.pop(0), measurement.seconds)
        else:
            self._measurement = None
            self.over.emit()


class SweepPicture(QWidget):
    """Speed-up against the number of workers, the ideal line, and the machine's cores."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.sweep = Sweep(os.cpu_count() or 1)
        self.most = 2
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(360, 220)
        self.setAccessibleName("Speed-up against the number of workers")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(0.92))
        field = QRectF(46, 12, self.width() - 46 - 20, self.height() - 12 - 42)
        sweep, most = self.sweep, max(self.most, 2)
        best = max((sweep.speed_up(point) for point in sweep.points), default=1.0)
        top = nice_above(max(best * 1.15, min(most, sweep.cores * 1.5), 1.5))

        def at(workers: float, gain: float) -> QPointF:
            return QPointF(
                field.left() + field.width() * (workers - 0.5) / most, field.bottom() - field.height() * gain / top
            )

        self._draw_axes(painter, field, most, top, at)
        painter.save()
        painter.setClipRect(field)
        painter.setPen(QPen(self.theme.colour("accent"), 1.4, Qt.PenStyle.DashLine))
        painter.drawLine(at(0, 0), at(most + 1, most + 1))
        painter.restore()
        line = self.theme.worker(0)
        painter.setPen(QPen(line, 2.2))
        points = [at(point.workers, sweep.speed_up(point)) for point in sweep.points]
        painter.drawPolyline(points)
        painter.setBrush(line)
        for place, point in zip(points, sweep.points, strict=True):
            painter.setPen(QPen(self.theme.colour("panel"), 1.5))
            painter.drawEllipse(place, 5, 5)
            if len(points) <= 12 or point.workers == sweep.knee():
                painter.setPen(self.theme.colour("text"))
                room = QRectF(place.x() - 30, place.y() + 8, 60, 16)
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, f"{sweep.speed_up(point):.2f}")

    def _draw_axes(
        self, painter: QPainter, field: QRectF, most: int, top: float, at: Callable[[float, float], QPointF]
    ) -> None:
        theme, right, middle = self.theme, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
        for gain in ticks(0.0, top, max(int(field.height() / 40), 2))[1]:
            y = at(1, gain).y()
            painter.setPen(theme.colour("grid"))
            painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
            painter.setPen(theme.colour("muted"))
            painter.drawText(QRectF(0, y - 8, field.left() - 8, 16), right | middle, f"{gain:g}×")
        step = max(1, -(-most // max(int(field.width() / 34), 1)))
        for workers in range(1, most + 1, step):
            place = at(workers, 0)
            painter.drawText(
                QRectF(place.x() - 20, field.bottom() + 4, 40, 16), Qt.AlignmentFlag.AlignCenter, str(workers)
            )
        painter.drawText(
            QRectF(field.left(), field.bottom() + 20, field.width(), 18), Qt.AlignmentFlag.AlignCenter, "workers"
        )
        if self.sweep.cores <= most:
            x = at(self.sweep.cores, 0).x()
            painter.setPen(QPen(theme.colour("faint"), 1.2, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
            word = f"{self.sweep.cores} cores" if self.sweep.cores > 1 else "1 core"
            painter.setPen(theme.colour("muted"))
            painter.drawText(QRectF(x + 6, field.bottom() - 20, 90, 16), Qt.AlignmentFlag.AlignLeft | middle, word)
        painter.setPen(theme.colour("accent"))
        painter.drawText(
            QRectF(field.left() + 8, field.top(), field.width(), 16),
            Qt.AlignmentFlag.AlignLeft,
            "- - ideal: each worker as fast as one alone",
        )


class SweepWindow(QDialog):
    """The controls of a sweep, its picture, and what it shows. The main window shows each run as it goes on."""

    def __init__(
        self, controller: RunController, options: Callable[[], Options], theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sweep")
        self._options = options
        self._controller = controller
        self.sweeper = Sweeper(controller, self)
        self.sweeper.measured.connect(self._refresh)
        self.sweeper.over.connect(self._refresh)
        controller.state_changed.connect(lambda _: self._refresh())
        given = options()
        least, most = given.sweep or (1, 2 * (os.cpu_count() or 1))
        self.range = _field(f"{least}-{most}", "Workers", "From how many to how many, such as 1-8")
        self.seconds = _field(f"{given.seconds:g}", "Seconds each", "How long each number of workers is measured")
        self.go = Button("Start", "Measure; Esc stops")
        self.go.setProperty("role", "primary")
        self.go.clicked.connect(self._go)
        self.save = Button("Save report …", "Save what was measured as JSON")
        self.save.clicked.connect(self._ask_where)
        self.picture = SweepPicture(theme)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(2 * self.said.fontMetrics().lineSpacing() + 4)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.said.setAccessibleName("What the sweep shows")
        row = QHBoxLayout()
        for field in (self.range, self.seconds):
            label = QLabel(field.accessibleName())
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field)
        row.addStretch(1)
        row.addWidget(self.save)
        row.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.addLayout(row)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.said)
        self.resize(640, 460)
        self._refresh()

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.picture.theme = theme
        self.picture.update()

    def start(self) -> None:
        """Begin to measure what the fields say."""
        try:
            least, most = parse_range(self.range.text())
            seconds = parse_seconds(self.seconds.text())
        except ValueError as error:
            self._say(str(error), "error")
            return
        self.picture.most = most
        self.sweeper.start(self._options(), least, most, seconds)
        self._refresh()

    def _go(self) -> None:
        if self.sweeper.is_running:
            self.sweeper.stop()
        else:
            self.start()

    def _refresh(self) -> None:
        sweep, running = self.sweeper.sweep, self.sweeper.is_running
        self.picture.sweep = sweep
        self.picture.update()
        self.go.setText("Stop" if running else "Start")
        self.go.setAccessibleName(self.go.text())
        self.go.setEnabled(running or self._controller.state not in LIVE)
        self.save.setEnabled(bool(sweep.points) and not running)
        finding = sweep.finding()
        if running:
            measured = ", ".join(f"{p.workers}: {format_rate(p.counts_per_s)}" for p in sweep.points[-3:])
            self._say(f"Measuring … {measured}", "muted")
        elif finding is not None:
            self._say(finding.text, "")
        elif not sweep.points:
            self._say("Runs the program with more and more workers, and shows how much faster each number is.", "muted")

    def _say(self, text: str, role: str) -> None:
        self.said.setText(text)
        set_role(self.said, role)

    def _ask_where(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save the report", "sweep.json", "JSON (*.json)")
        if path:
            self.save_as(Path(path))

    def save_as(self, path: Path) -> None:
        """Write the report, and say if that failed."""
        try:
            write_json(path, self.sweeper.sweep.report(self._controller.session, float(self.seconds.text())))
        except OSError as error:
            self._say(f"{path.name} could not be saved: {error.strerror or error}.", "error")

    def reject(self) -> None:
        """Esc: stop what goes on; then close."""
        if self.sweeper.is_running:
            self.sweeper.stop()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.sweeper.stop()
        super().closeEvent(event)


def _field(text: str, name: str, tip: str) -> QLineEdit:
    field = QLineEdit(text)
    field.setAccessibleName(name)
    field.setAccessibleDescription(tip)
    field.setToolTip(tip)
    field.setMaximumWidth(70)
    return field
