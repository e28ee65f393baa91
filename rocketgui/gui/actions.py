"""The keys of the window. What a key does is said in `Window`'s own methods; here stands which one does it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from rocketgui.gui.widgets.view_switcher import Views

if TYPE_CHECKING:
    from rocketgui.gui.main_window import MainWindow

#: How much of the time that is shown a key moves it, or the pointer in it.
_PAN, _STEP = 0.25, 0.02


def bind(window: MainWindow) -> None:
    """Give the window its keys, in the order in which they are shown."""
    plots, lesson = window.plots, window.lesson
    for key, name, action in (
        ("Space", "Launch, pause or resume", window.top.go),
        ("Esc", "Stop", window.controller.stop),
        ("Ctrl+O", "Open a program of your own", window.opening.ask),
        ("Ctrl+B", "Back to the rocket program", window.show_rocket),
        ("L", "Choose a lesson", window.top.lessons.open),
        ("Ctrl+W", "Sweep over the number of workers", window.show_sweep),
        ("F11", "Present on the full screen, and back", window.presentation.toggle),
        ("P", "Choose how to present", window.top.present.open),
        ("C", "Controls, while presented", window.presentation.toggle_controls),
        ("Ctrl+D", "Switch between dark and light", window.switch_look),
    ):
        _add(window, key, name, action)
    for key, name, action in (
        ("PgDown", "Next step of the lesson", lesson.go_on),
        ("PgUp", "Step before", lesson.go_back),
    ):
        # Without a lesson these keys belong to whatever has the focus.
        turn = _add(window, key, name, action)
        turn.setEnabled(lesson.step is not None)
        lesson.step_shown.connect(lambda _, turn=turn: turn.setEnabled(True))
        lesson.closed.connect(partial(turn.setEnabled, False))
    _add(window, "W", "Choose the value that is drawn", plots.values.open)
    for views, keys in ((plots.counter_views, "123"), (plots.core_views, "45"), (window.output.views, "67")):
        _add_views(window, views, keys)
    for key, name, action in (
        ("Ctrl++", "Zoom in", lambda: plots.zoom(0.5)),
        ("Ctrl+-", "Zoom out", lambda: plots.zoom(2.0)),
        ("Ctrl+Left", "Back in time", lambda: plots.pan(-_PAN)),
        ("Ctrl+Right", "Forward in time", lambda: plots.pan(_PAN)),
        ("Ctrl+0", "Follow the run again", plots.follow),
        ("Alt+Left", "Values a little before", lambda: plots.move_pointer(-_STEP)),
        ("Alt+Right", "Values a little later", lambda: plots.move_pointer(_STEP)),
        ("F1", "This sheet", window.show_keys),
    ):
        _add(window, key, name, action, repeats=key != "F1")


def _add_views(window: MainWindow, views: Views, keys: str) -> None:
    for place, key in enumerate(keys):
        name = views.buttons[place].accessibleName()
        _add(window, key, f"Show: {name}", partial(views.choose, place))


def _add(window: QWidget, key: str, name: str, then: Callable[[], object], *, repeats: bool = False) -> QAction:
    """An action of the window that a key triggers; held down, it does so again only if that `repeats`."""
    action = QAction(name, window)
    action.setShortcut(QKeySequence(key))
    action.setAutoRepeat(repeats)
    action.triggered.connect(lambda: then())
    window.addAction(action)
    return action
