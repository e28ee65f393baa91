"""What the plots of the watched value have in common: a curve for each process that has the value."""

from __future__ import annotations

from functools import partial

from rocketgui.gui.plots.canvas import Curve
from rocketgui.gui.plots.ranges import value_label
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.time_plot import TimePlot
from rocketgui.gui.style import theme
from rocketgui.gui.view_models.watched_values import nothing_drawn
from rocketgui.model.process import Process
from rocketgui.model.run import Run
from rocketgui.model.series import Series


class ValuePlot(TimePlot):
    """Draws curves of the value that is watched. `hint` is shown while there is none of them."""

    def __init__(self, axis: TimeAxis, *, rockets: bool) -> None:
        super().__init__(axis, value_label, rockets=rockets)
        self._run = Run()
        #: The curves, by the ids of their processes.
        self._drawn: dict[int, Curve] = {}
        self._name = ""
        self.hint = ""

    def set_run(self, run: Run) -> None:
        """Show another run."""
        self._run = run
        self._begin()

    def _begin(self) -> None:
        """Draw the value that is watched now from its first point on."""
        self._name = self._run.watch
        self._drawn = {}
        self.item.set_curves([])

    def _add(self, process: Process, series: Series) -> None:
        """Draw a curve for a process."""
        curve = Curve(series, partial(theme.worker, process.worker_index), process.shown)
        self._drawn[process.id] = curve
        self.item.add_curve(curve)

    def _drop_ended(self) -> None:
        """Drop the curves of processes that no longer have a row."""
        if not self._drawn.keys() <= self._run.processes.keys():
            self._drawn = {number: one for number, one in self._drawn.items() if number in self._run.processes}
            self.item.drop_curves(list(self._drawn.values()))

    def _show(self, limit: float | None = None, limit_text: str = "") -> None:
        """Show the frame, or in place of curves why there is none."""
        if not self.hint and not self._drawn and (why := nothing_drawn(self._run)):
            self.show_nothing(why)
            return
        self._label_values(shown=True)
        self.show_frame(limit=limit, limit_text=limit_text, hint=self.hint)
