"""The table of processes: the parent first, then those that it started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QFont, QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTableView

from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import set_text, text_font
from rocketgui.gui.view_models.process_columns import COLUMNS, OUTCOME_OVER, SCRIPT_COLUMNS, Column, said
from rocketgui.gui.view_models.process_rows import Sorting, TableRow, rows
from rocketgui.gui.view_models.watched_values import name_of
from rocketgui.gui.widgets.card import Card
from rocketgui.gui.widgets.frozen_column import FrozenColumn
from rocketgui.gui.widgets.labels import Label, tip
from rocketgui.model.formatting import harmless, noun
from rocketgui.model.process import Process, ProcessState
from rocketgui.model.run import Run

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
#: The size of its text, relative to the application's.
_TEXT = 0.92

#: What style and style sheet keep free in a cell, left and right together, in pixels.
_CELL_MARGIN = 14

#: The columns up to this one are always visible without scrolling.
_LAST_SHOWN = "state"
_FRAME_WIDTH, _SPARE = 38, 14
_INDENT = "\N{EM SPACE}"

#: How many processes a search shows at most, the newest ones.
_FOUND = 100
#: How many letters the search field shows.
_FIND_LETTERS = 16

_BAD = (ProcessState.FAILED, ProcessState.KILLED)


class ProcessModel(QAbstractTableModel):
    """The rows of a run. `refresh` takes in what has changed."""

    def __init__(self) -> None:
        super().__init__()
        self.columns = COLUMNS
        self._outcome_at = self._index(OUTCOME_OVER[0])
        self._run = Run()
        self._rows: list[TableRow] = []
        #: By process: the text of each cell as the view has it, and the state, which gives its colour.
        self._cells: dict[int, list[tuple[str, ProcessState]]] = {}
        #: What of the run the list of rows was made for; None: it has to be made again.
        self._rows_of: object = None
        self._found: list[Process] = []
        #: Gives the visible rows: only those are kept up to date.
        self.in_sight: Callable[[], range] = lambda: range(len(self._rows))
        self._sorted_by: Column | None = None
        self._descending = False
        #: The watched values of the user's program that is launched next; None: the built-in program is.
        self._expected: tuple[str, ...] | None = None
        self._name = name_of(self._run)
        self.name_font, self.head_font = text_font(_TEXT, bold=True), text_font(_TEXT)

    @property
    def run(self) -> Run:
        """The run that is shown."""
        return self._run

    def set_run(self, run: Run) -> None:
        """Show another run."""
        self.beginResetModel()
        self._run = run
        self._rows, self._cells, self._found = [], {}, []
        self._rows_of = None
        of_script = run.is_script or (run.program is None and self._expected is not None)
        self.columns = SCRIPT_COLUMNS if of_script else COLUMNS
        self._outcome_at = self._index(OUTCOME_OVER[0])
        self._name = name_of(run, self._expected)
        self.endResetModel()

    def expect(self, watch: tuple[str, ...] | None) -> None:
        """Take in that a user's program is launched next, watched for these values; None: the built-in one is."""
        self._expected = watch
        if self._run.program is None:
            self.set_run(self._run)

    def refresh(self) -> None:
        """Show the processes and figures of now."""
        of = None if self._sorted_by is not None else (self._run.changes, len(self._found))
        if of is None or of != self._rows_of:
            self._rows_of = of
            self._take_in(self._wanted())
        self._renew()
        if (name := name_of(self._run, self._expected)) != self._name:
            self._name = name
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def _take_in(self, wanted: list[TableRow]) -> None:
        """Show these rows. Rows go and come at the end, in one step each, and are moved there and from there."""
        before = {row.process.id for row in self._rows}
        after = {row.process.id for row in wanted}
        kept = [row for row in self._rows if row.process.id in after]
        if len(kept) < len(self._rows):
            self._rearrange([*kept, *(row for row in self._rows if row.process.id not in after)])
            self.beginRemoveRows(_NO_INDEX, len(kept), len(self._rows) - 1)
            self._rows = kept
            self.endRemoveRows()
        new = [row for row in wanted if row.process.id not in before]
        if new:
            self.beginInsertRows(_NO_INDEX, len(self._rows), len(wanted) - 1)
            self._rows = [*self._rows, *new]
            self.endInsertRows()
        self._rearrange(wanted)

    def find(self, text: str) -> int | None:
        """Show the folded processes with this pid, or with this text in their names; return the row of the first one.
        An empty text shows none."""
        self._found = self._run.folded.find(text, _FOUND)
        self._rows_of = None
        self.refresh()
        if not self._found:
            return None
        return next(index for index, row in enumerate(self._rows) if row.process is self._found[0])

    def _wanted(self) -> list[TableRow]:
        by, run = self._sorted_by, self._run
        if by is None:
            return rows(run, found=self._found)
        return rows(run, Sorting(lambda process: by.read(process, run), self._descending), self._found)

    def _read(self, row: TableRow) -> list[tuple[str, ProcessState]]:
        process, run = row.process, self._run
        state = process.state
        cells = [(harmless(column.show(process, run)), state) for column in self.columns]
        cells[0] = _INDENT * row.depth + cells[0][0], state
        if self._is_marked(process):
            cells[self.outcome_at] = process.outcome(), state
        return cells

    @property
    def outcome_at(self) -> int:
        """The first column over which it is written how a process went wrong."""
        return self._outcome_at

    @property
    def outcome_spans(self) -> int:
        """Over how many columns that is written."""
        return self._index(OUTCOME_OVER[1]) + 1 - self.outcome_at

    def _index(self, heading: str) -> int:
        return next(index for index, column in enumerate(self.columns) if column.heading == heading)

    def _is_marked(self, process: Process) -> bool:
        return not self._run.is_script and process.state in _BAD

    def marked(self) -> list[int]:
        """The rows in which it is written how the process went wrong."""
        if self._run.is_script:
            return []
        return [index for index, row in enumerate(self._rows) if self._is_marked(row.process)]

    def _renew(self) -> None:
        """Read the visible rows, and have only changed cells painted again: the table is the most expensive part of the
        window to draw."""
        before, self._cells = self._cells, {}
        for index in self.in_sight():
            row = self._rows[index]
            new = self._cells[row.process.id] = self._read(row)
            old = before.get(row.process.id)
            for column, cell in enumerate(new):
                if old is None or old[column] != cell:
                    self.dataChanged.emit(self.index(index, column), self.index(index, column))

    def _cell(self, row: TableRow, column: int) -> str:
        cells = self._cells.get(row.process.id)
        if cells is None:
            cells = self._cells[row.process.id] = self._read(row)
        return cells[column][0]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the processes by a column, after the parent; -1: by their starts."""
        self._sorted_by = self.columns[column] if column >= 0 else None
        self._rows_of = None
        self._descending = order is Qt.SortOrder.DescendingOrder
        self.refresh()

    def _rearrange(self, wanted: list[TableRow]) -> None:
        """Put the same rows in another order. The selection stays."""
        if [(row.process.id, row.depth) for row in wanted] == [(row.process.id, row.depth) for row in self._rows]:
            self._rows = wanted
            return
        self.layoutAboutToBeChanged.emit()
        new = {row.process.id: index for index, row in enumerate(wanted)}
        before = self.persistentIndexList()
        after = [self.index(new[self._rows[index.row()].process.id], index.column()) for index in before]
        self._rows, self._cells = wanted, {}
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        process, column = self._rows[index.row()].process, self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(self._rows[index.row()], index.column())
        is_outcome = index.column() == self.outcome_at and self._is_marked(process)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(COLUMNS[0] if is_outcome else column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(process, index.column())
        if role == Qt.ItemDataRole.FontRole and index.column() == 0 and not _is_minor(process, self._run):
            return self.name_font
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            heading = self._name if column.heading == "value" and self._name else column.heading
            words = f"{heading}: {said(column, process, self._run)}"
            if is_outcome:
                words = f"ended: {process.outcome()}"
            return tip(words) if role == Qt.ItemDataRole.ToolTipRole else harmless(words, keep="\n")
        return None

    def _colour(self, process: Process, column: int) -> Any:
        if _is_minor(process, self._run):
            return theme.colour("error" if process.state in _BAD and process.kind == "thread" else "muted")
        if column == 0:
            return theme.worker(process.worker_index)
        if process.state in _BAD:
            return theme.colour("error")
        return theme.colour("muted") if process.is_over else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        name = self._name if column.heading == "value" and self._name else column.heading
        if role == Qt.ItemDataRole.DisplayRole:
            return harmless(name)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.heading}: {column.tip}"
        if role == Qt.ItemDataRole.FontRole:
            return self.head_font
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip if name == column.heading else tip(f"{name}: {column.tip}")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        return None


def _side(column: Column) -> Qt.AlignmentFlag:
    return (Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter


def _is_minor(process: Process, run: Run) -> bool:
    """Whether a row is of less interest: folded processes, threads below their process, helpers of Python's own."""
    if process.is_group or process.id not in run.processes:
        return True
    return run.is_script and process.kind in ("thread", "helper")


