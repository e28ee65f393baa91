"""The process table: the parent first, then the workers; rows are updated in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QFont, QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableView

from rocketgui.gui.card import Card
from rocketgui.gui.theme import Theme, set_text, text_font
from rocketgui.model.process import Process, ProcessState
from rocketgui.model.session import Session
from rocketgui.model.text import format_bytes, format_count, format_rate, format_short

Index = QModelIndex | QPersistentModelIndex
_NOT_KNOWN = "–"
_NO_INDEX = QModelIndex()
#: Beside the application's text.
_TEXT = 0.92

#: What style and stylesheet keep free in a cell, left and right together.
_CELL_MARGIN = 14

#: The first columns, up to the state, are always in the picture.
_ALWAYS_SHOWN = 6
_FRAME_WIDTH = 38


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what it reads of a process (None: not known; rows are sorted by it), how that is written,
    the widest text that it must hold, and an explanation."""

    heading: str
    read: Callable[[Process, Session], Any]
    form: Callable[[Any], str]
    widest: str
    tip: str
    right: bool = True

    def show(self, process: Process, session: Session) -> str:
        """What the cell says."""
        value = self.read(process, session)
        return _NOT_KNOWN if value is None else self.form(value)


def _value(process: Process, session: Session) -> Any:
    watched = process.values.get(session.watch)
    return None if watched is None else watched.last


def _form_value(value: Any) -> str:
    text = format_count(value)
    return text if len(text) <= 13 else format_short(value)


def _state(process: Process, session: Session) -> str:
    state = process.state
    return "paused" if session.is_paused and state is ProcessState.RUNNING else str(state)


def _count(value: int) -> str:
    return f"{value:,}"


COLUMNS: tuple[Column, ...] = (
    Column(
        "process", lambda p, _: p.name or f"process {p.id}", str, "MainProcess", "Its name in the program", right=False
    ),
    Column("value", _value, _form_value, "99,999,999", "Its own value of the watched name"),
    Column("rate", lambda p, s: s.rate(p), format_rate, "99.9 M/s", "Counts per second over the last half second"),
    Column("CPU", lambda p, _: p.cpu, "{:.0f} %".format, "100 %", "Share of one core; 100 % is a whole core"),
    Column("core", lambda p, _: p.core, str, "core", "The core that it ran on last"),
    Column("state", _state, str, "starting", "What it is doing", right=False),
    Column(
        "start", lambda p, _: p.start_delay_s(), lambda s: f"{1000 * s:,.0f} ms", "9,999 ms",
        "From start() to the first line of its function",
    ),
    Column("memory", lambda p, _: p.rss, format_bytes, "999.9 MB", "Memory that it holds"),
    Column(
        "invol.", lambda p, _: p.switches_involuntary, _count, "999,999",
        "Involuntary context switches: the system took the core away",
    ),
    Column(
        "vol.", lambda p, _: p.switches_voluntary, _count, "999,999",
        "Voluntary context switches: it waited for something",
    ),
    Column("moves", lambda p, _: p.moves, _count, "99,999", "How often the system moved it to another core"),
    Column("ended", lambda p, _: p.outcome() or None, str, "killed by SIGKILL", "How it ended", right=False),
    Column("pid", lambda p, _: p.pid, str, "9999999", "The system's number of the process"),
)  # fmt: skip

_BAD = (ProcessState.FAILED, ProcessState.KILLED)


