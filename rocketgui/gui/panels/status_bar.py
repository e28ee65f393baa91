"""The status bar at the bottom: what went wrong, or else what the keys do; and what observing costs."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout

from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.widgets.card import set_role
from rocketgui.gui.widgets.elided_labels import Sentence
from rocketgui.gui.widgets.labels import Label
from rocketgui.model.run import Run

#: A percentage below ten is as wide as one above, so that the figures do not move.
_PERCENT_WIDTH = 4

_KEYS = "Space launches, pauses and resumes  ·  Esc stops  ·  wheel zooms, drag pans, double-click follows"


class StatusBar(QFrame):
    """A sentence at the left, costs and losses at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "strip")
        self._quiet = False
        self.sentence = Sentence(0.92)
        self.sentence.setAccessibleName("Messages")
        self.figures = Label()
        set_text(self.figures, 0.92)
        self.figures.setProperty("role", "muted")
        self.figures.setAccessibleName("Cost of observing, and losses")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 3, 10, 3)
        layout.setSpacing(16)
        layout.addWidget(self.sentence, 1)
        layout.addWidget(self.figures)
        self.text_resized()
        self.clear()

    def text_resized(self) -> None:
        """The size of text has changed."""
        self.setFixedHeight(self.sentence.fontMetrics().height() + 10)

    def say(self, sentence: str) -> None:
        """Show a sentence about something that went wrong, until the next launch."""
        self._calm = False
        if self._quiet:
            self.show()
        first = sentence.splitlines()[0] if sentence else ""
        self.sentence.setText(first)
        self.sentence.setToolTip(sentence)
        set_role(self.sentence, "error")
        set_role(self, "error", "level")

    def note(self, sentence: str) -> None:
        """Show a sentence about something that is not wrong."""
        self.clear()
        self.sentence.setText(sentence)
        self.sentence.setToolTip(sentence)
        set_role(self.sentence, "info")

    def warn(self, sentence: str) -> None:
        """Show what went wrong in the run, unless something is shown already. Empty: nothing did."""
        if sentence and self._calm:
            self.say(sentence)

    def clear(self) -> None:
        """Show what the keys do."""
        self._calm = True
        if self._quiet:
            self.hide()
        self.sentence.setText(_KEYS)
        self.sentence.setToolTip("")
        set_role(self.sentence, "muted")
        set_role(self, "calm", "level")

    def set_quiet(self, quiet: bool) -> None:
        """While quiet, the bar is visible only if something went wrong."""
        self._quiet = quiet
        self.figures.setVisible(not quiet)
        self.setVisible(not (quiet and self._calm))

    def refresh(self, run: Run) -> None:
        """Show the costs and losses of the run; called some times a second."""
        parts = [*_costs(run), *_losses(run)] if run.program is not None else []
        self.figures.setText("  ·  ".join(parts))


def _costs(run: Run) -> list[str]:
    """What observing takes from the program, and what the collector takes from the machine."""
    return [
        f"observing costs the program {_even(run.agents_overhead_percent)} %",
        f"collector {_even(run.collector_percent)} % of a core",
    ]


def _losses(run: Run) -> list[str]:
    """How many samples were lost, and whatever else was."""
    lost = run.losses_in_all
    found = (
        (lost.samples_dropped, "sample lost", "samples lost"),
        (lost.output_lines_dropped, "line lost", "lines lost"),
        (lost.events_dropped, "record lost", "records lost"),
        (lost.bad_messages, "bad message", "bad messages"),
        (lost.agents_lost, "never reported", "never reported"),
    )
    return [
        f"{count:,} {one if count == 1 else more}"
        for index, (count, one, more) in enumerate(found)
        if count or not index
    ]


def _even(percent: float | None) -> str:
    """A percentage of constant width; a dash if it is not known."""
    return ("–" if percent is None else f"{percent:.1f}").rjust(_PERCENT_WIDTH, "\N{FIGURE SPACE}")
