"""Asks whether to end the processes that outlive the program's first process: a daemon is meant to."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from rocketgui.gui.run_controller import RunController
from rocketgui.model.run import Run
from rocketgui.protocol import messages

#: How many of them are named at most.
NAMED = 5


class LeftOverQuestion(QObject):
    """Shows the question while there is one. It is not modal, and the run may end without an answer."""

    def __init__(self, controller: RunController, parent: QWidget) -> None:
        super().__init__(parent)
        self._controller = controller
        self._window = parent
        self._asked: messages.LeftOver | None = None
        self._box: QMessageBox | None = None
        controller.changed.connect(self._check)

    def _check(self) -> None:
        run = self._controller.run
        left = run.left_over if run.is_live else None
        if left is None or left.then != "ask":
            self.close()
        elif left != self._asked:
            self._asked = left
            self._ask(run, left)

    def _ask(self, run: Run, left: messages.LeftOver) -> None:
        self.close()
        box = self._box = QMessageBox(
            QMessageBox.Icon.Question, "rocketgui", question(left), QMessageBox.StandardButton.NoButton, self._window
        )
        box.setInformativeText(named(run, left))
        for label in box.findChildren(QLabel):  # the format of the box is that of its first text alone
            label.setTextFormat(Qt.TextFormat.PlainText)
        box.setTextFormat(Qt.TextFormat.PlainText)
        end = box.addButton("End them" if len(left.pids) > 1 else "End it", QMessageBox.ButtonRole.AcceptRole)
        keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        end.clicked.connect(self._controller.stop)
        keep.clicked.connect(self._controller.keep)
        box.setModal(False)
        box.open()

    def close(self) -> None:
        """Close the question: it is answered, or the run has ended."""
        box, self._box = self._box, None
        if box is not None:
            box.close()
            box.deleteLater()


def question(left: messages.LeftOver) -> str:
    """The text of the question."""
    if len(left.pids) == 1:
        return "The program has ended, and 1 process that it started still runs. End it?"
    return f"The program has ended, and {len(left.pids)} processes that it started still run. End them?"


def named(run: Run, left: messages.LeftOver) -> str:
    """The names and pids of the processes, a line each."""
    names = {process.pid: process.shown for process in run.processes.values()}
    lines = [f"{names.get(pid, 'process')}, pid {pid}" for pid in left.pids[:NAMED]]
    more = len(left.pids) - NAMED
    return "\n".join(lines + ([f"and {more} more"] if more > 0 else []) + ["Closing the window ends them as well."])
