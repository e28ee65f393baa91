"""An empty PySide6 + pyqtgraph window: what any such program costs. `python empty.py FILE` writes when it was painted.

It is run from a checkout and, packaged by `benchmarks/empty.spec`, as an app.
"""

import json
import sys
import time

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow


class Notes(QObject):
    """Writes the monotonic time of the first painted frame to a file."""

    def __init__(self, window: QMainWindow, file: str) -> None:
        super().__init__(window)
        self._file = file
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest:
            QTimer.singleShot(0, self, self._write)
            watched.removeEventFilter(self)
        return False

    def _write(self) -> None:
        painted_ns = time.monotonic_ns()
        with open(self._file, "w", encoding="utf-8") as file:
            json.dump({"painted_ns": painted_ns}, file)


def main() -> None:
    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.setCentralWidget(pg.PlotWidget())
    window.resize(1280, 720)
    if len(sys.argv) > 1:
        Notes(window, sys.argv[1])
    window.show()
    app.exec()


if __name__ == "__main__":
    main()
