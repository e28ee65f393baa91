"""The two plots in their frames, over one time axis, with one pointer."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from rocketgui.gui.card import Card
from rocketgui.gui.plots.cores import LINES_AT_MOST, CoresPlot
from rocketgui.gui.plots.counters import CountersPlot
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.theme import Theme
from rocketgui.model.session import Session
from rocketgui.model.text import format_duration, format_rate

#: Up to this many cores are named one by one in the heading.
_NAMED_CORES = 4


class PlotsPanel(QSplitter):
    """Counters above cores; the line between them can be dragged."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.axis = TimeAxis(self)
        self.axis.changed.connect(self.draw)
        self._session = Session()
        self._theme = theme
        self._pointed: float | None = None
        self.counters = CountersPlot(self.axis, theme)
        self.counters.setAccessibleName("Counters over time")
        self.cores = CoresPlot(self.axis, theme)
        self.cores.setAccessibleName("Load of each core over time")
        self.counters_card = Card("Counters", "rocket in each process")
        self.counters_card.body.addWidget(self.counters.wrapped(), 1)
        self.cores_card = Card("Cores", "load in percent")
        self.cores_card.body.addWidget(self.cores.wrapped(), 1)
        for card in (self.counters_card, self.cores_card):
            card.body.setContentsMargins(10, 8, 10, 4)
            self.addWidget(card)
        for plot in (self.counters, self.cores):
            plot.pointed.connect(self._point)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(10)
        self.setStretchFactor(0, 64)
        self.setStretchFactor(1, 36)

    def set_session(self, session: Session) -> None:
        """Show another run, from its beginning on."""
        self._session = session
        self._pointed = None
        self.axis.follow()
        self.counters_card.set_subtitle(f"{session.watch} in each process")
        self.counters.set_session(session)
        self.cores.set_session(session)

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self._theme = theme
        self.counters.set_theme(theme)
        self.cores.set_theme(theme)
        self.draw()

    def set_hint(self, hint: str, limit: int) -> None:
        """What stands in the counters' plot, and its limit, as long as nothing was launched."""
        self.counters.hint = hint
        self.counters.idle_limit = limit
        self.draw()

    def draw(self) -> None:
        """Draw what is new in both plots; for every frame."""
        session = self._session
        self.axis.extend(session.end_ns / 1e9, idle=session.program is None)
        self.counters.draw()
        self.cores.draw()

    def refresh(self) -> None:
        """Renew what is written; some times a second."""
        self.counters.refresh()
        self._remark_counters()
        self._remark_cores()
        if self._pointed is not None:
            self._point(self._pointed)

    def _point(self, t_s: float | None) -> None:
        self._pointed = t_s
        self.counters.point_at(t_s)
        self.cores.point_at(t_s)

    def _remark_counters(self) -> None:
        session = self._session
        rates, arrival_s = session.rates(), session.first_arrival_s()
        parts = [f"{format_rate(sum(rates))} in all"] if rates else []
        if arrival_s is not None and not self.counters.limit_is_shown:
            parts.append(f"limit in {format_duration(arrival_s)}")
        if not self.axis.is_following:
            parts.append("double-click to follow")
        self.counters_card.remark.setText("  ·  ".join(parts))

    def _remark_cores(self) -> None:
        loads = [series.head for series in self._session.cores if series.total]
        if not loads:
            text = ""
        elif len(loads) <= _NAMED_CORES:
            text = "   ".join(
                f'<span style="color:{self._theme.core(core).name()}">●</span> core {core} {_even(load)} %'
                for core, load in enumerate(loads)
            )
        else:
            text = f"mean of {len(loads)} cores {sum(loads) / len(loads):.0f} %"
        self.cores_card.set_subtitle(
            "load in percent" if len(loads) <= LINES_AT_MOST else "one row per core, warmer is busier"
        )
        self.cores_card.remark.setText(text)


def _even(load: float) -> str:
    """A load in percent, always as wide as 100."""
    return f"{load:3.0f}".replace(" ", "\N{FIGURE SPACE}")
