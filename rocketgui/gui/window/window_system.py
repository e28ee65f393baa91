"""Closes the application when another program destroys its window, or the connection to the window system breaks.

Qt does not notice that another client has destroyed a window of X11 (`xdotool windowclose`), and would keep running.
When the connection breaks, Qt logs a message. Its plugin for Wayland, and older ones for X11, then end the process at
once, without running any Python; newer ones leave the event loop. The message is the only event that all of them have.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable

from PySide6.QtCore import (
    QAbstractNativeEventFilter,
    QByteArray,
    QMessageLogContext,
    QTimer,
    QtMsgType,
    qFormatLogMessage,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from rocketgui.model.formatting import harmless

#: The messages of Qt's plugins for X11 and Wayland when the connection has broken, before they call exit() or _exit().
_BROKEN = re.compile(r"The (X11|Wayland) connection (broke|experienced a fatal error)")


class _DestroyNotify(ctypes.Structure):
    """xcb_destroy_notify_event_t."""

    _fields_ = (
        ("response_type", ctypes.c_uint8),
        ("pad0", ctypes.c_uint8),
        ("sequence", ctypes.c_uint16),
        ("event", ctypes.c_uint32),
        ("window", ctypes.c_uint32),
    )
    #: XCB_DESTROY_NOTIFY; the uppermost bit of the type says that another client sent the event.
    TYPE = 17


class _DestroyedWindows(QAbstractNativeEventFilter):
    """Closes the widgets whose windows other clients have destroyed. Windows that Qt destroys belong to no widget
    when the event comes."""

    def nativeEventFilter(self, kind: QByteArray | bytes | bytearray | memoryview, message: int) -> object:
        if kind == b"xcb_generic_event_t":
            address = int(message)
            if ctypes.c_uint8.from_address(address).value == _DestroyNotify.TYPE:
                self._close(_DestroyNotify.from_address(address).window)
        return False, 0

    def _close(self, destroyed: int) -> None:
        for widget in QApplication.topLevelWidgets():
            if widget.internalWinId() == destroyed:
                QTimer.singleShot(0, widget, widget.close)  # once Qt has handled the event


class WindowSystem:
    """Watches the window system until `restore`. `close` is called when the connection breaks."""

    def __init__(self, app: QApplication, close: Callable[[], None]) -> None:
        self._app = app
        self._close = close
        self._filter = _DestroyedWindows()
        app.installNativeEventFilter(self._filter)
        self._before = qInstallMessageHandler(self._said)

    def restore(self) -> None:
        """Watch no longer."""
        self._app.removeNativeEventFilter(self._filter)
        qInstallMessageHandler(self._before)

    def _said(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if self._before is not None:
            self._before(kind, context, message)
        elif sys.stderr is not None:  # a packaged rocketgui may have none
            print(harmless(qFormatLogMessage(kind, context, message), keep="\n"), file=sys.stderr, flush=True)
        if _BROKEN.match(message):
            self._close()
