"""A slider with a field for typed values; both show one number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QSlider, QStyle, QVBoxLayout, QWidget

from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.widgets.elided_labels import Remark
from rocketgui.gui.widgets.labels import Label

_HANDLE_PX = 14
_WORD_GAP = 8
#: After losing the focus for one of these reasons, the field gets it back.
_STILL_THERE = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


@dataclass(frozen=True, slots=True)
class Scale:
    """How numbers map to stops of the slider, and are parsed and written. `marks`: stops, and the words below them."""

    last_stop: int
    page: int
    at: Callable[[int], int]
    stop_for: Callable[[int], int]
    parse: Callable[[str], int]
    show: Callable[[int], str]
    edit: Callable[[int], str]
    marks: tuple[tuple[int, str], ...]


class NumberEdit(QLineEdit):
    """Shows a short text, and while it has the focus the text to edit. Enter confirms it, Esc discards it.

    Signals:
        typed: the text that was confirmed.
        given_up: Esc was pressed.
        left: another widget has the focus. Qt's own `editingFinished` is not emitted for a text that was confirmed,
            refused, and then left as it was.
    """

    typed = Signal(str)
    given_up = Signal()
    left = Signal()

    def __init__(self, edit_text: Callable[[], str]) -> None:
        super().__init__()
        self._edit_text = edit_text
        self.setAcceptDrops(False)  # a file that is dropped is for the window
        self.returnPressed.connect(lambda: self.typed.emit(self.text()))

    def event(self, event: QEvent) -> bool:
        # Esc belongs to the field here, and not to the window's shortcut.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            self.setText(self._edit_text())
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _STILL_THERE:
            self.left.emit()


class Marks(QWidget):
    """The words below a slider, each below its stop; those at the ends are kept inside."""

    def __init__(self, slider: QSlider, marks: tuple[tuple[int, str], ...]) -> None:
        super().__init__()
        self._slider = slider
        self._marks = marks
        set_text(self, 0.88)
        self.setProperty("role", "muted")

    def sizeHint(self) -> QSize:
        return QSize(100, self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        room = self.width() - _HANDLE_PX
        taken = -_WORD_GAP
        words = sorted(self._marks, key=lambda mark: mark[0])
        last = self._mark_rect(*words[-1], room)
        for stop, word in words:
            rect = self._mark_rect(stop, word, room)
            x = _HANDLE_PX // 2 + self._position(stop, room)
            painter.drawLine(x, 0, x, 2)
            # A word that would overlap the one before is moved beside it, if it still ends before the last one.
            rect.moveLeft(max(rect.left(), taken + _WORD_GAP))
            if stop == words[-1][0] or rect.right() < last.left() - _WORD_GAP:
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, word)
                taken = rect.right()
        painter.end()

    def _mark_rect(self, stop: int, word: str, room: int) -> QRect:
        middle = _HANDLE_PX // 2 + self._position(stop, room)
        width = self.fontMetrics().horizontalAdvance(word) + 2
        left = min(max(middle - width // 2, 0), self.width() - width)
        return QRect(left, 3, width, self.height() - 3)

    def _position(self, stop: int, room: int) -> int:
        return QStyle.sliderPositionFromValue(self._slider.minimum(), self._slider.maximum(), stop, room)


class SliderField(QWidget):
    """A named number: field, slider, and below them a remark, or a sentence about a wrong entry.

    Signals:
        value_changed: the number that the user has chosen; an object, because Qt's integers end at 2**31.
    """

    value_changed = Signal(object)

    def __init__(self, name: str, scale: Scale, value: int, tip: str, remark_lines: int) -> None:
        super().__init__()
        self._scale = scale
        self._value = value
        self._remark = self._refusal = ""
        self._label = Label(name)
        set_text(self._label, 1.0)
        self.field = NumberEdit(lambda: scale.edit(self._value))
        self.field.setAccessibleName(name)
        self.field.setAccessibleDescription(tip)
        self.field.setToolTip(f"{tip}\nEnter takes it over, Esc takes it back")
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        set_text(self.field, 1.3, bold=True)
        self.field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field.typed.connect(self._typed)
        self.field.given_up.connect(self._given_up)
        self.field.left.connect(self._left)
        self._label.setBuddy(self.field)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(scale.marks[0][0], scale.last_stop)
        self.slider.setPageStep(scale.page)
        self.slider.setAccessibleName(f"{name} slider")
        self.slider.setToolTip(f"{tip}\n← → one step, Page Up and Page Down more")
        self.slider.valueChanged.connect(self._slid)
        self._marks = Marks(self.slider, scale.marks)
        self.remark = Remark(remark_lines)
        top = QHBoxLayout()
        top.addWidget(self._label)
        top.addWidget(self.field, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self.slider)
        layout.addWidget(self._marks)
        layout.addWidget(self.remark)
        self.set_value(value)

    @property
    def value(self) -> int:
        """The number."""
        return self._value

    def set_value(self, value: int) -> None:
        """Set the number, without a signal."""
        self._value = value
        self.remark.clear_error()
        self.slider.blockSignals(True)
        self.slider.setValue(self._scale.stop_for(value))
        self.slider.blockSignals(False)
        self._show()

    def set_remark(self, text: str) -> None:
        """Set the text below, which is shown while nothing is wrong."""
        self._remark = text
        self.remark.set_remark(self._refusal or text)

    def refuse(self, reason: str) -> None:
        """Disable the field, with the reason as remark; empty: enable it again."""
        self._refusal = reason
        for part in (self._label, self.field, self.slider, self._marks):
            part.setEnabled(not reason)
        self.remark.clear_error()
        self.remark.set_remark(reason or self._remark)

    @property
    def error(self) -> str:
        """The sentence about a wrong entry; empty if there is none."""
        return self.remark.error

    def _show(self) -> None:
        if not self.field.hasFocus():
            self.field.setText(self._scale.show(self._value))
            self.field.setCursorPosition(0)

    def _slid(self, stop: int) -> None:
        self.remark.clear_error()
        self._value = self._scale.at(stop)
        self._show()
        self.value_changed.emit(self._value)

    def _typed(self, text: str) -> None:
        try:
            value = self._scale.parse(text)
        except ValueError as error:
            self.remark.set_error(str(error))
            self.field.selectAll()
            return
        changed = value != self._value
        self.set_value(value)
        self.field.clearFocus()
        if changed:
            self.value_changed.emit(value)

    def _left(self) -> None:
        if self.field.text() not in (self._scale.edit(self._value), self._scale.show(self._value)):
            self._typed(self.field.text())
        self._show()

    def _given_up(self) -> None:
        self.remark.clear_error()
        self.field.setText(self._scale.show(self._value))
        self.field.clearFocus()
