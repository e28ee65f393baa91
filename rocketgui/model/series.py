"""The history of one value: a mirrored ring of fixed size, so that a contiguous view of it always exists.

        write position i            every point is written twice, at i and at i + capacity;
              |                     the last `capacity` points are then one slice, whatever i is
    [ 5 6 7 8 | 1 2 3 4 | 5 6 7 8 | 1 2 3 4 ]

Until there are `capacity` points, the arrays grow with them, and hold every point once: thousands of short-lived
processes have some points each. Appending to 32 such series costs 0.9 us; np.roll took 55 us and deques 4,870 us.
"""

from __future__ import annotations

import math

from rocketgui.model.arrays import Floats as Floats
from rocketgui.model.arrays import np

Number = int | float

#: 10 minutes at 60 Hz.
CAPACITY = 36_000

#: Points that a new series has room for.
_ROOM = 64

#: Far beyond anything that is drawn, and far enough from the largest float that a range around it can be computed.
_DRAWABLE = 1e300


class Series:
    """Points (t in seconds, value) in order of time; the newest `capacity` are kept.

    Attributes:
        total: points ever appended.
        last: the newest value exactly as it came; `v` holds float64, which is exact to 2**53 only.
        head: the newest value as it is drawn, the last of `v`.
        last_t: the newest time.
    """

    __slots__ = ("_capacity", "_t", "_v", "head", "last", "last_t", "total")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._t = np.empty(min(_ROOM, capacity))
        self._v = np.empty(min(_ROOM, capacity))
        self.total = 0
        self.last: Number | None = None
        self.head = 0.0
        self.last_t = 0.0

    def append(self, t_s: float, value: Number) -> None:
        """Add the newest point. A time before the last one counts as the last one: time does not run backwards."""
        if t_s < self.last_t and self.total:
            t_s = self.last_t
        drawn = as_float(value)
        if self.total < self._capacity:
            if self.total == len(self._t):
                self._grow(min(2 * self.total, self._capacity))
            self._t[self.total], self._v[self.total] = t_s, drawn
        else:
            if len(self._t) == self._capacity:
                self._t, self._v = np.tile(self._t, 2), np.tile(self._v, 2)
            at = self.total % self._capacity
            self._t[at] = self._t[at + self._capacity] = t_s
            self._v[at] = self._v[at + self._capacity] = drawn
        self.total += 1
        self.last = value
        self.head = drawn
        self.last_t = t_s

    def _grow(self, room: int) -> None:
        t, v = np.empty(room), np.empty(room)
        t[: self.total], v[: self.total] = self._t, self._v
        self._t, self._v = t, v

    def __len__(self) -> int:
        return min(self.total, self._capacity)

    @property
    def t(self) -> Floats:
        """Times in seconds of the points kept, shape (len,); a view."""
        return self._t[self._window()]

    @property
    def v(self) -> Floats:
        """Values of the points kept, shape (len,); a view."""
        return self._v[self._window()]

    def _window(self) -> slice:
        if self.total <= self._capacity:
            return slice(0, self.total)
        start = self.total % self._capacity
        return slice(start, start + self._capacity)

    @property
    def oldest(self) -> int:
        """The absolute index, counted from the first point ever appended, of the oldest point kept."""
        return self.total - len(self)

    def since(self, index: int) -> tuple[Floats, Floats]:
        """The points from absolute index `index` on, as views."""
        skip = max(index - self.oldest, 0)
        return self.t[skip:], self.v[skip:]

    def at(self, t_s: float) -> float | None:
        """The value of the last point at or before `t_s`, None before the first."""
        index = int(np.searchsorted(self.t, t_s, side="right")) - 1
        return float(self.v[index]) if index >= 0 else None

    def slope(self, window_s: float) -> float | None:
        """Change per second over the last `window_s` seconds of points, None while there is less than two points."""
        if len(self) < 2:
            return None
        # The window is short beside the history: look at its tail only.
        t, v = self.since(self.total - 256)
        first = min(int(np.searchsorted(t, self.last_t - window_s)), len(t) - 2)
        seconds = float(t[-1] - t[first])
        return per_s(float(v[-1] - v[first]), seconds)


def as_float(value: Number) -> float:
    """A number as one that can be drawn and summed up: what is too large for that is as large as that can be."""
    return float(min(max(value, -_DRAWABLE), _DRAWABLE))


def per_s(amount: Number, seconds: float | None) -> float | None:
    """An amount in so many seconds as a rate; None where that is no number, or none that can be written."""
    if not seconds or seconds < 0:
        return None
    try:
        rate = amount / seconds
    except OverflowError:  # of an integer of hundreds of digits
        return None
    return rate if math.isfinite(rate) else None


def sampled(series: Series, t0: float, t1: float, points: int) -> tuple[Floats, Floats]:
    """About `points` of the points from `t0` to `t1`, and one beyond each end, so that a curve leaves the picture.

    The stride is a power of two and counted from the first point ever appended: as the history grows, the same points
    stay chosen and a drawn curve does not shimmer. The last point is always there.
    """
    lo, hi, stride = _visible(series, t0, t1, points)
    if stride == 1:
        return series.t[lo:hi], series.v[lo:hi]
    first = lo + (-(series.oldest + lo)) % stride
    chosen = np.append(np.arange(first, hi - 1, stride), hi - 1)
    return series.t[chosen], series.v[chosen]


def averaged(series: Series, t0: float, t1: float, points: int) -> tuple[Floats, Floats]:
    """As `sampled`, for values that jump: each point is the mean of its stride, at the mean of its times."""
    lo, hi, stride = _visible(series, t0, t1, points)
    if stride == 1:
        return series.t[lo:hi], series.v[lo:hi]
    first = lo + (-(series.oldest + lo)) % stride
    whole = (hi - first) // stride
    if whole < 1:
        return series.t[lo:hi], series.v[lo:hi]
    bounds = slice(first, first + whole * stride)
    t = series.t[bounds].reshape(whole, stride).mean(axis=1)
    v = series.v[bounds].reshape(whole, stride).mean(axis=1)
    return np.append(t, series.t[hi - 1]), np.append(v, series.v[hi - 1])


def _visible(series: Series, t0: float, t1: float, points: int) -> tuple[int, int, int]:
    t = series.t
    lo = max(int(np.searchsorted(t, t0, side="right")) - 1, 0)
    hi = min(int(np.searchsorted(t, t1, side="left")) + 1, len(t))
    stride = 1
    while (hi - lo) > points * stride:
        stride *= 2
    return lo, hi, stride
