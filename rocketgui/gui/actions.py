"""The actions of a window: what can be done in it by a key, in the order in which the sheet of keys shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


class Shortcut(NamedTuple):
    """A key, what it does in a few words, and the function that does it; held down, it `repeats` or not."""

    key: str
    name: str
    then: Callable[[], object]
    repeats: bool = False


def add(window: QWidget, shortcuts: Iterable[Shortcut]) -> list[QAction]:
    """Give a window these keys; return the actions, in the same order."""
    return [_add(window, shortcut) for shortcut in shortcuts]


def _add(window: QWidget, shortcut: Shortcut) -> QAction:
    action = QAction(shortcut.name, window)
    action.setShortcut(QKeySequence(shortcut.key))
    action.setAutoRepeat(shortcut.repeats)
    action.triggered.connect(lambda: shortcut.then())
    window.addAction(action)
    return action
