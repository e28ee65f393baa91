"""The plainest pyqtgraph window with the same curves: a plot of counters, a plot of cores, a timer, nothing else.

It is drawn as well as pyqtgraph can: PlotCurveItem, cosmetic pens, fixed ranges, no checks of the data, and no more
points than fit across the plot. No data come from anywhere; each frame gets one more point per curve.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from benchmarks.window.painting import Paints, watch_painting
from benchmarks.window.screen import SIZE

FRAME_MS = 16
#: Points per curve: ten minutes of history thinned to what the plot can show.
POINTS = 1000
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#bbbbbb")


class BareWindow:
    """The window. `antialias`: smooth curves, as rocketgui's are."""

    observer_pid = None

    def __init__(self, workers: int, antialias: bool) -> None:
        self.window = QMainWindow()
        self._counters, self._cores = _plot(), _plot()
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.addWidget(self._counters, 64)
        rows.addWidget(self._cores, 36)
        self.window.setCentralWidget(page)
        self.window.resize(*SIZE)
        # Room for the points of minutes; a slice of POINTS moves along.
        self._x = np.arange(POINTS * 20) * 0.6
        self._at = 0
        self._curves: list[tuple[Any, npt.NDArray[np.float64]]] = []
        for number in range(workers):
            self._add(self._counters, number, self._x * (200 - number) / 200, antialias)
        rng = np.random.default_rng(0)
        for core in range(os.cpu_count() or 1):
            self._add(self._cores, core, 90 + 10 * rng.random(len(self._x)), antialias)
        self._counters.setXRange(0, 900, padding=0)
        self._counters.setYRange(0, 900, padding=0)
        self._cores.setXRange(0, 900, padding=0)
        self._cores.setYRange(0, 104, padding=0)
        self.paints = Paints(self._drawn)
        watch_painting(self.window, self._counters, self.paints)
        self._timer = QTimer(self.window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._frame)

    def _add(self, plot: Any, number: int, y: npt.NDArray[np.float64], antialias: bool) -> None:
        pen = pg.mkPen(COLOURS[number % len(COLOURS)], width=1)
        curve = pg.PlotCurveItem(pen=pen, antialias=antialias, skipFiniteCheck=True, connect="all")
        plot.addItem(curve)
        self._curves.append((curve, y))

    def start(self) -> None:
        self._timer.start(FRAME_MS)

    def _frame(self) -> None:
        # The newest point moves on, those before it stay where they are: the history is thinned, not scrolled.
        self._at += 1
        shown = self._x[:POINTS]
        for curve, y in self._curves:
            data = y[:POINTS].copy()
            data[-1] += self._at % 10
            curve.setData(shown, data, skipFiniteCheck=True, connect="all")

    @property
    def is_ready(self) -> bool:
        return self._at > 10

    def _drawn(self) -> Sequence[int]:
        return ()

    def latencies_ms(self) -> list[float]:
        return []

    def close(self) -> None:
        self._timer.stop()
        self.window.close()


def _plot() -> Any:
    plot = pg.PlotWidget()
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.disableAutoRange()
    return plot
