"""The combo box that chooses which of the watched values is drawn."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox

from rocketgui.gui.view_models.watched_values import name_of, shortened
from rocketgui.gui.widgets.buttons import ComboBox
from rocketgui.gui.widgets.labels import tip
from rocketgui.model.formatting import harmless
from rocketgui.model.run import Run


class ValueComboBox(ComboBox):
    """Chooses the value that is drawn. Visible if a user's program has more than one.

    Signals:
        chosen: the user has chosen another value.
    """

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__("Value drawn", "The value that is drawn (W)")
        self._run = Run()
        #: The value that the user chose; it is chosen in the next run as well, once that has it.
        self._wanted: str | None = None
        self.setProperty("role", "view")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.currentIndexChanged.connect(self._choose)
        self.hide()

    def set_run(self, run: Run) -> None:
        """Offer the values of another run."""
        self._run = run
        self.refresh()

    def open(self) -> None:
        """Show the list."""
        if self.isVisible():
            self.setFocus()
            self.showPopup()

    def closed_text(self, room: int) -> str:
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideMiddle, room)

    def refresh(self) -> None:
        """Offer the values that are known now; called some times a second."""
        run = self._run
        names = run.names if run.is_script else []
        if self._wanted in names and run.watch != self._wanted:
            run.choose(self._wanted)
        if self.view().isVisible():
            return  # it must not change under the pointer
        if names != [self.itemData(index) for index in range(self.count())]:
            self._offer(names)
        self.blockSignals(True)
        self.setCurrentIndex(self.findData(name_of(run)))
        self.blockSignals(False)
        self.setToolTip(tip(f"{self.accessibleDescription()}\n{self.currentData() or ''}".strip()))
        if self.isHidden() is (len(names) > 1):
            self.setVisible(len(names) > 1)

    def _offer(self, names: list[str]) -> None:
        self.blockSignals(True)
        self.clear()
        for name in names:
            self.addItem(shortened(harmless(name), 40), name)
            self.setItemData(self.count() - 1, tip(name), Qt.ItemDataRole.ToolTipRole)
        self.blockSignals(False)
        widest = max((self.fontMetrics().horizontalAdvance(self.itemText(k)) for k in range(self.count())), default=0)
        self.view().setMinimumWidth(widest + 24)

    def _choose(self, index: int) -> None:
        if index >= 0:
            self._wanted = self.itemData(index)
            self._run.choose(self._wanted)
            self.chosen.emit()
