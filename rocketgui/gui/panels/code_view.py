"""Shows the program's code, which can be copied and saved."""

from __future__ import annotations

import builtins
import keyword
import re
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from rocketgui.gui.style import theme
from rocketgui.gui.widgets.buttons import Button
from rocketgui.gui.widgets.card import set_role
from rocketgui.gui.widgets.details_text import CopyButton, DetailsText
from rocketgui.gui.widgets.labels import Label
from rocketgui.recording import files

_TOKENS = re.compile(
    r"(?P<long>[A-Za-z]{0,2}(?:\"\"\"|\'\'\'))"
    r"|(?P<text>[A-Za-z]{0,2}(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'))"
    r"|(?P<comment>#.*)|(?P<number>\b\d[\w.]*)|(?P<word>\b[A-Za-z_]\w*)"
)
#: The quotation marks of strings of several lines. A block that ends within such a string has the index here,
#: plus 1, as its state.
_ENDS = ('"""', "'''")
_BUILTINS = frozenset(name for name in dir(builtins) if name[0].islower())
_ROLES = {"text": "ok", "comment": "muted", "number": "accent"}


class Highlighter(QSyntaxHighlighter):
    """Highlights Python's syntax."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)

    def highlightBlock(self, text: str) -> None:
        state = max(self.previousBlockState(), 0)
        start = 0
        if state:
            start = self._text_of_lines(text, 0, 0, state)
            if start < 0:
                return
        self.setCurrentBlockState(0)
        while (match := _TOKENS.search(text, start)) is not None:
            start = match.end()
            kind = match.lastgroup or ""
            if kind == "long":
                start = self._text_of_lines(text, match.start(), start, 1 + _ENDS.index(match[0][-3:]))
                if start < 0:
                    return
            elif kind in _ROLES:
                self._colour(match.start(), start, _ROLES[kind])
            elif keyword.iskeyword(match[0]):
                self._colour(match.start(), start, "info")
            elif match[0] in _BUILTINS:
                self._colour(match.start(), start, "warning")

    def _text_of_lines(self, text: str, begins: int, inside: int, state: int) -> int:
        """Colour a string of several lines from `begins` on; return its end, or -1 if that is not in this block."""
        end = text.find(_ENDS[state - 1], inside)
        if end < 0:
            self._colour(begins, len(text), "ok")
            self.setCurrentBlockState(state)
            return -1
        self._colour(begins, end + 3, "ok")
        return end + 3

    def _colour(self, start: int, end: int, role: str) -> None:
        form = QTextCharFormat()
        form.setForeground(QColor(theme.colour(role)))
        self.setFormat(start, end - start, form)


class CodeView(QWidget):
    """Shows a program's text. `copy` and `save` are buttons for it, which belong into another layout."""

    def __init__(self) -> None:
        super().__init__()
        self._name = "rocket.py"
        self.text = DetailsText("Code", "The program that is launched, as plain Python")
        self.text.setProperty("role", "")
        self._highlighter = Highlighter(self.text.document())
        self.copy = CopyButton(lambda: self.text.toPlainText(), "Copy the program to the clipboard")
        self.save = Button("Save …", "Save the program as a file; plain python runs it")
        self.save.clicked.connect(self._ask_where)
        self.said = Label()
        self.said.setAccessibleName("What became of the saving")
        self.said.setWordWrap(True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.said.hide()
        for button in (self.copy, self.save):
            button.setProperty("role", "view")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.said)

    def theme_changed(self) -> None:
        """Take the colours of the current theme."""
        self._highlighter.rehighlight()

    def show_file(self, name: str, source: str, sentence: str) -> None:
        """Show a program that is a file already. `sentence` is shown in its place, if its text is not known."""
        self._show(name, source)
        self.save.setEnabled(False)
        self.save.setToolTip("It is a file already, and is not changed here")
        self.said.setText(sentence)
        set_role(self.said, "muted")
        self.said.setVisible(bool(sentence))
        self.text.setVisible(not sentence)  # the sentence stands in its place

    def show_source(self, name: str, source: str) -> None:
        """Show a program, with the name that its file should have."""
        self.text.show()
        self.save.setEnabled(True)
        self.save.setToolTip(self.save.accessibleDescription())
        self._show(name, source)

    def _show(self, name: str, source: str) -> None:
        if source != self.text.toPlainText():
            self._name = name
            position = self.text.verticalScrollBar().value()
            self.text.setPlainText(source)
            self.text.verticalScrollBar().setValue(position)
            self.copy.reset()
            self.said.hide()

    def _ask_where(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save the program", self._name, "Python (*.py)")
        if path:
            self.save_as(Path(path))

    def save_as(self, path: Path) -> None:
        """Write the program to a file, and show whether that worked."""
        try:
            files.write(path, self.text.toPlainText().encode("utf-8", "surrogateescape"))
        except OSError as error:
            self.said.setText(f"{path.name} could not be saved: {error.strerror or error}.")
            set_role(self.said, "error")
        else:
            self.said.setText(f"Saved. Run it: python {path.name}")
            set_role(self.said, "muted")
        self.said.show()
