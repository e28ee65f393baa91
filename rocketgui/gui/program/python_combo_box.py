"""The combo box of the Pythons that can run the program.

At first it has one entry. The others are looked for when the list is opened for the first time, since each is started
once for this. A Python is also started to learn its version. Both can take seconds, and happen in threads; the list
says what it waits for.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox

from rocketgui import python_installations
from rocketgui.gui.widgets.buttons import ComboBox
from rocketgui.gui.widgets.labels import tip
from rocketgui.model.formatting import harmless
from rocketgui.python_installations import NoPython, PythonInstallation

_TIP = "The Python that runs the program; counts from the next launch on"
_LOOKING = "Looking for others …"
_ASKING = "It is being asked what it is …"
#: Between version and folder of an interpreter.
_DOT = " · "
#: The margins of the list, left and right together.
_LIST_MARGINS_PX = 24


def search(chosen: str) -> tuple[PythonInstallation, ...]:
    """All Pythons that can be found, and the one with the path `chosen` if it starts. Slow: each one is started."""
    found = python_installations.find()
    if any(interpreter.path == chosen for interpreter in found):
        return found
    try:
        asked = python_installations.check(chosen)
    except NoPython:
        return found
    # The same installation under another name is not listed twice.
    return (asked._replace(path=chosen), *(i for i in found if i.prefix != asked.prefix))


def labels(found: tuple[PythonInstallation, ...], own: str) -> list[str]:
    """The texts of the entries: version, and folder or environment. `own` is the path of rocketgui's own Python."""
    short = [f"{i}{_DOT}{'with rocketgui' if i.path == own else _place(i)}" for i in found]
    count = Counter(short)
    return [
        text if count[text] == 1 else f"{i}{_DOT}{_shortened(i.path)}" for i, text in zip(found, short, strict=True)
    ]


def _place(interpreter: PythonInstallation) -> str:
    """The name of a virtual environment, or the folder of an installation."""
    prefix = Path(interpreter.prefix)
    return prefix.name if (prefix / "pyvenv.cfg").exists() else _shortened(os.path.dirname(interpreter.path))


def _shortened(path: str) -> str:
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path.startswith(home + os.sep) else path


def _unasked(path: str) -> str:
    """The text for an interpreter that was not started."""
    if path == python_installations.own():
        return f"Python {'.'.join(map(str, sys.version_info[:3]))}{_DOT}with rocketgui"
    return f"{os.path.basename(path)}{_DOT}{_shortened(os.path.dirname(path))}"


#: By path: what was learnt of an interpreter; None: it cannot run programs here.
_ANSWERS: dict[str, PythonInstallation | None] = {}


class _Search(QObject):
    """Emits the results of threads. It may outlive the combo box, so that a thread never uses a deleted object.

    Signals:
        done: a tuple of `PythonInstallation`.
        answered: the path of a Python that was started; the result is in `_ANSWERS`.
    """

    done = Signal(object)
    answered = Signal(str)

    def run(self, chosen: str) -> None:
        self.done.emit(search(chosen))

    def ask(self, path: str) -> None:
        try:
            answer: PythonInstallation | None = python_installations.known(path)
        except NoPython:
            answer = None
        _ANSWERS[path] = answer
        self.answered.emit(path)


class PythonComboBox(ComboBox):
    """Chooses the interpreter of the next launch. `python` is the path of the first entry. If that cannot run programs,
    the next of `others` takes its place.

    Signals:
        chosen: another one is chosen, or more is known of the chosen one.
    """

    chosen = Signal()

    def __init__(self, python: str, others: tuple[str, ...] = ()) -> None:
        super().__init__("Python", _TIP)
        self._others = others
        self._search = _Search()
        self._search.done.connect(self._fill, Qt.ConnectionType.QueuedConnection)
        self._search.answered.connect(self._answered, Qt.ConnectionType.QueuedConnection)
        self._asked: set[str] = set()
        #: The thread that looks for others, and the last thread that started a Python to learn its version.
        self.thread_of_search: threading.Thread | None = None
        self.thread_of_question: threading.Thread | None = None
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self._add(_unasked(python), python)
        self.currentIndexChanged.connect(self._changed)
        self._tell_path()
        if others:
            _ = self.interpreter

    def _changed(self) -> None:
        self._tell_path()
        self.chosen.emit()

    @property
    def interpreter(self) -> PythonInstallation | None:
        """The chosen interpreter; None: it does not start, or is not known yet. `chosen` is emitted when it is."""
        path = self.path
        if path == python_installations.own():
            return python_installations.known(path)
        if path not in _ANSWERS and path not in self._asked:
            self._asked.add(path)
            self.thread_of_question = threading.Thread(
                target=self._search.ask, args=(path,), name="asking a Python", daemon=True
            )
            self.thread_of_question.start()
            self._tell_path()
        return _ANSWERS.get(path)

    @Slot(str)
    def _answered(self, path: str) -> None:
        self._asked.discard(path)
        if path != self.path:
            return
        if _ANSWERS[path] is None and self._others:
            others, self._others = self._others, self._others[1:]
            self.setItemText(self.currentIndex(), harmless(_unasked(others[0])))
            self.setItemData(self.currentIndex(), others[0])
        self._changed()

    @property
    def path(self) -> str:
        """The path of the chosen interpreter."""
        return str(self.currentData())

    def showPopup(self) -> None:
        if self.thread_of_search is None:
            self._look_for_others()
        self._widen_list()
        super().showPopup()

    def closed_text(self, room: int) -> str:
        """The whole text, or where that is too long the version: it says more than half a path would."""
        text = self.currentText()
        fits = self.fontMetrics().horizontalAdvance(text) <= room
        return text if fits else text.split(_DOT)[0].removeprefix("Python ")

    def _add(self, text: str, path: str) -> None:
        self.addItem(harmless(text), path)
        self.setItemData(self.count() - 1, tip(path), Qt.ItemDataRole.ToolTipRole)

    def _tell_path(self) -> None:
        waiting = f"\n{_ASKING}" if self.path in self._asked else ""
        self.setToolTip(tip(f"{_TIP}\n{self.path}{waiting}"))

    def _widen_list(self) -> None:
        view = self.view()
        view.setMinimumWidth(max(self.width(), view.sizeHintForColumn(0) + _LIST_MARGINS_PX))

    def _look_for_others(self) -> None:
        self.addItem(_LOOKING)
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        model.item(self.count() - 1).setEnabled(False)
        self.thread_of_search = threading.Thread(
            target=self._search.run, args=(self.path,), name="looking for Pythons", daemon=True
        )
        self.thread_of_search.start()

    @Slot(object)
    def _fill(self, found: tuple[PythonInstallation, ...]) -> None:
        chosen, unasked = self.path, self.currentText()
        self.blockSignals(True)
        self.clear()
        for text, interpreter in zip(labels(found, python_installations.own()), found, strict=True):
            self._add(text, interpreter.path)
        if self.findData(chosen) < 0:  # it does not start; a launch with it says why
            self._add(unasked, chosen)
        self.setCurrentIndex(self.findData(chosen))
        self.blockSignals(False)
        self._tell_path()
        if self.view().isVisible():
            self.showPopup()  # again, since the list has grown
