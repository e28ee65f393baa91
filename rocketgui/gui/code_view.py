"""The program that runs, to be read, copied and saved."""

from __future__ import annotations

import builtins
import keyword
import re
from pathlib import Path

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QFileDialog, QLabel, QVBoxLayout, QWidget

from rocketgui.gui.buttons import Button
from rocketgui.gui.card import set_role
from rocketgui.gui.details import CopyButton, DetailsText
from rocketgui.gui.theme import Theme

_TOKENS = re.compile(
    r"(?P<text>f?\"\"\"|f?\"(?:[^\"\\]|\\.)*\")|(?P<comment>#.*)|(?P<number>\b\d[\d_.]*)|(?P<word>\b[A-Za-z_]\w*)"
)
_TRIPLE = '"""'
_BUILTINS = frozenset(name for name in dir(builtins) if name[0].islower())


class Highlighter(QSyntaxHighlighter):
    """Colours Python as our own programs are written: double quotes only."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self.theme = theme

    def highlightBlock(self, text: str) -> None:
        inside = self.previousBlockState() == 1
        start = 0
        if inside:
            end = text.find(_TRIPLE)
            if end < 0:
                self._colour(0, len(text), "ok")
                self.setCurrentBlockState(1)
                return
            start = end + len(_TRIPLE)
            self._colour(0, start, "ok")
        self.setCurrentBlockState(0)
        while (match := _TOKENS.search(text, start)) is not None:
            start = match.end()
            kind = match.lastgroup
            if kind == "text" and match[0].endswith(_TRIPLE):
                end = text.find(_TRIPLE, start)
                if end < 0:
                    self._colour(match.start(), len(text), "ok")
                    self.setCurrentBlockState(1)
                    return
                start = end + len(_TRIPLE)
                self._colour(match.start(), start, "ok")
            elif kind == "text":
                self._colour(match.start(), start, "ok")
            elif kind == "comment":
                self._colour(match.start(), start, "muted")
            elif kind == "number":
                self._colour(match.start(), start, "accent")
            elif keyword.iskeyword(match[0]):
                self._colour(match.start(), start, "info")
            elif match[0] in _BUILTINS:
                self._colour(match.start(), start, "warning")

    def _colour(self, start: int, end: int, role: str) -> None:
        form = QTextCharFormat()
        form.setForeground(QColor(self.theme.colour(role)))
        self.setFormat(start, end - start, form)


class CodeView(QWidget):
    """Shows a program's text. `copy` and `save` are buttons for whoever shows it to place."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._name = "rocket.py"
        self.text = DetailsText("Code", "The program that is launched, as plain Python")
        self.text.setProperty("role", "")
        self._highlighter = Highlighter(self.text.document(), theme)
        self.copy = CopyButton(lambda: self.text.toPlainText(), "Copy the program to the clipboard")
        self.save = Button("Save …", "Save the program as a file; plain python runs it")
        self.save.clicked.connect(self._ask_where)
        self.said = QLabel()
        self.said.setAccessibleName("What became of the saving")
        self.said.setWordWrap(True)
        self.said.hide()
        for button in (self.copy, self.save):
            button.setProperty("role", "view")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.said)

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self._highlighter.theme = theme
        self._highlighter.rehighlight()

    def show_source(self, name: str, source: str) -> None:
        """Show a program, with the name that its file should have."""
        if source != self.text.toPlainText():
            self._name = name
            place = self.text.verticalScrollBar().value()
            self.text.setPlainText(source)
            self.text.verticalScrollBar().setValue(place)
            self.copy.reset()
            self.said.hide()

    def _ask_where(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save the program", self._name, "Python (*.py)")
        if path:
            self.save_as(Path(path))

    def save_as(self, path: Path) -> None:
        """Write the program to a file, and say what became of it."""
        try:
            path.write_text(self.text.toPlainText(), encoding="utf-8")
        except OSError as error:
            self.said.setText(f"{path.name} could not be saved: {error.strerror or error}.")
            set_role(self.said, "error")
        else:
            self.said.setText(f"Saved. Run it: python {path.name}")
            set_role(self.said, "muted")
        self.said.show()
