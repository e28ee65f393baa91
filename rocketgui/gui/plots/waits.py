"""Which stretches of a process's row are drawn as waiting. Pure, but for a cache of what is past.

What a process waits for changes thousands of times in a long run, and a row has some hundred pixels: a pixel counts as
waiting if the process waited for at least half of the time that it stands for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rocketgui.gui.plots.canvas import View
from rocketgui.model.process import Process

Floats = npt.NDArray[np.float64]
Stretch = tuple[float, float]

#: Of a pixel's time.
_HALF = 0.5


class Waits:
    """The stretches in which one process waited, kept between frames."""

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
            # One that began just now is kept as well: it goes on from here.
            waits = process.waits_ns(now_ns if last is None else max(now_ns, last[0] + 1))
            self._ends = np.array([wait[:2] for wait in waits], dtype=np.float64).reshape(-1, 2) / 1e9
            self._what = [what for _, _, what in waits]
            # The last one goes on if it is what the process does now.
            is_last = bool(waits) and last is not None and waits[-1][0] == last[0]
            self._open = is_last and process.exited_ns is None
        elif self._open:
            self._ends[-1, 1] = max(self._ends[-1, 0], now_ns / 1e9)

    def at(self, t_s: float) -> str | None:
        """What it waited for at a time; None if it did not, or that is not known."""
        index = int(np.searchsorted(self._ends[:, 0], t_s, side="right")) - 1
        return self._what[index] if index >= 0 and t_s < self._ends[index, 1] else None

    def stretches(self, view: View) -> tuple[Stretch, ...]:
        """From where to where the row is drawn as waiting, in logical pixels."""
        return waiting_pixels(self._ends, view)


def waiting_pixels(ends: Floats, view: View) -> tuple[Stretch, ...]:
    """The runs of pixels that count as waiting. `ends`: beginnings and ends in seconds, in order, shape (n, 2)."""
    if not len(ends) or view.is_empty:
        return ()
    pixel_s = (view.t1 - view.t0) / view.width
    edges = view.t0 + np.arange(int(view.width) + 1) * pixel_s
    # How long it had waited by a time: level between the stretches, and rising in them.
    waited = np.interp(edges, ends.ravel(), _risen(ends))
    waits = np.diff(waited) >= pixel_s * _HALF
    changes = np.flatnonzero(np.diff(waits.astype(np.int8), prepend=0, append=0))
    return tuple((float(x0), float(x1)) for x0, x1 in zip(changes[::2], changes[1::2], strict=True))


def _risen(ends: Floats) -> Floats:
    """The time waited in all by each beginning and each end."""
    total = np.cumsum(ends[:, 1] - ends[:, 0])
    return np.column_stack((np.concatenate(([0.0], total[:-1])), total)).ravel()
