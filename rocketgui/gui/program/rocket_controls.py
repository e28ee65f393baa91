"""What the built-in rocket program is launched with: workers, limit, how they run, and the Python that runs it."""

from __future__ import annotations

import os

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rocketgui import python_installations
from rocketgui.gui.program.python_combo_box import PythonComboBox
from rocketgui.gui.program.variant_controls import VariantControls
from rocketgui.gui.view_models.limit_scale import LIMIT_STOPS, STOPS_PER_DECADE, limit_at, stop_for, workers_on_slider
from rocketgui.gui.widgets.elided_labels import Lines
from rocketgui.gui.widgets.slider_field import Scale, SliderField
from rocketgui.model.formatting import (
    edit_limit,
    format_duration,
    format_limit,
    format_rate,
    parse_limit,
    parse_workers,
)
from rocketgui.model.run import Run
from rocketgui.options import Options
from rocketgui.protocol.variant import Variant


class RocketControls(QWidget):
    """The controls of the rocket program: two sliders and the choices.

    Signals:
        workers_changed, limit_changed: the number that the user has chosen.
    """

    workers_changed = Signal(object)
    limit_changed = Signal(object)

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._cores = os.cpu_count() or 1
        #: Counts/s of a worker in the newest run of each variant.
        self._rates: dict[Variant, float] = {}
        scale = _workers_scale(self._cores)
        self.workers = SliderField("Workers", scale, options.workers, "How many processes count at once", 2)
        self.workers.value_changed.connect(self._workers_moved)
        self.limit = SliderField("Limit", _limit_scale(), options.limit, "How far each process counts", 3)
        self.limit.value_changed.connect(self._limit_moved)
        self.python = PythonComboBox(options.python)
        self.choices = VariantControls(options.variant, lambda: self.python.interpreter)
        self.python.chosen.connect(self.choices.refresh)
        if options.python == python_installations.own():  # else it would have to be started
            self.choices.refresh()
        self.choices.add_row("Python", self.python)
        self._meaning = Lines(self.choices.meaning(), lines=3)
        self.choices.changed.connect(self._chosen)
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
        self.choices.choose(options.variant)
        self._chosen(self.choices.meaning())

    def refuse(self, *, numbers: str, choices: str) -> None:
        """Disable the sliders, and the choices but for the interpreter, each for a reason; empty: enable them."""
        for field in (self.workers, self.limit):
            field.refuse(numbers)
        self.choices.refuse(choices)
        self._meaning.setText(choices or self.choices.meaning())

    def _chosen(self, meaning: str) -> None:
        self._meaning.setText(meaning)
        self._remark_workers()
        self._remark_limit()

    @property
    def options(self) -> Options:
        """What the controls say."""
        return Options(
            workers=self.workers.value, limit=self.limit.value, variant=self.choices.variant, python=self.python.path
        )

    def refresh(self, run: Run) -> None:
        """Take in the rates of a run; called some times a second."""
        program = run.program
        if run.is_script or program is None:
            return
        rates = run.rates()
        if not rates and run.ended is not None:
            rates = [mean for worker in run.workers if (mean := run.mean_rate(worker))]
        if rates:
            self._rates[_kind(program.variant)] = sum(rates) / len(rates)
        self._remark_limit()

    def _workers_moved(self, workers: int) -> None:
        self._remark_workers()
        self.workers_changed.emit(workers)

    def _remark_workers(self) -> None:
        workers, variant = self.workers.value, self.choices.variant
        self.workers.set_remark(_sharing(workers, self._cores, variant.run_as, variant.work))

    def _limit_moved(self, limit: int) -> None:
        self._remark_limit()
        self.limit_changed.emit(limit)

    def _remark_limit(self) -> None:
        rate = self._rates.get(_kind(self.choices.variant))
        if rate is None:
            self.limit.set_remark("How long it takes is shown once it runs.")
        else:
            takes = format_duration(self.limit.value / rate)
            self.limit.set_remark(f"From 0: {takes}\nat {format_rate(rate)} each")


def _kind(variant: Variant) -> Variant:
    """The variant without what does not change the speed of counting."""
    return variant._replace(start_method="", pinned=False)


def _sharing(workers: int, cores: int, run_as: str, work: str) -> str:
    """What this number of workers means for the cores."""
    if workers == 1:
        return "One alone."
    if run_as == "one-after-another":
        return "Only one of them runs at a time."
    if work == "sleep":
        return "They sleep most of the time, and need no core for it."
    if run_as == "threads":
        return "With a GIL they take turns, on one core at a time."
    if workers > cores:
        return f"More than the {cores} cores here: they take turns." if cores > 1 else "One core here: they take turns."
    return "One core for each."


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
