"""What will run: workers, limit, start method, interpreter; and the parent's own value."""

from __future__ import annotations

import os

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from rocketgui.gui.buttons import Choice
from rocketgui.gui.card import Card
from rocketgui.gui.python_choice import PythonChoice
from rocketgui.gui.slider_field import Scale, SliderField
from rocketgui.gui.theme import scaled_font
from rocketgui.launch import START_METHODS
from rocketgui.model.scale import LIMIT_STOPS, STOPS_PER_DECADE, limit_at, stop_for, workers_on_slider
from rocketgui.model.session import Session
from rocketgui.model.text import (
    edit_limit,
    format_count,
    format_duration,
    format_limit,
    format_rate,
    parse_limit,
    parse_workers,
)

_METHODS = {
    "fork": "The system copies the parent. Fast; the copy begins where the parent stood.",
    "spawn": "A fresh interpreter that imports the program anew. Slower; works everywhere.",
    "forkserver": "A small helper, kept clean, is copied for each process.",
}


class ProgramPanel(Card):
    """The left-hand panel.

    Signals:
        workers_changed, limit_changed: the new number, by the user's hand.
    """

    workers_changed = Signal(object)
    limit_changed = Signal(object)

    def __init__(self, workers: int, limit: int, start_method: str | None, python: str) -> None:
        super().__init__("Program")
        cores = os.cpu_count() or 1
        self._rate: float | None = None
        self.workers = SliderField("Workers", _workers_scale(cores), workers, "How many processes count at once", 2)
        self.workers.value_changed.connect(self._workers_moved)
        self.limit = SliderField("Limit", _limit_scale(), limit, "How far each process counts", 3)
        self.limit.value_changed.connect(self._limit_moved)
        self.method = Choice("Start method", "How a process is started; counts from the next launch on")
        # The first one is the system's default.
        self.method.addItems(START_METHODS)
        if start_method is not None:
            self.method.setCurrentText(start_method)
        self.method.currentTextChanged.connect(self._method_chosen)
        self._about_method = _muted("", lines=3)
        self.python = PythonChoice(python)
        self._parent_name = _muted("Parent process", lines=1)
        self.parent_value = QLabel()
        self.parent_value.setProperty("role", "accent")
        self.parent_value.setFont(scaled_font(QApplication.font(), 1.6, bold=True))
        self.parent_value.setAccessibleName("Value in the parent process")
        self._parent_note = _muted("", lines=2)
        method_label = QLabel("Start method")
        method_label.setBuddy(self.method)
        python_label = QLabel("Python")
        python_label.setBuddy(self.python)
        choices = (method_label, self.method, self._about_method, python_label, self.python)
        body: tuple[QWidget, ...] = (self.workers, self.limit, *choices)
        for widget in body:
            self.body.addWidget(widget)
        self.body.addStretch(1)
        for widget in (self._parent_name, self.parent_value, self._parent_note):
            self.body.addWidget(widget)
        self._method_chosen(self.method.currentText())
        self._cores = cores
        self._remark_workers()
        self.refresh(Session())

    def refresh(self, session: Session) -> None:
        """Show what is known by now; some times a second."""
        self._show_parent(session)
        rates = session.rates()
        if rates:
            self._rate = sum(rates) / len(rates)
        elif session.ended is not None:
            means = [mean for worker in session.workers if (mean := session.mean_rate(worker))]
            self._rate = sum(means) / len(means) if means else self._rate
        self._remark_limit()

    def _show_parent(self, session: Session) -> None:
        root, name = session.root, session.watch
        watched = root.values.get(name) if root is not None else None
        if watched is None:
            self.parent_value.setText(f"{name} = –")
            waits = session.is_live and root is not None
            self._parent_note.setText(
                "not reported yet" if waits else "It starts the workers; its own value shows here."
            )
            return
        last = watched.last
        shown = format_count(last) if abs(last) < 10**9 else f"{last:.4g}"
        self.parent_value.setText(f"{name} = {shown}")
        counted = any(name in worker.values and worker.values[name].last for worker in session.workers)
        if last == 0 and counted:
            self._parent_note.setText("Untouched: each process counts a copy of its own.")
        else:
            self._parent_note.setText("" if last else "No process has counted yet.")

    def _workers_moved(self, workers: int) -> None:
        self._remark_workers()
        self.workers_changed.emit(workers)

    def _remark_workers(self) -> None:
        workers, cores = self.workers.value, self._cores
        if workers > cores:
            self.workers.set_remark(f"More than the {cores} cores here: they take turns.")
        else:
            self.workers.set_remark("One core for each.")

    def _limit_moved(self, limit: int) -> None:
        self._remark_limit()
        self.limit_changed.emit(limit)

    def _remark_limit(self) -> None:
        limit = self.limit.value
        if self._rate is None:
            self.limit.set_remark("How long it takes is shown once it runs.")
        else:
            takes = format_duration(limit / self._rate)
            self.limit.set_remark(f"From 0: {takes}\nat {format_rate(self._rate)} each")

    def _method_chosen(self, method: str) -> None:
        self._about_method.setText(_METHODS.get(method, ""))


def _muted(text: str, lines: int) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setWordWrap(lines > 1)
    label.setFont(scaled_font(QApplication.font(), 0.92))
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    label.setFixedHeight(lines * label.fontMetrics().lineSpacing() + 2)
    return label


def _workers_scale(cores: int) -> Scale:
    most = workers_on_slider(cores)
    word = "1 core" if cores == 1 else f"{cores} cores"
    marks = ((1, "1"), (cores, word), (most, str(most))) if cores > 1 else ((1, word), (most, str(most)))
    return Scale(most, 4, lambda stop: stop, lambda value: value, parse_workers, str, str, marks)


def _limit_scale() -> Scale:
    return Scale(
        last_stop=len(LIMIT_STOPS) - 1,
        page=STOPS_PER_DECADE,
        at=limit_at,
        stop_for=stop_for,
        parse=parse_limit,
        show=format_limit,
        edit=edit_limit,
        marks=((0, "1 k"), (stop_for(10**9), "1 G"), (len(LIMIT_STOPS) - 1, "sys.maxsize")),
    )
