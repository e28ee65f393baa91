"""Presents the window to an audience, or for a video: large text, the plots and findings, and no controls.

Text grows with the height of the window; the controls keep a size at which all of them fit. A key shows and hides them.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QSize, QTimer, Signal
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from rocketgui.gui.style.fonts import resize_text, set_all_text
from rocketgui.gui.window.geometry import Geometry

#: The size of text (px) in a window of this height (px).
_TEXT_PX, _HEIGHT = 17, 720
#: The height that all controls need with text of one pixel, in px: 670 with 13.
_CONTROLS = 52
_UNBOUND = 16_777_215


class Shape(StrEnum):
    """How the window is presented."""

    FULL = "full"
    P720 = "720p"
    P1080 = "1080p"

    @property
    def size(self) -> QSize | None:
        """The size of the window in pixels; None: all of the screen."""
        return {Shape.P720: QSize(1280, 720), Shape.P1080: QSize(1920, 1080)}.get(self)


class _Before(NamedTuple):
    """The window's geometry and minimum size before it was presented."""

    geometry: Geometry
    least: QSize


class Presentation(QObject):
    """Presents a window. While it is presented, `sides`, its controls, are hidden, and so are `extras`, some buttons.

    Signals:
        beginning: it is about to be presented.
        changed: the `Shape` in which it is presented now, or None; or the controls were shown or hidden.
        problem: a sentence.
    """

    beginning = Signal()
    changed = Signal(object)
    problem = Signal(str)

    def __init__(self, window: QMainWindow, sides: Sequence[QWidget], extras: Sequence[QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._sides, self._extras = tuple(sides), tuple(extras)
        self._before: _Before | None = None
        self._usual_px = QApplication.font().pixelSize()
        self.shape: Shape | None = None
        #: Whether the controls are visible while presented.
        self.controls = False
        self._resized = QTimer(self, singleShot=True, interval=0)
        self._resized.timeout.connect(self._fit)
        window.installEventFilter(self)

    @property
    def geometry(self) -> Geometry:
        """The geometry of the window when it is not presented."""
        return self._before.geometry if self._before is not None else Geometry.of(self._window)

    def toggle(self) -> None:
        """Present on the full screen, or end that."""
        self.show(Shape.FULL if self.shape is None else None)

    def show(self, shape: Shape | None) -> None:
        """Present in a shape; None: end presenting."""
        if shape is self.shape:
            return
        window = self._window
        if self._before is None:
            self.beginning.emit()
            self._before = _Before(Geometry.of(window), window.minimumSize())
        window.setMinimumSize(0, 0)
        window.setMaximumSize(_UNBOUND, _UNBOUND)
        self.shape = shape
        self.controls = False
        if shape is None:
            before, self._before = self._before, None
            self._fit()
            window.setMinimumSize(before.least)
            window.showNormal()
            window.setGeometry(before.geometry.rect)
            if before.geometry.maximized:
                window.showMaximized()
        elif shape.size is None or self._is_all_of_the_screen(shape.size):
            window.setGeometry(window.screen().geometry())  # there may be no window manager to do it
            window.showFullScreen()
        else:
            window.showNormal()
            size = shape.size / window.devicePixelRatioF()
            window.setFixedSize(size)
            screen = window.screen().geometry()
            if size.width() > screen.width() or size.height() > screen.height():
                self.problem.emit(f"This screen is too small for {shape.size.width()} × {shape.size.height()} pixels.")
        self._fit()
        self.changed.emit(shape)

    def _is_all_of_the_screen(self, size: QSize) -> bool:
        """Whether the shape is as large as the screen: such a window fits only without a frame."""
        return size / self._window.devicePixelRatioF() == self._window.screen().size()

    def toggle_controls(self) -> None:
        """Show or hide the controls, while presented."""
        if self.shape is not None:
            self.controls = not self.controls
            self._fit()
            self.changed.emit(self.shape)

    def rest(self) -> None:
        """Give the application its usual size of text: the window is being closed."""
        self._resized.stop()
        if self.shape is not None:
            self.shape = None
            self._fit()

    def _fit(self) -> None:
        """Give all text the size that fits the window."""
        for widget in (*self._sides, *self._extras):
            widget.setVisible(self.shape is None or self.controls)
        large, small = self._pixels()
        resize_text(self._window, large, self._sides, small)

    def style_sheet_applied(self) -> None:
        """Give all text its size again after a new style sheet."""
        large, small = self._pixels()
        set_all_text(self._window, large, self._sides, small)

    def _pixels(self) -> tuple[int, int]:
        """The sizes of all text and of the controls' text, in px."""
        if self.shape is None:
            return self._usual_px, self._usual_px
        height = self._window.height()
        large = max(round(height * _TEXT_PX / _HEIGHT), self._usual_px)
        return large, min(max(height // _CONTROLS, self._usual_px), large)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.shape is not None:
            self._resized.start()
        return False
