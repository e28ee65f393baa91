"""The two plots, one above the other, over one time axis and with one pointer."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from rocketgui.gui.panels.value_combo_box import ValueComboBox
from rocketgui.gui.plots.core_strip import CoreStrip
from rocketgui.gui.plots.cores import LINES_AT_MOST, CoresPlot
from rocketgui.gui.plots.counters import CountersPlot
from rocketgui.gui.plots.lanes import Lanes
from rocketgui.gui.plots.rates import RatesPlot
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.timeline import TimelinePlot
from rocketgui.gui.style import theme
from rocketgui.gui.view_models.watched_values import name_of, shortened
from rocketgui.gui.widgets.card import Card
from rocketgui.gui.widgets.view_switcher import ViewSwitcher
from rocketgui.model.formatting import format_duration, format_rate
from rocketgui.model.run import Run

#: Indices of the views.
CURVES, LANES, RATE = range(3)
LOAD, TIMELINE = range(2)
#: Up to this many cores are named one by one in the heading.
_NAMED_CORES = 4
#: The opacity of curves of a previous run, while a lesson speaks of the next one.
_PAST = 0.4


class PlotsPanel(QSplitter):
    """Counters above cores; the border between them can be dragged."""

    #: A plot has another size, and has to be drawn again.
    resized = Signal()

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.axis = TimeAxis(self)
        self.axis.changed.connect(self.draw)
        self._run = Run()
        self._pointed: float | None = None
        self._shows_previous = False
        self._expected: tuple[str, ...] | None = None
        self.counters = CountersPlot(self.axis)
        self.counters.setAccessibleName("Counters over time")
        self.cores = CoresPlot(self.axis)
        self.cores.setAccessibleName("Load of each core over time")
        self.lanes = Lanes()
        self.rates = RatesPlot(self.axis)
        self.rates.setAccessibleName("Counts per second over time")
        self.timeline = TimelinePlot(self.axis)
        self.timeline.setAccessibleName("Timeline of all processes")
        self.counters_card = Card("Counters", "rocket")
        self.counter_views = ViewSwitcher(
            self.counters_card,
            (
                ("Curves", "Each worker's value over time", "1", self.counters.wrapped()),
                ("Lanes", "Each worker's rocket on its way to the limit", "2", self.lanes),
                ("Rate", "Each worker's counts per second", "3", self.rates.wrapped()),
            ),
        )
        self.values = ValueComboBox()
        self.values.chosen.connect(self._other_view)
        self.counters_card.top.insertWidget(2, self.values)
        self.core_strip = CoreStrip()
        loads = QWidget()
        column = QVBoxLayout(loads)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.cores.wrapped(), 1)
        column.addWidget(self.core_strip)
        self.cores_card = Card("Cores", "load in percent")
        self.core_views = ViewSwitcher(
            self.cores_card,
            (
                ("Load", "Load of each core, and which worker is on which", "4", loads),
                (
                    "Timeline",
                    "When each process was started, began, ended and was joined",
                    "5",
                    self.timeline.wrapped(),
                ),
            ),
        )
        for views in (self.counter_views, self.core_views):
            views.chosen.connect(self._other_view)
        for card in (self.counters_card, self.cores_card):
            card.body.setContentsMargins(10, 8, 10, 4)
            self.addWidget(card)
        for plot in self._plots():
            plot.pointed.connect(self._point)
            plot.resized.connect(self.resized)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(10)
        self.setStretchFactor(0, 64)
        self.setStretchFactor(1, 36)

    def _plots(self) -> tuple[CountersPlot, RatesPlot, CoresPlot, TimelinePlot]:
        return self.counters, self.rates, self.cores, self.timeline

    def _other_view(self) -> None:
        self._point(None)
        self.draw()
        self.refresh()

    def set_run(self, run: Run) -> None:
        """Show another run, from its beginning."""
        self._run = run
        self._pointed = None
        self.axis.follow()
        self.values.set_run(run)
        self._name_counters()
        for shown in (*self._plots(), self.lanes, self.core_strip):
            shown.set_run(run)

    def theme_changed(self) -> None:
        """Take the colours of the current theme."""
        for plot in self._plots():
            plot.theme_changed()
        self.core_strip.refresh()
        self.draw()

    def _name_counters(self) -> None:
        """Name the value in the heading, unless the list beside it does."""
        name = name_of(self._run, self._expected)
        said = "" if self.values.isVisibleTo(self.counters_card) else shortened(name)
        if self.counter_views.current == RATE:
            self.counters_card.retitle("Rate", f"{said} per second".lstrip())
        else:
            self.counters_card.retitle("Counters", said)
        self.counters_card.heading.setToolTip(name)

    def expect(self, watch: tuple[str, ...] | None) -> None:
        """Take in that a user's program is launched next, watched for these values; None: the built-in one is."""
        self._expected = watch
        self._name_counters()

    def set_previous(self, is_previous: bool) -> None:
        """Draw faint curves, if they are those of a run before the step of a lesson that is shown."""
        self._shows_previous = is_previous
        for plot in (self.counters, self.rates):
            plot.item.setOpacity(_PAST if is_previous else 1.0)

    def set_hint(self, hint: str, limit: int | None) -> None:
        """Set the text and the limit that are shown before the first launch."""
        self.counters.hint = self.lanes.hint = self.rates.hint = hint
        self.counters.idle_limit = limit
        self.draw()

    def draw(self) -> None:
        """Draw what is new in both plots; called for every frame."""
        run = self._run
        self.axis.extend(run.end_ns / 1e9, idle=run.program is None)
        # The counters even if they are hidden: the lanes have their range.
        self.counters.draw()
        if self.counter_views.current == LANES:
            self.lanes.show_now(self.counters.bottom, self.counters.top, self.counters.shown_limit)
        elif self.counter_views.current == RATE:
            self.rates.draw()
        if self.core_views.current == TIMELINE:
            self.timeline.draw()
        else:
            self.cores.draw()

    def refresh(self) -> None:
        """Show the texts and figures of now; called some times a second."""
        self.values.refresh()
        self._name_counters()
        self.counters.refresh()
        self._remark_counters()
        self._remark_cores()
        self.core_strip.refresh()
        if self._pointed is not None:
            self._point(self._pointed)

    # ------------------------------------------------------------ by keys

    def zoom(self, factor: float) -> None:
        """Change the range of time by a factor, around its middle."""
        middle, half = (self.axis.t0 + self.axis.t1) / 2, (self.axis.t1 - self.axis.t0) / 2 * factor
        self.axis.show_stretch(middle - half, middle + half)

    def pan(self, share: float) -> None:
        """Move the range of time by a share of it."""
        by = (self.axis.t1 - self.axis.t0) * share
        self.axis.show_stretch(self.axis.t0 + by, self.axis.t1 + by)

    def follow(self) -> None:
        """Follow the run."""
        self.axis.follow()
        self.draw()

    def move_pointer(self, share: float) -> None:
        """Move the pointer's line by a share of the range of time, from the middle if there is no line."""
        t0, t1 = self.axis.t0, self.axis.t1
        at = (t0 + t1) / 2 if self._pointed is None else self._pointed + share * (t1 - t0)
        self._point(min(max(at, t0), t1))

    def _point(self, t_s: float | None) -> None:
        self._pointed = t_s
        for plot in self._plots():
            if plot.isVisible() or t_s is None:
                plot.point_at(t_s)

    def _remark_counters(self) -> None:
        run = self._run
        rates, arrival_s = run.rates(), run.first_arrival_s()
        parts = [f"{format_rate(sum(rates))} in all"] if rates else ["the run before"] if self._shows_previous else []
        if not self.axis.is_following:
            parts.append("double-click to follow")
        if arrival_s is not None and not self.counters.limit_is_shown:
            parts.append(f"limit in {format_duration(arrival_s)}")
        self.counters_card.remark_one_of(*("  ·  ".join(parts[:count]) for count in range(len(parts), -1, -1)))

    def _remark_cores(self) -> None:
        if self.core_views.current == TIMELINE:
            self._remark_timeline()
            return
        loads = [series.head for series in self._run.cores if series.total]
        self.cores_card.retitle(
            "Cores", "load in percent" if len(loads) <= LINES_AT_MOST else "one row per core, warmer is busier"
        )
        if not loads:
            self.cores_card.remark_one_of("")
            return
        mean = f"mean {_even(sum(loads) / len(loads))} %"
        named = [f"core {core} {_even(load)} %" for core, load in enumerate(loads[:_NAMED_CORES])]
        if len(loads) > _NAMED_CORES:
            self.cores_card.remark_one_of(f"mean of {len(loads)} cores {_even(sum(loads) / len(loads))} %", mean)
            return
        dots = (f'<span style="color:{theme.core(core).name()}">●</span> ' for core in range(len(named)))
        html = "   ".join(dot + text for dot, text in zip(dots, named, strict=True))
        self.cores_card.remark_one_of("   ".join(f"● {text}" for text in named), mean, html=html)

    def _remark_timeline(self) -> None:
        delay = self._run.start_delay_s()
        self.cores_card.retitle("Timeline", "start() to join()")
        cost = [] if delay is None else [f"{1000 * delay:.3g} ms to start"]
        waits = any(process.activities for process in self._run.processes.values())
        thin = ["thin: it waits"] if waits else []
        whole = [*thin, *(f"grey: {ms} (median)" for ms in cost)]
        self.cores_card.remark_one_of("  ·  ".join(whole), "  ·  ".join([*thin, *cost]), *thin, *cost, "")


def _even(load: float) -> str:
    """A load in percent, always with the width of three digits."""
    return f"{load:3.0f}".replace(" ", "\N{FIGURE SPACE}")
