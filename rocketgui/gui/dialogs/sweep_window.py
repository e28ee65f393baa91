"""The window of sweeps: runs with 1, 2, 3, ... workers, and how much faster each number is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from rocketgui.gui.plots.sweep_plot import SweepPlot
from rocketgui.gui.run_controller import LIVE, RunController, RunState
from rocketgui.gui.widgets.buttons import Button
from rocketgui.gui.widgets.card import set_role
from rocketgui.gui.widgets.labels import Label
from rocketgui.model.formatting import format_rate, parse_range, parse_seconds
from rocketgui.model.sweep import Measurement, Sweep, numbers
from rocketgui.options import Options
from rocketgui.recording.files import write_json


class Sweeper(QObject):
    """Launches one run after another through the controller, and measures each.

    Signals:
        measured: a point was added to `sweep`.
        over: the sweep has ended.
    """

    measured = Signal()
    over = Signal()

    def __init__(self, controller: RunController, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._measurement: Measurement | None = None
        self._options = Options()
        self._wanted: list[int] = []
        #: For how long each number of workers was measured.
        self.seconds = 0.0
        self._taken = False
        self.sweep = Sweep(os.cpu_count() or 1)
        controller.changed.connect(self._changed)
        controller.state_changed.connect(self._state_changed)

    @property
    def is_running(self) -> bool:
        return self._measurement is not None

    def start(self, options: Options, least: int, most: int, seconds: float) -> None:
        """Measure one worker, then `least` to `most`, each for `seconds`; all else is as in `options`."""
        if self.is_running or self._controller.state in LIVE:
            return
        self.sweep = Sweep(os.cpu_count() or 1)
        self._options, self._wanted, self.seconds = options, numbers(least, most), seconds
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
        point = self._measurement.point(self._controller.run)
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


class SweepWindow(QDialog):
    """The controls of a sweep, its plot, and its finding. The main window shows each run. The report of `options()` is
    written after each sweep that measured anything.

    Signals:
        scheme_wanted: the user wants the other colour scheme.
    """

    scheme_wanted = Signal()

    def __init__(self, controller: RunController, options: Callable[[], Options], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sweep")
        self._options = options
        self._controller = controller
        self.sweeper = Sweeper(controller, self)
        self.sweeper.measured.connect(self._refresh)
        self.sweeper.over.connect(self._over)
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
        self.picture = SweepPlot()
        self.said = Label()
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(2 * self.said.fontMetrics().lineSpacing() + 4)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.said.setAccessibleName("What the sweep shows")
        row = QHBoxLayout()
        for field in (self.range, self.seconds):
            label = Label(field.accessibleName())
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
        switch = QAction("Switch between dark and light", self)
        switch.setShortcut("Ctrl+D")  # the main window's own does not reach this one
        switch.triggered.connect(self.scheme_wanted)
        self.addAction(switch)
        self._refresh()

    def start(self) -> None:
        """Begin to measure what the fields ask for."""
        try:
            least, most = parse_range(self.range.text())
            seconds = parse_seconds(self.seconds.text())
        except ValueError as error:
            self._say(str(error), "error")
            return
        self.picture.most = most
        self.sweeper.start(self._options(), least, most, seconds)
        self._refresh()

    def _over(self) -> None:
        self._refresh()
        path = self._options().report
        if path is not None and self.sweeper.sweep.points:
            self.save_as(path)

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
            write_json(path, self.sweeper.sweep.report(self._controller.run, self.sweeper.seconds))
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
    field.setProperty("role", "framed")
    field.setAccessibleName(name)
    field.setAccessibleDescription(tip)
    field.setToolTip(tip)
    field.setMaximumWidth(70)
    return field
