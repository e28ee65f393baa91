"""The window's geometry, for the settings; and what keeps the window on the screen, with the frame that the window
manager draws around it.

QWidget.restoreGeometry assumes a title bar: without a window manager, on a screen of the window's size, it would move
the window and make it smaller. `GeometryKeeper` uses the real frame, once the window is shown.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from PySide6.QtCore import QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QWidget

#: Within this time (ms) a window manager puts its frame around a window. Qt does not tell when, so the frame is looked
#: for this many times.
_SETTLES_MS, _LOOKS = 1000, 20


#: More pixels than any screen has.
_MOST = 32_767
_PLACE = re.compile(r"(-?\d{1,5}),(-?\d{1,5}),(\d{1,5}),(\d{1,5})(,maximized)?", re.ASCII)


class Geometry(NamedTuple):
    """The rectangle of a window's content while it is not maximized, and whether it is."""

    rect: QRect
    maximized: bool = False

    @staticmethod
    def of(window: QWidget) -> Geometry:
        """The geometry of a window."""
        maximized = window.isMaximized()
        return Geometry(window.normalGeometry() if maximized else window.geometry(), maximized)

    @staticmethod
    def read(text: str) -> Geometry | None:
        """Parse what `str` of a geometry gave; None: the text is something else."""
        found = _PLACE.fullmatch(text)
        if found is None:
            return None
        left, top, width, height = map(int, found.groups()[:4])
        if not (width and height) or max(abs(left), abs(top), width, height) > _MOST:
            return None
        return Geometry(QRect(left, top, width, height), found[5] is not None)

    def __str__(self) -> str:
        rect = self.rect
        return f"{rect.x()},{rect.y()},{rect.width()},{rect.height()}" + ",maximized" * self.maximized

    def take(self, window: QWidget) -> None:
        """Give this geometry to a window that is not shown yet."""
        window.setGeometry(self.rect)
        if self.maximized:
            window.setWindowState(Qt.WindowState.WindowMaximized)


class GeometryKeeper(QObject):
    """Moves a window into the available area of its screen, and makes it smaller if it has to be."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._left = 0
        self._timer = QTimer(self, interval=_SETTLES_MS // _LOOKS)
        self._timer.timeout.connect(self._fit)

    def watch(self) -> None:
        """Fit the window once its frame is known. Called when it was shown, or is shown in another way."""
        self._left = _LOOKS
        self._timer.start()

    def _fit(self) -> None:
        self._left -= 1
        window = self._window
        handle: QWindow | None = window.windowHandle()  # Qt's type hints leave out None
        if not self._left:
            self._timer.stop()
        elif handle is not None and not (window.isMaximized() or window.isFullScreen() or window.isMinimized()):
            inner, room = window.geometry(), window.screen().availableGeometry()
            # The widget's own frameGeometry() may be out of date.
            outer = inner.marginsAdded(handle.frameMargins())
            if not room.contains(outer):
                window.setGeometry(fitted(inner, outer, room, window.minimumSize()))


def fitted(inner: QRect, outer: QRect, room: QRect, least: QSize) -> QRect:
    """The rectangle for a window's content with which all of the window is in the `room`. `inner` is the present one,
    `outer` that of its frame. If there is less room than `least`, the upper left corner is visible."""
    frame = outer.size() - inner.size()
    size = inner.size().boundedTo(room.size() - frame).expandedTo(least)
    left = max(min(outer.left(), room.left() + room.width() - size.width() - frame.width()), room.left())
    top = max(min(outer.top(), room.top() + room.height() - size.height() - frame.height()), room.top())
    return QRect(left + inner.left() - outer.left(), top + inner.top() - outer.top(), size.width(), size.height())
