"""The dialog that lists the keys of the window."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from rocketgui.gui.widgets.buttons import Button

#: Keys that are no actions of the window, and what they do where.
_ELSEWHERE = (
    ("Tab", "Go to the next control; Shift+Tab goes back"),
    ("← →", "On a slider: one step; Page Up and Page Down: more"),
    ("Enter, Esc", "In a field: take over what was typed; take it back"),
    ("S", "In the table of processes: sort by the column of the cell"),
    ("Wheel, drag", "Over a plot: zoom; move along"),
    ("Double-click", "In a plot: follow the run again"),
)


def rows(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    """Each key and what it does."""
    native = QKeySequence.SequenceFormat.NativeText
    own = [(action.shortcut().toString(native), action.text()) for action in actions if not action.shortcut().isEmpty()]
    return [*own, *_ELSEWHERE]


class ShortcutsDialog(QDialog):
    """Shows all keys in two columns."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        told = rows(parent.actions())
        half = (len(told) + 1) // 2
        columns = QWidget()
        across = QHBoxLayout(columns)
        across.setContentsMargins(6, 4, 14, 4)
        across.setSpacing(34)
        self.labels = [_column(told[:half]), _column(told[half:])]
        for label in self.labels:
            across.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setAccessibleName("Keys")
        area.setWidget(columns)
        close = Button("Close", "Close this window (Esc)")
        close.clicked.connect(self.close)
        close.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(12)
        layout.addWidget(area, 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        wanted = columns.sizeHint()
        self.resize(wanted.width() + 64, wanted.height() + 100)
        area.setFocus()


def _column(told: Iterable[tuple[str, str]]) -> QLabel:
    lines = "".join(
        f'<tr><td style="padding:3px 16px 3px 0; white-space:pre"><b>{escape(key)}</b></td>'
        f'<td style="padding:3px 0; white-space:pre">{escape(what)}</td></tr>'
        for key, what in told
    )
    label = QLabel(f"<table>{lines}</table>")
    label.setTextFormat(Qt.TextFormat.RichText)
    return label