class ProcessPanel(Card):
    """The table, with a search field for folded processes."""

    def __init__(self) -> None:
        super().__init__("Processes")
        self.model = ProcessModel()
        self._sorted: tuple[int, Qt.SortOrder] | None = None
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Processes")
        self.table.setToolTip("")
        set_text(self.table, _TEXT)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        # The numbers at the ends of names tell processes apart.
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
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
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header.setMinimumSectionSize(24)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self.sort_by)
        self.empty = Label("Each process gets a row here, the parent first.", self.table.viewport())
        self.empty.setProperty("role", "muted")
        set_text(self.empty, _TEXT)
        self.empty.move(4, 6)
        self.body.addWidget(self.table, 1)
        self.model.in_sight = self._in_sight
        #: The search found nothing.
        self._is_missed = False
        self.search = QLineEdit()
        self.search.setPlaceholderText("find ended")
        self.search.setToolTip("Show ended processes without a row of their own: by pid, or a part of the name")
        self.search.setAccessibleName("Find ended processes")
        self.search.setAcceptDrops(False)  # a file that is dropped is for the window
        set_text(self.search, _TEXT)
        self.search.textChanged.connect(self._find)
        self.search.hide()
        self.top.addWidget(self.search)
        self._marked: list[int] = []
        self._names = FrozenColumn(self.table, "Names of the processes")
        self._names.horizontalHeader().sectionClicked.connect(self.sort_by)
        self.text_resized()

        sort = QAction("Sort by this column", self.table)
        sort.setShortcut("S")
        sort.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        sort.triggered.connect(lambda: self.sort_by(max(0, self.table.currentIndex().column())))
        self.table.addAction(sort)

    def text_resized(self) -> None:
        """Give each column the width of its widest text."""
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 9)
        self.model.head_font = QFont(self.table.font())
        self.model.name_font = QFont(self.table.font())
        self.model.name_font.setBold(True)
        shown = 0
        for number, column in enumerate(self.model.columns):
            metrics = QFontMetrics(self.table.font() if number else self.model.name_font)
            width = max(metrics.horizontalAdvance(column.widest), metrics.horizontalAdvance(column.heading))
            self.table.setColumnWidth(number, width + _CELL_MARGIN)
            if column.heading == _LAST_SHOWN:
                shown = sum(self.table.columnWidth(index) for index in range(number + 1))
                # Else the first letter of the next heading would be visible, and nothing else of it.
                self.table.setColumnWidth(number, width + _CELL_MARGIN + _SPARE)
        # The columns that matter, a scroll bar and the frame are always visible.
        self.setMinimumWidth(shown + _FRAME_WIDTH)
        self.empty.adjustSize()
        self.search.setFixedWidth(self.search.fontMetrics().averageCharWidth() * _FIND_LETTERS)
        self._names.fit()

    def _in_sight(self) -> range:
        count = self.model.rowCount()
        first, last = self.table.rowAt(0), self.table.rowAt(self.table.viewport().height())
        return range(max(first, 0), last + 1 if last >= 0 else count)

    def _find(self, text: str) -> None:
        index = self.model.find(text)
        self._is_missed = bool(text.strip()) and index is None
        if index is not None:
            self.table.scrollTo(self.model.index(index, 0))
        self.refresh(self.model.run)

    def sort_by(self, column: int) -> None:
        """Sort by a column: figures from the largest down, words from A on; then the other way round; then not."""
        header = self.table.horizontalHeader()
        first, second = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        if self.model.columns[column].right:
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
        self._mark()

    def expect(self, watch: tuple[str, ...] | None) -> None:
        """Take in that a user's program is launched next, watched for these values; None: the built-in one is."""
        before = self.model.columns
        self.model.expect(watch)
        self._columns_changed(before)

    def set_run(self, run: Run) -> None:
        """Show another run."""
        before = self.model.columns
        self.search.clear()
        self.model.set_run(run)
        self._mark()
        self._columns_changed(before)

    def _columns_changed(self, before: tuple[Column, ...]) -> None:
        if self.model.columns is not before:
            self._sorted = None
            self.model.sort(-1)
            self.table.horizontalHeader().setSortIndicatorShown(False)
            self.text_resized()

    def refresh(self, run: Run) -> None:
        """Show the figures of now; called some times a second."""
        self.model.refresh()
        self._mark()
        self.empty.setVisible(not self.model.rowCount())
        counted = run.workers if not run.is_script else [*filter(None, [run.root]), *run.workers]
        alive = sum(1 for process in counted if not process.is_over)
        in_all = len(counted) + run.folded.work.workers
        what = noun("", in_all) if run.is_script else "workers"
        text = "" if not counted else f"{alive:,} of {in_all:,} {what} alive"
        self.remark.setText("none found" if self._is_missed else text)
        if self.search.isHidden() is bool(run.folded):
            self.search.setVisible(bool(run.folded))

    def _mark(self) -> None:
        """Write how processes went wrong over the columns with figures of live ones, where it is visible."""
        marked = self.model.marked()
        if marked != self._marked:
            self._marked = marked
            self.table.clearSpans()
            for row in marked:
                self.table.setSpan(row, self.model.outcome_at, 1, self.model.outcome_spans)
