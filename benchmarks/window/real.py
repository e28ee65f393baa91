"""rocketgui's own window, whole: its bridge and its thread, and a collector in a process of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from benchmarks import system
from benchmarks.window import synthetic
from benchmarks.window.painting import Paints, watch_painting
from rocketgui.bridge import Bridge
from rocketgui.collector import service
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.plots.counters import CountersPlot
from rocketgui.gui.style.theme import ThemeSwitch
from rocketgui.model.series import Series
from rocketgui.options import Options
from rocketgui.protocol import messages
from rocketgui.protocol.variant import Variant
from rocketgui.resources import resource

MAIN = 'if __name__ == "__main__":\n'
#: The program says what time it is, which tells the monotonic time of a run's t = 0.
SAY = "import time\n\n" + MAIN + '    print(f"monotonic_ns {time.monotonic_ns()}", flush=True)\n'


class RealWindow:
    """The window with a run of `workers` workers: real ones, or with `history_s` of history synthetic ones."""

    def __init__(self, app: QApplication, workers: int, history_s: float) -> None:
        self._workers = workers
        self._history_ns = round(history_s * synthetic.NS)
        self._cores = os.cpu_count() or 1
        if history_s:
            starter: Any = synthetic.starter(workers, self._cores, self._history_ns)
            service.start = starter
        self._bridge = Bridge()
        self.window = MainWindow(self._bridge, Options(workers=workers, limit=system.FOREVER), ThemeSwitch(app))
        plot: Any = self.window.findChild(CountersPlot)
        self._curves: list[Any] = plot.item.canvas.curves
        self._plot = plot
        self.paints = Paints(self._drawn)
        watch_painting(self.window, plot, self.paints)
        self._directory = tempfile.TemporaryDirectory(prefix="benchmarks-")

    def start(self) -> None:
        """Begin the run."""
        self._bridge.start()
        if self._history_ns:
            self.window.controller.run_began.connect(self._put_history)
        else:
            self._bridge.send(self._launch())

    def _put_history(self) -> None:
        for frame in synthetic.history(self._workers, self._cores, self._history_ns):
            self.window.controller.model.apply_frame(frame)
        self._bridge.send(messages.Request.RESUME)

    def _launch(self) -> messages.Launch:
        source = resource("programs/rocket.py").read_text(encoding="utf-8")
        program = Path(self._directory.name, "rocket.py")
        program.write_text(source.replace(MAIN, SAY), encoding="utf-8")
        return messages.Launch(
            argv=(str(program), "--workers", str(self._workers), "--limit", str(system.FOREVER)),
            python=sys.executable,
            variant=Variant(start_method="fork"),
            workers=self._workers,
            limit=system.FOREVER,
        )

    @property
    def is_ready(self) -> bool:
        """Whether every worker has a curve and counts."""
        curves = self._plot.item.canvas.curves
        return len(curves) >= self._workers and all(curve.seen > 10 for curve in curves)

    @property
    def observer_pid(self) -> int | None:
        """The pid of the collector, if it is a real one."""
        return None if self._history_ns else self._bridge.collector_pid

    def _drawn(self) -> Sequence[int]:
        return [curve.seen for curve in self._plot.item.canvas.curves]

    def latencies_ms(self) -> list[float]:
        """From each sample to the painted frame, in the stretch measured; nothing for synthetic workers."""
        lines = [line for line in self.window.controller.run.output if line.text.startswith("monotonic_ns ")]
        if not lines:
            return []
        zero_ns = int(lines[0].text.split()[1]) - lines[0].t_ns
        series: list[Series] = [curve.series for curve in self._plot.item.canvas.curves]
        return self.paints.latencies_ms(series, zero_ns)

    def close(self) -> None:
        self.window.close()
        self._bridge.wait()
        self._directory.cleanup()
