"""The first column of a table, which stays visible while the others are scrolled.

Tested by tests/gui/panels/test_process_table.py.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHeaderView, QTableView


class FrozenColumn(QTableView):
    """A view of a table's first column that covers the column's place while the table is scrolled sideways."""

    def __init__(self, table: QTableView, name: str) -> None:
        super().__init__(table)
        self._table = table
        self.setModel(table.model())
        self.setSelectionModel(table.selectionModel())
        self.setProperty("role", "frozen")
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(table.textElideMode())
        self.setSelectionBehavior(table.selectionBehavior())
        self.setSelectionMode(table.selectionMode())
        self.setVerticalScrollMode(table.verticalScrollMode())
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionsClickable(True)
        self.horizontalHeader().setHighlightSections(False)
        self.hide()
        along, down = table.horizontalScrollBar(), table.verticalScrollBar()
        along.valueChanged.connect(lambda value: self.setVisible(value > 0))
        down.valueChanged.connect(self.verticalScrollBar().setValue)
        self.verticalScrollBar().valueChanged.connect(down.setValue)
        table.horizontalHeader().sectionResized.connect(self.fit)
        table.installEventFilter(self)

    def fit(self) -> None:
        """Take the place and size of the table's first column."""
        table = self._table
        for own, other in ((self, table), (self.horizontalHeader(), table.horizontalHeader())):
            if own.font() != other.font():
                own.setFont(other.font())
        for column in range(self.model().columnCount()):
            self.setColumnHidden(column, column > 0)
        self.horizontalHeader().setMinimumSectionSize(table.horizontalHeader().minimumSectionSize())
        self.setColumnWidth(0, table.columnWidth(0))
        self.verticalHeader().setDefaultSectionSize(table.verticalHeader().defaultSectionSize())
        self.horizontalHeader().setFixedHeight(table.horizontalHeader().height())
        room = table.viewport().geometry()
        self.setGeometry(room.left(), 0, table.columnWidth(0), room.bottom() + 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self.fit()
        return False
