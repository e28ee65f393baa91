"""What the processes printed: time, name in the process's colour, text; and as another view the program's code."""

from __future__ import annotations

from itertools import islice

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontDatabase, QResizeEvent, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QComboBox, QPlainTextEdit

from rocketgui.gui.panels.code_view import CodeView
from rocketgui.gui.style import theme
from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.view_models.watched_values import shortened
from rocketgui.gui.widgets.buttons import ComboBox
from rocketgui.gui.widgets.card import Card
from rocketgui.gui.widgets.view_switcher import ViewSwitcher
from rocketgui.model.formatting import harmless
from rocketgui.model.run import Run
from rocketgui.protocol.messages import Output

#: How many lines the panel keeps; the run, and so the report, keeps more.
LINES = 2_000

#: Characters of a line that are shown, and of a name before it.
_LONGEST, _NAME_LONGEST = 400, 12
#: Stands for the id of a chosen process of the run before that this run does not have yet.
_NOT_YET = -1
#: How many letters of a name the list of processes shows: as many as MainProcess has.
_LETTERS = 11


class _Tail(QPlainTextEdit):
    """A text that stays scrolled to its end when it is resized, if it was there."""

    @property
    def is_at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - 1

    def go_to_end(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:
        was_at_end = self.is_at_end
        super().resizeEvent(event)
        if was_at_end:
            self.go_to_end()


class OutputPanel(Card):
    """Appends lines in batches, and stays at the end unless the user scrolled away."""

    def __init__(self) -> None:
        super().__init__("Output")
        self._run = Run()
        self._shown = 0
        self._late = 0
        self._name_width = 0
        #: What of the run the width of names and the list of processes were made for.
        self._names_of = -1
        self._offered_for: object = None
        self.text = _Tail()
        self.text.setReadOnly(True)
        self.text.setAcceptDrops(False)  # a file that is dropped is for the window
        self.text.setAccessibleName("Output")
        self.text.setAccessibleDescription("What the processes printed")
        self.text.setMaximumBlockCount(LINES)
        self.text.setUndoRedoEnabled(False)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.setFocusPolicy(Qt.FocusPolicy.ClickFocus | Qt.FocusPolicy.TabFocus)
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText("What the processes print appears here.")
        set_text(self.text, 0.85, font=QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.document().setDocumentMargin(0)
        self.whose = ComboBox("Output of", "Show the lines of one process only")
        # Of constant width, whatever is chosen.
        self.whose.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.whose.setMinimumContentsLength(_LETTERS)
        self.whose.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.whose.addItem("all", None)
        self.whose.currentIndexChanged.connect(self._choose)
        self.code = CodeView()
        self.whose.setProperty("role", "view")
        self.top.addWidget(self.whose)
        for button in (self.code.copy, self.code.save):
            button.hide()
            self.top.addWidget(button)
        self.views = ViewSwitcher(
            self,
            (
                ("Printed", "What the processes print", "6", self.text),
                ("Code", "The program, as plain Python: copy it, save it, run it", "7", self.code),
            ),
        )
        self.views.chosen.connect(self._view_chosen)

    def _view_chosen(self, index: int) -> None:
        self.retitle("Code" if index else "Output", "")
        self.whose.setVisible(not index)
        for button in (self.code.copy, self.code.save):
            button.setVisible(bool(index))

    def _choose(self) -> None:
        """Write again what the chosen process printed, or all of them."""
        self._shown = 0
        self.text.clear()
        whose = self.whose.currentText() if self.whose.currentIndex() else "the processes"
        self.text.setPlaceholderText(f"What {whose} print{'' if whose == 'the processes' else 's'} appears here.")
        self.refresh()

    def show_process(self, process: int | None) -> None:
        """Show the lines of this process only; None: of all."""
        self.whose.setCurrentIndex(max(self.whose.findData(process), 0))

    def _offer_processes(self) -> None:
        """Offer the processes that have a row. The choice stays, from one run to the next too, by name."""
        run = self._run
        if (run.changes, run.ended) == self._offered_for or self.whose.view().isVisible():
            return  # an open list must not change under the pointer
        self._offered_for = run.changes, run.ended
        offered = {process.id: process.shown for process in run.processes.values() if process.kind != "helper"}
        chosen, name = self.whose.currentData(), self.whose.currentText()
        if chosen == _NOT_YET:
            chosen = next((number for number, shown in offered.items() if shown == name), chosen)
        if chosen is not None and chosen not in offered and (chosen != _NOT_YET or run.ended is None):
            offered[chosen] = name
        items = range(1, self.whose.count())
        if offered == {self.whose.itemData(index): self.whose.itemText(index) for index in items}:
            return
        self._fill(offered, chosen)
        if self.whose.currentData() != chosen:
            self._choose()

    def _fill(self, offered: dict[int, str], chosen: int | None) -> None:
        self.whose.blockSignals(True)
        while self.whose.count() > 1:
            self.whose.removeItem(self.whose.count() - 1)
        for number, name in offered.items():
            self.whose.addItem(name, number)
        self.whose.setCurrentIndex(max(self.whose.findData(chosen), 0))
        self.whose.blockSignals(False)

    def theme_changed(self) -> None:
        """Take the colours of the current theme."""
        self.code.theme_changed()
        self._choose()

    def set_run(self, run: Run) -> None:
        """Show another run."""
        self._run = run
        self._shown = self._late = self._name_width = 0
        self._names_of, self._offered_for = -1, None
        self.text.clear()
        self._fill({_NOT_YET: self.whose.currentText()} if self.whose.currentIndex() else {}, _NOT_YET)

    def refresh(self) -> None:
        """Append what was printed since the last call."""
        run = self._run
        self._offer_processes()
        bar = self.text.verticalScrollBar()
        at, at_end = bar.value(), self.text.is_at_end
        # A line that belongs between others, or a longer name, is rare: then all is written again.
        again = self._names_grew() or run.output_late > self._late
        if again:
            self._late, self._shown = run.output_late, 0
            self.text.clear()
        fresh = min(run.output_total - self._shown, len(run.output), LINES)
        if fresh > 0:
            lines = list(islice(reversed(run.output), fresh))[::-1]
            whose = self.whose.currentData()
            self._append([line for line in lines if whose is None or line.process == whose])
            if at_end:
                self.text.go_to_end()
            elif again:
                bar.setValue(at)
        self._shown = run.output_total
        hidden = run.losses.output_lines_dropped + max(0, run.output_total - LINES)
        self.remark.setText(f"{hidden:,} earlier lines not shown" if hidden else "")

    def _names_grew(self) -> bool:
        """Whether names need more room than in the lines that are written."""
        if self._run.changes == self._names_of:
            return False
        self._names_of = self._run.changes
        names = (len(process.shown) for process in self._run.processes.values() if process.kind != "helper")
        width = min(max(names, default=0), _NAME_LONGEST)
        grew = width > self._name_width
        self._name_width = max(width, self._name_width)
        return grew

    def _append(self, lines: list[Output]) -> None:
        cursor = QTextCursor(self.text.document())
        cursor.beginEditBlock()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        for line in lines:
            if not self.text.document().isEmpty():
                cursor.insertBlock()
            process = self._run.processes.get(line.process)
            name = harmless(self._run.name_of(line.process))
            colour = theme.worker(process.worker_index if process is not None else None)
            text = line.text if len(line.text) <= _LONGEST else line.text[: _LONGEST - 1] + "…"
            text = harmless(text, keep="\t")
            role = "error" if line.stream == "stderr" else "text"
            cursor.insertText(f"{line.t_ns / 1e9:6.3f} ", _coloured(theme.colour("muted")))
            cursor.insertText(f"{shortened(name, self._name_width):<{self._name_width}} ", _coloured(colour))
            cursor.insertText(text, _coloured(theme.colour(role)))
        cursor.endEditBlock()


def _coloured(colour: QColor) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(colour)
    return form
