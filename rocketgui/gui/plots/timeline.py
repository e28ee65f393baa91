"""The timeline: a row for each process or thread, from the call of start() to the end of join().

start()        first line                       end      joined
  |░░░░░░░░░░░░░░|████████━━━━━━━━━━████████████|▒▒▒|       ◆
   cost of starting, grey    it waits: thin      leaving
"""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QScrollBar,
    QWidget,
)

from rocketgui.gui.plots.bars import ROW_PX, Bar, BarsItem, NamesItem, bar, is_known
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.time_plot import TimePlot
from rocketgui.gui.plots.waits import Waits
from rocketgui.gui.process_rows import rows
from rocketgui.gui.theme import Theme, text_scale
from rocketgui.model.process import Process
from rocketgui.model.session import Session
from rocketgui.model.text import DOING_WORDS

#: Lines beside the pointer: logical pixels of each, and how many there are beside those about what is waited for.
_LINE_PX, _COUNTS = 14.0, 3


class TimelinePlot(TimePlot):
    """All rows over the shared time axis; a scroll bar appears where they are more than fit."""

    def __init__(self, axis: TimeAxis, theme: Theme) -> None:
        super().__init__(axis, theme, None, rockets=False)
        self._session = Session()
        self._bars_item = BarsItem(self._box, theme)
        self._names = NamesItem(self.getPlotItem())
        self._processes: list[Process] = []
        self._waits: dict[int, Waits] = {}
        self.hint = ""
        self._whole = QWidget()
        self.scroll = QScrollBar(Qt.Orientation.Vertical)
        self.scroll.setAccessibleName("Rows of the timeline")
        self.scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.scroll.hide()
        row = QHBoxLayout(self._whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(super().wrapped(), 1)
        row.addWidget(self.scroll)

    def wrapped(self) -> QWidget:
        return self._whole

    def set_session(self, session: Session) -> None:
        """Show another run."""
        self._session = session
        self._waits = {}
        self.scroll.setValue(0)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._bars_item.theme = theme

    def draw(self) -> None:
        """Draw what is new."""
        self._processes = [process for process in _in_order(self._session) if is_known(process)]
        count = len(self._processes)
        self.set_values(0.0, 1.0)
        empty = "" if count else "A row for each process: start(), first line, end, join()"
        self.show_frame(hint=self.hint if not count and self.hint else empty)
        view = self._view()
        least, most = (pixels * text_scale() for pixels in ROW_PX)
        row = min(max(view.height / max(count, 1), least), most)
        fit = max(int(view.height / row), 1)
        self._scroll_for(count - fit, fit)
        first = self.scroll.value()
        # Those that are out of sight may be thousands.
        seen = [
            self._bar(process)._replace(waits=self._waits_of(process).stretches(view) if process.doings else ())
            for process in self._processes[first : first + fit]
        ]
        self._bars_item.show_bars(view, seen, row)
        self._names.setPos(self._box.pos())
        self._names.show_names(seen, row, view.height)

    def _bar(self, process: Process) -> Bar:
        # The program itself waits most of the time.
        colour = self.theme.colour("muted") if process.place is None else self.theme.worker(process.place)
        return bar(process, colour, self._session.end_ns / 1e9)

    @property
    def bars(self) -> list[Bar]:
        """All rows, also those out of sight, without what they wait for."""
        return [self._bar(process) for process in self._processes]

    def _waits_of(self, process: Process) -> Waits:
        waits = self._waits.get(process.id)
        if waits is None:
            waits = self._waits[process.id] = Waits()
        waits.update(process, self._session.end_ns)
        return waits

    def _scroll_for(self, hidden: int, fit: int) -> None:
        if self.scroll.maximum() != max(hidden, 0) or self.scroll.pageStep() != fit:
            self.scroll.setRange(0, max(hidden, 0))
            self.scroll.setPageStep(fit)
        if self.scroll.isVisibleTo(self._whole) is not (hidden > 0):
            self.scroll.setVisible(hidden > 0)

    def rows_at(self, t_s: float) -> tuple[tuple[str, QColor], ...]:
        """How many are where at that time, and what they wait for; of few, each by its name."""
        bars = self.bars
        at_work = [_holds(one.entered, t_s, one.left) for one in bars]
        starting = sum(
            _holds(one.called, t_s, one.entered) and not works for one, works in zip(bars, at_work, strict=True)
        )
        muted, text = self.theme.colour("muted"), self.theme.colour("text")
        counts = [(f"{t_s:.3f} s", muted), (f"{sum(at_work)} at work", text)]
        if starting:
            counts.append((f"{starting} starting", muted))
        waiting = [
            (one, DOING_WORDS[what])
            for process, one, works in zip(self._processes, bars, at_work, strict=True)
            if process.doings and works and (what := self._waits_of(process).at(t_s))
        ]
        return (*counts, *self._waiting(waiting))

    def _waiting(self, waiting: list[tuple[Bar, str]]) -> list[tuple[str, QColor]]:
        """Who waits for what; where there is no room for all, how many wait for what."""
        muted = self.theme.colour("muted")
        room = max(int(self._view().height / (_LINE_PX * text_scale())) - _COUNTS, 2)
        if len(waiting) <= room:
            return [(f"{one.name}  {words}", one.colour) for one, words in waiting]
        counted = Counter(words for _, words in waiting).most_common()
        told = [(f"{count} × {words}", muted) for words, count in counted[:room]]
        more = sum(count for _, count in counted[room - 1 :])
        return told if len(counted) <= room else [*told[: room - 1], (f"and {more} more", muted)]


def _in_order(session: Session) -> list[Process]:
    """All but helpers: of a program of the user's in the order of the table, else in that of their starts."""
    if session.is_script:
        return [row.process for row in rows(session) if row.process.kind != "helper"]
    return [process for process in session.processes.values() if process.kind != "helper"]


def _holds(start: float | None, t_s: float, end: float | None) -> bool:
    return start is not None and start <= t_s and (end is None or t_s < end)
