"""The window as an application. The order of start-up: Qt, theme, bridge (not started), window shown, bridge started,
launch if asked for. The window is on the screen before the collector's process is begun.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from rocketgui.arguments import Options
from rocketgui.gui.errors import ErrorReporter
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.quit_signals import QuitOnSignal
from rocketgui.gui.theme import ThemeSwitch


def main(options: Options) -> int:
    """Show the window until it is closed. Returns the exit code."""
    from rocketgui.bridge import Bridge

    app = QApplication(sys.argv[:1])
    app.setApplicationName("rocketgui")
    app.setDesktopFileName("rocketgui")
    signals = QuitOnSignal(app)
    bridge = Bridge()
    window = MainWindow(bridge, options, ThemeSwitch(app))
    errors = ErrorReporter(window)
    errors.repeated.connect(window.strip.say)
    app.aboutToQuit.connect(window.controller.close)
    file = os.environ.get("ROCKETGUI_STARTUP")
    if file:
        from rocketgui.gui.startup import StartupNotes

        StartupNotes(window, Path(file), window.plots.counters.shows_points)
    window.show()
    bridge.start()
    if options.launch:
        window.launch()
    try:
        return app.exec()
    finally:
        window.controller.close()
        errors.restore()
        signals.restore()
