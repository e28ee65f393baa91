"""Which parts of a process's row are drawn as waiting.

A process can change what it waits for thousands of times in a run, and a row has some hundred pixels: a pixel counts as
waiting if the process waited for at least half of the time that the pixel stands for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rocketgui.gui.plots.canvas import View
from rocketgui.model.process import Process

Floats = npt.NDArray[np.float64]
Stretch = tuple[float, float]

#: The share of a pixel's time.
_HALF = 0.5


class Waits:
    """The times at which one process waited, kept between frames."""

    def __init__(self) -> None:
        self._known_for: object = None
        self._ends: Floats = np.empty((0, 2))
        self._what: list[str] = []
        self._open = False

    def update(self, process: Process, now_ns: int) -> None:
        """Take in what the process did until now."""
        last = process.activities[-1] if process.activities else None
        key = (len(process.activities), last, process.exited_ns)
        if key != self._known_for:
            self._known_for = key
            # A wait that has just begun is kept as well, since it goes on.
            waits = process.waits_ns(now_ns if last is None else max(now_ns, last[0] + 1))
            self._ends = np.array([wait[:2] for wait in waits], dtype=np.float64).reshape(-1, 2) / 1e9
            self._what = [what for _, _, what in waits]
            # The last wait goes on if it is what the process does now.
            is_last = bool(waits) and last is not None and waits[-1][0] == last[0]
            self._open = is_last and process.exited_ns is None
        elif self._open:
            self._ends[-1, 1] = max(self._ends[-1, 0], now_ns / 1e9)

    def at(self, t_s: float) -> str | None:
        """What it waited for at a time; None if it did not, or that is not known."""
        index = int(np.searchsorted(self._ends[:, 0], t_s, side="right")) - 1
        return self._what[index] if index >= 0 and t_s < self._ends[index, 1] else None

    def stretches(self, view: View) -> tuple[Stretch, ...]:
        """The parts of the row that are drawn as waiting, as (x0, x1) in logical pixels."""
        return waiting_pixels(self._ends, view)


def waiting_pixels(ends: Floats, view: View) -> tuple[Stretch, ...]:
    """The parts that count as waiting, as (x0, x1) in logical pixels. `ends`: beginnings and ends of waits in seconds,
    in order, shape (n, 2)."""
    if not len(ends) or view.is_empty:
        return ()
    pixel_s = (view.t1 - view.t0) / view.width
    edges = view.t0 + np.arange(int(view.width) + 1) * pixel_s
    # The time waited in all up to each edge of a pixel: constant between waits, and rising in them.
    waited = np.interp(edges, ends.ravel(), _risen(ends))
    waits = np.diff(waited) >= pixel_s * _HALF
    changes = np.flatnonzero(np.diff(waits.astype(np.int8), prepend=0, append=0))
    return tuple((float(x0), float(x1)) for x0, x1 in zip(changes[::2], changes[1::2], strict=True))


def _risen(ends: Floats) -> Floats:
    """The time waited in all by each beginning and each end."""
    total = np.cumsum(ends[:, 1] - ends[:, 0])
    return np.column_stack((np.concatenate(([0.0], total[:-1])), total)).ravel()
