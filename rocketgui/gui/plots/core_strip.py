"""Which worker is on which core now: a cell for each core, with the workers that were seen on it last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from rocketgui.gui.plots.time_plot import left_width
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import text_font
from rocketgui.gui.widgets.labels import tip
from rocketgui.model.run import Run

_TEXT = 0.85
#: Logical pixels: a worker's dot, the gap in a cell, and the smallest cell in which the core's number is written.
_DOT, _GAP, _NUMBERED = 8.0, 6.0, 44.0
_NOT_TOLD = "Which core a process is on is not available on this system"


class Occupant(NamedTuple):
    """A worker that was seen on a core."""

    name: str
    colour: QColor
    migrations: int | None


def occupants(run: Run) -> list[list[Occupant]]:
    """The workers on each core."""
    on: list[list[Occupant]] = [[] for _ in run.cores]
    for worker in run.workers:
        if worker.core is not None and worker.core < len(on) and not worker.is_over:
            on[worker.core].append(Occupant(worker.shown, theme.worker(worker.worker_index), worker.migrations))
    return on


def is_told(run: Run) -> bool:
    """Whether the system tells which core a process is on; True until that is known."""
    # A process whose memory is known was sampled while it lived, and so was its core.
    return all(worker.cores for worker in run.workers if worker.rss is not None)


class CoreStrip(QWidget):
    """A row of cells below the load of the cores. `refresh` is called some times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._run = Run()
        self._on: list[list[Occupant]] = []
        self._told = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Which worker is on which core")
        self.text_resized()

    def text_resized(self) -> None:
        """The size of text has changed."""
        self.setFixedHeight(round(QFontMetricsF(text_font(_TEXT)).height()) + 8)

    def set_run(self, run: Run) -> None:
        """Show another run."""
        self._run = run
        self.refresh()

    def refresh(self) -> None:
        """Show which worker is on which core now."""
        on, told = occupants(self._run), is_told(self._run)
        if (on, told) == (self._on, self._told):
            return
        self._on, self._told = on, told
        words = [
            f"core {core}: " + ", ".join(_said(occupant) for occupant in there)
            for core, there in enumerate(on)
            if there
        ]
        text = "\n".join(words) if told else _NOT_TOLD
        self.setToolTip(tip(text))
        self.setAccessibleDescription(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(_TEXT))
        field = QRectF(left_width(), 2, self.width() - left_width() - 16, self.height() - 4)
        if not self._told:
            painter.setPen(theme.colour("muted"))
            painter.drawText(field, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, _NOT_TOLD)
            return
        if not self._on:
            return
        gap = 4.0 if field.width() / len(self._on) > 24 else 1.0
        wide = (field.width() - gap * (len(self._on) - 1)) / len(self._on)
        for core, there in enumerate(self._on):
            cell = QRectF(field.left() + core * (wide + gap), field.top(), wide, field.height())
            self._draw(painter, cell, core, there)

    def _draw(self, painter: QPainter, cell: QRectF, core: int, there: Sequence[Occupant]) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("hover"))
        painter.drawRoundedRect(cell, 4, 4)
        metrics = QFontMetricsF(painter.font())
        x = cell.left() + min(_GAP, cell.width() / 4)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for number in (f"core {core}", str(core)):
            width = metrics.horizontalAdvance(number)
            if cell.width() >= max(_NUMBERED, 2 * width):
                painter.setPen(theme.colour("muted"))
                painter.drawText(QRectF(x, cell.top(), width + 2, cell.height()), middle, number)
                x += width + _GAP
                break
        room = cell.right() - x - 2
        named = [_DOT + 3 + metrics.horizontalAdvance(occupant.name) + _GAP for occupant in there]
        if sum(named) <= room:
            for occupant, width in zip(there, named, strict=True):
                self._dot(painter, x, cell.center().y(), _DOT, occupant.colour)
                painter.setPen(occupant.colour)
                painter.drawText(QRectF(x + _DOT + 3, cell.top(), width, cell.height()), middle, occupant.name)
                x += width
            return
        dot = min(_DOT, room)
        fit = max(int(room / (dot + 2)), 1)
        for index, occupant in enumerate(there[:fit]):
            self._dot(painter, x + index * (dot + 2), cell.center().y(), dot, occupant.colour)

    def _dot(self, painter: QPainter, x: float, y: float, wide: float, colour: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x + wide / 2, y), wide / 2, wide / 2)


def _said(occupant: Occupant) -> str:
    if occupant.migrations is None:
        return occupant.name
    return f"{occupant.name} (moved {occupant.migrations} {'time' if occupant.migrations == 1 else 'times'})"
