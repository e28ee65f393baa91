"""Several views in a card, one of them visible, and the small buttons that choose it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedLayout, QWidget

from rocketgui.gui.widgets.buttons import Button
from rocketgui.gui.widgets.card import Card


class ViewSwitcher(QWidget):
    """The views as a stack. `choices` are (name, what it shows, key, widget).

    Signals:
        chosen: the index of the view that is visible now.
    """

    chosen = Signal(int)

    def __init__(self, card: Card, choices: Sequence[tuple[str, str, str, QWidget]]) -> None:
        super().__init__()
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(2)
        self.buttons: list[Button] = []
        for index, (name, about, key, widget) in enumerate(choices):
            button = Button(name, f"{about} ({key})")
            button.setProperty("role", "view")
            button.setCheckable(True)
            self._group.addButton(button, index)
            self._stack.addWidget(widget)
            self.buttons.append(button)
            row.addWidget(button)
        self.buttons[0].setChecked(True)
        self._group.idToggled.connect(self._toggled)
        card.top.addLayout(row)
        card.body.addWidget(self, 1)

    @property
    def current(self) -> int:
        """The index of the visible view."""
        return self._stack.currentIndex()

    def choose(self, index: int) -> None:
        """Show a view."""
        self.buttons[index].setChecked(True)

    def choose_named(self, name: str) -> None:
        """Show the view with this name, whatever its case."""
        for button in self.buttons:
            if button.text().lower() == name.lower():
                button.setChecked(True)

    def _toggled(self, index: int, checked: bool) -> None:
        if checked:
            self._stack.setCurrentIndex(index)
            self.chosen.emit(index)
