"""The window as an application. The order of start-up: Qt, theme, bridge (not started), window shown, bridge started,
launch if asked for. The window is on the screen before the collector's process is begun.
"""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication

from rocketgui.arguments import Options
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
    app.aboutToQuit.connect(window.controller.close)
    window.show()
    bridge.start()
    if options.launch:
        window.launch()
    try:
        return app.exec()
    finally:
        window.controller.close()
        signals.restore()
