"""A lesson beside the plots: its text, what to look for, and buttons for the next step and the one before."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout

from rocketgui import lessons
from rocketgui.gui.widgets.buttons import Button
from rocketgui.gui.widgets.card import Card
from rocketgui.gui.widgets.scrolled_text import ScrolledText
from rocketgui.lessons import Lesson, Step
from rocketgui.options import LESSONS
from rocketgui.python_installations import PythonInstallation

#: The largest share of the window's height that the text of a step takes.
_SHARE = 0.36


class LessonPanel(Card):
    """Shows one step of a lesson; hidden while no lesson is open. `python()` gives the Python that will run it.

    Signals:
        step_shown: the `Step` that is shown now.
        closed: the lesson was left.
    """

    step_shown = Signal(object)
    closed = Signal()

    def __init__(self, python: Callable[[], PythonInstallation | None]) -> None:
        super().__init__("Lesson")
        self._python = python
        self._lesson: Lesson | None = None
        self._index = 0
        self._reading = ScrolledText("Text of the lesson")
        self.text = self._reading.label
        self.back = Button("Back", "The step before (Page Up)")
        self.back.clicked.connect(self.go_back)
        self.next = Button("Next", "The next step, or the next lesson (Page Down)")
        self.next.clicked.connect(self.go_on)
        self.leave = Button("Leave", "Close the lesson; the controls stay as they are")
        self.leave.clicked.connect(self.close_lesson)
        row = QHBoxLayout()
        row.addWidget(self.leave)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        self.body.addWidget(self._reading, 1)
        self.body.addLayout(row)
        self.setVisible(False)

    @property
    def step(self) -> Step | None:
        """The step that is shown; None while no lesson is open."""
        return self._lesson.steps[self._index] if self._lesson is not None else None

    def open_lesson(self, number: int, index: int = 0) -> None:
        """Show a step of a lesson. The index -1 is its last step."""
        self._lesson = lessons.lesson(number, self._python())
        self._index = index % len(self._lesson.steps)
        self._show()

    def python_changed(self) -> None:
        """Show whether the Python that is chosen now can run the step."""
        if self._lesson is not None:
            self._lesson = lessons.lesson(self._lesson.number, self._python())
            self._write()

    def close_lesson(self) -> None:
        """Leave the lesson."""
        self._lesson = None
        self.setVisible(False)
        self.closed.emit()

    def go_on(self) -> None:
        """Show the next step, or the next lesson."""
        lesson = self._lesson
        if lesson is None:
            return
        if self._index + 1 < len(lesson.steps):
            self._index += 1
            self._show()
        elif lesson.number < LESSONS:
            self.open_lesson(lesson.number + 1)

    def go_back(self) -> None:
        """Show the step before, or the last step of the lesson before."""
        lesson = self._lesson
        if lesson is None:
            return
        if self._index:
            self._index -= 1
            self._show()
        elif lesson.number > 1:
            self.open_lesson(lesson.number - 1, -1)

    def text_resized(self) -> None:
        """The size of text has changed."""
        if self._lesson is not None:
            self._write()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._claim_room()

    def _claim_room(self) -> None:
        """Make the text as high as it needs, up to `_SHARE` of the window; a longer text scrolls."""
        needed = self.text.heightForWidth(self._reading.viewport().width())
        self._reading.setMinimumHeight(max(min(needed, round(self.window().height() * _SHARE)), 0))

    def _show(self) -> None:
        step = self.step
        assert step is not None
        self._write()
        self.setVisible(True)
        self.step_shown.emit(step)

    def _write(self) -> None:
        lesson, step = self._lesson, self.step
        assert lesson is not None
        assert step is not None
        self.set_subtitle(f"{lesson.number} of {LESSONS}")
        count = len(lesson.steps)
        self.remark.setText(f"step {self._index + 1} of {count}" if count > 1 else "")
        title = lesson.title if lesson.title.endswith("?") else f"{lesson.title}:"
        indent = round(1.3 * self.text.font().pixelSize())
        points = "".join(f"<li>{escape(point)}</li>" for point in step.look_for)
        missing = f"<p><b>{escape(step.unavailable)}</b></p>" if step.unavailable else ""
        call = "Where it can be had, look for:" if step.unavailable else "Press Space, and look for:"
        self.text.setText(
            f'<p style="margin:0 0 4px 0"><b>{escape(title)} {escape(step.title)}</b></p>'
            f'<p style="margin:0 0 4px 0">{escape(step.text)}</p>{missing}'
            f'<p style="margin:0">{call}</p>'
            f'<ul style="margin:0 0 0 {indent}px; -qt-list-indent:0">{points}</ul>'
        )
        self._claim_room()
        self.back.setEnabled(self._index > 0 or lesson.number > 1)
        self.next.setEnabled(self._index + 1 < count or lesson.number < LESSONS)
        self.next.setText("Next" if self._index + 1 < count or lesson.number == LESSONS else "Next lesson")
        self.next.setAccessibleName(self.next.text())
