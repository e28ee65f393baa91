"""The load of every core over time: lines up to 16 cores, a heat map beyond."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF

from rocketgui.gui.plots.canvas import Curve
from rocketgui.gui.plots.cursor_item import Rows
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.time_plot import TimePlot
from rocketgui.gui.style import theme
from rocketgui.model.run import Run
from rocketgui.model.series import Series

LINES_AT_MOST = 16

#: How many columns the heat map has.
_COLUMNS = 240

#: Up to this many cores are written beside the pointer; of more, their mean is.
_POINTED = 6


class CoresPlot(TimePlot):
    """Draws the core loads of a run, in percent."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis, lambda value, step: f"{value:.0f}", rockets=False)
        self._run = Run()
        self._cores: list[Series] = []
        self._heat = pg.ImageItem()
        # pyqtgraph puts what is added to a view box below everything else in it.
        self.item.setZValue(self._box.childGroup.zValue() - 1)
        self._heat_for: tuple[int, float, float] | None = None
        self._box.addItem(self._heat, ignoreBounds=True)
        self._heat.hide()
        self._colour_heat()

    def set_run(self, run: Run) -> None:
        """Show another run."""
        self._run = run
        self._cores = []
        self.item.set_curves([])

    def theme_changed(self) -> None:
        super().theme_changed()
        self._colour_heat()

    def _colour_heat(self) -> None:
        heat = theme.current().heat
        stops = np.linspace(0.0, 1.0, len(heat))
        self._heat.setColorMap(pg.ColorMap(stops, [colour.getRgb() for colour in heat]))
        self._heat.setLevels((0.0, 100.0))
        self._heat_for = None

    @property
    def is_heat_map(self) -> bool:
        """Whether there are too many cores for lines."""
        return len(self._cores) > LINES_AT_MOST

    def draw(self) -> None:
        """Draw what is new."""
        if self._run.cores is not self._cores:
            self._cores = self._run.cores
            lines = [] if self.is_heat_map else self._cores
            self.item.set_curves(
                [Curve(series, partial(theme.core, k), f"core {k}", smooth=True) for k, series in enumerate(lines)]
            )
            self._heat.setVisible(self.is_heat_map)
            self._heat_for = None
        self.set_values(0.0, float(len(self._cores)) if self.is_heat_map else 104.0)
        self.show_frame()
        if self.is_heat_map:
            self._draw_heat()

    def _draw_heat(self) -> None:
        key = (self._cores[0].total, self.axis.t0, self.axis.t1)
        if key == self._heat_for or not self._cores[0].total:
            return
        self._heat_for = key
        first, last = max(float(self._cores[0].t[0]), self.axis.t0), min(self._cores[0].last_t, self.axis.t1)
        if last <= first:
            return
        # All cores are sampled together, so one search does for all of them.
        moments = np.linspace(first, last, _COLUMNS)
        index = np.clip(np.searchsorted(self._cores[0].t, moments, side="right") - 1, 0, None)
        self._heat.setImage(np.stack([series.v[index] for series in self._cores], axis=1), autoLevels=False)
        self._heat.setRect(QRectF(first, 0.0, last - first, float(len(self._cores))))

    def rows_at(self, t_s: float) -> Rows:
        loads = [series.at(t_s) for series in self._cores]
        known = [load for load in loads if load is not None]
        text = theme.colour("text")
        if len(known) > _POINTED:
            return ((f"mean of {len(known)} cores  {sum(known) / len(known):.0f} %", text),)
        return tuple((f"core {core}  {load:.0f} %", text) for core, load in enumerate(known))