class ProcessModel(QAbstractTableModel):
    """The rows of a session; `refresh` takes in what changed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self._session = Session()
        self._rows: list[Process] = []
        #: What the cells say, and what their colours hang on, as far as the view knows.
        self._cells: list[list[tuple[str, ProcessState]]] = []
        self._sorted_by: Column | None = None
        self._descending = False
        self.name_font, self.head_font = text_font(_TEXT, bold=True), text_font(_TEXT)

    def set_session(self, session: Session) -> None:
        """Show another run."""
        self.beginResetModel()
        self._session = session
        self._rows, self._cells = [], []
        self.endResetModel()

    def refresh(self) -> None:
        """Take in new processes and new figures."""
        root = self._session.root
        wanted = ([root] if root is not None else []) + self._in_order(self._session.workers)
        cells = [[(column.show(p, self._session), p.state) for column in COLUMNS] for p in wanted]
        if len(wanted) == len(self._rows) and {p.id for p in wanted} == {p.id for p in self._rows}:
            self._rearrange(wanted)
        elif wanted[: len(self._rows)] != self._rows:
            self.beginResetModel()
            self._rows, self._cells = wanted, cells
            self.endResetModel()
            return
        before, self._cells = self._cells, cells
        if len(wanted) > len(self._rows):
            self.beginInsertRows(_NO_INDEX, len(self._rows), len(wanted) - 1)
            self._rows = wanted
            self.endInsertRows()
        # Only what changed is painted again: the table is the most costly thing in the window to draw.
        for row, (old, new) in enumerate(zip(before, cells, strict=False)):
            for column, (was, now) in enumerate(zip(old, new, strict=True)):
                if was != now:
                    self.dataChanged.emit(self.index(row, column), self.index(row, column))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Put the workers in the order of a column, the parent before them all; -1: in that of their starts."""
        self._sorted_by = COLUMNS[column] if 0 <= column < len(COLUMNS) else None
        self._descending = order is Qt.SortOrder.DescendingOrder
        self.refresh()

    def _in_order(self, workers: list[Process]) -> list[Process]:
        """What is not known comes last, in either direction; of equals, the older one is first."""
        by = self._sorted_by
        if by is None:
            return workers
        known = [(value, worker) for worker in workers if (value := by.read(worker, self._session)) is not None]
        known.sort(key=lambda pair: pair[0], reverse=self._descending)
        unknown = [worker for worker in workers if by.read(worker, self._session) is None]
        return [worker for _, worker in known] + unknown

    def _rearrange(self, wanted: list[Process]) -> None:
        """The same rows in another order; what is selected stays so."""
        if wanted == self._rows:
            return
        self.layoutAboutToBeChanged.emit()
        old = {process.id: row for row, process in enumerate(self._rows)}
        row_of = {process.id: row for row, process in enumerate(wanted)}
        before = self.persistentIndexList()
        after = [self.index(row_of[self._rows[index.row()].id], index.column()) for index in before]
        self._cells = [self._cells[old[process.id]] for process in wanted]
        self._rows = wanted
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        process, column = self._rows[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cells[index.row()][index.column()][0]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(process, index.column())
        if role == Qt.ItemDataRole.FontRole and index.column() == 0:
            return self.name_font
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{column.heading}: {self._said(process, column)}"
        return None

    def _said(self, process: Process, column: Column) -> str:
        """What a cell says, in words where it shows a dash."""
        text = column.show(process, self._session)
        if text != _NOT_KNOWN:
            return text
        if process.is_over:
            return "nothing, it has ended"
        # Once its CPU seconds are known, the system was asked for all the others too.
        return "not known yet" if process.cpu_s is None else "not available on this system, or not yet"

    def _colour(self, process: Process, column: int) -> Any:
        if column == 0:
            return self.theme.worker(process.place)
        if process.state in _BAD:
            return self.theme.colour("error")
        return self.theme.colour("muted") if process.is_over else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._session.watch if column.heading == "value" else column.heading
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.heading}: {column.tip}"
        if role == Qt.ItemDataRole.FontRole:
            return self.head_font
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class ProcessPanel(Card):
    """The table in its frame."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Processes")
        self.model = ProcessModel(theme)
        self._sorted: tuple[int, Qt.SortOrder] | None = None
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Processes")
        self.table.setToolTip("")
        set_text(self.table, _TEXT)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.table.horizontalHeader()
        set_text(header, _TEXT)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self.sort_by)
        self.empty = QLabel("Each process gets a row here, the parent first.", self.table.viewport())
        self.empty.setProperty("role", "muted")
        set_text(self.empty, _TEXT)
        self.empty.move(4, 6)
        self.body.addWidget(self.table, 1)
        self.text_resized()

        sort = QAction("Sort by this column", self.table)
        sort.setShortcut("S")
        sort.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        sort.triggered.connect(lambda: self.sort_by(max(0, self.table.currentIndex().column())))
        self.table.addAction(sort)

    def text_resized(self) -> None:
        """Give each column the width of the widest text that it must hold."""
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 9)
        self.model.head_font = QFont(self.table.font())
        self.model.name_font = QFont(self.table.font())
        self.model.name_font.setBold(True)
        for number, column in enumerate(COLUMNS):
            metrics = QFontMetrics(self.table.font() if number else self.model.name_font)
            width = max(metrics.horizontalAdvance(column.widest), metrics.horizontalAdvance(column.heading))
            self.table.setColumnWidth(number, width + _CELL_MARGIN)
        # Never narrower than the columns that matter, with a scroll bar and the frame.
        shown = sum(self.table.columnWidth(number) for number in range(_ALWAYS_SHOWN))
        self.setMinimumWidth(shown + _FRAME_WIDTH)
        self.empty.adjustSize()

    def sort_by(self, column: int) -> None:
        """Sort by a column: figures from the largest down, words from A on; then the other way round; then not."""
        header = self.table.horizontalHeader()
        first, second = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        if COLUMNS[column].right:
            first, second = second, first
        if self._sorted == (column, second):
            self._sorted = None
            self.model.sort(-1)
        else:
            order = second if self._sorted == (column, first) else first
            self._sorted = column, order
            self.model.sort(column, order)
            header.setSortIndicator(column, order)
        header.setSortIndicatorShown(self._sorted is not None)

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.model.theme = theme
        self.table.viewport().update()

    def set_session(self, session: Session) -> None:
        """Show another run."""
        self.model.set_session(session)

    def refresh(self, session: Session) -> None:
        """Show the figures of now; some times a second."""
        self.model.refresh()
        self.empty.setVisible(not self.model.rowCount())
        alive = sum(1 for worker in session.workers if not worker.is_over)
        count = len(session.workers)
        self.remark.setText("" if not count else f"{alive} of {count} workers alive")
