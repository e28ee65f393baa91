"""Opens programs of the user's: chosen in a dialog, or dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMainWindow


class OpenProgram(QObject):
    """Finds the file that a user wants to open.

    Signals:
        chosen: its Path, for which `script_source.refusal` has nothing to say.
        problem: a sentence that says why what was dropped cannot be opened.
    """

    chosen = Signal(object)
    problem = Signal(str)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._folder = ""
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def ask(self) -> None:
        """Ask for a file, while the window goes on."""
        dialog = QFileDialog(self._window, "Open a program", self._folder or str(Path.cwd()), "Python (*.py *.pyw)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        # The platform without a screen has no dialog of its own.
        if QGuiApplication.platformName() == "offscreen":
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.fileSelected.connect(lambda name: self.open([Path(name)]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open(self, paths: list[Path]) -> None:
        """Open the one program among these files, or say why not."""
        from rocketgui.gui.view_models import script_source  # most runs end without it

        sentence = script_source.refusal(paths)
        if sentence:
            self.problem.emit(sentence)
            return
        self._folder = str(paths[0].parent)
        self.chosen.emit(paths[0])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent):
            # Whatever is a file: what cannot be opened is told why, when it is dropped.
            if event.mimeData().hasUrls():
                event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            event.acceptProposedAction()
            self.open([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])
            return True
        return False
