"""Shows uncaught errors of the window and its threads in a dialog, while the run goes on.

sys.excepthook, threading.excepthook -> ErrorReporter -> queued signal, to the GUI's thread -> ErrorDialog
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from rocketgui.gui.widgets.details_text import CopyButton, DetailsText, button_row
from rocketgui.gui.widgets.labels import Label
from rocketgui.model.formatting import harmless

_log = logging.getLogger(__name__)

_SENTENCE = "Something went wrong in rocketgui; the run goes on."
#: No errors: they end a program or a thread.
_ENDS = (KeyboardInterrupt, SystemExit)


class ErrorDialog(QDialog):
    """Shows the traceback of one error; counts those that follow while it is open."""

    def __init__(self, parent: QWidget | None, trace: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Error in rocketgui")
        self._more = 0
        self.sentence = Label(_SENTENCE)
        self.sentence.setWordWrap(True)
        self.text = DetailsText("Traceback", "Where in rocketgui the error is, for a bug report")
        self.text.setPlainText(harmless(trace, keep="\n\t"))
        self.copy = CopyButton(self._report, "Copy the traceback and the versions, for a bug report")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(self.sentence)
        layout.addWidget(self.text, 1)
        layout.addLayout(button_row(self, self.copy))
        self.resize(640, 340)
        # The focus is on the text, so that Space, meant for the run, does not close the dialog.
        self.text.setFocus()

    def count_another(self) -> None:
        """Count another error."""
        self._more += 1
        self.sentence.setText(f"{_SENTENCE} And {self._more:,} more after it.")
        self.copy.reset()

    def _report(self) -> str:
        from rocketgui.gui.dialogs.about_dialog import details

        more = f"and {self._more:,} more after it\n" if self._more else ""
        return f"{self.text.toPlainText().rstrip()}\n{more}\n{details()}\n"


class ErrorReporter(QObject):
    """Replaces the hooks for uncaught errors until `restore`. `window` is the parent of the dialog.

    Signals:
        repeated: a sentence about an error that was shown before. An error at each frame would open its dialog again as
            soon as it is closed.
    """

    repeated = Signal(str)
    _raised = Signal(str, str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: ErrorDialog | None = None
        self._told: set[str] = set()
        # Queued, since any thread may emit it, and since an error while one is shown must not recurse.
        self._raised.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._in_this_thread
        threading.excepthook = self._in_a_thread

    def restore(self) -> None:
        """Put back the hooks that were there before."""
        sys.excepthook, threading.excepthook = self._before

    def _in_this_thread(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, _ENDS):
            self._before[0](kind, error, trace)
        else:
            self._report(kind, error, trace, "")

    def _in_a_thread(self, args: threading.ExceptHookArgs) -> None:
        if issubclass(args.exc_type, _ENDS):
            self._before[1](args)
        else:
            name = args.thread.name if args.thread is not None else "that is gone"
            self._report(args.exc_type, args.exc_value, args.exc_traceback, f"In the thread {name}:\n")

    def _report(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, head: str
    ) -> None:
        text = head + "".join(traceback.format_exception(kind, error, trace))
        self._raised.emit(_location(kind, trace), text)
        if sys.stderr is not None:  # a packaged rocketgui may have none
            sys.stderr.write(harmless(text, keep="\n\t"))

    @Slot(str, str)
    def _show(self, location: str, text: str) -> None:
        _log.error("an error that nobody caught\n%s", text)
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.count_another()
        elif location in self._told:
            self.repeated.emit(f"The same error in rocketgui again: {text.splitlines()[-1]}")
        else:
            self._told.add(location)
            if self.dialog is not None:
                self.dialog.deleteLater()
            self.dialog = ErrorDialog(self._window, text)
            self.dialog.show()


def _location(kind: type[BaseException], trace: TracebackType | None) -> str:
    """Class and line of an error: the same for each repetition."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return f"{kind.__qualname__} at {where}"
