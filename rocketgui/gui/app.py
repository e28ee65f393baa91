"""The application. It starts in this order: Qt, theme, window painted, bridge and with it the collector, launch if the
options ask for it.

Tested by tests/test_bridge.py.
"""

from __future__ import annotations

import gc
import sys

from PySide6.QtWidgets import QApplication

from rocketgui.bridge import Bridge
from rocketgui.gui import settings
from rocketgui.gui.dialogs.error_dialog import ErrorReporter
from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.style.theme import ThemeSwitch
from rocketgui.gui.window.first_frame import FirstFrame, note_times
from rocketgui.gui.window.geometry import GeometryKeeper
from rocketgui.gui.window.presentation import Shape
from rocketgui.gui.window.quit_signals import QuitOnSignal
from rocketgui.gui.window.window_system import WindowSystem
from rocketgui.options import Options


def main(options: Options) -> int:
    """Show the window until it is closed; return the exit code."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("rocketgui")
    app.setDesktopFileName("rocketgui")
    signals = QuitOnSignal(app)
    bridge = Bridge()
    remember = settings.path()
    remembered = settings.load(remember)
    options = remembered.applied(options)
    window = MainWindow(bridge, options, ThemeSwitch(app, remembered.scheme), remember)
    errors = ErrorReporter(window)
    errors.repeated.connect(window.status_bar.say)
    app.aboutToQuit.connect(window.controller.close)
    window_system = WindowSystem(app, window.controller.close)
    note_times(window, window.plots.counters.shows_points)
    placer = GeometryKeeper(window)
    window.presentation.changed.connect(placer.watch)
    FirstFrame(window, placer.watch)
    FirstFrame(window, lambda: _begin(bridge, window, options))
    window.show()
    try:
        return app.exec()
    finally:
        window.controller.close()
        window_system.restore()
        errors.restore()
        signals.restore()


def _begin(bridge: Bridge, window: MainWindow, options: Options) -> None:
    """Start the bridge, and what the options ask for: the window is painted."""
    gc.freeze()
    gc.enable()
    bridge.start()
    if options.script is None:
        window.program.choices.refresh()
    if options.present is not None:
        window.presentation.show(Shape(options.present))
    if options.sweep is not None:
        window.show_sweep().start()
    elif options.launch:
        window.launch()
