"""What will run: workers, limit, start method, interpreter; and the parent's own value."""

from __future__ import annotations

import os

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from rocketgui import interpreters
from rocketgui.arguments import Options
from rocketgui.gui.card import Card
from rocketgui.gui.python_choice import PythonChoice
from rocketgui.gui.run_choices import RunChoices
from rocketgui.gui.slider_field import Scale, SliderField
from rocketgui.gui.theme import set_text
from rocketgui.model.scale import LIMIT_STOPS, STOPS_PER_DECADE, limit_at, stop_for, workers_on_slider
from rocketgui.model.session import Session
from rocketgui.model.text import (
    edit_limit,
    format_count,
    format_duration,
    format_limit,
    format_rate,
    format_short,
    parse_limit,
    parse_workers,
)
from rocketgui.programs.variants import Variant

#: Logical pixels, with text of so many.
_WIDTH, _WIDTH_PX = 220, 13


class ProgramPanel(Card):
    """The left-hand panel.

    Signals:
        workers_changed, limit_changed: the new number, by the user's hand.
    """

    workers_changed = Signal(object)
    limit_changed = Signal(object)

    def __init__(
        self,
        workers: int,
        limit: int,
        start_method: str,
        python: str,
        variant: Variant = Variant(),  # noqa: B008
    ) -> None:
        super().__init__("Program")
        cores = os.cpu_count() or 1
        self._rate: float | None = None
        self.workers = SliderField("Workers", _workers_scale(cores), workers, "How many processes count at once", 2)
        self.workers.value_changed.connect(self._workers_moved)
        self.limit = SliderField("Limit", _limit_scale(), limit, "How far each process counts", 3)
        self.limit.value_changed.connect(self._limit_moved)
        self.python = PythonChoice(python)
        self.choices = RunChoices(variant, start_method, lambda: self.python.interpreter)
        self.python.chosen.connect(self.choices.refresh)
        if python == interpreters.own():  # else it would have to be started, for which there is a better time
            self.choices.refresh()
        self.choices.add_row("Python", self.python)
        self._meaning = Lines(self.choices.meaning(), lines=3)
        self.choices.changed.connect(self._meaning.setText)
        self._parent_name = Lines("Parent process", lines=1)
        self.parent_value = QLabel()
        self.parent_value.setProperty("role", "accent")
        set_text(self.parent_value, 1.6, bold=True)
        self.parent_value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.parent_value.setAccessibleName("Value in the parent process")
        self._parent_note = Lines("", lines=2)
        body: tuple[QWidget, ...] = (self.workers, self.limit, self.choices, self._meaning)
        for widget in body:
            self.body.addWidget(widget)
        self.body.addStretch(1)
        for widget in (self._parent_name, self.parent_value, self._parent_note):
            self.body.addWidget(widget)
        self._cores = cores
        self.text_resized()
        self._remark_workers()
        self.refresh(Session())

    def text_resized(self) -> None:
        """Be as wide as the text needs it."""
        self.setFixedWidth(round(_WIDTH * self.font().pixelSize() / _WIDTH_PX))

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
        root, name = session.root, "rocket" if session.is_shared else session.watch
        watched = root.values.get(name) if root is not None else None
        if watched is None:
            self.parent_value.setText(f"{name} = –")
            waits = session.is_live and root is not None
            self._parent_note.setText(
                "not reported yet" if waits else "It starts the workers; its own value shows here."
            )
            return
        last = watched.last
        text = f"{name} = {format_count(last)}"
        if self.parent_value.fontMetrics().horizontalAdvance(text) > self.parent_value.width():
            text = f"{name} = {format_short(last)}"
        self.parent_value.setText(text)
        self.parent_value.setToolTip(format_count(last))
        counted = any(name in worker.values and worker.values[name].last for worker in session.workers)
        if session.is_shared:
            self._parent_note.setText("All workers count this one.")
        elif last == 0 and counted and session.noun(2) == "threads":
            self._parent_note.setText("Each thread counts one of its own.")
        elif last == 0 and counted:
            self._parent_note.setText("Untouched: each process counts a copy of its own.")
        else:
            self._parent_note.setText("" if last else "Nothing has been counted yet.")

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


class Lines(QLabel):
    """Small text with room for so many lines, however many it has."""

    def __init__(self, text: str, lines: int) -> None:
        super().__init__(text)
        self._lines = lines
        self.setProperty("role", "muted")
        self.setWordWrap(lines > 1)
        set_text(self, 0.92)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.text_resized()

    def text_resized(self) -> None:
        """The size of text has changed."""
        self.setFixedHeight(self._lines * self.fontMetrics().lineSpacing() + 2)


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
