"""The timeline: a row for each process or thread, from the call of start() to the end of join().

start()        first line                       end      joined
  |░░░░░░░░░░░░░░|████████━━━━━━━━━━████████████|▒▒▒|       ◆
   cost of starting, grey    it waits: thin      leaving
"""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QScrollBar

from rocketgui.gui.plots.bars import ROW_PX, Bar, BarsItem, NamesItem, bar, is_known
from rocketgui.gui.plots.cursor_item import Rows
from rocketgui.gui.plots.time_axis import TimeAxis
from rocketgui.gui.plots.time_plot import TimePlot
from rocketgui.gui.plots.waits import Waits
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import text_scale
from rocketgui.gui.view_models.process_rows import rows
from rocketgui.model.formatting import ACTIVITY_NAMES
from rocketgui.model.process import Process
from rocketgui.model.run import Run

#: The text beside the pointer: the height of a line in logical pixels, and how many lines are not about waits.
_LINE_PX, _COUNTS = 14.0, 3
#: How many rows are shown at most, however thin.
_IN_SIGHT = 512
#: How often the list of rows is renewed while there are more, in ns.
_ORDERED_EVERY_NS = 250_000_000


class TimelinePlot(TimePlot):
    """All rows over the shared time axis. More than some hundreds can be scrolled."""

    def __init__(self, axis: TimeAxis) -> None:
        super().__init__(axis, None, rockets=False)
        self._run = Run()
        self._bars_item = BarsItem(self._box)
        self._names = NamesItem(self.getPlotItem())
        self._processes: list[Process] = []
        #: `Run.changes` when the list of processes was made, and the time (ns).
        self._changes = -1
        self._ordered_ns = 0
        self._waits: dict[int, Waits] = {}
        self.hint = ""
        self._row = ROW_PX
        self._pointed_y: float | None = None
        # Placed over the margin: a layout would make the axis shorter than those of the other plots.
        self.scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self.scroll.setAccessibleName("Rows of the timeline")
        self.scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.scroll.hide()

    def set_run(self, run: Run) -> None:
        """Show another run."""
        self._run = run
        self._waits = {}
        self._changes = -1
        self.scroll.setValue(0)

    def draw(self) -> None:
        """Draw what is new."""
        if self._is_out_of_date():
            self._changes, self._ordered_ns = self._run.changes, self._run.t_ns
            self._processes = [process for process in _in_order(self._run) if is_known(process)]
            known = self._run.processes
            self._waits = {number: waits for number, waits in self._waits.items() if number in known}
        count = len(self._processes)
        self.set_values(0.0, 1.0)
        empty = "" if count else "A row for each process: start(), first line, end, join()"
        self.show_frame(hint=self.hint if not count and self.hint else empty)
        view = self._view()
        fit = min(max(count, 1), _IN_SIGHT)
        row = min(view.height / fit, ROW_PX * text_scale())
        self._row = max(row, 0.01)
        self._scroll_for(count - fit, fit, view.height)
        first = self.scroll.value()
        # Only of the visible rows: there may be thousands of others.
        seen = [
            self._bar(process)._replace(waits=self._waits_of(process).stretches(view) if process.activities else ())
            for process in self._processes[first : first + fit]
        ]
        self._bars_item.show_bars(view, seen, self._row)
        self._names.setPos(self._box.pos())
        self._names.show_names(seen, self._row, view.height)

    def _is_out_of_date(self) -> bool:
        """Whether the list of rows has to be made again; of many rows, not more often than some times a second."""
        run = self._run
        waits = len(self._processes) > _IN_SIGHT and run.is_live
        return run.changes != self._changes and not (waits and 0 <= run.t_ns - self._ordered_ns < _ORDERED_EVERY_NS)

    def _bar(self, process: Process) -> Bar:
        # Grey for the program itself, which waits most of the time.
        colour = theme.colour("muted") if process.worker_index is None else theme.worker(process.worker_index)
        return bar(process, colour, self._run.end_ns / 1e9)

    @property
    def bars(self) -> list[Bar]:
        """All rows, also those scrolled away, without their waits."""
        return [self._bar(process) for process in self._processes]

    def _waits_of(self, process: Process) -> Waits:
        waits = self._waits.get(process.id)
        if waits is None:
            waits = self._waits[process.id] = Waits()
        waits.update(process, self._run.end_ns)
        return waits

    def _scroll_for(self, hidden: int, fit: int, height: float) -> None:
        wide = self.scroll.sizeHint().width()
        self.scroll.setGeometry(self.width() - wide - 1, round(self._box.pos().y()), wide, round(height))
        if self.scroll.maximum() != max(hidden, 0) or self.scroll.pageStep() != fit:
            self.scroll.setRange(0, max(hidden, 0))
            self.scroll.setPageStep(fit)
        if self.scroll.isVisibleTo(self) is not (hidden > 0):
            self.scroll.setVisible(hidden > 0)

    def rows_at(self, t_s: float) -> Rows:
        """How many processes are at work and starting at a time, and what they wait for: of few, each by its name."""
        bars = self.bars
        at_work = [_holds(one.entered, t_s, one.left) for one in bars]
        starting = sum(
            _holds(one.called, t_s, one.entered) and not works for one, works in zip(bars, at_work, strict=True)
        )
        muted, text = theme.colour("muted"), theme.colour("text")
        one = self._pointed_bar(bars)
        named = [(f"{one.name}  {_at(one, t_s)}", one.colour)] if one is not None else []
        counts = [(f"{t_s:.3f} s", muted), *named, (f"{sum(at_work)} at work", text)]
        if starting:
            counts.append((f"{starting} starting", muted))
        waiting = [
            (one, ACTIVITY_NAMES[what])
            for process, one, works in zip(self._processes, bars, at_work, strict=True)
            if process.activities and works and (what := self._waits_of(process).at(t_s))
        ]
        return (*counts, *self._waiting(waiting))

    def _pointed_bar(self, bars: list[Bar]) -> Bar | None:
        """The row under the pointer."""
        if self._pointed_y is None:
            return None
        index = self.scroll.value() + int(self._pointed_y / self._row)
        return bars[index] if 0 <= index < len(bars) else None

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        self._pointed_y = self._box.mapFromScene(QPointF(self.mapToScene(ev.position().toPoint()))).y()
        super().mouseMoveEvent(ev)

    def leaveEvent(self, ev: QEvent) -> None:
        self._pointed_y = None
        super().leaveEvent(ev)

    def _waiting(self, waiting: list[tuple[Bar, str]]) -> list[tuple[str, QColor]]:
        """Who waits for what; where there is no room for all, how many do."""
        muted = theme.colour("muted")
        room = max(int(self._view().height / (_LINE_PX * text_scale())) - _COUNTS, 2)
        if len(waiting) <= room:
            return [(f"{one.name}  {words}", one.colour) for one, words in waiting]
        counted = Counter(words for _, words in waiting).most_common()
        told = [(f"{count} × {words}", muted) for words, count in counted[:room]]
        more = sum(count for _, count in counted[room - 1 :])
        return told if len(counted) <= room else [*told[: room - 1], (f"and {more} more", muted)]


def _in_order(run: Run) -> list[Process]:
    """All processes but helpers, and the groups of folded ones: those of a user's program in the order of the
    table, else in that of their starts."""
    if run.is_script:
        return [row.process for row in rows(run) if row.process.kind != "helper"]
    # Threads of the built-in program that are no workers are Python's own, such as those that feed a queue.
    shown = [one for one in run.processes.values() if one.kind == "process" or one.worker_index is not None]
    return shown + run.folded.rows


def _at(one: Bar, t_s: float) -> str:
    """What a process is doing at a time, by its row."""
    if one.called is None or t_s < one.called:
        return "not started"
    if one.ended is not None and t_s > one.ended:
        return one.bad or "ended"
    return "starting" if one.entered is None or t_s < one.entered else "at work"


def _holds(start: float | None, t_s: float, end: float | None) -> bool:
    return start is not None and start <= t_s and (end is None or t_s < end)
