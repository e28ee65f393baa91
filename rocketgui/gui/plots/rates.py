"""The rates: how much each worker counts in a second, over time."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from rocketgui.gui.plots.canvas import Curve
from rocketgui.gui.plots.cursor_item import Rows
from rocketgui.gui.plots.ranges import nice_above, value_label, value_range
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.time_plot import TimePlot
from rocketgui.gui.style import theme
from rocketgui.gui.view_models.watched_values import drawn, nothing_drawn
from rocketgui.model.formatting import format_rate
from rocketgui.model.run import Run
from rocketgui.model.series import Series

#: Seconds between points, and over which each is taken: long enough to be steady.
_STEP_S, _WINDOW_S = 0.1, 0.3
#: 10 minutes of points.
_CAPACITY = 6_000


def catch_up(rates: Series, counts: Series, least: float = 0.0) -> None:
    """Add the rates that can be told by now from a series of counts, none of them below the `least`."""
    if len(counts) < 2:
        return
    times, values = counts.since(max(counts.total - 4096, 0))
    first = rates.last_t + _STEP_S if rates.total else float(times[0]) + _WINDOW_S
    first = max(first, float(times[0]) + _WINDOW_S)
    moments = np.arange(first, counts.last_t, _STEP_S)
    if not len(moments):
        return
    ahead, behind = np.interp(moments, times, values), np.interp(moments - _WINDOW_S, times, values)
    for t_s, rate in zip(moments, (ahead - behind) / _WINDOW_S, strict=True):
        rates.append(float(t_s), max(float(rate), least))


class RatesPlot(TimePlot):
    """Draws each worker's counts/s. `draw` is called for every frame while it is in sight."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis, value_label, rockets=False)
        self._run = Run()
        self._rates: dict[int, Series] = {}
        self._drawn: dict[int, Curve] = {}
        #: The highest and the lowest rate of each, and of how many counts.
        self._bounds: dict[int, tuple[int, float, float]] = {}
        self._name = ""
        self.hint = ""

    def set_run(self, run: Run) -> None:
        """Show another run."""
        self._run = run
        self._begin()

    def _begin(self) -> None:
        """Draw the value that is watched now from its first point on."""
        self._name = self._run.watch
        self._rates, self._drawn, self._bounds = {}, {}, {}
        self.item.set_curves([])

    def draw(self) -> None:
        """Draw what is new."""
        run = self._run
        if run.watch != self._name:
            self._begin()
        if not self._drawn.keys() <= run.processes.keys():
            for number in self._drawn.keys() - run.processes.keys():
                del self._drawn[number], self._rates[number], self._bounds[number]
            self.item.drop_curves(list(self._drawn.values()))
        # The built-in program counts upwards: a step down there is a count that another one overwrote.
        least = -math.inf if run.is_script else 0.0
        for worker in drawn(run):
            watched = worker.values.get(self._name)
            if watched is None:
                continue
            rates = self._rates.get(worker.id)
            if rates is not None and self._bounds[worker.id][0] == watched.series.total:
                continue
            if rates is None:
                rates = self._rates[worker.id] = Series(_CAPACITY)
                curve = Curve(rates, partial(theme.worker, worker.worker_index), worker.shown)
                self._drawn[worker.id] = curve
                self.item.add_curve(curve)
            catch_up(rates, watched.series, least)
            low, high = (float(rates.v.min()), float(rates.v.max())) if len(rates) else (math.inf, -math.inf)
            self._bounds[worker.id] = watched.series.total, low, high
        highest = max((high for _, _, high in self._bounds.values()), default=0.0)
        lowest = min((low for _, low, _ in self._bounds.values()), default=0.0)
        highest, lowest = (0.0 if math.isinf(bound) else bound for bound in (highest, lowest))
        if run.is_script:
            self.set_values(*value_range(lowest, max(highest, 0.0)))
        else:
            self.set_values(0.0, nice_above(max(highest * 1.05, 1.0)))
        if not self.hint and not self._drawn and (why := nothing_drawn(run)):
            self.show_nothing(why)
            return
        self._label_values(shown=True)
        self.show_frame(hint=self.hint)

    def rows_at(self, t_s: float) -> Rows:
        return self.item.rows_at(t_s, format_rate)
