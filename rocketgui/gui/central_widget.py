"""The layout of the window.

+------------------------------------------------------------+
| top bar: state, Open, Launch, Pause, Stop                  |
+---------+----------------------------+---------------------+
| program | counters                   | processes           |
|         | cores                      |                     |
| parent  | what you are seeing        | output              |
+---------+----------------------------+---------------------+
| strip: what went wrong, what observing costs               |
+------------------------------------------------------------+
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from rocketgui.gui.panels.findings_panel import FindingsPanel
from rocketgui.gui.panels.lesson_panel import LessonPanel
from rocketgui.gui.panels.output_panel import OutputPanel
from rocketgui.gui.panels.plots_panel import PlotsPanel
from rocketgui.gui.panels.process_table import ProcessPanel
from rocketgui.gui.panels.status_bar import StatusBar
from rocketgui.gui.panels.tool_bar import ToolBar
from rocketgui.gui.program.program_panel import ProgramPanel

_RIGHT_WIDTH, _GAP = 440, 10
#: The share of the width that a lesson has while it is presented.
_LESSON_SHARE = 0.3


class CentralWidget(QWidget):
    """Lays out the parts of the window."""

    def __init__(
        self,
        top: ToolBar,
        program: ProgramPanel,
        middle: tuple[PlotsPanel, FindingsPanel],
        right: tuple[LessonPanel, ProcessPanel, OutputPanel],
        status_bar: StatusBar,
    ) -> None:
        super().__init__()
        self.setObjectName("central")
        self._parts = right
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        column.addWidget(middle[0], 76)
        column.addWidget(middle[1], 24)
        self._right = QSplitter(Qt.Orientation.Vertical)
        for part in right:
            self._right.addWidget(part)
        self._right.setSizes([250, 200, 150])
        self._across = QSplitter(Qt.Orientation.Horizontal)
        self._across.addWidget(centre)
        self._across.addWidget(self._right)
        self._across.setStretchFactor(0, 2)
        self._across.setStretchFactor(1, 1)
        self._across.setSizes([1280 - program.width() - _RIGHT_WIDTH, _RIGHT_WIDTH])
        self._splitters = (middle[0], self._right, self._across)
        self._kept: list[QByteArray] = []
        for splitter in (self._right, self._across):
            splitter.setHandleWidth(_GAP)
            splitter.setChildrenCollapsible(False)
        row = QHBoxLayout()
        row.setSpacing(_GAP)
        row.addWidget(program)
        row.addWidget(self._across, 1)
        # A click beside the controls takes the focus from them, so that keys are for the run again.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(_GAP, 8, _GAP, 4)
        rows.setSpacing(6)
        rows.addWidget(top)
        rows.addLayout(row, 1)
        rows.addWidget(status_bar)

    def share_width(self, *, for_lesson: bool) -> None:
        """While presenting, give the right-hand side the width of the controls, or of a lesson."""
        right = round(self.width() * _LESSON_SHARE) if for_lesson else _RIGHT_WIDTH
        self._across.setSizes([self._across.width() - right, right])

    def keep(self) -> None:
        """Save how the parts share the room, for `restore`."""
        self._kept = [splitter.saveState() for splitter in self._splitters]

    def restore(self) -> None:
        """Let the parts share the room as it was saved."""
        for splitter, state in zip(self._splitters, self._kept, strict=True):
            splitter.restoreState(state)

    def show_right(self) -> None:
        """Show the right-hand side if anything in it is visible."""
        self._right.setVisible(any(not part.isHidden() for part in self._parts))
