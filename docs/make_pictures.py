"""Makes the pictures of the documentation from real runs in a real window; needs no screen.

    python docs/make_pictures.py

writes docs/window.png and docs/window-light.png, 1280x720.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from rocketgui.arguments import Options
from rocketgui.bridge import Bridge
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.theme import Look, ThemeSwitch

DOCS = Path(__file__).resolve().parent
PICTURES = {"window.png": Look.DARK, "window-light.png": Look.LIGHT}
OPTIONS = Options(workers=4, limit=50_000_000, start_method="spawn")
#: The pictures are taken when the slowest worker has come this far.
PART = 0.7
#: A machine that is too slow for that gets a picture of what it managed, after so many ms.
LONGEST = 60_000


def main() -> None:
    app = QApplication([])
    themes = ThemeSwitch(app)
    bridge = Bridge()
    window = MainWindow(bridge, OPTIONS, themes)
    window.resize(1280, 720)
    window.show()
    bridge.start()
    try:
        for name, look in PICTURES.items():
            themes.choose(look)
            window.launch()
            wait_for(window.controller.changed, lambda: far_enough(window))
            settle(1000)
            window.grab().save(str(DOCS / name))
            window.controller.stop()
            wait_for(window.controller.changed, lambda: window.controller.session.ended is not None)
    finally:
        window.close()


def far_enough(window: MainWindow) -> bool:
    """Whether each of the run's workers has counted `PART` of the way."""
    session = window.controller.session
    counts = [worker.values[session.watch].last for worker in session.workers if session.watch in worker.values]
    return session.ended is None and len(counts) == OPTIONS.workers and min(counts) >= PART * OPTIONS.limit


def wait_for(changed: object, condition: Callable[[], bool]) -> None:
    """Run the window until a condition holds; it is looked at whenever the model has changed."""
    loop = QEventLoop()
    check = lambda: condition() and loop.quit()  # noqa: E731
    changed.connect(check)  # type: ignore[attr-defined]
    QTimer.singleShot(LONGEST, loop.quit)
    loop.exec()
    changed.disconnect(check)  # type: ignore[attr-defined]


def settle(milliseconds: int) -> None:
    """Let the words catch up with the curves: they change four times a second."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


if __name__ == "__main__":
    main()
