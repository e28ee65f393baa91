"""Makes the pictures of the documentation from real runs in a real window; needs no screen.

    python docs/make_pictures.py

writes docs/window.png, docs/window-light.png and docs/your-program.png, 1280x720.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from rocketgui.bridge import Bridge
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.panels.plots_panel import TIMELINE
from rocketgui.gui.style.theme import ColourScheme, ThemeSwitch
from rocketgui.options import Options
from rocketgui.protocol.launch_spec import Script
from rocketgui.protocol.variant import Variant

DOCS = Path(__file__).resolve().parent
PICTURES = {"window.png": ColourScheme.DARK, "window-light.png": ColourScheme.LIGHT}
#: A program such as users have; its picture is taken when it has printed so many lines.
PROGRAM, PROGRAM_PICTURE, LINES = DOCS / "example.py", "your-program.png", 24
OPTIONS = Options(workers=4, limit=50_000_000, variant=Variant(start_method="spawn"))
#: The pictures are taken when the slowest worker has come this far.
PART = 0.7
#: A machine that is too slow for that gets a picture of what it managed, after so many ms.
LONGEST = 60_000


def main() -> None:
    app = QApplication([])
    for name, scheme in PICTURES.items():
        take(app, OPTIONS, scheme, DOCS / name, far_enough)
    with tempfile.TemporaryDirectory() as home:  # the folder is in the picture, and should be nobody's
        os.environ["HOME"] = home
        options = Options(script=Script((shutil.copy(PROGRAM, home),)))
        take(app, options, ColourScheme.DARK, DOCS / PROGRAM_PICTURE, has_printed_enough)


def take(
    app: QApplication, options: Options, scheme: ColourScheme, picture: Path, is_time: Callable[[MainWindow], bool]
) -> None:
    """Take a picture of a window in which a run has come far enough."""
    bridge = Bridge()
    themes = ThemeSwitch(app)
    themes.choose(scheme)
    window = MainWindow(bridge, options, themes)
    window.resize(1280, 720)
    window.show()
    bridge.start()
    try:
        window.launch()
        if options.script is not None:
            window.plots.core_views.choose(TIMELINE)
        wait_for(window.controller.changed, lambda: is_time(window))
        settle(1000)
        window.grab().save(str(picture))
        window.controller.stop()
        wait_for(window.controller.changed, lambda: window.controller.run.ended is not None)
    finally:
        window.close()
        window.controller.close()


def has_printed_enough(window: MainWindow) -> bool:
    """Whether the program has printed `LINES` lines."""
    return window.controller.run.output_total >= LINES


def far_enough(window: MainWindow) -> bool:
    """Whether each of the run's workers has counted `PART` of the way."""
    run = window.controller.run
    counts = [worker.values[run.watch].last for worker in run.workers if run.watch in worker.values]
    return run.ended is None and len(counts) == OPTIONS.workers and min(counts) >= PART * OPTIONS.limit


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
