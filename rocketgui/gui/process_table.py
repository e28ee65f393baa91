"""The process table: the parent first, then the workers; rows are updated in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QLabel, QTableView

from rocketgui.gui.card import Card
from rocketgui.gui.theme import Theme, scaled_font
from rocketgui.model.process import Process, ProcessState
from rocketgui.model.session import Session
from rocketgui.model.text import format_bytes, format_count, format_rate, format_short

Index = QModelIndex | QPersistentModelIndex
_NOT_KNOWN = "–"
_NO_INDEX = QModelIndex()

#: What style and stylesheet keep free in a cell, left and right together.
_CELL_MARGIN = 14

#: The first columns, up to the state, are always in the picture.
_ALWAYS_SHOWN = 6
_FRAME_WIDTH = 38


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what it says of a process, the widest text that it must hold, and an explanation."""

    heading: str
    show: Callable[[Process, Session], str]
    widest: str
    tip: str
    right: bool = True


def _optional(value: Any, form: str) -> str:
    return _NOT_KNOWN if value is None else form.format(value)


def _value(process: Process, session: Session) -> str:
    watched = process.values.get(session.watch)
    if watched is None:
        return _NOT_KNOWN
    text = format_count(watched.last)
    return text if len(text) <= 13 else format_short(watched.last)


def _rate(process: Process, session: Session) -> str:
    rate = session.rate(process)
    return _NOT_KNOWN if rate is None else format_rate(rate)


def _delay(process: Process, _: Session) -> str:
    delay = process.start_delay_s()
    return _NOT_KNOWN if delay is None else f"{1000 * delay:,.0f} ms"


def _memory(process: Process, _: Session) -> str:
    return _NOT_KNOWN if process.rss is None else format_bytes(process.rss)


def _state(process: Process, session: Session) -> str:
    state = process.state
    return "paused" if session.is_paused and state is ProcessState.RUNNING else str(state)


COLUMNS: tuple[Column, ...] = (
    Column("process", lambda p, _: p.name or f"process {p.id}", "MainProcess", "Its name in the program", right=False),
    Column("value", _value, "99,999,999", "Its own value of the watched name"),
    Column("rate", _rate, "99.9 M/s", "Counts per second over the last half second"),
    Column("CPU", lambda p, _: _optional(p.cpu, "{:.0f} %"), "100 %", "Share of one core; 100 % is a whole core"),
    Column("core", lambda p, _: _optional(p.core, "{}"), "core", "The core that it ran on last"),
    Column("state", _state, "starting", "What it is doing", right=False),
    Column("pid", lambda p, _: str(p.pid), "9999999", "The system's number of the process"),
    Column("ended", lambda p, _: p.outcome() or _NOT_KNOWN, "killed by SIGKILL", "How it ended", right=False),
    Column("memory", _memory, "999.9 MB", "Memory that it holds"),
    Column("start", _delay, "9,999 ms", "From start() to the first line of its function"),
    Column(
        "invol.", lambda p, _: _optional(p.switches_involuntary, "{:,}"), "999,999",
        "Involuntary context switches: the system took the core away",
    ),
    Column(
        "vol.", lambda p, _: _optional(p.switches_voluntary, "{:,}"), "999,999",
        "Voluntary context switches: it waited for something",
    ),
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
        self.name_font = scaled_font(QApplication.font(), 0.92, bold=True)

    def set_session(self, session: Session) -> None:
        """Show another run."""
        self.beginResetModel()
        self._session = session
        self._rows, self._cells = [], []
        self.endResetModel()

    def refresh(self) -> None:
        """Take in new processes and new figures."""
        root = self._session.root
        wanted = ([root] if root is not None else []) + self._session.workers
        cells = [[(column.show(p, self._session), p.state) for column in COLUMNS] for p in wanted]
        if wanted[: len(self._rows)] != self._rows:
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
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Processes")
        self.table.setToolTip("")
        self.table.setFont(_table_font())
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 9)
        header = self.table.horizontalHeader()
        header.setFont(_table_font())
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        for number, column in enumerate(COLUMNS):
            metrics = QFontMetrics(self.model.name_font if number == 0 else _table_font())
            width = max(metrics.horizontalAdvance(column.widest), metrics.horizontalAdvance(column.heading))
            self.table.setColumnWidth(number, width + _CELL_MARGIN)
        # Never narrower than the columns that matter, with a scroll bar and the frame.
        shown = sum(self.table.columnWidth(number) for number in range(_ALWAYS_SHOWN))
        self.setMinimumWidth(shown + _FRAME_WIDTH)
        self.empty = QLabel("Each process gets a row here, the parent first.", self.table.viewport())
        self.empty.setProperty("role", "muted")
        self.empty.setFont(_table_font())
        self.empty.move(4, 6)
        self.body.addWidget(self.table, 1)

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


def _table_font() -> QFont:
    return scaled_font(QApplication.font(), 0.92)
