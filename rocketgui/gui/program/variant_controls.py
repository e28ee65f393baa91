"""The choices below the two sliders: what workers are, what they do, what they count, and how processes start."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QGridLayout, QWidget

from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.widgets.buttons import CheckBox, ComboBox
from rocketgui.gui.widgets.labels import Label
from rocketgui.options import pin_refusal
from rocketgui.protocol.variant import INTERPRETERS_FROM, START_METHODS, Variant
from rocketgui.python_installations import PythonInstallation

_LATER = "Counts from the next launch on"

#: By value of a choice: its text, and what it means.
RUN_AS = {
    "processes": ("processes", "Each worker is a process: an interpreter and memory of its own."),
    "threads": ("threads", "All in one process and one interpreter: they share its globals, and its GIL."),
    "one-after-another": ("one by one", "Each process starts when the one before has ended."),
    "sub-interpreters": ("interpreters", "All in one process, each in an interpreter with its own globals and GIL."),
}
METHODS = {
    "fork": ("fork", "The system copies the parent. Fast; the copy begins where it stood."),
    "spawn": ("spawn", "A fresh interpreter imports the program anew. Works everywhere."),
    "forkserver": ("forkserver", "A small helper, kept clean, is copied for each process."),
}
WORK = {
    "count": ("count (CPU)", "Counts as fast as it can: the CPU is what limits it."),
    "sleep": ("sleep (I/O)", "Sleeps for 1 ms before each count, as one waits for a disk."),
}
VARIABLE = {
    "private": ("private", "Each worker counts a rocket of its own."),
    "locked": ("shared + lock", "All count one rocket, each with its lock: no count is lost."),
    "unlocked": ("shared", "All count one rocket without a lock: counts can get lost."),
}


class VariantControls(QWidget):
    """The choices in a grid. `python()` gives the Python that will run the program; None: not known yet.

    Signals:
        changed: the user has chosen another one; the sentence that explains it.
    """

    changed = Signal(str)

    def __init__(self, variant: Variant, python: Callable[[], PythonInstallation | None]) -> None:
        super().__init__()
        self._python = python
        self._refusal = ""
        self.run_as = _choice("Run as", "What each worker is", RUN_AS)
        self.method = _choice(
            "Start method", "How a process is started", {name: METHODS[name] for name in START_METHODS}
        )
        self.work = _choice("Work", "What each worker does", WORK)
        self.variable = _choice("Variable", "What the workers count", VARIABLE)
        self.pin = CheckBox("Pin each to a core", f"Keep each worker on one core. {_LATER}")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._labels = [self.add_row("Run as", self.run_as)]
        self._method_label = self.add_row("Start", self.method)
        self._labels += [self.add_row("Work", self.work), self.add_row("Variable", self.variable)]
        self._grid.addWidget(self.pin, self._grid.rowCount(), 0, 1, 2)
        self.choose(variant)
        for choice in self._all():
            choice.currentIndexChanged.connect(lambda _, choice=choice: self._chosen(choice))

    def _all(self) -> tuple[ComboBox, ...]:
        return self.run_as, self.method, self.work, self.variable

    def add_row(self, text: str, widget: QWidget) -> Label:
        """Add a row with a label and a control; return the label."""
        label = Label(text)
        set_text(label, 1.0)
        label.setBuddy(widget)
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(widget, row, 1)
        return label

    @property
    def variant(self) -> Variant:
        """What is chosen."""
        return Variant(
            self.run_as.currentData(),
            self.work.currentData(),
            self.variable.currentData(),
            self.method.currentData(),
            self.pin.isChecked(),
        )

    def choose(self, variant: Variant) -> None:
        """Set all choices."""
        for choice, value in (
            (self.run_as, variant.run_as),
            (self.method, variant.start_method),
            (self.work, variant.work),
            (self.variable, variant.variable),
        ):
            choice.setCurrentIndex(max(choice.findData(value), 0))
        self.pin.setChecked(variant.pinned and self.pin.isEnabled())
        self._offer()

    def meaning(self, choice: ComboBox | None = None) -> str:
        """The meaning of the present choice of a box; without one, of what workers are."""
        text: str = (choice or self.run_as).currentData(Qt.ItemDataRole.ToolTipRole)
        return text

    def refuse(self, reason: str) -> None:
        """Disable all of them, for a reason; empty: enable them."""
        self._refusal = reason
        self._offer()

    def _offer(self) -> None:
        refused = self._refusal
        for control in (self.run_as, self.work, self.variable, *self._labels):
            control.setEnabled(not refused)
        for choice in (self.run_as, self.work, self.variable):
            choice.setToolTip(refused or choice.accessibleDescription())
        in_processes = self.variant.in_processes
        for control in (self.method, self._method_label):
            control.setEnabled(in_processes and not refused)
        none = "" if in_processes else "No process is started for each worker"
        self.method.setToolTip(refused or none or self.method.accessibleDescription())
        unpinned = pin_refusal()
        self.pin.setEnabled(unpinned is None and not refused)
        offered = self.pin.accessibleDescription() if unpinned is None else f"Not available: {unpinned}."
        self.pin.setToolTip(refused or offered)
        self._offer_variables()

    def refresh(self) -> None:
        """Enable what the chosen Python can do. A Python that is not known yet is started to find out."""
        python = self._python()
        reasons = {value: None if python is None else Variant(run_as=value).refusal(python.version) for value in RUN_AS}
        _grey_out(self.run_as, RUN_AS, reasons)

    def _offer_variables(self) -> None:
        variants = {value: self.variant._replace(variable=value) for value in VARIABLE}
        _grey_out(self.variable, VARIABLE, {value: one.refusal(INTERPRETERS_FROM) for value, one in variants.items()})

    def _chosen(self, choice: ComboBox) -> None:
        self._offer()
        self.changed.emit(self.meaning(choice))


def _grey_out(choice: ComboBox, offered: dict[str, tuple[str, str]], reasons: dict[str, str | None]) -> None:
    """Disable the entries that have a reason against them, and show it as their tooltip."""
    model = choice.model()
    assert isinstance(model, QStandardItemModel)
    for index, (value, (_, meaning)) in enumerate(offered.items()):
        reason = reasons[value]
        model.item(index).setEnabled(reason is None)
        model.item(index).setToolTip(meaning if reason is None else f"Not available: {reason}.")
    if reasons[choice.currentData()] is not None:
        choice.setCurrentIndex(0)


def _choice(name: str, tip: str, offered: dict[str, tuple[str, str]]) -> ComboBox:
    choice = ComboBox(name, f"{tip}. {_LATER}")
    for value, (text, meaning) in offered.items():
        choice.addItem(text, value)
        choice.setItemData(choice.count() - 1, meaning, Qt.ItemDataRole.ToolTipRole)
    # The list may be wider than the box: no entry is cut off.
    assert isinstance(choice.model(), QStandardItemModel)
    widest = max(choice.fontMetrics().horizontalAdvance(text) for text, _ in offered.values())
    choice.view().setMinimumWidth(widest + 24)
    choice.setMinimumContentsLength(8)
    return choice
