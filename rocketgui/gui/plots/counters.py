"""The counters: the watched value of every process over time, its limit, and a rocket at the head of each curve."""

from __future__ import annotations

from rocketgui.gui.plots.canvas import Faint
from rocketgui.gui.plots.cursor_item import Rows
from rocketgui.gui.plots.ranges import limit_is_near, nice_above, value_range, value_top
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.value_plot import ValuePlot
from rocketgui.gui.view_models.watched_values import is_drawn
from rocketgui.model.formatting import format_count, format_limit
from rocketgui.model.run import Run

#: Up to this, a limit counts as near while no rate is known.
_NEAR_AT_FIRST = 1_000_000_000

#: How many previous runs are drawn at most.
_COMPARED = 3


class CountersPlot(ValuePlot):
    """Draws a run's counters. `refresh` is called some times a second, `draw` for every frame."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis, rockets=True)
        self._highest = self._lowest = 0.0
        #: Whether the limit is near enough to be shown; None: no rate is known yet.
        self._near: bool | None = None
        self._near_for: int | None = None
        #: The values at the lower and the upper end of the plot.
        self.bottom, self.top = 0.0, 1.0
        self.idle_limit: int | None = None

    def set_run(self, run: Run) -> None:
        self._near_for = None
        super().set_run(run)

    def _begin(self) -> None:
        super()._begin()
        self._changes = -1
        self._highest = self._lowest = 0.0
        # Previous runs are drawn as faint curves, if they counted the same value: another one has another scale.
        same = [past for past in self._run.before if past.watch == self._name]
        self.item.canvas.faint = [Faint(past.title, past.curves) for past in same[-_COMPARED:]]

    @property
    def limit(self) -> int | None:
        """The limit of the run; before the first launch, the one in the controls."""
        return self._run.limit if self._run.program is not None else self.idle_limit

    @property
    def limit_is_shown(self) -> bool:
        """Whether the line of the limit is drawn."""
        return self.shown_limit is not None

    def shows_points(self) -> bool:
        """Whether a value of a process is drawn in the next frame."""
        return any(curve.seen for curve in self.item.canvas.curves)

    @property
    def shown_limit(self) -> int | None:
        """The limit if its line is drawn, else None."""
        limit = self.limit
        if limit is None:
            return None
        return limit if self._near or (self._near is None and limit <= _NEAR_AT_FIRST) else None

    def refresh(self) -> None:
        """Decide whether the limit is near, and which names are shown."""
        self._judge_limit()
        self.item.choose_names()

    def _take_new(self) -> None:
        if self._run.watch != self._name:
            self._begin()
        if self._run.changes == self._changes:
            return
        self._changes = self._run.changes
        self._drop_ended()
        for process in self._run.processes.values():
            if process.id not in self._drawn and is_drawn(process, self._name):
                series = process.values[self._name].series
                first = float(series.v.max()), float(series.v.min())
                self._highest, self._lowest = (
                    first if not self._drawn else (max(self._highest, first[0]), min(self._lowest, first[1]))
                )
                self._add(process, series)

    def _judge_limit(self) -> None:
        limit = self.limit
        if limit is None:
            return
        if limit != self._near_for:
            self._near_for = limit
            self._near = None
        known = self._run.rates()
        # Once near, it stays near: the plot must not jump when a rate falls.
        if known and not self._near:
            self._near = limit_is_near(self._highest, max(known), limit)

    def draw(self) -> None:
        """Draw what is new."""
        self._take_new()
        for curve in self.item.canvas.curves:
            head = curve.series.head
            if head > self._highest:
                self._highest = head
            elif head < self._lowest:
                self._lowest = head
        self.bottom, self.top = self._range()
        self.set_values(self.bottom, self.top)
        limit = self.shown_limit
        text = f"limit {format_limit(limit)}" if limit is not None else ""
        self._show(limit, text)

    def _range(self) -> tuple[float, float]:
        if self.limit is None:
            return value_range(self._lowest, self._highest)
        limit = self.shown_limit
        # What counts up to a limit begins at 0.
        lowest, highest = min(self._lowest, 0.0), max(self._highest, 0.0)
        bottom = -nice_above(-lowest) if lowest < 0 else 0.0
        return bottom, value_top(highest, float(limit) if limit is not None else None)

    def rows_at(self, t_s: float) -> Rows:
        return self.item.rows_at(t_s, format_count)
