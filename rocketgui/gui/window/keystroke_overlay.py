"""Shows the keys that are pressed, for an audience."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QWindow
from PySide6.QtWidgets import QApplication, QMainWindow

from rocketgui.gui.style.fonts import set_text
from rocketgui.gui.widgets.labels import Label

_SHOWN_MS = 1600
_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class KeystrokeOverlay(Label):
    """A label above everything else, at the lower edge of the window, shown for a moment after each key."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(parent=window)
        self._window = window
        self.setObjectName("keystrokes")
        self.setAccessibleName("Key that was pressed")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        set_text(self, 1.5, bold=True)
        self._gone = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._gone.timeout.connect(self.hide)
        self.is_on = False
        self.hide()

    def turn(self, on: bool) -> None:
        """Switch the display of pressed keys on or off."""
        app = QApplication.instance()
        if on is self.is_on or app is None:
            return
        self.is_on = on
        if on:
            app.installEventFilter(self)
        else:
            app.removeEventFilter(self)
            self.rest()

    def rest(self) -> None:
        """Hide the label."""
        self._gone.stop()
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The QWindow gets each key first, whether it is a shortcut or typed into a field.
        if isinstance(watched, QWindow) and isinstance(event, QKeyEvent) and self._window.isActiveWindow():
            first = event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
            if first and not event.isAutoRepeat() and event.key() not in _MODIFIERS:
                self._show(QKeySequence(event.keyCombination()))
        return False

    def _show(self, keys: QKeySequence) -> None:
        name = keys.toString(QKeySequence.SequenceFormat.NativeText)
        action = next((action for action in self._window.actions() if action.shortcut() == keys), None)
        self.setText(name if action is None or not action.isEnabled() else f"{name}   {action.text()}")
        self.adjustSize()
        page = self._window.rect()
        self.move((page.width() - self.width()) // 2, page.height() - self.height() - page.height() // 20)
        self.raise_()
        self.show()
        self._gone.start()
