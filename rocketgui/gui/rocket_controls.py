"""What the built-in rocket program is launched with: workers, limit, how they run, and the Python that runs it."""

from __future__ import annotations

import os

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rocketgui import interpreters
from rocketgui.arguments import Options
from rocketgui.gui.lines import Lines
from rocketgui.gui.python_choice import PythonChoice
from rocketgui.gui.run_choices import RunChoices
from rocketgui.gui.slider_field import Scale, SliderField
from rocketgui.model.scale import LIMIT_STOPS, STOPS_PER_DECADE, limit_at, stop_for, workers_on_slider
from rocketgui.model.session import Session
from rocketgui.model.text import edit_limit, format_duration, format_limit, format_rate, parse_limit, parse_workers


class RocketControls(QWidget):
    """The two sliders and the choices.

    Signals:
        workers_changed, limit_changed: the new number, by the user's hand.
    """

    workers_changed = Signal(object)
    limit_changed = Signal(object)

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._cores = os.cpu_count() or 1
        self._rate: float | None = None
        scale = _workers_scale(self._cores)
        self.workers = SliderField("Workers", scale, options.workers, "How many processes count at once", 2)
        self.workers.value_changed.connect(self._workers_moved)
        self.limit = SliderField("Limit", _limit_scale(), options.limit, "How far each process counts", 3)
        self.limit.value_changed.connect(self._limit_moved)
        self.python = PythonChoice(options.python)
        self.choices = RunChoices(options.variant, options.start_method, lambda: self.python.interpreter)
        self.python.chosen.connect(self.choices.refresh)
        if options.python == interpreters.own():  # else it would have to be started, for which there is a better time
            self.choices.refresh()
        self.choices.add_row("Python", self.python)
        self._meaning = Lines(self.choices.meaning(), lines=3)
        self.choices.changed.connect(self._meaning.setText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.workers, self.limit, self.choices, self._meaning):
            layout.addWidget(widget)
        layout.addStretch(1)
        self._remark_workers()
        self._remark_limit()

    def choose(self, options: Options) -> None:
        """Set the controls, but for the interpreter, as a lesson wants them."""
        self.workers.set_value(options.workers)
        self.limit.set_value(options.limit)
        self.choices.choose(options.variant, options.start_method)
        self._meaning.setText(self.choices.meaning())

    @property
    def options(self) -> Options:
        """What the controls say."""
        variant = self.choices.variant
        return Options(
            workers=self.workers.value,
            limit=self.limit.value,
            start_method=self.choices.start_method,
            python=self.python.path,
            run_as=variant.run_as,
            work=variant.work,
            variable=variant.variable,
            pin=variant.pin,
        )

    def refresh(self, session: Session) -> None:
        """Show what a run of it shows by now; some times a second."""
        if session.is_script:
            return
        rates = session.rates()
        if rates:
            self._rate = sum(rates) / len(rates)
        elif session.ended is not None:
            means = [mean for worker in session.workers if (mean := session.mean_rate(worker))]
            self._rate = sum(means) / len(means) if means else self._rate
        self._remark_limit()

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
