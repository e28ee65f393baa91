"""A field for typed words; below it a remark, or a sentence about a wrong entry.

Tested by tests/gui/program/test_script_controls.py.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.widgets.elided_labels import Remark
from rocketgui.gui.widgets.labels import Label
from rocketgui.gui.widgets.slider_field import NumberEdit

Words = tuple[str, ...]


class TextField(QWidget):
    """A field for words. `parse` raises ValueError for a text that is none; `join` writes words as a text.
    `remark_lines` is the room below.

    Signals:
        changed: the user has entered other words.
    """

    changed = Signal()

    def __init__(
        self, name: str, tip: str, parse: Callable[[str], Words], join: Callable[[Words], str], remark_lines: int
    ) -> None:
        super().__init__()
        self._parse, self._join = parse, join
        self._words: Words = ()
        #: The text of the field as `join` gave it.
        self._shown = ""
        label = Label(name)
        set_text(label, 1.0)
        self.field = NumberEdit(lambda: join(self._words))
        self.field.setProperty("role", "framed")
        self.field.setAccessibleName(name)
        self.field.setAccessibleDescription(tip)
        self.field.setToolTip(f"{tip}\nEnter takes it over, Esc takes it back")
        set_text(self.field, 1.0)
        self.field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field.typed.connect(self._typed)
        self.field.given_up.connect(self._given_up)
        self.field.editingFinished.connect(self._left)
        label.setBuddy(self.field)
        self.remark = Remark(remark_lines)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (label, self.field, self.remark):
            layout.addWidget(widget)

    @property
    def words(self) -> Words:
        """The words."""
        return self._words

    def set_words(self, words: Words) -> None:
        """Set the words, without a signal."""
        self._words = words
        self.remark.clear_error()
        self._show()

    def set_remark(self, text: str) -> None:
        """Set the text below, which is shown while nothing is wrong."""
        self.remark.set_remark(text)

    @property
    def error(self) -> str:
        """The sentence about a wrong entry; empty if there is none."""
        return self.remark.error

    def take_over(self) -> bool:
        """Take over the text, as Enter does; return False if it cannot be parsed. If the text was not changed, the
        words stay as they were set: a text field cannot hold all characters."""
        if self.field.text() == self._shown and not self.error:
            return True
        try:
            words = self._parse(self.field.text())
        except ValueError as error:
            self.remark.set_error(str(error))
            return False
        self.remark.clear_error()
        if words != self._words:
            self._words = words
            self.changed.emit()
        return True

    def _show(self) -> None:
        self.field.setText(self._join(self._words))
        self._shown = self.field.text()
        self.field.setCursorPosition(0)

    def _typed(self) -> None:
        if self.take_over():
            self.field.clearFocus()
            self._show()
        else:
            self.field.selectAll()

    def _left(self) -> None:
        # Enter ends editing too; a wrong text stays in the field.
        if not self.field.hasFocus() and self.take_over():
            self._show()

    def _given_up(self) -> None:
        self.remark.clear_error()
        self._show()
        self.field.clearFocus()
