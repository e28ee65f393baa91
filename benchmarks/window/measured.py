"""The process of a window that is measured: `python -m benchmarks.window.measured KIND --json FILE ...`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from benchmarks import system
from benchmarks.figures import percentile
from benchmarks.window.bare import BareWindow

KINDS = ("real", "bare", "thin")
#: After every curve is there: until what happens once has happened.
SETTLE_MS = 2000
POLL_MS = 100
PATIENCE_S = 120.0


class Measurement(QObject):
    """Waits until the window is ready, measures for some seconds, then ends the application."""

    def __init__(self, shown: Any, seconds: float) -> None:
        super().__init__()
        self._shown = shown
        self._seconds = seconds
        self._deadline = time.monotonic() + PATIENCE_S
        self.result: dict[str, float | None] = {}
        self._poll = QTimer(self)
        self._poll.timeout.connect(self._scheme)
        self._poll.start(POLL_MS)

    def _scheme(self) -> None:
        if self._shown.is_ready:
            self._poll.stop()
            QTimer.singleShot(SETTLE_MS, self._begin)
        elif time.monotonic() > self._deadline:
            QApplication.exit(1)

    def _begin(self) -> None:
        pid = self._shown.observer_pid
        self._observer_cpu_ns = None if pid is None else system.cpu_ns(pid)
        self._began_ns, self._cpu_ns = time.monotonic_ns(), time.process_time_ns()
        self._shown.paints.measuring = True
        QTimer.singleShot(round(self._seconds * 1000), self._end)

    def _end(self) -> None:
        cpu_ns = time.process_time_ns() - self._cpu_ns
        span_ns = time.monotonic_ns() - self._began_ns
        self._shown.paints.measuring = False
        intervals = self._shown.paints.intervals_ms()
        latencies = self._shown.latencies_ms()
        observer = None
        if self._observer_cpu_ns is not None:
            observer = 100 * (system.cpu_ns(self._shown.observer_pid) - self._observer_cpu_ns) / span_ns
        self.result = {
            "cpu_percent": 100 * cpu_ns / span_ns,
            "observer_cpu_percent": observer,
            "frames_per_s": len(intervals) * 1e9 / span_ns,
            "interval_median_ms": percentile(intervals, 50) if intervals else None,
            "interval_p99_ms": percentile(intervals, 99) if intervals else None,
            "interval_max_ms": max(intervals, default=None),
            "latency_median_ms": percentile(latencies, 50) if latencies else None,
            "latency_p95_ms": percentile(latencies, 95) if latencies else None,
            "latency_samples": len(latencies),
        }
        QApplication.quit()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--history", type=float, default=0.0, help="seconds of history, with synthetic workers")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    app = QApplication(sys.argv[:1])
    shown: Any
    if options.kind == "real":
        from benchmarks.window.real import RealWindow

        shown = RealWindow(app, options.workers, options.history)
    else:
        shown = BareWindow(options.workers, antialias=options.kind == "bare")
    shown.window.show()
    measurement = Measurement(shown, options.seconds)
    shown.start()
    try:
        code = app.exec()
    finally:
        shown.close()
    if code == 0:
        options.json.write_text(json.dumps(measurement.result), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
