"""Notes when a plot was painted, and which points were in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from rocketgui.model.series import Series


class Paints:
    """Times in ns at which a frame with the plot in it stood in the window's buffer, and what was then in it.

    `drawn` gives, per curve, the number of points that the next painted frame shows.
    """

    def __init__(self, drawn: Callable[[], Sequence[int]]) -> None:
        self._drawn = drawn
        self._painted = False
        self.times: list[int] = []
        self.points: list[Sequence[int]] = []
        self.measuring = False

    def plot_painted(self) -> None:
        """The plot was painted; its window has yet to bring the frame to the screen."""
        self._painted = True

    def frame_done(self) -> None:
        """The window has painted all that was to be painted, and handed it to the screen."""
        if self._painted:
            self._painted = False
            if self.measuring:
                self.times.append(time.monotonic_ns())
                self.points.append(self._drawn())

    def intervals_ms(self) -> list[float]:
        """Between one painted frame and the next."""
        return [(after - before) / 1e6 for before, after in zip(self.times, self.times[1:], strict=False)]

    def latencies_ms(self, series: Sequence[Series], zero_ns: int) -> list[float]:
        """From each sample to the first painted frame that showed it. `zero_ns`: the monotonic time of t = 0."""
        found = []
        for before, after, painted_ns in zip(self.points, self.points[1:], self.times[1:], strict=False):
            for curve, old, new in zip(series, before, after, strict=False):
                first = old - curve.oldest
                if first >= 0:
                    taken = curve.t[first : new - curve.oldest]
                    found += [(painted_ns - zero_ns) / 1e6 - t_s * 1e3 for t_s in taken.tolist()]
        return found


def watch_painting(window: QWidget, plot: Any, paints: Paints) -> QObject:
    """Tell `paints` of every painting of a pyqtgraph plot in a window. Call before the window is shown, and keep what
    comes back.

    A plot is painted by its viewport; the window's frame is complete when its UpdateRequest has been handled.
    """
    paint = plot.paintEvent

    def paint_and_note(event: object) -> None:
        paint(event)
        paints.plot_painted()

    # Shiboken looks for a Python method in the instance before it looks in its class.
    plot.paintEvent = paint_and_note
    handle = window.event

    def handle_and_note(event: QEvent) -> bool:
        handled = handle(event)
        if event.type() == QEvent.Type.UpdateRequest:
            paints.frame_done()
        return handled

    window.event = handle_and_note  # type: ignore[method-assign]
    return window
