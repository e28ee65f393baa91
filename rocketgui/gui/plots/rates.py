"""The rates: the change of each worker's value in a second, over time."""

from __future__ import annotations

import math

import numpy as np

from rocketgui.gui.plots.cursor_item import Rows
from rocketgui.gui.plots.ranges import nice_above, value_range
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.value_plot import ValuePlot
from rocketgui.gui.view_models.watched_values import drawn
from rocketgui.model.formatting import format_rate
from rocketgui.model.series import Series

#: Seconds between points, and over which the rate of a point is taken: long enough to be steady.
_STEP_S, _WINDOW_S = 0.1, 0.3
#: 10 minutes of points.
_CAPACITY = 6_000


def catch_up(rates: Series, counts: Series, least: float = 0.0) -> None:
    """Append to `rates` the new points that follow from the series of counts. No rate is below `least`."""
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


class RatesPlot(ValuePlot):
    """Draws each worker's counts/s. `draw` is called for every frame while the plot is visible."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis, rockets=False)
        self._rates: dict[int, Series] = {}
        #: By process: how many counts were taken in, the lowest and the highest rate.
        self._bounds: dict[int, tuple[int, float, float]] = {}

    def _begin(self) -> None:
        super()._begin()
        self._rates, self._bounds = {}, {}

    def draw(self) -> None:
        """Draw what is new."""
        run = self._run
        if run.watch != self._name:
            self._begin()
        self._drop_ended()
        for number in self._rates.keys() - self._drawn.keys():
            del self._rates[number], self._bounds[number]
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
                self._add(worker, rates)
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
        self._show()

    def rows_at(self, t_s: float) -> Rows:
        return self.item.rows_at(t_s, format_rate)
