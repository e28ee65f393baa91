"""What a program of the user's is launched with: its arguments, the values to watch, and the Python that runs it."""

from __future__ import annotations

import os
import re
import shlex

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from rocketgui import python_installations
from rocketgui.gui.program.python_combo_box import PythonComboBox
from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.view_models import script_source
from rocketgui.gui.widgets.buttons import Button
from rocketgui.gui.widgets.elided_labels import Elided
from rocketgui.gui.widgets.labels import Label
from rocketgui.gui.widgets.text_field import TextField
from rocketgui.options import parse_watch
from rocketgui.protocol.launch_spec import Launch, Script

_LATER = "Counts from the next launch on"
#: What stands for a byte of an argument that is no text; see PEP 383.
_UNDECODABLE = re.compile(r"\\u(dc[89a-f][0-9a-f])")
_FOUND = "Empty: numbers that change are found."


def parse_arguments(typed: str) -> tuple[str, ...]:
    """Parse a line of arguments that is written as in a shell.

    Raises:
        ValueError: the line is not complete; the text is one sentence.
    """
    lexer = shlex.shlex(typed, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    if os.name == "nt":
        lexer.escape = ""  # there it separates folders
    try:
        return tuple(_UNDECODABLE.sub(lambda found: chr(int(found[1], 16)), word) for word in lexer)
    except ValueError as error:
        end = "A backslash stands at the end." if "escape" in str(error) else "A quotation mark is not closed."
        raise ValueError(end) from None


def join_arguments(words: tuple[str, ...]) -> str:
    """The line that `parse_arguments` reads back. Bytes that are no text are written as Python does: \\udcff."""
    return shlex.join(word.encode("utf-8", "backslashreplace").decode() for word in words)


def parse_names(typed: str) -> tuple[str, ...]:
    """Parse names of values to watch, with spaces or commas between them; each is kept once.

    Raises:
        ValueError: one is not the name of a value; the text is one sentence.
    """
    return tuple(dict.fromkeys(map(_name, filter(None, re.split(r"[\s,]+", typed)))))


def _name(typed: str) -> str:
    try:
        return parse_watch(typed)
    except ValueError:
        shown = typed if len(typed) <= 16 else f"{typed[:15]}…"
        raise ValueError(f"“{shown}” is no value: type NAME, module.NAME or function:local.") from None


class ScriptControls(QWidget):
    """The controls of a user's program.

    Signals:
        changed: its arguments or watched values are others.
        left: the user wants the rocket program again.
    """

    changed = Signal()
    left = Signal()

    def __init__(self, script: Script, python: str) -> None:
        super().__init__()
        self._script = script
        self.name = Elided(1.3, bold=True)
        self.folder = Elided(0.92)
        self.folder.setProperty("role", "muted")
        self.arguments = TextField(
            "Arguments", f"What the program is told, as in a shell. {_LATER}", parse_arguments, join_arguments, 1
        )
        self.watch = TextField(
            "Watch",
            "Values to draw: NAME, a global of the main module; module.NAME; or function:local; spaces between them. "
            f"{_LATER}",
            parse_names,
            " ".join,
            3,
        )
        self.watch.field.setPlaceholderText("what changes")
        self.arguments.field.setPlaceholderText("none")
        self.arguments.set_remark("As in a shell.")
        # The same choice as `python_installations.for_scripts`, which would wait for each; here a thread does.
        first, *others = (
            [python] if python else [*python_installations.candidates_for_scripts(), python_installations.own()]
        )
        self.python = PythonComboBox(first, tuple(others))
        label = Label("Python")
        set_text(label, 1.0)
        label.setBuddy(self.python)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.python, 1)
        self.back = Button("←  Rocket program", "Back to the program that comes with rocketgui (Ctrl+B)")
        self.back.setAccessibleName("Rocket program")
        self.back.clicked.connect(self.left)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.name)
        layout.addWidget(self.folder)
        layout.addSpacing(8)
        layout.addWidget(self.arguments)
        layout.addWidget(self.watch)
        layout.addLayout(row)
        layout.addSpacing(8)
        layout.addWidget(self.back)
        layout.addStretch(1)
        for field in (self.arguments, self.watch):
            field.changed.connect(self._told)
        self.show_script(script)

    def show_script(self, script: Script) -> None:
        """Show another program; the Python stays."""
        self._script = script
        folder = script_source.folder_of(script)
        is_module = script_source.is_module(script)
        file = script_source.file_of(script)
        whole = f"python -m {script_source.name_of(script)}" if is_module else str(file and file.absolute())
        self.name.set_whole(script_source.name_of(script), whole)
        self.folder.set_whole(
            "a module" if is_module else f"in {_home(str(folder))}",
            f"{whole}\nIt runs in the folder {script.folder or script_source.current_folder()}",
        )
        self.arguments.set_words(script_source.arguments_of(script))
        self.watch.set_words(script.watch)
        self.watch.set_remark("" if script.watch else _FOUND)

    @property
    def script(self) -> Script:
        """The program with its arguments and watched values."""
        return self._script

    def take_over(self) -> bool:
        """Take over the text of the fields. Return False if one cannot be parsed; a sentence then says so, and the
        field has the focus."""
        for field in (self.arguments, self.watch):
            if not field.take_over():
                field.field.setFocus()
                field.field.selectAll()
                return False
        return True

    def command(self) -> Launch:
        """The command that launches it."""
        return self._script.launch(self.python.path, own_session=True)

    def _told(self) -> None:
        self._script = script_source.with_arguments(self._script, self.arguments.words, self.watch.words)
        self.watch.set_remark("" if self.watch.words else _FOUND)
        self.changed.emit()


def _home(path: str) -> str:
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path == home or path.startswith(home + os.sep) else path
